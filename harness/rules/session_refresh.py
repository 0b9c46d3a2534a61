"""Session timers that the far end asks for: granted, refreshed and kept by later offers (RFC 4028 sections 7 to 10)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, cannot_be_said, judged
from harness.rules.reactions import reaction
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

LEAST_S = 90
"""The default of Min-SE (RFC 4028 section 5)."""


class TimerExpect(Expect):
    """CAL-5: the named refresher refreshes before this share of the interval is over."""

    refresh_within_share: float


@rule("CAL-5")
def a_timer_is_granted(call: CallEvidence) -> Iterator[Finding]:
    """A session timer that the far end asks for is granted, with the refresher that it named."""
    for request, answer in _granted(call, by_base=True):
        _, wish = timer(request)
        seconds, refresher = timer(answer)
        if seconds is None:
            claim = "a session timer that is asked for is granted"
            yield judged(False, request, answer, expected="Session-Expires", seen="none", claim=claim)
            continue
        good = not wish or wish == refresher
        claim = "refresher that the 200 names"
        yield judged(good, request, answer, expected=wish, seen=refresher or "none", claim=claim)


@rule("CAL-5", timed=True)
def the_named_refresher_refreshes(call: CallEvidence, expect: TimerExpect) -> Iterator[Finding]:
    """If the base is the refresher, it offers the session again in time."""
    for _, answer in [*_granted(call, by_base=True), *_granted(call, by_base=False)]:
        seconds, refresher = timer(answer)
        base_refreshes = refresher == ("uas" if call.evidence.is_base(answer.src) else "uac")
        if seconds is None or not base_refreshes:
            continue
        limit = expect.refresh_within_share * seconds
        later = [m for m in call.messages if m.at > answer.at and m.method in ("INVITE", "UPDATE") and m.to.tag]
        anyone = next(iter(later), None)
        over = call.bye.at if call.bye is not None else call.ended_at
        if anyone is not None and not call.evidence.is_base(anyone.src) and anyone.at <= answer.at + limit:
            continue  # the far end refreshed first, which restarts the timer
        claim = "the named refresher refreshes the session in time"
        finding = reaction(
            call.evidence, answer, anyone, expected="refresh of the session", within=limit, over=over, claim=claim
        )
        if finding is not None:
            yield finding


@rule("CAL-5")
def an_offer_keeps_the_timer(call: CallEvidence) -> Iterator[Finding]:
    """A new offer in a call with a session timer names a timer again, of Min-SE at least (RFC 4028 section 7.4).

    It SHOULD be the timer in effect; without a timer the far end treats the session as without one.
    """
    in_effect, told = False, [LEAST_S]
    for message in call.messages:
        told += [least for text in message.header("min-se") if (least := headers.number(text.partition(";")[0]))]
        seconds, _ = timer(message)
        if 200 <= message.status < 300 and message.cseq.method in ("INVITE", "UPDATE"):
            in_effect = seconds is not None
        own = message.method in ("INVITE", "UPDATE") and call.evidence.is_base(message.src) and message.to.tag
        if own and in_effect and not message.resend:
            least = max(told)
            claim = "a new offer keeps the session timer going (RFC 4028 §7.4): Session-Expires"
            if seconds is None and call.evidence.acts is None:
                yield cannot_be_said(message, why="a base may end the timer, though it should not", claim=claim)
                continue
            good = seconds is not None and seconds >= least
            seen = "none" if seconds is None else seconds
            yield judged(good, message, expected=f"{least} or more", seen=seen, claim=claim)


def timer(message: SipMessage) -> tuple[int | None, str]:
    """Seconds and refresher of Session-Expires; None without a number."""
    values = message.header("session-expires")
    seconds, _, rest = (values[0] if values else "").partition(";")
    return headers.number(seconds), headers.parameters(rest).get("refresher", "").lower()


def _granted(call: CallEvidence, *, by_base: bool) -> Iterator[tuple[SipMessage, SipMessage]]:
    """Requests that ask for a timer with the 2xx of the other side; `by_base`: the base answers."""
    for request in call.asked_of_the_base if by_base else call.requests:
        if request.method not in ("INVITE", "UPDATE") or timer(request)[0] is None:
            continue
        answer = call.final(request)
        supports = not by_base or request.has("supported", "timer")
        if supports and answer is not None and 200 <= answer.status < 300:
            yield request, answer
