"""Transfers by the base: REFER, the NOTIFYs that follow it, and the end of the call (RFC 3515, RFC 3892, RFC 5589)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, held, judged
from harness.rules.reactions import after, over_at, reaction, unfelt
from harness.rules.refers import refers_of
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act

KEPT_S = 0.4
"""Seconds for which a call is watched after its transfer failed."""


class ReferExpect(Expect):
    """XFR-1: the headers that a REFER has once each."""

    headers: tuple[str, ...]


class NoticeExpect(Expect):
    """XFR-5."""

    status: int


@rule("XFR-1", reads=("sip", "acts"), timed=True)
def a_transfer_refers_the_far_end(call: CallEvidence) -> Iterator[Finding]:
    """A transfer at the handset asks the far end, within the dialog, to call the number; the occasion is the key."""
    for act in (one for one in call.acts("transfer") if "other" not in one.detail):
        refer = after(call.requests, act.at, lambda m: m.method == "REFER")
        finding = unfelt(act) or reaction(
            call.evidence, act, refer, expected="REFER of the base", over=_far_left_at(call),
            claim="a transfer at the handset sends REFER",
        )  # fmt: skip
        if finding is not None and finding.result is Result.HELD and refer is not None:
            wanted = act.detail.get("number", "")
            seen = [headers.parse_address(value).user for value in refer.header("refer-to")]
            claim = "Refer-To names the number of the transfer"
            finding = judged(wanted in seen, act, refer, expected=wanted, seen=", ".join(seen) or "none", claim=claim)
        if finding is not None:
            yield finding


@rule("XFR-1")
def a_refer_is_whole(call: CallEvidence, expect: ReferExpect) -> Iterator[Finding]:
    """Each REFER stands in the dialog and says once to whom and by whom."""
    for request in (m for m in call.requests if m.method == "REFER"):
        wrong = [f"{len(request.header(name))} {name}" for name in expect.headers if len(request.header(name)) != 1]
        wrong += [] if request.to.tag else ["no tag in To"]
        wrong += [] if request.header("contact") else ["no Contact"]
        expected = f"the dialog's tags, a Contact, one {' and one '.join(expect.headers)}"
        claim = "a REFER stands in the dialog and says to whom and by whom"
        yield judged(not wrong, request, expected=expected, seen=", ".join(wrong), claim=claim)


@rule("XFR-1")
def the_referrer_is_the_account(call: CallEvidence) -> Iterator[Finding]:
    """Referred-By names the account of the call (RFC 3892 section 2.1)."""
    for request in (m for m in call.requests if m.method == "REFER"):
        for value in request.header("referred-by")[:1]:
            seen, wanted = headers.parse_address(value).user, _own_user(call)
            claim = "Referred-By names the account that transfers"
            yield judged(seen == wanted, request, expected=wanted, seen=seen, claim=claim, source="RFC 3892 §2.1")


@rule("XFR-3", timed=True)
def success_ends_the_call(call: CallEvidence) -> Iterator[Finding]:
    """Once the far end talks elsewhere, our call with it is ended: by it, or by the base."""
    for refer in refers_of(call, by_base=True):
        outcome = refer.outcome
        if outcome is None or refer.failure is not None:
            continue
        yield from ended_after(outcome, call, claim="the transferred call is ended")


@rule("XFR-3", reads=("sip", "acts"))
def the_call_waits_for_the_outcome(call: CallEvidence) -> Iterator[Finding]:
    """The base does not end the call before it knows how the transfer ended, unless its user does."""
    if call.evidence.acts is None:
        return
    for refer in refers_of(call, by_base=True):
        bye = after(call.requests, refer.request.at, lambda m: m.method == "BYE")
        if bye is None or refer.failure is not None or hung_up(call, refer.request.at, bye.at):
            continue
        known = refer.outcome is not None and refer.outcome.at <= bye.at
        claim, seen = "a call is not ended before its transfer has succeeded", "BYE before any final NOTIFY"
        yield judged(known, refer.request, bye, expected="a NOTIFY with 2xx before BYE", seen=seen, claim=claim)


@rule("XFR-5", reads=("sip", "acts"), timed=True)
def failure_keeps_the_call(call: CallEvidence) -> Iterator[Finding]:
    """If the transfer fails, the call stays on hold: the user can take it back."""
    for refer in refers_of(call, by_base=True):
        failure = refer.failure
        if failure is None:
            continue
        until = failure.at + KEPT_S
        bye = after(call.requests, failure.at, lambda m: m.method == "BYE")
        if bye is not None and bye.at <= until and not hung_up(call, refer.request.at, bye.at):
            claim = "a call whose transfer failed goes on"
            yield broken(failure, bye, expected="no BYE of the base", seen="BYE", claim=claim)
        elif call.evidence.has_seen(failure.at, until):
            yield held(failure)


@rule("XFR-5", timed=True)
def news_of_a_transfer_is_confirmed(call: CallEvidence, expect: NoticeExpect) -> Iterator[Finding]:
    """Each NOTIFY of the transfer is answered with 200, also when the call is over."""
    for refer in refers_of(call, by_base=True):
        for notice in (one for one in refer.notices if not _is_overtaken(call, one)):
            final = call.final(notice)
            claim = "a NOTIFY of a transfer is confirmed"
            finding = reaction(call.evidence, notice, final, expected=f"{expect.status} to NOTIFY", claim=claim)
            if finding is not None and finding.result is Result.HELD and final is not None:
                good = final.status == expect.status
                finding = judged(good, notice, final, expected=expect.status, seen=final.status, claim=claim)
            if finding is not None:
                yield finding


def _is_overtaken(call: CallEvidence, notice: SipMessage) -> bool:
    """Whether a later request of the far end came first: then this one is refused (RFC 3261 section 12.2.2)."""
    before = (m for m in call.asked_of_the_base if m.at < notice.at and m.method not in ("ACK", "CANCEL"))
    return any(m.cseq.number > notice.cseq.number and m.from_.tag == notice.from_.tag for m in before)


def ended_after(outcome: SipMessage, call: CallEvidence, *, claim: str) -> Iterator[Finding]:
    """Judge whether a call is ended once a transfer has succeeded: by its far end, or by the base."""
    bye = after(call.requests, outcome.at, lambda m: m.method == "BYE")
    over = over_at(call, 0.0) if bye is None else None
    finding = reaction(call.evidence, outcome, bye, expected="BYE of the base", over=over, claim=claim)
    if finding is not None:
        yield finding


def _far_left_at(call: CallEvidence) -> float | None:
    """When the far end ended the call; None if it did not."""
    return call.bye.at if call.bye is not None and not call.evidence.is_base(call.bye.src) else None


def _own_user(call: CallEvidence) -> str:
    """The user of the base's own address in this call, as the dialog has it."""
    first = next(m for m in call.requests if m.method == "REFER")
    return first.from_.user


def hung_up(call: CallEvidence, since: float, until: float) -> bool:
    """Whether a key at the handset ended the call between two moments; also one pressed to tidy up."""
    keys: list[Act] = call.acts("hang-up")
    keys += [a for a in call.evidence.acts_of("key") if a.handset == call.handset and a.detail.get("key") == "ONHOOK"]
    return any(since <= act.at <= until for act in keys)
