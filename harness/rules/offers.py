"""Offers outside the INVITE: in its 200, in UPDATE, and two that cross (RFC 3261 section 14, RFC 3311)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held, judged
from harness.rules.reactions import LOST, after, over_at, reaction
from harness.rules.registry import Expect, rule
from harness.rules.session import codecs_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

TRY_AGAIN = (491, 500, 401, 407)
OWN_CALL_S, OTHERS_CALL_S = (2.1, 4.0), (0.0, 2.0)
"""Between a 491 and the next try, for the side that owns the Call-ID and for the other (RFC 3261 section 14.1)."""
EARLY_S, LATE_S = 0.01, 1.0
"""How late a busy base may be with a timer: the upper bound of a wait is not exact to the millisecond."""
PINGS_WITHIN_S = 5.0
NOT_WANTED = "the change may be wanted no more: the key was pressed again, or the other offer is sufficient"


class LateOfferExpect(Expect):
    """CAL-2: where the answer to an offer in a 200 is read from."""

    answer_read_from: Literal["ACK"]


class UpdateExpect(Expect):
    """CAL-6."""

    status: int


@rule("CAL-2", reads=("sip", "rtp"))
def an_invite_without_an_offer_gets_one(call: CallEvidence, expect: LateOfferExpect) -> Iterator[Finding]:
    """The 200 to an INVITE without a description has the offer, and the ACK has the answer."""
    for invite in call.asked_of_the_base:
        if invite.method != "INVITE" or invite.sdp_or_none is not None or invite.body:
            continue
        final = call.final(invite)
        if final is None or final.status in TRY_AGAIN or final.status >= 300:
            continue
        claim = "an INVITE without an offer is answered with one"
        if final.sdp_or_none is None:
            yield broken(invite, final, expected="an offer in the 200", seen="none", claim=claim)
            continue
        yield held(invite, final)
        yield from _answer_is_obeyed(call, final, expect.answer_read_from)


@rule("CAL-2")
def a_late_offer_lists_every_codec(call: CallEvidence) -> Iterator[Finding]:
    """An offer of the base in a 200 lists all codecs of its first offer in this call, not only the codec in use."""
    first: SipMessage | None = None
    for message in call.descriptions:
        if not call.evidence.is_base(message.src) or not message.sdp.media:
            continue
        request = None if message.is_request else call.request_of(message)
        late = request is not None and request.method == "INVITE" and request.sdp_or_none is None
        if late and first is not None:
            missing = [name for name in codecs_of(first) if name not in codecs_of(message)]
            claim, seen = "the offer lists every enabled codec", f"no {', '.join(missing)}"
            expected = " ".join(codecs_of(first))
            yield judged(not missing, first, message, expected=expected, seen=seen, claim=claim)
        if first is None and (late or message.method == "INVITE"):
            first = message


@rule("CAL-6", timed=True)
def update_is_answered(call: CallEvidence, expect: UpdateExpect) -> Iterator[Finding]:
    """An UPDATE in a call is accepted, and Allow lists the method."""
    for update in call.asked_of_the_base:
        if update.method != "UPDATE" or not update.to.tag or not _stands(call, update.at):
            continue
        final = call.final(update)
        finding = reaction(call.evidence, update, final, expected=str(expect.status), over=over_at(call, update.at))
        if finding is not None and finding.result is Result.HELD and final is not None:
            finding = _update(update, final, expect.status)
        if finding is not None:
            yield finding


@rule("CALL-PING", timed=True)
def a_ping_within_a_call_is_answered(call: CallEvidence) -> Iterator[Finding]:
    """OPTIONS within the dialog is answered 200 (RFC 3261 section 11.2)."""
    for ping in call.asked_of_the_base:
        if ping.method != "OPTIONS" or not ping.to.tag or not _stands(call, ping.at):
            continue
        final = call.final(ping)
        finding = reaction(call.evidence, ping, final, expected="200", within=PINGS_WITHIN_S)
        if finding is not None and finding.result is Result.HELD and final is not None and final.status != 481:
            finding = judged(200 <= final.status < 300, ping, final, expected=200, seen=final.status)
        if finding is not None:
            yield finding


@rule("CALL-GLARE", timed=True)
def an_offer_that_met_another_is_made_again(call: CallEvidence) -> Iterator[Finding]:
    """After 491 the base waits as RFC 3261 section 14.1 says, then makes its offer again."""
    owner = call.opening is not None and not call.incoming
    low, high = OWN_CALL_S if owner else OTHERS_CALL_S
    for invite in call.requests:
        refused = call.final(invite)
        if invite.method != "INVITE" or not invite.to.tag or refused is None or refused.status != 491:
            continue
        limit = refused.at + high + LATE_S
        over = over_at(call, refused.at)
        again = after(call.requests, refused.at, lambda m: m.method in ("INVITE", "UPDATE"))
        claim = "an offer that met another one is made again"
        if again is None and call.evidence.acts is None:
            yield cannot_be_said(invite, refused, why=NOT_WANTED, claim=claim)
            continue
        finding = reaction(
            call.evidence, refused, again, expected="the offer again", within=high + LATE_S, over=over, claim=claim
        )
        if finding is not None and finding.result is Result.HELD and again is not None and call.opening is not None:
            waited = again.at - refused.at
            good = low - EARLY_S <= waited and again.at <= limit
            expected = f"{low:g} to {high:g} s"
            finding = judged(good, refused, again, expected=expected, seen=f"{waited:.2f} s", claim="wait after 491")
        if finding is not None:
            yield finding


def _answer_is_obeyed(call: CallEvidence, offer: SipMessage, method: str) -> Iterator[Finding]:
    """Media follow the answer in the ACK."""
    answer = after(call.heard, offer.at, lambda m: m.method == method and m.cseq.number == offer.cseq.number)
    span = next((one for one in call.spans if one.session.answer is answer), None) if answer is not None else None
    if answer is None or answer.sdp_or_none is None or span is None or not span.audio:
        return
    if call.evidence.has_lost(span.begins, span.ends):
        yield cannot_be_said(answer, why=LOST)
        return
    claim = f"media go as the answer in the {method} says"
    wanted = [number for number, name in span.session.types_to_send.items() if name != "TELEPHONE-EVENT"]
    kind = span.payload_type
    good = kind in wanted
    expected = " or ".join(f"payload type {number}" for number in wanted)
    yield judged(good, offer, answer, expected=expected, seen=f"{kind}: {span.last_stream}", claim=claim)


def _update(update: SipMessage, final: SipMessage, status: int) -> Finding:
    if final.status in TRY_AGAIN and update.sdp_or_none is not None:
        return held(update, final)
    if final.status != status:
        claim = "status of the answer to UPDATE"
        return broken(update, final, expected=status, seen=final.status, claim=claim)
    listed = final.header("allow")
    good = not listed or "UPDATE" in listed
    return judged(good, update, final, expected="UPDATE in Allow", seen=", ".join(listed), claim="UPDATE is in Allow")


def _stands(call: CallEvidence, at: float) -> bool:
    """Whether the call was answered and had not ended at a moment."""
    over = over_at(call, 0.0)
    return call.answer is not None and call.answer.at < at and (over is None or over >= at)
