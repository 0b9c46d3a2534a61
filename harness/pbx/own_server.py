"""A SIP server that the harness runs for one rig: its process, its addresses, and whether it still answers."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from abc import abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from harness.core import steps
from harness.core.child_process import DYING_WITH_US, end_group
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.runtime_dirs import ShortFolder
from harness.pbx.accounts import WithAccounts
from harness.pbx.probe import answer_to_options
from harness.pbx.protocol import Ability, PbxAccount

STOP_WITHIN = 3.0
ANSWER_WITHIN = 3.0


class OwnServer(WithAccounts):
    """A server on one IPv4 and, if given, one IPv6 address, UDP and TCP at one port; its files are in `directory`."""

    name: ClassVar[str]
    """What it is called in messages."""
    log_name: ClassVar[str]
    start_within: ClassVar[float] = 5.0
    """Seconds until it answers OPTIONS."""
    abilities: ClassVar = frozenset(Ability) - {Ability.TLS}

    def __init__(
        self,
        address: str,
        address6: str | None,
        port: int,
        directory: Path,
        accounts: Sequence[PbxAccount],
        peer_accounts: Sequence[PbxAccount] | None,
    ) -> None:
        super().__init__(accounts, peer_accounts)
        self.address = address
        self.address6 = address6
        self.port = port
        self.directory = Path(directory)
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: ShortFolder | None = None
        self._frozen = False

    @property
    def addresses(self) -> tuple[str, ...]:
        """Its IPv4 and, if it has one, its IPv6 address."""
        return (self.address, self.address6) if self.address6 else (self.address,)

    @property
    def registrar(self) -> str:
        """The IPv4 address; the port where it is not 5060."""
        return self.address if self.port == 5060 else f"{self.address}:{self.port}"

    @property
    def outbound(self) -> str:
        """No outbound proxy: registrar and proxy are one."""
        return ""

    @property
    def log(self) -> Path:
        """The server's own log."""
        return self.directory / self.log_name

    @abstractmethod
    def contacts(self, user: str) -> list[dict[str, Any]]:
        """The bindings of a user: Address, Expires (s left), User-Agent, Received."""

    def registered(self, user: str) -> bool | None:
        """Whether a binding of this user is held that has not run out."""
        return bool(self.contacts(user))

    def wait_registered(self, user: str, within: float) -> dict[str, Any]:
        """Wait for a binding; raises WaitExpired. The wire is the judge: this only orders a set-up."""
        return wait_until(lambda: self.contacts(user), what=f"{user} is registered", within=within)[0]

    def stop(self) -> None:
        """End it and its children; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        # a stopped process handles no SIGTERM: it goes on before it is ended
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
        self._frozen = False
        end_group(process, STOP_WITHIN)
        if self._sockets is not None:
            self._sockets.close()
            self._sockets = None
        self._forget_control()

    def check(self) -> None:
        """Raise RigFault when it has ended or does not answer; one that was frozen on purpose is not a fault."""
        if self._frozen:
            return
        if not self._runs:
            raise RigFault("pbx", f"{self.name} has ended: {self._last_words()}", remedy=self._remedy)
        if not answer_to_options(self.address, self.port, within=ANSWER_WITHIN):
            raise RigFault("pbx", f"{self.name} runs and is silent for {ANSWER_WITHIN:g} s", remedy=self._remedy)

    def freeze(self) -> None:
        """Stop all its processes where they are: a PBX that died while its sockets stay open."""
        steps.publish("pbx", f"{self.name} frozen")
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Let it go on."""
        steps.publish("pbx", f"{self.name} thawed")
        self._signal(signal.SIGCONT)
        self._frozen = False

    # for the servers themselves

    def _launch(self, command: Sequence[str], ready: Callable[[], bool], prepare: Callable[[], None]) -> None:
        """Start a command, wait until it answers OPTIONS and is `ready`, then `prepare`: RigFault if one fails."""
        with self.log.open("ab") as output:
            # setpriv(1) has the kernel end the server when this process dies, however it dies
            self._process = subprocess.Popen(
                [*DYING_WITH_US, *command], stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0
            )
        try:
            wait_until(lambda: self._answers(ready), what=f"{self.name} answers OPTIONS", within=self.start_within)
            prepare()
        except (WaitExpired, ControlError) as silence:
            said = self._last_words()
            self.stop()
            remedy = f"read {self.log}; check that {self.address} is on this host and port {self.port} is free"
            raise RigFault("pbx", f"{self.name} does not answer: {silence}: {said}", remedy=remedy) from silence

    def _answers(self, ready: Callable[[], bool]) -> bool:
        if not self._runs:
            code = self._process and self._process.returncode
            raise WaitExpired(f"{self.name} runs", self.start_within, f"ended with {code}")
        return bool(answer_to_options(self.address, self.port, within=0.5)) and ready()

    @abstractmethod
    def _forget_control(self) -> None:
        """It has ended: it can be steered no longer."""

    @property
    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _remedy(self) -> str:
        return f"read {self.log}; the next test gets a fresh one, and the base and the peers register anew"

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self._runs:
            raise RigFault("pbx", f"{self.name} is not running", remedy=f"read {self.log}")
        os.killpg(self._process.pid, number)

    def _require_running(self) -> None:
        if not self._runs:
            raise RigFault("pbx", f"{self.name} has ended", remedy=f"read {self.log}; restart the PBX")

    def _fault(self, error: Exception) -> RigFault:
        state = "is frozen" if self._frozen else "runs" if self._runs else "has ended"
        return RigFault("pbx", f"{self.name} {state} and says: {error}", remedy=f"read {self.log}; restart the PBX")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        told = [line for line in lines if "ERROR" in line or "CRITICAL" in line]
        return " / ".join((told or lines)[-3:])


class ControlError(Exception):
    """A server refused a command or did not answer; `code` is its error code, 0 for silence."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code
