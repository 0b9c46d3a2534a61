#!/bin/sh
# Debian's headless shell opens no page by itself, and chromedriver gives a browser switches only, no address.
exec chromium-headless-shell "$@" about:blank
