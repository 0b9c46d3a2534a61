"""Call-Info: what a caller tells of itself, by purpose (RFC 3261 section 20.9; the vendor's spelling of an icon)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

ICON = "icon"
_BRACKETED = re.compile(r"<([^>]*)>(.*)", re.DOTALL)
_PARAMETER = re.compile(r'\s*([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;"]+))')
_VENDOR = re.compile(r'\s*icon\s*=\s*"([^"]*)"', re.IGNORECASE)


def told_by(message: SipMessage) -> Iterator[tuple[str, str]]:
    """Purpose and address of each value; `icon="url"` without a bracket is an icon (vendor presentation 2011)."""
    for value in message.header("call-info"):
        if (vendor := _VENDOR.match(value)) is not None:
            yield ICON, vendor[1]
        elif (found := _BRACKETED.match(value.strip())) is not None:
            values = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(found[2])}
            yield values.get("purpose", "info").lower(), found[1].strip()


def icons(message: SipMessage) -> list[str]:
    """The addresses of pictures of the caller, by HTTP or HTTPS."""
    return [url for purpose, url in told_by(message) if purpose == ICON and is_web(url)]


def is_web(url: str) -> bool:
    """Whether an address is one of HTTP or HTTPS."""
    return url.lower().startswith(("http://", "https://"))
