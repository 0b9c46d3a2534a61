"""A PBX of the lab that runs for the rig alone: a command of the rig file begins it, and the run ends it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from harness.core import steps
from harness.core.child_process import KILLED_WITH_US, end_group
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.layout import ROOT
from harness.core.life_cycle import Starting
from harness.core.rig_command import filled, last_line

STOP_WITHIN = 5.0


class StartCommand(Starting):
    """Runs the words in the rig's segment; the output goes to `pbx.log` in `folder`.

    It is ready when a line of its output fits the expression `ready`, at once where there is none. `folder` is the
    value of `{run}` in the words, `address` that of `{address}`.
    """

    def __init__(self, words: list[str], folder: Path, *, address: str, ready: str = "", limit: float = 30.0) -> None:
        self._words, self._values = words, {"run": folder.resolve(), "address": address}
        self._folder, self._ready, self._limit = folder, ready, limit
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0

    @property
    def log(self) -> Path:
        """What the command printed, of every start."""
        return self._folder / "pbx.log"

    def start(self) -> None:
        """Begin the command and wait until it is ready; raises RigFault with the end of its log."""
        words = self._words = filled(
            self._words, self._values, part="pbx", key="pbx.NAME.start.command in the rig file"
        )
        self._folder.mkdir(parents=True, exist_ok=True)
        with steps.step("pbx", f"start: {' '.join(words)}", log=str(self.log)), self.log.open("ab") as output:
            self._read_from = output.tell()
            self._process = subprocess.Popen(
                [*KILLED_WITH_US, *words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
            try:
                wait_until(self._is_ready, what="the PBX is ready", within=self._limit)
            except WaitExpired as expired:
                self.stop()
                text = f"its start command printed no line like {self._ready!r} in {self._limit:g} s: {self._last_line}"
                raise RigFault("pbx", text, remedy=self._remedy) from expired
            except RigFault:
                self.stop()
                raise

    def stop(self) -> None:
        """End it and its children; a second call does nothing."""
        process, self._process = self._process, None
        if process is not None:
            end_group(process, STOP_WITHIN)

    def check(self) -> None:
        """Raise RigFault when the command has ended."""
        ended = self._process.poll() if self._process is not None else None
        if self._process is None or ended is not None:
            text = f"its start command ended with {ended}: {self._last_line}"
            raise RigFault("pbx", text, remedy=self._remedy)

    def _is_ready(self) -> bool:
        self.check()
        return not self._ready or re.search(self._ready, self._said, re.MULTILINE) is not None

    @property
    def _said(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._read_from)
            return log.read().decode("utf-8", "backslashreplace")

    @property
    def _last_line(self) -> str:
        return last_line(self._said) or "it printed nothing"

    @property
    def _remedy(self) -> str:
        return f"read {self.log}, or run the command by hand: {' '.join(self._words)}"
