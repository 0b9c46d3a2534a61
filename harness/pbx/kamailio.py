"""The baseline PBX: a Kamailio that the harness starts in the foreground and controls over its RPC socket."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any, ClassVar

from harness.core import clock, steps
from harness.core.errors import NotApplicable, RigFault
from harness.core.redaction import redaction
from harness.core.runtime_dirs import ShortFolder
from harness.pbx import kamailio_config
from harness.pbx.own_server import OwnServer
from harness.pbx.protocol import Ability, PbxAccount, Sender
from harness.pbx.rpc import Rpc, RpcError

NOT_FOUND = 404
MAILBOX_S = 3600
SUMMARY = "application/simple-message-summary"


class Kamailio(OwnServer):
    """Registrar and proxy on one IPv4 and, if given, one IPv6 address, port 5060, UDP and TCP; with `tls` TLS too.

    Passwords are sent over its RPC socket and are in no file. Raises RigFault when it does not start or answer.
    """

    title: ClassVar = "embedded PBX"
    name: ClassVar = "Kamailio"
    log_name: ClassVar = "kamailio.log"
    abilities: ClassVar = frozenset(Ability)

    def __init__(
        self,
        address: str,
        address6: str | None,
        directory: Path,
        accounts: list[PbxAccount],
        *,
        peer_accounts: list[PbxAccount] | None = None,
        realm: str = "m9.example",
        port: int = 5060,
        nonce_expire: int = 300,
        no_answer: int = 120,
        presence: bool = True,
        domains: tuple[str, ...] = (),
        tls: kamailio_config.Tls | None = None,
    ) -> None:
        super().__init__(address, address6, port, directory, accounts, peer_accounts)
        self.realm = realm
        self._nonce_expire = nonce_expire
        self._no_answer = no_answer
        self._presence = presence
        self._domains = domains
        self._tls = tls
        self._rpc: Rpc | None = None
        self._forked: dict[str, list[str]] = {}

    def start(self) -> None:
        """Start it and wait until it answers OPTIONS; raises RigFault with the end of its log."""
        program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise RigFault("pbx", "kamailio is not installed", remedy="apt install kamailio kamailio-presence-modules")
        with steps.step("pbx", f"Kamailio starts on {self.address}", log=str(self.log)):
            self._sockets = sockets = ShortFolder("kamailio-")
            config = self._write_config(sockets.path / "rpc")
            command = [program, "-DD", "-E", "-m", "32", "-M", "8", "-f", str(config)]
            command += ["-Y", str(sockets.path), "-w", str(self.directory)]
            if self._tls is not None:
                command = ["env", f"OPENSSL_CONF={kamailio_config.openssl_config(self.directory)}", *command]
            self._launch(command, lambda: self._rpc is not None, self._tell_accounts)

    # looking in

    def contacts(self, user: str) -> list[dict[str, Any]]:
        """The bindings of a user as `ul.lookup` tells them: Address, Expires (s left), User-Agent, Received …"""
        try:
            found = self._ask("ul.lookup", "location", user)
        except RpcError as error:
            if error.code == NOT_FOUND or "AOR" in str(error):
                return []
            raise self._fault(error) from error
        contacts = [entry["Contact"] for entry in found.get("Contacts", [])]
        return [contact for contact in contacts if contact.get("State") != "CS_EXPIRED" and _left(contact) > 0]

    # steering

    def set_account(self, account: PbxAccount) -> None:
        """Add a subscriber or change its password; a login of another name belongs to the user from now on."""
        redaction.register(account.password)
        self._ask("htable.sets", "account", account.digest_user, account.password)
        if account.digest_user != account.user:
            self._ask("htable.sets", "owner", account.digest_user, account.user)

    def forget_account(self, login: str) -> None:
        """The server no longer knows this login: 401 for ever, and 404 for callers of a user of this name."""
        self._ask("htable.delete", "account", login)
        with contextlib.suppress(RpcError):
            self._ask("htable.delete", "owner", login)

    def fault(self, name: str, value: int, of: Sender = "base") -> None:
        """Steer what the template's section KNOBS names, e.g. min_expires, stale, challenge_off; 0 is off."""
        with steps.step("pbx", f"fault {name} = {value} for requests of the {of}"):
            self._ask("htable.seti", "knob", f"{of}::{name}", value)

    def reset_faults(self) -> None:
        """All faults off, the granted time too: for the end of a test."""
        with contextlib.suppress(RpcError):
            self._ask("htable.flush", "knob")

    def drop(self, user: str) -> None:
        """Forget the bindings of a user, as a server does that was restarted."""
        with steps.step("pbx", f"forgets the registration of {user}"):
            self._remove("ul.rm", "location", user)

    def forks(self, user: str, other: str) -> None:
        """Calls to a user ring where the other is reached too, from now on."""
        for contact in self.contacts(other):
            with steps.step("pbx", f"calls to {user} ring at {contact['Address']} too"):
                self._ask("ul.add", "location", user, contact["Address"], 3600, 1.0, "0", 0, 0, 0xFFFF)
                self._forked.setdefault(user, []).append(contact["Address"])

    def forks_no_more(self, user: str) -> None:
        """Calls to a user ring at its own contacts only: what `forks` added goes, wherever the other is by now."""
        for address in self._forked.pop(user, []):
            self._remove("ul.rm_contact", "location", user, address)

    def send(self, method: str, user: str, headers: str = "", body: str = "") -> None:
        """Send OPTIONS, NOTIFY … outside any dialog to the bindings of a user; each of `headers` ends in CR LF."""
        for contact in self.contacts(user):
            # Kamailio adds the tag of its own
            source = f"From: <sip:{self.realm}>\r\nTo: <sip:{user}@{self.registrar}>\r\n"
            with steps.step("pbx", f"sends {method} to {contact['Address']}"):
                self._ask("tm.t_uac_start", method, contact["Address"], ".", ".", source + headers, body)

    @property
    def secure_port(self) -> int:
        """The port for TLS; raises NotApplicable where it has none."""
        if self._tls is None:
            raise NotApplicable("the embedded PBX has no certificate")
        return self._tls.port

    def reload_certificate(self) -> None:
        """Show new connections the certificate that its file contains by now."""
        self._ask("tls.reload")

    def fill_mailbox(self, user: str, new: int, old: int = 0) -> None:
        """So many messages are in a user's mailbox: who has subscribed is told (RFC 3842)."""
        uri = f"sip:{user}@{self.registrar}"
        event = f"Event: message-summary\r\nExpires: {MAILBOX_S}\r\nContent-Type: {SUMMARY}\r\n"
        body = f"Messages-Waiting: {'yes' if new else 'no'}\r\nVoice-Message: {new}/{old} (0/0)\r\n"
        with steps.step("pbx", f"mailbox of {user}: {new} new, {old} old"):
            self._ask(
                "tm.t_uac_start", "PUBLISH", uri, ".", ".", f"From: <sip:{self.realm}>\r\nTo: <{uri}>\r\n{event}", body
            )

    # small parts

    def _tell_accounts(self) -> None:
        for account in (*self._accounts, *self._peer_accounts):
            self.set_account(account)
        for account in self._peer_accounts:
            self._ask("htable.seti", "peer", account.user, 1)

    def _forget_control(self) -> None:
        self._rpc = None

    def _ask(self, method: str, *params: Any) -> Any:
        self._require_running()
        assert self._rpc is not None
        try:
            return self._rpc.ask(method, *params)
        except RpcError as error:
            if error.code:
                raise
            raise self._fault(error) from error

    def _remove(self, method: str, *params: Any) -> None:
        """Ask for a removal; that it is gone already is as well."""
        try:
            self._ask(method, *params)
        except RpcError as error:
            if error.code != NOT_FOUND and "AOR" not in str(error):
                raise self._fault(error) from error

    def _write_config(self, socket_name: Path) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._rpc = Rpc(socket_name)
        hosts = [self.address, *([f"[{self.address6}]"] if self.address6 else [])]
        return kamailio_config.write(
            self.directory,
            socket_name,
            hosts=hosts,
            port=self.port,
            realm=self.realm,
            names=self._domains,
            nonce_expire=self._nonce_expire,
            no_answer=self._no_answer,
            presence=self._presence,
            tls=self._tls,
        )


def _left(contact: dict[str, Any]) -> float:
    """Seconds until a binding runs out; `permanent` ones never do."""
    expires = contact.get("Expires", 0)
    return float(expires) if isinstance(expires, (int, float)) else clock.now()
