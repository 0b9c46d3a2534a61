"""The browser: Debian's chromium under selenium, started when first needed; its death is a rig fault.

It ends with this process, also after a kill: see browser_guard.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from harness.base import form_input
from harness.base.snapshot import SCRIPT
from harness.core import clock, steps
from harness.core.errors import RigFault
from harness.core.redaction import redaction
from harness.core.runtime_dirs import ShortFolder

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver
    from selenium.webdriver.remote.webelement import WebElement

    from harness.base.guarded_driver import GuardedService

T = TypeVar("T")
REMEDY = (
    "the next use starts a fresh browser; check the free memory and the load; read chromedriver.log in the run's folder"
)
SLACK = 5.0
"""Seconds that an answer of chromedriver may take beyond the limit of a page."""


class Chromium:
    """One browser with a profile of its own below `directory`; `within` seconds for a page to load.

    Any failure of browser or driver raises RigFault, and the next use starts a fresh browser (without its session).
    """

    def __init__(self, directory: Path, *, within: float = 20.0) -> None:
        self.directory = directory
        self.within = within
        self._driver: WebDriver | None = None
        self._service: GuardedService | None = None
        self._profile: ShortFolder | None = None
        self._pictures = 0

    def __enter__(self) -> Chromium:
        self.directory.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether a browser has been started and is not known to be dead."""
        return self._driver is not None

    def close(self) -> None:
        """End the browser; it starts again at the next use."""
        self._driver = None
        browsers = self._processes()
        if self._service is not None:
            self._service.stop()
            self._service = None
        for browser in browsers:
            with contextlib.suppress(psutil.Error):
                browser.kill()  # a browser may outlive its driver
        if self._profile is not None:
            self._profile.close()
            self._profile = None

    def check(self) -> None:
        """Raise RigFault if a signal has stopped a process of the browser; the next use starts a fresh one."""
        stopped = self._service.stopped if self._service is not None else []
        if stopped:
            self.close()
            raise RigFault("browser", f"stopped by a signal: {', '.join(stopped)}; it was ended", remedy=REMEDY)

    def _processes(self) -> list[psutil.Process]:
        """The browser's processes: their command lines name its profile."""
        if self._profile is None:
            return []
        profile = str(self._profile.path)
        return [process for process in psutil.process_iter() if profile in _command(process)]

    def go(self, url: str) -> None:
        """Load a page and wait until it is complete."""
        with self._alive() as driver:
            driver.get(url)

    def snapshot(self) -> dict[str, Any]:
        """The page as snapshot.SCRIPT reads it."""
        with self._alive() as driver:
            found: dict[str, Any] = driver.execute_script(SCRIPT)
            return found

    def press(self, caption: str, form: int = -1) -> bool:
        """Click the button with this caption (in this form) and wait until the next page is complete.

        Returns False if no other page came within the limit.
        """
        from selenium.common.exceptions import TimeoutException
        from selenium.webdriver.support.wait import WebDriverWait

        with self._alive() as driver:
            button: WebElement | None = driver.execute_script(_FIND_BUTTON, caption, form)
            if button is None:
                raise _lost(f"the button {caption!r}")
            driver.execute_script("window.m9Pressed = true")
            button.click()
            try:
                WebDriverWait(driver, self.within, poll_frequency=0.02).until(_arrived)
            except TimeoutException:
                driver.execute_script("return true")  # a dead browser raises here
                return False
            return True

    def tick(self, selector: str, value: str = "", *, state: bool = True) -> None:
        """Click a radio button of this value, or a check box unless it has this state: no page follows."""
        with self._alive() as driver:
            _found(form_input.click(driver, selector, value, state=state), f"{selector} {value}")

    def write(self, selector: str, text: str) -> None:
        """Replace the content of a text field."""
        with self._alive() as driver:
            _found(form_input.write(driver, selector, text), selector)

    def select(self, selector: str, value: str) -> None:
        """Choose the option of this value in a drop-down."""
        with self._alive() as driver:
            _found(form_input.select(driver, selector, value), f"{selector} {value}")

    def attach(self, selector: str, file: Path) -> None:
        """Choose a file in a field for one."""
        with self._alive() as driver:
            _found(form_input.attach(driver, selector, file.resolve()), selector)

    def cookies(self) -> dict[str, str]:
        """The cookies of the page, by name."""
        with self._alive() as driver:
            return {cookie["name"]: cookie["value"] for cookie in driver.get_cookies()}

    def forget_cookies(self) -> None:
        """Delete all cookies, so that the browser is as a new one."""
        with self._alive() as driver:
            driver.delete_all_cookies()

    def picture(self, name: str) -> Path:
        """A PNG of the window, numbered, in the browser's folder; secrets are masked in the picture and in its name."""
        self._pictures += 1
        safe = "".join(char if char.isalnum() or char in "-_" else "-" for char in redaction.mask(name))[:60].strip("-")
        path = self.directory / f"{self._pictures:03d}-{safe}.png"
        with self._alive() as driver:
            shown: list[str] = driver.execute_script(_TEXTS)
            masked = [[place, redaction.mask(text)] for place, text in enumerate(shown) if redaction.mask(text) != text]
            driver.execute_script(_MASK, masked)
            try:
                driver.save_screenshot(str(path))
            finally:
                driver.execute_script(_UNMASK)
        steps.publish("web", f"screenshot {path.name}", screenshot=path)
        return path

    @contextlib.contextmanager
    def _alive(self) -> Iterator[WebDriver]:
        """The running driver; an error inside is a rig fault, and a dead browser is closed."""
        from selenium.common.exceptions import WebDriverException
        from urllib3.exceptions import HTTPError

        try:
            yield self._driver or self._start()
        except (WebDriverException, HTTPError, ConnectionError) as error:
            stopped = self._service.stopped if self._service is not None else []
            self.close()
            text = str(getattr(error, "msg", "") or error).strip().splitlines()
            why = f"{type(error).__name__}: {text[0] if text else ''}"
            why += f"; stopped by a signal: {', '.join(stopped)}" if stopped else ""
            raise RigFault("browser", why, remedy=REMEDY) from error

    def _start(self) -> WebDriver:
        from harness.base import browser_start

        started = clock.monotonic()
        self._profile = ShortFolder("chromium-")
        self._service = browser_start.service(self.directory / "chromedriver.log", self._profile.path)
        driver = browser_start.driver(self._service, self._profile.path, answer_within=self.within + SLACK)
        driver.set_page_load_timeout(self.within)
        self._driver = driver
        steps.publish("web", f"browser started in {clock.monotonic() - started:.1f} s")
        return driver


