"""Faults of calls that show at the second act: after a hold, a refresh, a fork, a refused call."""

from __future__ import annotations

from rigs.standin.call.strategies import CallLimitStrategy
from rigs.standin.defects._altering import RequestDefect, copy, renumbered
from rigs.standin.media.description import Direction
from rigs.standin.sip.account import Account
from rigs.standin.sip.call_strategies import (
    CallerStrategy,
    CancelStrategy,
    EarlyMediaStrategy,
    ForkStrategy,
    HoldStrategy,
    OriginStrategy,
    RemoteTargetStrategy,
)
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.strategies import MessageStrategy

LONGEST_NAME = 15


class FarEndLiftsTheHold(HoldStrategy):
    """A call on hold is taken back by any offer of the far end, a mere refresh too: the answer says sendrecv again."""

    feature = "hold"

    def answer(self, offered: Direction, holding: bool) -> Direction:
        return super().answer(offered, False)


class ResumeUnderTheOldVersion(OriginStrategy):
    """The far end stays on hold: the offer of a resume goes back to the o= version from before the hold."""

    feature = "hold-version"

    def __init__(self) -> None:
        self._before: dict[int, int] = {}

    def version(self, previous: int, changed: bool) -> int:
        if not changed:
            return previous
        if previous in self._before:
            return self._before.pop(previous)
        self._before[previous + 1] = previous
        return previous + 1


class HoldEndsTheSessionTimer(RequestDefect):
    """A call that was once on hold is not refreshed any more: the re-INVITE of the hold has no Session-Expires."""

    feature = "session-timer"
    METHOD = "INVITE"

    def spoiled(self, request: Request) -> Request:
        if b"a=sendonly" not in request.body and b"a=inactive" not in request.body:
            return request
        other = copy(request)
        other.headers.remove("Session-Expires")
        return other


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


class SecondAnnouncementUnheard(EarlyMediaStrategy):
    """When the announcement before the answer goes on with another 183, the ring-back tone is laid over it."""

    feature = "early-media"

    def __init__(self) -> None:
        self._opened: set[str] = set()

    def opens(self, response: Response) -> bool:
        if not response.body:
            return True
        first = response.call_id not in self._opened
        self._opened.add(response.call_id)
        return first


class CancelTooEarly(CancelStrategy):
    """Who hangs up at once leaves the other phone ringing: CANCEL goes out before any provisional answer came."""

    feature = "cancel"

    def sends_cancel(self, provisional: bool) -> bool:
        return True


class ByeAfterHoldUnderAnOldNumber(MessageStrategy):
    """A call that was on hold cannot be hung up: BYE has the CSeq of the last re-INVITE, the far end refuses it."""

    feature = "hangup"

    def __init__(self) -> None:
        self._offered_again: set[str] = set()

    def leaves(self, message: Message) -> Message:
        if not isinstance(message, Request) or not message.to.tag:
            return message
        if message.method == "INVITE":
            self._offered_again.add(message.call_id)
        elif message.method == "BYE" and message.call_id in self._offered_again:
            return renumbered(message, message.cseq.number - 1)
        return message


class LongNameCutInCalls(CallerStrategy):
    """Callees see a stump of a long display name: more than fifteen characters are cut, in calls only."""

    feature = "display-name"

    def display(self, account: Account) -> str:
        return super().display(account)[:LONGEST_NAME]


class FifthCallCostsALine(CallLimitStrategy):
    """Once a fifth call was refused the base carries three calls only, until it is rebooted."""

    feature = "fifth-call"

    def __init__(self) -> None:
        self._lost = 0

    def admits(self, calls: int) -> bool:
        admitted = super().admits(calls + self._lost)
        if not admitted:
            self._lost = 1
        return admitted
