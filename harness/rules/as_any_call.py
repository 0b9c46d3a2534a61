"""Calls whose INVITE has what a platform adds to it: ring names, a bridge as the far end, codecs of its own."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.messages import SipMessage
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, held, judged
from harness.rules.reactions import after, reaction
from harness.rules.registry import rule
from harness.rules.session import audio_of

RINGS_WITHIN_S = 2.0
"""Seconds from the INVITE to 180: what it names is not looked for first."""
ON_PURPOSE = (302, 480, 486, 487, 600, 603)
"""Answers that a user or a setting is the reason of."""
DIVERTED = ("diversion", "history-info")
NOISE_AND_REPEATS = frozenset({"cn", "red"})


@rule("CAL-12", timed=True)
def a_named_ring_costs_no_call(call: CallEvidence) -> Iterator[Finding]:
    """A call with Alert-Info rings at once, also where the ring is not known or cannot be fetched."""
    if call.opening is not None and call.opening.header("alert-info"):
        yield from _rings(call, call.opening, "a call whose ring the server names is a call like any other")


@rule("CID-4", timed=True)
def a_diverted_call_rings(call: CallEvidence) -> Iterator[Finding]:
    """A call that says by Diversion or History-Info whom it was for rings at once."""
    if call.opening is not None and any(call.opening.header(name) for name in DIVERTED):
        yield from _rings(call, call.opening, "a call that was diverted is a call like any other")


@rule("CNF-3", timed=True)
def a_call_of_a_bridge_rings(call: CallEvidence) -> Iterator[Finding]:
    """A call whose Contact says that its sender is a conference bridge rings at once."""
    if call.opening is not None and is_focus(call.opening):
        yield from _rings(call, call.opening, "a call of a conference bridge is a call like any other")


@rule("CNF-2")
def a_bridge_is_a_far_end_like_any_other(call: CallEvidence) -> Iterator[Finding]:
    """The base asks a far end whose Contact has isfocus for nothing that a user did not ask for."""
    focus = next((m for m in call.heard if is_focus(m) and (m.is_request or m.status >= 200)), None)
    if focus is None or call.answer is None:
        return
    asked = after(call.requests, focus.at, lambda m: call.evidence.is_base(m.src) and m.method == "SUBSCRIBE")
    if asked is None:
        yield held(focus, call.answer)
    else:
        yield broken(focus, asked, expected="no request to the bridge", seen=asked.first_line)


@rule("RTP-7")
def repeats_and_noise_in_an_offer_are_passed_over(call: CallEvidence) -> Iterator[Finding]:
    """An offer that names redundant audio or comfort noise beside a codec of the base is taken."""
    for request in call.asked_of_the_base:
        audio = audio_of(request) if request.method == "INVITE" else None
        if audio is None or not NOISE_AND_REPEATS & {codec.name.lower() for codec in audio.codecs}:
            continue
        final = call.final(request)
        if final is not None and final.status not in ON_PURPOSE:
            claim = "an offer that names comfort noise or redundant audio is taken"
            yield judged(final.status < 300, request, final, expected="200", seen=final.status, claim=claim)


def is_focus(message: SipMessage) -> bool:
    """Whether the Contact says, in any letters, that its sender mixes a conference (RFC 3840 section 9)."""
    if not any("isfocus" in value.lower() for value in message.header("contact")):
        return False
    return any(name.lower() == "isfocus" for name in message.contact.params)


def _rings(call: CallEvidence, invite: SipMessage, claim: str) -> Iterator[Finding]:
    if not call.incoming:
        return
    first = next((m for m in call.responses_to(invite) if m.status > 100), None)
    gone = after(call.heard, call.began_at, lambda m: m.method == "CANCEL")
    over = gone.at if gone is not None else None
    finding = reaction(call.evidence, invite, first, expected="180", within=RINGS_WITHIN_S, over=over, claim=claim)
    if finding is not None and finding.result is Result.HELD and first is not None:
        good = first.status < 300 or first.status in ON_PURPOSE
        finding = judged(good, invite, first, expected="180", seen=first.status, claim=claim)
    if finding is not None:
        yield finding
