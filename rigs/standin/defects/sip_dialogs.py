"""Faults of what a dialog must keep to: ACK, routes, targets, timers, extensions."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from rigs.standin.core.replacing import defect
from rigs.standin.sip.call import Call
from rigs.standin.sip.call_strategies import (
    FinalAnswerStrategy,
    ForkStrategy,
    GlareStrategy,
    ReliableStrategy,
    RemoteTargetStrategy,
    SessionTimerStrategy,
)
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.strategies import AllowStrategy, RequireStrategy, StrangeHeaderStrategy
from rigs.standin.sip.values import Uri


class Acknowledging(Protocol):
    """The healthy acknowledgement of a 2xx."""

    def __call__(self, call: Call, dialog: Dialog, invite: Request, /, *, again: bool = False) -> None: ...


@defect(feature="ack-repeat", replaces=Call.acknowledge)
def ack_not_repeated(
    healthy: Acknowledging, call: Call, dialog: Dialog, invite: Request, *, again: bool = False
) -> None:
    """When one ACK is lost the call ends after half a minute."""
    if not again:
        healthy(call, dialog, invite)


@defect(feature="call-out", replaces=Call.acknowledge)
def ack_never_sent(healthy: Acknowledging, call: Call, dialog: Dialog, invite: Request, *, again: bool = False) -> None:
    """Who answers our call hears nothing, and the call ends after half a minute: the answer is never acknowledged."""


class GoesOnWithTheFirstToRing(ForkStrategy):
    """When two of a team ring and the second answers, the call is dead: the base talks on with the first."""

    feature = "forking"

    def confirmed(self, answered: Dialog, early: list[Dialog]) -> Dialog:
        return replace(early[0], confirmed=True) if early else answered


class GoesOnWithTheLastToRing(ForkStrategy):
    """When two of a team ring and the first answers, the call is dead: the base talks on with the second."""

    feature = "forking"

    def confirmed(self, answered: Dialog, early: list[Dialog]) -> Dialog:
        return replace(early[-1], confirmed=True) if early else answered


class PrackMissing(ReliableStrategy):
    """Gateways that insist on confirmed progress give the call up."""

    feature = "prack"

    def acknowledges(self, response: Response) -> bool:
        return False


class GlareWithoutPause(GlareStrategy):
    """When both sides press hold at once, both try again at once and collide for good."""

    feature = "glare"

    def wait(self, own_call_id: bool) -> float:
        return 0.0


class ServersOwnHeadersRefused(StrangeHeaderStrategy):
    """Servers that add headers of their own cannot call the phone: it says 400 Bad Request."""

    feature = "sip-robustness"

    def passed_over(self, headers: Headers) -> bool:
        return not any(name.lower().startswith("x-") for name, _ in headers)


class UnknownRequireAccepted(RequireStrategy):
    """An extension the base does not know is promised all the same."""

    feature = "option-tags"

    def unknown(self, required: set[str], supported: set[str]) -> set[str]:
        return set()


class RouteSetForgotten(RemoteTargetStrategy):
    """Requests within a call go around the server: behind a firewall hold and hang-up get lost."""

    feature = "record-route"

    def routes(self, record_route: list[str]) -> list[str]:
        return []


class OldTargetKept(RemoteTargetStrategy):
    """After the far end moved, hold and hang-up go to where it was."""

    feature = "target-refresh"

    def refreshed(self, current: Uri, offered: Uri | None) -> Uri:
        return current


class UpdateRefused(AllowStrategy):
    """Servers that change the shown name by UPDATE cannot."""

    feature = "update"

    def methods(self) -> tuple[str, ...]:
        return tuple(method for method in self.METHODS if method != "UPDATE")


class SessionRefreshNeverSent(SessionTimerStrategy):
    """Long calls are cut off by the server."""

    feature = "session-timer"

    def refresh_delay(self, interval: int) -> float | None:
        return None


class AnswerSentOnce(FinalAnswerStrategy):
    """If a 200 or its ACK is lost, the 200 is never repeated: one side talks and is not heard."""

    feature = "ack-repeat"

    def repeats(self) -> bool:
        return False


class LateOfferForgotten(FinalAnswerStrategy):
    """An INVITE without an offer is answered without one: both wait for the other's."""

    feature = "late-offer"

    def late_offer(self, offer: bytes) -> bytes:
        return b""


class SecondAnswerKept(ForkStrategy):
    """When two phones of a group answer at once, the second one sits in a dead call: it is never hung up."""

    feature = "forking"

    def releases(self, talking: bool) -> bool:
        return not talking


class RoutesTheWrongWayRound(RemoteTargetStrategy):
    """Behind two proxies hold and hang-up get lost: the recorded route is followed from its far end."""

    feature = "record-route"

    def routes(self, record_route: list[str]) -> list[str]:
        return list(reversed(record_route))
