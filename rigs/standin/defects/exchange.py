"""Faults of the exchange: who rings, how many calls, what is refused, what handsets are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rigs.standin.base.network_clock import TimeStrategy
from rigs.standin.call.call_control import Exchange
from rigs.standin.call.strategies import (
    AnsweredElsewhereStrategy,
    CallEndStrategy,
    CallLimitStrategy,
    CallWaitingStrategy,
    CancelReasonStrategy,
    DoNotDisturbNoticeStrategy,
    DoNotDisturbStrategy,
    HandsetKeypadStrategy,
    OutgoingIdentityStrategy,
    RejectKeyStrategy,
    RingDurationStrategy,
    RingStrategy,
)
from rigs.standin.core.replacing import defect

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings


class BindingIgnored(RingStrategy):
    """A call for one person rings on everybody's handset."""

    feature = "handset-binding"

    def targets(self, bindings: list[str], handsets: list[str]) -> list[str]:
        return list(handsets)


class OnlyTheFirstHandsetRings(RingStrategy):
    """A call for an identity that nobody is bound to rings on the first handset only."""

    feature = "ring-all"

    def targets(self, bindings: list[str], handsets: list[str]) -> list[str]:
        found = super().targets(bindings, handsets)
        return found if bindings else found[:1]


class CallsInTheFirstName(OutgoingIdentityStrategy):
    """Every handset calls out as identity 1, whoever it belongs to."""

    feature = "outgoing-identity"

    def identity(self, ipui: str, settings: Settings) -> int:
        return 1


class FifthCallAccepted(CallLimitStrategy):
    """The base takes more calls than it can carry: the fifth rings."""

    feature = "four-calls"

    def admits(self, calls: int) -> bool:
        return True


class FifthCallerHearsOfNobody(CallLimitStrategy):
    """Who calls while all four lines are in use is told that there is no such number."""

    feature = "fifth-call"

    def refusal(self, busy: tuple[int, str]) -> tuple[int, str]:
        return 404, "Not Found"


class DoNotDisturbDisturbs(DoNotDisturbStrategy):
    """With do not disturb on, the handset rings."""

    feature = "dnd"

    def refuses(self, dnd: bool) -> bool:
        return False


class DoNotDisturbIsNotShown(DoNotDisturbNoticeStrategy):
    """Nobody sees at the handset that it takes no calls."""

    feature = "dnd"

    def shown(self, dnd: bool) -> bool:
        return False


class NoCallWaiting(CallWaitingStrategy):
    """Whoever calls during a call gets busy, though call waiting is allowed."""

    feature = "call-waiting"

    def offers(self, allowed: bool, calls: int) -> bool:
        return False


class CallWaitingCannotBeForbidden(CallWaitingStrategy):
    """With call waiting switched off a second call knocks all the same."""

    feature = "call-waiting-off"

    def offers(self, allowed: bool, calls: int) -> bool:
        return calls == 1


class RejectSendsNothing(RejectKeyStrategy):
    """Pressing the red key silences the handset; the caller goes on hearing it ring."""

    feature = "reject"

    def refuses(self) -> bool:
        return False


class AnsweredElsewhereGoesOnRinging(AnsweredElsewhereStrategy):
    """When a colleague answers, the other handsets go on ringing."""

    feature = "answered-elsewhere"

    def releases(self) -> bool:
        return False


class RingsForEver(RingDurationStrategy):
    """A call that nobody answers is never ended by the base, whatever ring_duration says."""

    feature = "ring-duration"

    def seconds(self, setting: int) -> float | None:
        return None


class GivenUpCallForgotten(CancelReasonStrategy):
    """A caller who gave up is taken for one whom somebody else answered: the call is nowhere among the missed ones."""

    feature = "call-list-missed"

    def reason(self, answered_elsewhere: bool) -> str:
        return "answered elsewhere"


class BusyLooksLikeNoAnswer(CallEndStrategy):
    """A busy far end is shown as one that did not answer."""

    feature = "busy"

    def reason(self, status: int) -> str:
        found = super().reason(status)
        return "no answer" if found == "busy" else found


class DeclineLooksLikeNoAnswer(CallEndStrategy):
    """A far end that declined the call is shown as one that did not answer."""

    feature = "far-reject"

    def reason(self, status: int) -> str:
        found = super().reason(status)
        return "no answer" if found == "rejected" else found


class ClockWithoutZone(TimeStrategy):
    """Handsets show Greenwich time wherever they are."""

    feature = "time-zone"

    def local(self, network_time: float, gmt_offset: int) -> float:
        return network_time


@defect(feature="hold", replaces=Exchange.voice)
def room_heard_on_hold(
    healthy: Callable[[Exchange, str, bytes], None], exchange: Exchange, ipui: str, frame: bytes
) -> None:
    """Whoever is put on hold goes on hearing what is said in the room."""
    healthy(exchange, ipui, frame)
    for call in exchange.calls_of(ipui):
        if call.on_hold:
            call.far.hear(frame)


class DigitsAreDropped(HandsetKeypadStrategy):
    """Keys pressed in a call go nowhere."""

    feature = "dtmf-rfc4733"

    def passes(self, call_on_hold: bool) -> bool:
        return False
