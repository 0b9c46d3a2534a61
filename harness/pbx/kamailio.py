"""The baseline PBX: a Kamailio that the harness starts in the foreground and controls over its RPC socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from harness.core import clock, steps
from harness.core.child_process import end_group
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.redaction import redaction
from harness.core.runtime_dirs import ShortFolder
from harness.pbx import kamailio_config
from harness.pbx.accounts import WithAccounts
from harness.pbx.probe import answer_to_options
from harness.pbx.protocol import Ability, PbxAccount
from harness.pbx.rpc import Rpc, RpcError

START_WITHIN = 5.0
STOP_WITHIN = 3.0
ANSWER_WITHIN = 3.0
"""A unix socket's name has 108 bytes (unix(7)); Kamailio refuses longer ones."""
NOT_FOUND = 404


class Kamailio(WithAccounts):
    """Registrar and proxy on one IPv4 and, if given, one IPv6 address, port 5060, UDP and TCP.

    Passwords are sent over its RPC socket and are in no file. Raises RigFault when it does not start or answer.
    """

    title: ClassVar = "embedded PBX"
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
    ) -> None:
        self.address = address
        self.address6 = address6
        self.port = port
        self.directory = Path(directory)
        self.realm = realm
        self.nonce_expire = nonce_expire
        self._no_answer = no_answer
        self._presence = presence
        self._domains = domains
        super().__init__(accounts, peer_accounts)
        self._process: subprocess.Popen[bytes] | None = None
        self._sockets: ShortFolder | None = None
        self._rpc: Rpc | None = None
        self._frozen = False
        self._forked: dict[str, list[str]] = {}

    # the protocol

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

    def start(self) -> None:
        """Start it and wait until it answers OPTIONS; raises RigFault with the end of its log."""
        program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise RigFault("pbx", "kamailio is not installed", remedy="apt install kamailio kamailio-presence-modules")
        with steps.step("pbx", f"Kamailio starts on {self.address}", log=str(self.log)):
            self._sockets = sockets = ShortFolder("kamailio-")
            config = self._write_config(sockets.path / "rpc")
            # setpriv(1) has the kernel end the server when this process dies, however it dies
            command = ["setpriv", "--pdeathsig", "TERM", program, "-DD", "-E", "-m", "32", "-M", "8", "-f", str(config)]
            with self.log.open("ab") as output:
                self._process = subprocess.Popen(
                    [*command, "-Y", str(sockets.path), "-w", str(self.directory)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    process_group=0,
                )
            try:
                wait_until(self._ready, what="Kamailio answers OPTIONS", within=START_WITHIN)
                for account in (*self._accounts, *self._peer_accounts):
                    self.set_account(account)
                for account in self._peer_accounts:
                    self._ask("htable.seti", "peer", account.user, 1)
            except (WaitExpired, RpcError) as silence:
                said = self._last_words()
                self.stop()
                remedy = f"read {self.log}; check that {self.address} is on this host and port {self.port} is free"
                raise RigFault("pbx", f"Kamailio does not answer: {silence}: {said}", remedy=remedy) from silence

    def stop(self) -> None:
        """End it and its children; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        self.thaw_process(process)
        end_group(process, STOP_WITHIN)
        if self._sockets is not None:
            self._sockets.close()
            self._sockets = None
        self._rpc = None

    def check(self) -> None:
        """Raise RigFault when it has ended or does not answer; one that was frozen on purpose is not a fault."""
        if self._frozen:
            return
        if self._process is None or self._process.poll() is not None:
            raise RigFault("pbx", f"Kamailio has ended: {self._last_words()}", remedy=self._remedy)
        if not answer_to_options(self.address, self.port, within=ANSWER_WITHIN):
            raise RigFault("pbx", f"Kamailio runs and is silent for {ANSWER_WITHIN:g} s", remedy=self._remedy)

    def registered(self, user: str) -> bool | None:
        """Whether a binding of this user is held that has not run out."""
        return bool(self.contacts(user))

    # what only the baseline can: looking in

    @property
    def log(self) -> Path:
        """Kamailio's own log."""
        return self.directory / "kamailio.log"

    @property
    def alive(self) -> bool:
        """Whether the process runs and is not frozen."""
        return self._process is not None and self._process.poll() is None and not self._frozen

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

    def wait_registered(self, user: str, within: float) -> dict[str, Any]:
        """Wait for a binding; raises WaitExpired. The wire is the judge: this only orders a set-up."""
        return wait_until(lambda: self.contacts(user), what=f"{user} is registered", within=within)[0]

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

    def fault(self, name: str, value: int) -> None:
        """Steer what the template's section KNOBS names, e.g. min_expires, stale, challenge_off; 0 is off."""
        with steps.step("pbx", f"fault {name} = {value}"):
            self._ask("htable.seti", "knob", name, value)

    def reset_faults(self) -> None:
        """All faults off, the granted time too: for the end of a test."""
        with contextlib.suppress(RpcError):
            self._ask("htable.flush", "knob")

    def grant(self, seconds: int) -> None:
        """The longest time a registration of the base is granted from now on."""
        self.fault("grant", seconds)

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

    def freeze(self) -> None:
        """Stop all its processes where they are: a PBX that died while its sockets stay open."""
        steps.publish("pbx", "Kamailio frozen")
        self._signal(signal.SIGSTOP)
        self._frozen = True

    def thaw(self) -> None:
        """Let it go on."""
        steps.publish("pbx", "Kamailio thawed")
        self._signal(signal.SIGCONT)
        self._frozen = False

    def thaw_process(self, process: subprocess.Popen[bytes]) -> None:
        """A stopped process handles no SIGTERM: let it go on before it is ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGCONT)
        self._frozen = False

    # small parts

    @property
    def _remedy(self) -> str:
        return f"read {self.log}; the next test gets a fresh one, and the base and the peers register anew"

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            raise RigFault("pbx", "Kamailio is not running", remedy=f"read {self.log}")
        os.killpg(self._process.pid, number)

    def _ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise WaitExpired("Kamailio runs", START_WITHIN, f"ended with {self._process and self._process.returncode}")
        return bool(answer_to_options(self.address, self.port, within=0.5)) and self._rpc is not None

    def _ask(self, method: str, *params: Any) -> Any:
        if self._rpc is None or self._process is None or self._process.poll() is not None:
            raise RigFault("pbx", "Kamailio has ended", remedy=f"read {self.log}; restart the PBX")
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

    def _fault(self, error: RpcError) -> RigFault:
        state = "is frozen" if self._frozen else "runs" if self.alive else "has ended"
        return RigFault("pbx", f"Kamailio {state} and says: {error}", remedy=f"read {self.log}; restart the PBX")

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        told = [line for line in lines if "ERROR" in line or "CRITICAL" in line]
        return " / ".join((told or lines)[-3:])

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
            nonce_expire=self.nonce_expire,
            no_answer=self._no_answer,
            presence=self._presence,
        )


def _left(contact: dict[str, Any]) -> float:
    """Seconds until a binding runs out; `permanent` ones never do."""
    expires = contact.get("Expires", 0)
    return float(expires) if isinstance(expires, (int, float)) else clock.now()