_FIND_BUTTON = """
const [caption, form] = arguments;
return [...document.querySelectorAll('input, button')].find(one =>
  ['submit', 'button', 'image', 'reset'].includes(one.type)
  && [one.value, one.innerText].some(text => (text || '').trim().toLowerCase() === caption.toLowerCase())
  && (form < 0 || [...document.forms].indexOf(one.form) === form)) || null;
"""


# All visible texts in a fixed order: the texts of the page, then the content of its fields.
_PLACES = """
const walker = document.createTreeWalker(document.body || document.documentElement, NodeFilter.SHOW_TEXT);
const places = [];
while (walker.nextNode()) places.push([walker.currentNode, 'data']);
for (const field of document.querySelectorAll('input, textarea')) places.push([field, 'value']);
"""
_TEXTS = _PLACES + "return places.map(([node, key]) => node[key]);"
_MASK = (
    _PLACES
    + """
window.m9Masked = [];
const mask = ([node, key], text) => { window.m9Masked.push([node, key, node[key]]); node[key] = text; };
for (const [place, text] of arguments[0]) mask(places[place], text);
for (const field of document.querySelectorAll('input[type=password]'))
  if (field.value) mask([field, 'value'], '********');
"""
)
_UNMASK = "for (const [node, key, text] of (window.m9Masked || []).reverse()) node[key] = text;"


def _arrived(driver: WebDriver) -> bool:
    """Whether the document after the one with the button is complete.

    Between two documents chromium answers with plain unknown errors; a dead browser raises other classes.
    """
    from selenium.common.exceptions import JavascriptException, WebDriverException

    try:
        return bool(driver.execute_script("return !window.m9Pressed && document.readyState === 'complete'"))
    except WebDriverException as error:
        if type(error) in (WebDriverException, JavascriptException):
            return False
        raise


def _found(usable: bool, what: str) -> None:
    if not usable:
        raise _lost(what)


def _lost(what: str) -> RigFault:
    return RigFault(
        "browser",
        f"the page lost {what}",
        remedy="run the test again; if it returns, look at the page's screenshot",
    )


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
