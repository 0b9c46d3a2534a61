"""Answers of the base to the descriptions that it was offered (RFC 3264 section 6, RFC 3261 section 13.2.1)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.messages import SipMessage
from harness.capture.sdp import DIRECTIONS, Media, Sdp
from harness.rules.call_evidence import CallEvidence
from harness.rules.descriptions import content, described
from harness.rules.findings import Finding, broken, held, held_unless, judged
from harness.rules.registry import rule

ANSWERS = {
    "sendrecv": ("sendrecv", "sendonly", "recvonly", "inactive"),
    "sendonly": ("recvonly", "inactive"),
    "recvonly": ("sendonly", "inactive"),
    "inactive": ("inactive",),
}
"""The directions that an answer may have to each direction offered (RFC 3264 section 6.1)."""


@rule("SDP-ANSWER")
def success_describes(call: CallEvidence) -> Iterator[Finding]:
    """A 200 to INVITE brings the answer to its offer, or an offer; a reliable 18x may have done so before it."""
    told = {m.branch for m in described(call) if 100 < m.status < 200 and m.has("require", "100rel")}
    for response in call.responses:
        if response.cseq.method != "INVITE" or not 200 <= response.status < 300:
            continue
        request = call.request_of(response)
        if request is None or response.branch in told:
            continue
        claim = f"200 to INVITE brings {'an answer' if request.sdp_or_none is not None else 'an offer'}"
        good, expected = response.sdp_or_none is not None, "application/sdp"
        yield judged(good, response, expected=expected, seen="no description", claim=claim, source="RFC 3261 §13.2.1")


@rule("SDP-ANSWER")
def offer_has_audio(call: CallEvidence) -> Iterator[Finding]:
    """An offer of the base has an audio line."""
    for session in call.sessions:
        if session.by_base:
            kinds = [media.kind for media in session.own.media]
            claim, seen = "a call is offered an audio line", " ".join(kinds) or "no media"
            good = "audio" in kinds
            yield judged(good, session.offer, expected="m=audio", seen=seen, claim=claim, source="RFC 3264 §5")


@rule("SDP-ANSWER")
def fits_its_offer(call: CallEvidence) -> Iterator[Finding]:
    """An answer has the media lines of its offer, its time, and a codec of it where it takes the line."""
    for session in call.sessions:
        if not session.by_base:
            yield from held_unless(_answer(session.offer, session.answer), session.offer, session.answer)


def _answer(offer: SipMessage, answer: SipMessage) -> Iterator[Finding]:
    asked, given = offer.sdp, answer.sdp
    wanted, seen = _lines(asked), _lines(given)
    if wanted != seen:
        claim = "an answer has the media lines of its offer"
        yield broken(offer, answer, expected=", ".join(wanted), seen=", ".join(seen) or "none", claim=claim)
        return
    for line, reply in zip(asked.media, given.media, strict=True):
        yield from _line(offer, answer, line, reply)
    times = [next((line for line in content(m) if line.startswith("t=")), "none") for m in (offer, answer)]
    if times[0] != times[1] and any(media.port for media in given.media):
        claim = "t= of an answer is that of its offer"
        yield broken(offer, answer, expected=times[0], seen=times[1], claim=claim)


def _line(offer: SipMessage, answer: SipMessage, line: Media, reply: Media) -> Iterator[Finding]:
    if not reply.port:
        return  # the line is refused, which needs no format of the offer
    if not line.port:
        claim = "a line that is offered with port 0 is answered with port 0"
        yield broken(offer, answer, expected=0, seen=reply.port, claim=claim)
    elif line.kind == "audio" and not set(reply.names) & set(line.names):
        claim = "an answer has a codec of its offer"
        seen = " ".join(reply.names) or "none"
        yield broken(offer, answer, expected=" ".join(line.names), seen=seen, claim=claim, source="RFC 3264 §6.1")


def _lines(description: Sdp) -> list[str]:
    return [f"{media.kind} {media.proto}" for media in description.media]


@rule("SDP-DIRECTION")
def answers_direction(call: CallEvidence) -> Iterator[Finding]:
    """The direction of an answer is one that its offer allows, line by line."""
    for session in call.sessions:
        if session.by_base:
            continue
        lines = zip(session.offer.sdp.media, session.answer.sdp.media, strict=False)
        for asked, given in (pair for pair in lines if pair[0].port and pair[1].port):
            allowed = ANSWERS[asked.direction]
            wanted = " or ".join(allowed)
            claim = f"an offer of {asked.direction} is answered with {wanted}"
            good = given.direction in allowed
            yield judged(good, session.offer, session.answer, expected=wanted, seen=given.direction, claim=claim)


@rule("SDP-DIRECTION")
def one_direction(call: CallEvidence) -> Iterator[Finding]:
    """A media line has one direction, so that both sides read the same."""
    for message in described(call):
        for media in message.sdp.media:
            directions = [attribute for attribute in media.attributes if attribute in DIRECTIONS]
            good, seen = len(directions) < 2, " ".join(directions)
            claim, source = "one direction a line", "RFC 8866 §6.7"
            yield judged(good, message, expected="one", seen=seen, claim=claim, source=source)


@rule("SDP-EARLY")
def repeats_early_answer(call: CallEvidence) -> Iterator[Finding]:
    """The 200 repeats the description of its 18x, if nothing else was agreed in between."""
    last: SipMessage | None = None
    for message in described(call):
        early = last is not None and 100 < last.status < 200 and last.branch == message.branch
        if last is not None and early and message.cseq.method == last.cseq.method and message.status:
            if content(last) == content(message):
                yield held(last, message)
            else:
                claim = f"{message.status} repeats the description of {last.status}"
                yield broken(last, message, expected="the same description", seen="another", claim=claim)
        last = message
