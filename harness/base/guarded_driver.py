"""chromedriver as selenium starts it, behind browser_guard.py: it and its browser end with this process."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
from selenium.webdriver.chrome.service import Service

from harness.base import browser_guard
from harness.core.child_process import is_stopped

GUARD_WITHIN = 3.0
"""Seconds that the guard has to end its children."""


class GuardedService(Service):
    """The service of one browser: `tool` is chromedriver, `log` its output, `profile` a folder removed with it."""

    def __init__(self, tool: str, log: Path, profile: str, environment: Mapping[str, str]) -> None:
        self._tool = tool
        self._profile = profile
        self._guards_end, self._our_end = os.pipe()
        super().__init__(
            sys.executable,
            service_args=["--log-level=WARNING"],  # its normal log contains all typed text
            log_output=str(log),
            env=dict(environment),
            # A process group of its own: a Ctrl-C at the terminal must not end it before settings are put back.
            popen_kw={"process_group": 0, "pass_fds": (self._guards_end,)},
        )

    def command_line_args(self) -> list[str]:
        """The arguments of the interpreter: the guard, then chromedriver's command."""
        guard = [str(Path(browser_guard.__file__).resolve()), str(self._guards_end), self._profile]
        return ["-S", "-E", *guard, self._tool, *super().command_line_args()]

    def start(self) -> None:
        """Start both; from then on only the guard has the reading end."""
        try:
            super().start()
        finally:
            self._guards_end = _closed(self._guards_end)

    @property
    def stopped(self) -> list[str]:
        """The processes that a signal has stopped, such as chromedriver."""
        return [name for process in self._processes() if (name := _name_if_stopped(process))]

    def _processes(self) -> list[psutil.Process]:
        """The guard and all that runs below it."""
        try:
            guard = psutil.Process(self.process.pid)
            return [guard, *guard.children(recursive=True)]
        except psutil.Error:
            return []

    def stop(self) -> None:
        """End chromedriver and all browsers at once, also stopped ones, which answer no request."""
        if self.process is not None and self.process.poll() is None:
            below = self._processes()[1:]
            self.process.terminate()  # then the guard ends the rest
            try:
                self.process.wait(GUARD_WITHIN)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            for process in below:
                with contextlib.suppress(psutil.Error):
                    process.kill()
        super().stop()
        self._our_end = _closed(self._our_end)
        self._guards_end = _closed(self._guards_end)


def _name_if_stopped(process: psutil.Process) -> str:
    try:
        return str(process.name()) if is_stopped(process.pid) else ""
    except psutil.Error:
        return ""


def _closed(descriptor: int) -> int:
    if descriptor >= 0:
        os.close(descriptor)
    return -1
