"""How chromium and chromedriver are started: which programs, with which flags and environment."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from selenium import webdriver
from selenium.webdriver.chrome.remote_connection import ChromeRemoteConnection
from selenium.webdriver.remote.client_config import ClientConfig

from harness.base.guarded_driver import GuardedService
from harness.core.errors import RigFault

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--disable-features=RenderDocument",  # site isolation takes a fifth of the time of a page
    "--hide-scrollbars",
    "--window-size=1100,900",
)
HEADLESS_SHELL = Path(__file__).with_name("headless_shell.sh")
START_WITHIN = 60


def service(log: Path, profile: Path) -> GuardedService:
    """Start chromedriver with its output in `log`; raises RigFault if it is not installed."""
    _browser()
    started = GuardedService(_find("chromedriver"), log, str(profile), _environment(str(profile)))
    started.start()
    return started


def driver(service: GuardedService, profile: Path, *, answer_within: float) -> WebDriver:
    """Start a browser with this profile; each answer of chromedriver may take `answer_within` seconds."""
    browser, headless = _browser()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    options.unhandled_prompt_behavior = "accept"
    for flag in (*headless, *FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    line = ClientConfig(
        service.service_url,
        timeout=START_WITHIN,
        # with retries a frozen chromedriver would be waited for several times
        init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": False}},
    )
    connection = ChromeRemoteConnection(service.service_url, ignore_proxy=True, client_config=line)
    started: WebDriver = webdriver.Remote(connection, options=options)
    line.timeout = math.ceil(answer_within)
    return started


def _browser() -> tuple[str, tuple[str, ...]]:
    """The browser's program and the switches that it needs without a screen.

    The headless shell is chromium without windows: it needs half the time for a page and a third to start.
    """
    if shutil.which("chromium-headless-shell") and os.access(HEADLESS_SHELL, os.X_OK):
        return str(HEADLESS_SHELL), ()
    return _find("chromium", "chromium-browser"), ("--headless=new",)


def _find(*names: str) -> str:
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise RigFault(
        "browser", f"{names[0]} is not installed", remedy="apt-get install chromium chromium-driver, then run again"
    )


def _environment(home: str) -> dict[str, str]:
    """The browser's environment: a home of its own, no desktop, no proxy."""
    dropped = {"http_proxy", "https_proxy", "all_proxy", "dbus_session_bus_address", "display", "wayland_display"}
    kept = {name: value for name, value in os.environ.items() if name.lower() not in dropped}
    return kept | {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home, "TMPDIR": home}
