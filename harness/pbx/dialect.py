"""The PBX that behaves like a platform: the dialect server as a process of its own, steered over its socket."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from harness.core import steps
from harness.core.redaction import redaction
from harness.core.runtime_dirs import ShortFolder
from harness.pbx.json_lines import JsonLines
from harness.pbx.own_server import ControlError, OwnServer
from harness.pbx.protocol import Ability, PbxAccount, Sender


class Dialect(OwnServer):
    """Registrar and back-to-back user agent; passwords are sent over its socket and are in no file."""

    title: ClassVar = "dialect server"
    name: ClassVar = "the dialect server"
    log_name: ClassVar = "dialect.log"

    def __init__(
        self,
        address: str,
        address6: str | None,
        directory: Path,
        accounts: Sequence[PbxAccount],
        *,
        peer_accounts: Sequence[PbxAccount] | None = None,
        port: int = 5060,
        platform: str = "plain",
    ) -> None:
        super().__init__(address, address6, port, directory, accounts, peer_accounts)
        self._platform = platform
        self._line: JsonLines | None = None

    def start(self) -> None:
        """Start it and wait until it answers OPTIONS; raises RigFault with the end of its log."""
        with steps.step("pbx", f"{self.name} starts on {self.address}", log=str(self.log)):
            self.directory.mkdir(parents=True, exist_ok=True)
            self._sockets = sockets = ShortFolder("dialect-")
            place = sockets.path / "control"
            command = [sys.executable, "-m", "harness.dialect", "--port", str(self.port), "--control", str(place)]
            command += ["--platform", self._platform]
            for address in self.addresses:
                command += ["--host", address]
            self._line = JsonLines(place)
            self._launch(command, place.exists, self._tell_accounts)

    # looking in

    def contacts(self, user: str) -> list[dict[str, Any]]:
        """The bindings of a user: Address, Expires (s left), User-Agent, Received."""
        found: list[dict[str, Any]] = self._ask("bindings", user=user)
        return found

    # steering

    def set_account(self, account: PbxAccount) -> None:
        """Add a subscriber or change its password; a login of another name belongs to the user from now on."""
        redaction.register(account.password)
        self._add(account)

    def forget_account(self, login: str) -> None:
        """The server no longer knows this login: 401 for ever, and 404 for callers of a user of this name."""
        self._ask("forget_account", login=login)

    def fault(self, name: str, value: int, of: Sender = "base") -> None:
        """Steer what `harness/dialect/faults.py` names, e.g. min_expires, stale, challenge_off; 0 is off."""
        with steps.step("pbx", f"fault {name} = {value} for requests of the {of}"):
            self._ask("fault", name=name, value=value, of=of)

    def answers(self, method: str, status: int, **more: Any) -> None:
        """What the next request of a method is answered with: see `Control.answers` of the server."""
        with steps.step("pbx", f"answers the next {method} with {status}"):
            self._ask("answers", method=method, status=status, **more)

    def reset_faults(self) -> None:
        """All faults off, the granted time too, and no answer waits: for the end of a test."""
        self._ask("reset")

    def drop(self, user: str) -> None:
        """Forget the bindings of a user, as a server does that was restarted."""
        with steps.step("pbx", f"forgets the registration of {user}"):
            self._ask("forget", user=user)

    def forks(self, user: str, other: str) -> None:
        """Calls to a user ring where the other is reached too, from now on."""
        with steps.step("pbx", f"calls to {user} ring at {other} too"):
            self._ask("fork", user=user, other=other)

    def forks_no_more(self, user: str) -> None:
        """Calls to a user ring at its own contacts only."""
        self._ask("fork", user=user)

    def send(self, method: str, user: str, headers: str = "", body: str = "") -> None:
        """Send OPTIONS, NOTIFY … outside any dialog to the bindings of a user; each of `headers` ends in CR LF."""
        with steps.step("pbx", f"sends {method} to {user}"):
            self._ask("send", method=method, user=user, headers=headers, body=body)

    def fill_mailbox(self, user: str, new: int, old: int = 0) -> None:
        """So many messages are in a user's mailbox: who has subscribed is told."""
        with steps.step("pbx", f"mailbox of {user}: {new} new, {old} old"):
            self._ask("mailbox", user=user, new=new, old=old)

    # small parts

    def _tell_accounts(self) -> None:
        for account in self._accounts:
            self.set_account(account)
        for account in self._peer_accounts:
            self._add(account, peer=True)

    def _add(self, account: PbxAccount, *, peer: bool = False) -> None:
        words = {"login": account.digest_user, "password": account.password, "user": account.user}
        self._ask("account", **words, display=account.display, peer=peer)

    def _forget_control(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _ask(self, command: str, **words: Any) -> Any:
        self._require_running()
        assert self._line is not None
        try:
            return self._line.ask(command, words)
        except ControlError as error:
            raise self._fault(error) from error


class DialectWithOwnOffers(Dialect):
    """One whose platform asks phones for the offer or lists codecs of its own: no far end's offer arrives as it was."""

    abilities: ClassVar = frozenset(Ability) - {Ability.TRANSPARENT}
