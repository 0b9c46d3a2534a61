"""Shows the progress of long steps; standard library only, since it runs before anything is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
WIDTH = 100


class StepFailed(Exception):
    """A set-up step failed: which one, why, and what to type."""

    def __init__(self, step: str, why: str, remedy: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step
        self.why = why
        self.remedy = remedy


class Progress:
    """Prints steps with their time: a moving line on a terminal, else one line at the start and at the end of each."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.moving = sys.stderr.isatty() and not os.environ.get("M9_NO_PROGRESS")
        self.started = time.monotonic()

    def done(self, step: str, text: str, seconds: float) -> None:
        """Print that a step succeeded."""
        self._line(f"  ✓ {step:<18} {text}", seconds)

    def run(self, step: str, text: str, command: list[str], remedy: str, *, cwd: Path | None = None) -> None:
        """Run a command as one step and write its output to the log; raises StepFailed with the log's last lines.

        The command ends when m9 is told to end.
        """
        if not self.moving:
            sys.stderr.write(f"  … {step:<18} {text}\n")
            sys.stderr.flush()
        began = time.monotonic()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        last: list[str] = []
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command)}\n")
            try:
                process = subprocess.Popen(
                    command,
                    cwd=cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
            except OSError as error:
                raise StepFailed(step, f"{command[0]}: {error.strerror}", remedy) from error
            over = threading.Event()
            spinner = threading.Thread(target=self._spin, args=(step, text, last, over, began), daemon=True)
            spinner.start()
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    log.write(line)
                    if line.strip():
                        last[:] = [*last[-4:], line.strip()]
                code = process.wait()
            except BaseException:
                process.terminate()
                log.write(process.communicate()[0] or "")
                raise
            finally:
                over.set()
                spinner.join()
        if code:
            why = "\n            ".join(last) or "no output"
            raise StepFailed(step, f"{command[0]} ended with {code}\n            {why}", remedy)
        self.done(step, text, time.monotonic() - began)

    def _spin(self, step: str, text: str, last: list[str], over: threading.Event, began: float) -> None:
        frame = 0
        while self.moving and not over.wait(0.12):
            shown = f"  {FRAMES[frame % len(FRAMES)]} {step:<18} {text}  {last[-1] if last else ''}"
            sys.stderr.write(f"\r\033[2K{shown[:WIDTH]}  {time.monotonic() - began:5.1f} s")
            sys.stderr.flush()
            frame += 1

    def _line(self, text: str, seconds: float) -> None:
        start = "\r\033[2K" if self.moving else ""
        sys.stderr.write(f"{start}{text:<{WIDTH - 20}} {seconds:6.1f} s\n")
        sys.stderr.flush()
