"""A peer: the softphone at the other end of a call, as a suite author drives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.core import steps
from harness.core.clock import WaitExpired
from harness.core.errors import InvalidTest, RigFault
from harness.core.life_cycle import Starting
from harness.core.limits import Limits, chosen
from harness.core.redaction import redaction
from harness.softphone.leg import Leg
from harness.softphone.process import BARESIP_WORKER, RequestRefused, WorkerEvent, WorkerProcess

DEFAULT_CODECS = ("PCMA", "PCMU", "G722")


@dataclass(frozen=True)
class Account:
    """Who the peer is at its PBX: `registrar` a SIP URI, `expires` in seconds, the rest as in worker `register`."""

    user: str
    password: str = field(repr=False)
    registrar: str
    display: str = ""
    auth_user: str = ""
    domain: str = ""
    outbound: str = ""
    realm: str = "*"
    expires: int = 300
    transport: str = "udp"
    session_timer: str = "optional"
    session_expires: int = 1800
    min_se: int = 90
    prack: str = "off"
    srtp: str = "off"
    register: bool = True
    contact: str = ""
    headers: list[list[str]] = field(default_factory=list)


class Peer(Starting):
    """One softphone with its own address; a context manager that ends with its worker.

    A dead worker raises RigFault from every act; `revive` starts a new one. A wait without its event raises
    InvalidTest: a missing event at a peer proves nothing about the base; only the capture does.
    """

    def __init__(
        self,
        name: str,
        bind_address: str,
        directory: Path,
        worker: list[str] | None = None,
        *,
        port: int = 5060,
        codecs: tuple[str, ...] = DEFAULT_CODECS,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.name = name
        self.limits = limits
        self.address = bind_address
        self.port = port
        self.directory = Path(directory)
        # the pjsua2 wheel has no IPv6 media, see pjsua/phone.py
        self._worker_command = worker or (list(BARESIP_WORKER) if ":" in bind_address else None)
        self._codecs = codecs
        self._has_others = False
        self._accounts: dict[str, Account] = {}
        self._process = WorkerProcess(name, self.directory, self._worker_command)
        self._taken: set[int] = set()

    # life

    def start(self) -> None:
        """Start the worker and its transports; raises RigFault when the address is not to be had."""
        self._process.start()
        try:
            self._process.request(
                "start", address=self.address, port=self.port, directory=str(self.directory), name=self.name
            )
            self.codecs(*self._codecs)
        except RequestRefused as refused:
            self._process.kill()
            text = f"cannot listen on {self.address} port {self.port}: {refused}"
            raise RigFault(
                f"peer {self.name}", text, remedy="check with `ip address show` that the interface has the address"
            ) from None
        steps.publish("peer", f"{self.name} is up on {self.address}: {self._process.program}")

    def stop(self) -> None:
        """End all calls and the worker."""
        self._process.stop()

    @property
    def alive(self) -> bool:
        """Whether the worker runs."""
        return self._process.alive

    @property
    def crashed(self) -> bool:
        """Whether the worker died of itself and was not ended from outside."""
        return self._process.crashed

    @property
    def ended_at(self) -> float:
        """When the worker was seen to be gone (epoch)."""
        return self._process.ended_at

    def check(self) -> None:
        """Raise RigFault if the worker has ended or answers nothing."""
        self._process.check()

    def fault(self) -> RigFault:
        """The rig fault that a dead worker is."""
        return self._process.fault()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def features(self) -> list[str]:
        """What the worker says it can."""
        return list(self._process.features)

    def revive(self, within: float | None = None) -> bool:
        """A fresh worker with the same accounts if the old one is dead; says whether that was so."""
        if self.alive:
            return False
        self._process.kill()
        self._process = WorkerProcess(self.name, self.directory, self._worker_command)
        self._taken.clear()
        self.start()
        try:
            for account in list(self._accounts.values()):
                self.register(account, within=within)
        except RigFault:
            self._process.kill()  # or it would pass for a registered one
            raise
        steps.publish("peer", f"{self.name} has a fresh worker")
        return True

    # registration

    def register(self, account: Account, *, within: float | None = None) -> WorkerEvent | None:
        """Register an account and wait for the 200; raises RigFault on a refusal or silence: PBX or peer is bad."""
        redaction.register(account.password)
        mark = len(self._process.events)
        with steps.step("peer", f"{self.name} registers {account.user} at {account.registrar}"):
            self._request("register", account=account.user, **asdict(account))
            self._accounts[account.user] = account
            if not account.register:
                return None
            return self._expect_registration(account, True, within, mark)

    @property
    def account(self) -> Account:
        """The first account, which calls are made with; raises InvalidTest without any."""
        if not self._accounts:
            raise InvalidTest(f"an account of {self.name}", "it has none")
        return next(iter(self._accounts.values()))

    def reconfigure(self, **options: Any) -> None:
        """Register the first account anew with other options (fields of Account), for the calls to come."""
        self.become(replace(self.account, **options))

    def become(self, account: Account) -> None:
        """Register an account that is known already with these options, unless it has them."""
        if account != self._accounts.get(account.user):
            self.register(account)

    def unregister(self, user: str, *, within: float | None = None) -> None:
        """Take the binding back (Expires: 0) and wait for the answer."""
        mark = len(self._process.events)
        with steps.step("peer", f"{self.name} unregisters {user}"):
            self._request("unregister", account=user)
            self._expect_registration(self._accounts[user], False, within, mark)

    def _expect_registration(self, account: Account, wanted: bool, within: float | None, mark: int) -> WorkerEvent:
        def answered(event: WorkerEvent) -> bool:
            return event.kind == "registration" and event.data.get("account") == account.user

        remedy = (
            f"check that the PBX at {account.registrar} runs, and user and password of {account.user} in the rig file"
        )
        try:
            limit = chosen(within, self.limits.register)
            event = self._process.events.wait_for(answered, what="answer to REGISTER", within=limit, since=mark)
        except WaitExpired as expired:
            self.check()
            raise RigFault(f"peer {self.name}", f"{account.user} is not registered: {expired}", remedy=remedy) from None
        if bool(event.data.get("registered")) != wanted:
            text = f"REGISTER of {account.user} was answered {event.data.get('code')} {event.data.get('reason')}"
            raise RigFault(f"peer {self.name}", text, remedy=remedy)
        return event

    # calls

    def codecs(self, *names: str, ptime: int = 20) -> None:
        """The codecs of the calls to come, in order of preference, and the packet time in ms that is sent."""
        self._request("codecs", codecs=list(names), ptime=ptime)

    def call(
        self,
        target: str,
        *,
        codecs: tuple[str, ...] | None = None,
        headers: dict[str, str] | None = None,
        account: str = "",
        sdp_edits: Sequence[tuple[str, str]] = (),
        sdp: bool = True,
    ) -> Leg:
        """Send an INVITE to a number or URI, with an offer unless told otherwise; the Leg is calling."""
        if codecs:
            self.codecs(*codecs)
            self._has_others = True
        user = account or next(iter(self._accounts))
        pairs = [[name, value] for name, value in (headers or {}).items()]
        more = {} if sdp else {"sdp": False}
        with steps.step("peer", f"{self.name} calls {target} as {user}"):
            try:
                answer = self._request(
                    "call", account=user, target=target, headers=pairs, sdp_edits=list(sdp_edits), **more
                )
            except RequestRefused as refused:
                raise InvalidTest(f"peer {self.name} can call", str(refused)) from refused
        return Leg(self._process, answer["call"], answer.get("call_id", ""), user, limits=self.limits)

    def expect_call(self, within: float | None = None, *, account: str = "", where: str = "") -> Leg:
        """The next INVITE that was not taken yet (to `account`, with `where` in its From), arrived or arriving."""

        def fresh(event: WorkerEvent) -> bool:
            data = event.data
            wanted = account in ("", data.get("account")) and where in str(data.get("from", ""))
            return event.kind == "incoming" and data.get("call") not in self._taken and wanted

        what = f"{self.name} is called" + (f" as {account}" if account else "")
        limit = chosen(within, self.limits.answer)
        try:
            event = self._process.events.wait_for(fresh, what=what, within=limit)
        except WaitExpired as expired:
            self.check()
            raise InvalidTest(what, f"no INVITE within {limit:g} s; {expired.last_seen}") from None
        self._taken.add(event.data["call"])
        steps.publish("peer", f"{self.name} is called by {event.data.get('from')}", at=event.at)
        data = event.data
        return Leg(self._process, data["call"], data.get("call_id", ""), data["account"], event, limits=self.limits)

    def give_back(self) -> None:
        """For the end of a test: all calls end, and those to come have the peer's own codecs again."""
        self.hangup_all()
        if self._has_others and self.alive:
            self.codecs(*self._codecs)
        self._has_others = False

    def hangup_all(self, within: float | None = None) -> None:
        """End all remaining calls, answered or not, and wait until they are gone.

        A worker that cannot end its calls is ended itself: the next test gets a fresh one.
        """
        if not self.alive:
            return
        for leg in self._open_legs():
            try:
                leg.hangup()
                leg.expect("disconnected", within=within)
            except (InvalidTest, RequestRefused) as left:
                steps.publish("peer", f"{self.name}: call {leg.number} did not end, the worker is: {left}")
                self._process.kill()
                return

    def _open_legs(self) -> list[Leg]:
        """The calls that have begun and not ended."""
        states: dict[int, tuple[str, str]] = {}
        for event in self._process.events.snapshot():
            if event.kind in ("state", "incoming"):
                states[event.data["call"]] = (event.data.get("state", "incoming"), event.data.get("call_id", ""))
        self._taken |= states.keys()  # one that came and went unseen is not the next test's
        return [
            Leg(self._process, number, call_id, "", limits=self.limits)
            for number, (state, call_id) in states.items()
            if state != "disconnected"
        ]

    def snapshot(self) -> list[WorkerEvent]:
        """All that the worker has told, for evidence."""
        return self._process.events.snapshot()

    def since(self, at: float) -> list[WorkerEvent]:
        """What the worker told since a moment (epoch)."""
        return [event for event in self.snapshot() if event.at >= at]

    def _request(self, do: str, **fields: Any) -> dict[str, Any]:
        return self._process.request(do, **fields)
