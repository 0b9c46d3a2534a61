"""The two ends of a call, as factories: handsets are subscribed and idle, peers are registered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from harness.core import steps
from harness.core.errors import M9Error, NotApplicable
from harness.rig import factory
from harness.rig.model import PEERS
from harness.rig.rig_session import RigSession

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.pbx.protocol import Pbx
    from harness.softphone.peer import Peer

ATTACHED = ("LOCKED", "LINKED")


class Handsets:
    """`handsets(2)` is handset number 2 of the rig file, subscribed to this base and idle."""

    def __init__(
        self,
        rig_session: RigSession,
        open_window: Callable[[], None],
        fault_of: Callable[[int], M9Error | None] = lambda identity: None,
    ) -> None:
        """`fault_of` says why an identity has no account that registers."""
        self._rig_session = rig_session
        self._open_window = open_window
        self._fault_of = fault_of
        self._made: dict[int, Handset] = {}
        self._in_use: set[int] = set()

    def __call__(self, number: int) -> Handset:
        """The handset with this number; raises NotApplicable if there is none, RigFault if it is off or lost.

        Either is raised for a handset whose identity does not register, too.
        """
        rig = self._rig_session.rig
        identity = next((entry.identity for entry in rig.handsets if entry.number == number), 0)
        if not identity:
            raise NotApplicable(f"{rig.name} has no handset {number}")
        fault = self._fault_of(identity)
        if fault is not None:
            raise fault.with_traceback(None)
        self._in_use.add(number)
        handset = self._made.get(number) or self._make(number)
        if handset.link.state() not in ATTACHED:
            self._attach(handset)
        return handset

    def fence(self) -> None:
        """Wait for the dongle's lines until now; a handset that a test took out of range is left there."""
        for handset in self.known[:1]:
            handset.dongle.fence()

    @property
    def used(self) -> list[Handset]:
        """The handsets of this test."""
        return [self._made[number] for number in sorted(self._in_use) if number in self._made]

    @property
    def known(self) -> list[Handset]:
        """The handsets that any test of this profile used."""
        return [handset for _, handset in sorted(self._made.items())]

    @contextmanager
    def in_use(self) -> Iterator[Self]:
        """For one test: every handset it used is in range and idle again afterwards."""
        self._in_use.clear()
        yield self
        with ExitStack() as endings:
            for number in sorted(self._in_use):
                endings.callback(self._give_back, self._made[number])

    def _make(self, number: int) -> Handset:
        from harness.handset.driver import Handset

        self._made[number] = Handset(self._rig_session.dongle, number, limits=self._rig_session.rig.timing.limits)
        return self._made[number]

    def _attach(self, handset: Handset) -> None:
        """Bring a handset in range of its base: wait if it is subscribed, else subscribe it."""
        rig = self._rig_session.rig
        if handset.link.state() == "UNREGISTERED":
            self._subscribe(handset)
        elif not handset.link.expect_state("LOCKED", within=rig.timing.subscribe):
            raise factory.lost(
                "handsets",
                f"handset {handset.number} is {handset.link.state()}",
                "switch it on and put it near the base; then m9 doctor",
            )

    def _subscribe(self, handset: Handset) -> None:
        """Subscribe it; if that fails, once more with the window opened on the web UI.

        This is only the start of a test: separate tests judge the subscription.
        """
        rig = self._rig_session.rig
        pin, within = rig.base.pin.value(), rig.timing.subscribe
        if handset.link.try_register(pin, within):
            return
        with suppress(M9Error):  # without a button the handset's own refusal is the better text
            self._open_window()
        if not handset.link.try_register(pin, within):
            raise factory.lost(
                "handsets",
                f"handset {handset.number} does not subscribe to the base: {handset.link.state()}, {handset.display()}",
                f"check base.pin and handsets.{handset.number}.ipui in the rig file, and open registration on the "
                "DECT page",
            )

    def _give_back(self, handset: Handset) -> None:
        """Idle, in range, and silent."""
        can = handset.dongle.caps(handset.number)
        if "RF" in can:
            handset.link.attenuate(0)
        if handset.link.state() in ATTACHED:
            if "TONE" in can:
                handset.mute()
            handset.go_idle()


class Peers:
    """`peers(1)` is the first peer, with its own address and registered with the first of the peers' accounts."""

    def __init__(self, rig_session: RigSession, pbx: Pbx) -> None:
        self._rig_session = rig_session
        self._pbx = pbx
        self._made: dict[int, Peer] = {}
        self._endings: dict[int, ExitStack] = {}
        self._in_use: set[int] = set()
        self._g726: int | None = None
        self._worker: list[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_all()

    def __call__(self, number: int) -> Peer:
        """The peer with this number, from 1; a peer whose worker died gets a new worker."""
        most = min(PEERS, len(self._pbx.peer_accounts))
        if not 1 <= number <= most:
            raise NotApplicable(f"needs {number} peers, the PBX has accounts for {most}")
        if number == self._g726 and number not in self._in_use:
            self._end(number)  # in this test it uses the same codecs as the others
        self._in_use.add(number)
        peer = self._made.get(number) or self._make(number)
        peer.revive()
        return peer

    @property
    def dead(self) -> list[Peer]:
        """The peers of this test whose worker has died."""
        return [peer for number, peer in self._made.items() if number in self._in_use and not peer.alive]

    def check(self) -> None:
        """Raise RigFault if the worker of a peer of this test answers nothing."""
        for number, peer in self._made.items():
            if number in self._in_use:
                peer.check()

    def renew(self, worker: list[str] | None = None) -> None:
        """From now on peers are new and register again, with another worker's command if one is given."""
        self._end_all()
        self._worker = worker

    def g726(self) -> Peer:
        """A far end with G.726-32 only, on the last of the peers' addresses and accounts.

        If the PBX has few accounts, an ordinary peer may have had this one in an earlier test.
        """
        number = min(PEERS, len(self._pbx.peer_accounts))
        if number != self._g726:
            self._end(number)
            self._make(number, codecs=("G726-32",))
            self._g726 = number
        self._in_use.add(number)
        return self(number)

    @contextmanager
    def in_use(self) -> Iterator[Self]:
        """For one test: afterwards all peers have hung up and have their own codecs again."""
        self._in_use.clear()
        yield self
        with ExitStack() as endings:
            for peer in self._made.values():
                endings.callback(peer.give_back)

    def _make(self, number: int, codecs: tuple[str, ...] = ()) -> Peer:
        from harness.softphone.peer import Account

        account = self._pbx.peer_accounts[number - 1]
        rig, folder = self._rig_session.rig, self._rig_session.folder
        with ExitStack() as starting:
            peer = starting.enter_context(factory.peer(rig, number - 1, folder, codecs, self._worker))
            peer.register(
                Account(
                    account.user,
                    account.password,
                    f"sip:{self._pbx.registrar}",
                    display=account.display,
                    auth_user=account.auth_user,
                    outbound=self._pbx.outbound,
                    transport="tcp" if ";transport=tcp" in self._pbx.outbound.lower() else "udp",
                )
            )
            self._endings[number] = starting.pop_all()
        self._made[number] = peer
        steps.publish("peer", f"{peer.name} is {account.user}")
        return peer

    def _end(self, number: int) -> None:
        """End the peer that has this number, if there is one."""
        if number == self._g726:
            self._g726 = None
        self._made.pop(number, None)
        self._endings.pop(number, ExitStack()).close()

    def _end_all(self) -> None:
        """End every peer; the first error is raised after all were tried."""
        with ExitStack() as endings:
            for number in [*self._made]:
                endings.callback(self._end, number)
