"""What a procedure has to work with: the drivers of one rig, the profile, what to undo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from harness.core import clock, steps
from harness.core.errors import Expectation, InvalidTest, NotApplicable, ProductFailure
from harness.evidence.act_log import ActLog
from harness.pbx.protocol import Ability, can, steered
from harness.rig import addresses, pbx_rejection
from harness.rules.passwords import Passwords

if TYPE_CHECKING:
    from harness.base.driver import Base
    from harness.capture.live import Wire
    from harness.capture.messages import Packet
    from harness.core.stall import Stall
    from harness.handset.driver import Handset
    from harness.pbx.protocol import Pbx, PbxAccount, SteerablePbx
    from harness.profiles.model import Profile
    from harness.rig.model import HandsetEntry, Rig
    from harness.rules.acts import ActKind
    from harness.softphone.peer import Peer


@dataclass
class TestContext:
    """The drivers of one rig for one test. `handset` and `peer` take a number from 1."""

    __test__: ClassVar[bool] = False  # pytest takes what is called Test for a test

    rig: Rig
    profile: Profile
    base: Base
    pbx: Pbx
    wire: Wire
    handset: Callable[[int], Handset]
    peer: Callable[[int], Peer]
    restores: list[Callable[[], None]] = field(default_factory=list)
    began: float = field(default_factory=clock.now)
    log: ActLog = field(default_factory=ActLog)
    fence_handsets: Callable[[], None] = lambda: None
    """What handsets told until now has arrived."""
    stalls: Callable[[], Sequence[Stall]] = tuple
    """When the host stood still, until now."""
    refused: Collection[str] = ()
    """Users of accounts that the PBX refuses."""
    other_passwords: dict[str, set[str]] = field(default_factory=dict, repr=False)
    """Passwords by login that a test gave the base or the server, beside those of the accounts."""

    def did(self, kind: ActKind, *, at: float, handset: int = 0, call_id: str = "", **detail: str) -> None:
        """Note an act on the base or a handset: rules take it as the cause of what follows (see Act.kind)."""
        did = {"kind": kind, "handset": handset, "call_id": call_id, "at": at, **detail}
        where = f" at handset {handset}" if handset else ""
        steps.publish("procedure", f"{kind}{where}", did=did)

    def switched(self, name: str, value: str, identity: int, *, at: float) -> None:
        """Note that the menu of a handset was used to give a setting a value, from a moment on until now."""
        self.did("setting", at=at, name=name, value=value, identity=str(identity), channel="handset")

    def saw(self, kind: str, value: str, detail: Mapping[str, str] | None = None, *, handset: int = 0) -> None:
        """Note what a handset, or the web pages (handset 0), showed at this moment (see Shown.kind)."""
        shown = {"kind": kind, "handset": handset, "value": value, **(detail or {})}
        where = f"handset {handset}" if handset else "a page"
        steps.publish("procedure", f"{where} shows {kind} {value}", shown=shown)

    @property
    def known_passwords(self) -> Passwords:
        """What digests of the base's accounts are computed with."""
        found = {account.digest_user: {account.password} for account in self.pbx.accounts}
        for login, passwords in self.other_passwords.items():
            found.setdefault(login, set()).update(passwords)
        return Passwords(found)

    @property
    def has_transparent_pbx(self) -> bool:
        """Whether the server keeps nothing of a call to itself: what one end sends, the other gets."""
        return can(self.pbx, Ability.TRANSPARENT)

    @property
    def handsets_in_use(self) -> list[HandsetEntry]:
        """The handsets whose identities register: the PBX has an account for each and does not refuse it."""
        users = {number: account.user for number, account in enumerate(self.pbx.accounts, 1)}
        return [one for one in self.rig.handsets if users.get(one.identity, "") not in ("", *self.refused)]

    def account(self, identity: int) -> PbxAccount:
        """The PBX account an identity of the base registers with; NotApplicable where the PBX has fewer."""
        return _numbered(self.pbx.accounts, identity, "identities")

    def peer_account(self, number: int) -> PbxAccount:
        """The PBX account of a peer; NotApplicable where the PBX has fewer."""
        return _numbered(self.pbx.peer_accounts, number, "peers")

    @property
    def server(self) -> SteerablePbx:
        """The server, to be steered until the test ends; NotApplicable where it cannot be."""
        server = steered(self.pbx)
        self.addfinalizer(server.reset_faults)
        return server

    @property
    def base_addresses(self) -> tuple[str, ...]:
        """IPv4 and the IPv6 addresses the base makes itself from its MAC."""
        return addresses.of_the_base(self.rig, self.base.web.address)

    def setting(self, name: str, identity: int = 0) -> str:
        """What the web pages show of a setting, in the form's own values; empty where no page shows it."""
        ((known, index), value) = next(iter(self.base.read_back([(name, identity)]).items()))
        if value is not None:
            self.saw("setting", value, {"name": known, "identity": str(index)})
        return value or ""

    @property
    def answer(self) -> float:
        """How long a rig may take to react, in seconds."""
        return self.rig.timing.answer

    @property
    def display(self) -> float:
        """How long a handset may take to show what is going on, in seconds."""
        return self.rig.timing.display

    def registration_row(self, identity: int) -> str:
        """The line of the registration status that names this identity's account, its cells joined."""
        return " | ".join(self.registration_cells(identity).values())

    def registration_cells(self, identity: int) -> Mapping[str, str]:
        """The cells of that line by the names of their columns; none where there is no such line."""
        user = self.account(identity).user
        rows = self.base.web.registrations()
        return next((row for row in rows if user in " | ".join(row.values())), {})

    def broken(self, claim: str, expected: object, seen: object, packets: Iterable[Packet] = ()) -> NoReturn:
        """The base broke a claim that is no row of the profile: only `judge` names rules."""
        __tracebackhide__ = True  # the test's own line says more than this one
        raise ProductFailure(
            Expectation(
                claim=claim,
                expected=str(expected),
                seen=f"{seen}" + "".join(f"\n            {packet}" for packet in packets),
                before=self.wire.before(),
                frames=tuple(packet.frame for packet in packets),
            )
        )

    def missing(self, requirement: str, seen: str) -> NoReturn:
        """What shows that the test exercised its path was not there."""
        raise InvalidTest(requirement, seen, remedy="check in the test's ladder whether the stimulus reached the base")

    @contextmanager
    def needs_server_support(self, what: str) -> Iterator[None]:
        """Requirements inside need a server that passes `what` on, which a lab's own may not do: see `not_passed_on`.

        A back-to-back user agent makes calls of its own: what it leaves out of them is no fault of rig or product.
        """
        try:
            yield
        except InvalidTest as missing:
            if self.has_transparent_pbx:
                raise
            self.not_passed_on(what, missing)

    def not_passed_on(self, what: str, missing: Exception | None = None) -> NoReturn:
        """A server of the lab has kept to itself what the far end or the test did; only the base's wire shows that."""
        raise NotApplicable(f"the PBX in between keeps it to itself: {what}") from missing

    @contextmanager
    def registering(self, identity: int, since: float) -> Iterator[None]:
        """Inside, a registration is waited for: a refusal of an external PBX that the base gave no cause for is its."""
        __tracebackhide__ = True
        try:
            yield
        except ProductFailure as failure:
            if can(self.pbx, Ability.OWN):
                raise
            messages = self.wire.messages(since=since)
            fault = pbx_rejection.refusal(messages, self.account(identity), self.pbx.registrar, clock.now())
            raise (fault or failure) from None

    def same(self, claim: str, seen: Any, expected: Any, *packets: Packet) -> None:
        """What was seen is what the rule wants: the value itself, or one of a list."""
        __tracebackhide__ = True
        wanted = expected if isinstance(expected, list | tuple | set | frozenset) else [expected]
        if seen not in wanted:
            self.broken(claim, " or ".join(str(one) for one in wanted), seen, packets)

    def addfinalizer(self, restore: Callable[[], None]) -> None:
        """Undo this at the end of the test, last act first."""
        self.restores.append(restore)

    def restore(self) -> None:
        """Undo what the test did, in reverse; every undoing runs, the first error is raised at the end."""
        first: Exception | None = None
        while self.restores:
            try:
                self.restores.pop()()
            except Exception as error:  # noqa: BLE001 - every undoing must run, also after an error
                first = first or error
        if first is not None:
            raise first


def _numbered(accounts: Sequence[PbxAccount], number: int, whose: str) -> PbxAccount:
    """The account with a number from 1."""
    if number > len(accounts):
        raise NotApplicable(f"needs {number} {whose}, the PBX has accounts for {len(accounts)}")
    return accounts[number - 1]
