"""An Asterisk that the harness configures and starts for a rig, and steers by its command line and its files."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NoReturn

from harness.core import clock, steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable
from harness.core.redaction import redaction
from harness.core.rig_command import filled
from harness.pbx import asterisk_config as config
from harness.pbx.own_server import ControlError, OwnServer
from harness.pbx.protocol import Ability, PbxAccount, Sender

COMMAND_WITHIN = 10.0


class Asterisk(OwnServer):
    """A back-to-back user agent on one IPv4 and, with chan_pjsip, one IPv6 address, UDP and TCP.

    `command` are the words that run it, `{run}` is the folder of its files. It can be made to notify, to forget, to
    fork, to freeze and to grant other times; any other fault is NotApplicable.
    """

    title: ClassVar = "Asterisk"
    name: ClassVar = "Asterisk"
    log_name: ClassVar = "asterisk.log"
    start_within: ClassVar = 60.0
    abilities: ClassVar[frozenset[Ability]] = frozenset({Ability.STEERABLE, Ability.OWN})

    def __init__(
        self,
        address: str,
        address6: str | None,
        directory: Path,
        *,
        command: Sequence[str] = ("asterisk",),
        driver: config.Driver = "chan_pjsip",
        media: config.Media = "relayed",
        accounts: Sequence[PbxAccount],
        peer_accounts: Sequence[PbxAccount] | None = None,
        port: int = 5060,
    ) -> None:
        super().__init__(
            address, address6 if driver == "chan_pjsip" else None, port, directory, accounts, peer_accounts
        )
        self._words = list(command)
        self._settings = self._healthy = config.Settings(self.addresses, port, driver, media)
        self._known = {account.digest_user: account for account in (*self._accounts, *self._peer_accounts)}
        self._markers = itertools.count(1)

    def start(self) -> None:
        """Write its files, start it and wait until it has booted; raises RigFault with the end of its log."""
        folder = self._folder
        config.write(folder, config.files(folder, self._settings, list(self._known.values())))
        words = filled(self._words, {"run": folder}, part="pbx", key="pbx.NAME.command in the rig file")
        self._program = [*words, "-C", str(folder / "asterisk.conf")]
        with steps.step("pbx", f"Asterisk starts on {self.address}", log=str(self.log)):
            self._launch([*self._program, "-f"], self._has_booted, lambda: None)

    # looking in

    def contacts(self, user: str) -> list[dict[str, Any]]:
        """The bindings of a user: Address, Expires (s left; with chan_sip as granted), User-Agent."""
        return [contact for _, contact in self._bindings(user)]

    # steering

    def set_account(self, account: PbxAccount) -> None:
        """Add a subscriber or change its password; chan_sip knows no login of another name."""
        redaction.register(account.password)
        if self._settings.classic and account.digest_user != account.user:
            self._cannot("give an account a login of another name")
        self._known = {login: one for login, one in self._known.items() if one.user != account.user}
        self._known[account.digest_user] = account
        self._renew_accounts()

    def forget_account(self, login: str) -> None:
        """The server no longer knows this login."""
        self._known.pop(login, None)
        self._renew_accounts()

    def fault(self, name: str, value: int, of: Sender = "base") -> None:
        """`grant`: the longest time of a registration; `min_expires`: chan_pjsip refuses shorter ones; 0 is off.

        Others are NotApplicable.
        """
        with steps.step("pbx", f"fault {name} = {value} for requests of the {of}"):
            if name == "grant":
                longest = value or config.LONGEST
                self._become(replace(self._settings, longest=longest, shortest=min(longest, config.SHORTEST)))
            elif name == "min_expires" and not self._settings.classic:
                self._become(replace(self._settings, shortest=value or config.SHORTEST))
            elif value:
                self._cannot(f"do {name} on demand")

    def fill_mailbox(self, user: str, new: int, old: int = 0) -> None:
        """NotApplicable: its mailboxes hold recorded messages."""
        self._cannot(f"say that {user} has {new} new and {old} old messages")

    def reset_faults(self) -> None:
        """All faults off, the granted time too."""
        if self._frozen:
            self.thaw()
        self._become(replace(self._healthy, forked=self._settings.forked))

    def drop(self, user: str) -> None:
        """Forget the bindings of a user, as a server does that was restarted."""
        with steps.step("pbx", f"forgets the registration of {user}"):
            for key, _ in self._bindings(user):
                self._ask(f"sip unregister {user}" if self._settings.classic else f"database del registrar {key}")

    def forks(self, user: str, other: str) -> None:
        """Calls to a user ring where the other is reached too, from now on."""
        with steps.step("pbx", f"calls to {user} ring at {other} too"):
            also = self._settings.forked.get(user, ())
            self._renew_dial_plan({**self._settings.forked, user: (*also, other)})

    def forks_no_more(self, user: str) -> None:
        """Calls to a user ring at its own contacts only."""
        self._renew_dial_plan({one: also for one, also in self._settings.forked.items() if one != user})

    def send(self, method: str, user: str, headers: str = "", body: str = "") -> None:
        """Send NOTIFY or OPTIONS outside any dialog to a user; each of `headers` ends in CR LF."""
        classic = self._settings.classic
        with steps.step("pbx", f"sends {method} to {user}"):
            if method == "NOTIFY":
                self._rewrite(self._settings.notices_file, config.notice(headers, body))
                self._ask("sip reload" if classic else "module reload res_pjsip_notify.so")
                self._ask(f"sip notify m9 {user}" if classic else f"pjsip send notify m9 endpoint {user}")
            elif method == "OPTIONS":
                self._ask(f"sip qualify peer {user} load" if classic else f"pjsip qualify {user}")
            else:
                self._cannot(f"send {method} on demand")

    # small parts

    @property
    def _folder(self) -> Path:
        return self.directory.resolve()

    def _bindings(self, user: str) -> list[tuple[str, dict[str, Any]]]:
        """The bindings of a user with their keys in the server's data base."""
        if self._settings.classic:
            found = re.search(
                rf"^/SIP/Registry/{re.escape(user)}\s*: (\S+)", self._ask("database show SIP/Registry"), re.M
            )
            if found is None:
                return []
            _, _, granted, _, address = found[1].split(":", 4)
            return [(user, {"Address": address, "Expires": int(granted)})]
        told = re.findall(
            rf"^/registrar/(contact/{re.escape(user)};\S+)\s*: (\{{.*\}})", self._ask("database show registrar"), re.M
        )
        bindings = []
        for key, text in told:
            content = json.loads(text)
            left = float(content["expiration_time"]) - clock.now()
            if left > 0:
                agent = content.get("user_agent", "")
                bindings.append((key, {"Address": content["uri"], "Expires": left, "User-Agent": agent}))
        return bindings

    def _become(self, settings: config.Settings) -> None:
        if settings != self._settings:
            self._settings = settings
            self._renew_accounts()

    def _renew_accounts(self) -> None:
        """Write the accounts anew, and wait until the server has read them."""
        marker = f"marker-{next(self._markers)}" if self._settings.classic else ""
        known = list(self._known.values())
        self._rewrite(self._settings.accounts_file, config.accounts_of(self._settings, known, marker))
        if not self._settings.classic:
            self._ask("module reload res_pjsip.so")
            return
        self._ask("sip reload")
        try:
            wait_until(
                lambda: "not found" not in self._ask(f"sip show peer {marker}"),
                what="Asterisk has read its accounts",
                within=COMMAND_WITHIN,
            )
        except WaitExpired as expired:
            raise self._fault(expired) from expired

    def _renew_dial_plan(self, forked: dict[str, tuple[str, ...]]) -> None:
        self._settings = replace(self._settings, forked=forked)
        self._rewrite("extensions.conf", config.dial_plan(self._settings))
        self._ask("dialplan reload")

    def _rewrite(self, name: str, text: str) -> None:
        config.write(self._folder, {name: text})

    def _has_booted(self) -> bool:
        return "fully booted" in self._say("core waitfullybooted")

    def _ask(self, command: str) -> str:
        self._require_running()
        try:
            return self._say(command)
        except ControlError as error:
            raise self._fault(error) from error

    def _say(self, command: str) -> str:
        """What a command of its command line prints."""
        try:
            done = subprocess.run(
                [*self._program, "-rx", command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=COMMAND_WITHIN,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise ControlError(f"no answer to {command!r} in {COMMAND_WITHIN:g} s") from late
        return done.stdout

    def _cannot(self, what: str) -> NoReturn:
        raise NotApplicable(f"Asterisk cannot be made to {what}")

    def _forget_control(self) -> None:
        """Its command line ends with it."""
