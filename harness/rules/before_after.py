"""After each change of its session a call keeps its codec, source, payload types and packet lengths.

The occasion is the message that put the new session in force: for a hold, a resume, a refresh or another re-INVITE.

RFC 3264 section 8 lets an offer change nearly all of it. No act of a test asks for another
codec or port; in a trace without acts a change is only a warning. If the far end moved there is no occasion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, held, judged
from harness.rules.media import has_collided
from harness.rules.registry import rule
from harness.rules.session import NULL_ADDRESSES, far_end_moved

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.spans import Span


@rule("AFTER-CODEC", reads=("sip", "rtp"))
def the_codec_stays(call: CallEvidence) -> Iterator[Finding]:
    """The codec that is sent stays, as long as the far end's description still prefers it to the others."""
    for before, after in _both_sent(call):
        new = after.session.far_audio
        if not before.codec or new is None or new.names[:1] != [before.codec]:
            continue
        seen = f"{after.codec or 'unknown'} (payload type {after.payload_type}): {after.last_stream}"
        good = after.codec == before.codec
        yield _as_sure(call, judged(good, before.cause, after.cause, expected=before.codec, seen=seen))


@rule("AFTER-CODEC")
def offers_list_the_same_codecs(call: CallEvidence) -> Iterator[Finding]:
    """An offer of the base lists the codecs in the order of its offers before, and the one in use among them.

    Otherwise the far end may choose another codec. Unused codecs may be left out and come back later.
    """
    known: list[str] = []
    for before, after in pairwise([m for m in call.own_offers if m.sdp.media and m.sdp.media[0].port]):
        old, new = before.sdp.media[0].names, after.sdp.media[0].names
        known += [name for name in old if name not in known]
        claim = "a later offer lists the codecs as the offer before it"
        good = _picks_the_same(known, new, _in_use(call, after.at))
        finding = judged(good, before, after, expected=" ".join(known), seen=" ".join(new), claim=claim)
        yield _as_sure(call, finding)


def _picks_the_same(known: list[str], new: list[str], in_use: str) -> bool:
    """Whether a far end that took one codec of a list takes the same one of a later list."""
    if [name for name in known if name in new] != [name for name in new if name in known]:
        return False
    if in_use not in known:
        return True
    return in_use in new and set(new[: new.index(in_use)]) <= set(known[: known.index(in_use)])


def _in_use(call: CallEvidence, at: float) -> str:
    """The codec that both sides agreed on before a moment; empty where that is not known."""
    session = call.session_at(at)
    own, far = (session.own_audio, session.far_audio) if session is not None else (None, None)
    return next((name for name in far.names if name in own.names), "") if own is not None and far is not None else ""


@rule("AFTER-SOURCE", reads=("sip", "rtp"))
def the_source_stays(call: CallEvidence) -> Iterator[Finding]:
    """Address, port and source identifier of the base's packets stay: far ends and firewalls go by them.

    A sender that uses another port must choose another source identifier too (RFC 3550 section 5.1).
    """
    for before, after in _both_sent(call):
        if far_end_moved(before.session, after.session):
            continue
        old, new = before.last_stream, after.last_stream
        moved = (old.src, old.sport) != (new.src, new.sport)
        expected, seen, claim = "", "", ""
        if old.ssrc != new.ssrc and not moved and not has_collided(call, old.ssrc, after.ends):
            expected, seen = f"{old.ssrc:08x}", f"{new.ssrc:08x}: {new}"
            claim = "the source identifier stays the same"
        elif moved and _same_port(before, after):
            expected, seen = f"{old.src}:{old.sport}", f"{new.src}:{new.sport}"
            claim = "address and port that are sent from stay the same"
        finding = judged(not claim, before.cause, after.cause, expected=expected, seen=seen, claim=claim)
        yield _as_sure(call, finding)


@rule("AFTER-SOURCE")
def the_port_stays(call: CallEvidence) -> Iterator[Finding]:
    """The address and port that the base describes for a media line stay, unless the line was refused in between."""
    agreed = {id(m): one for one in call.sessions for m in (one.offer, one.answer)}
    described = [m for m in call.descriptions if call.evidence.is_base(m.src) and m.sdp.media]
    for before, after in pairwise(described):
        old, new = before.sdp.media[0], after.sdp.media[0]
        if far_end_moved(agreed.get(id(before)), agreed.get(id(after))):
            continue
        if old.port and new.port and new.address not in NULL_ADDRESSES:
            claim = "the port that media are received at stays the same"
            expected, seen = f"{old.address} {old.port}", f"{new.address} {new.port}"
            finding = judged(expected == seen, before, after, expected=expected, seen=seen, claim=claim)
            yield _as_sure(call, finding)


@rule("AFTER-NUMBERS")
def payload_numbers_stay(call: CallEvidence) -> Iterator[Finding]:
    """A number that the base has given to a codec means that codec for the whole session (RFC 3264 section 8.3.2).

    An answer uses the numbers of its offer, even if they had another meaning before.
    """
    meanings: dict[int, str] = {}
    offered = {id(session.answer): session.offer for session in call.sessions if not session.by_base}
    before = None
    for message in call.descriptions:
        if not call.evidence.is_base(message.src):
            continue
        told, asked = _numbers(message), offered.get(id(message))
        forced = _numbers(asked) if asked is not None else {}
        wrong = [n for n, name in told.items() if meanings.get(n, name) != name and forced.get(n) != name]
        for number in wrong[:1]:
            claim = f"payload type {number} goes on meaning {meanings[number]}"
            yield broken(message, expected=meanings[number], seen=told[number], claim=claim)
        if before is not None and not wrong:
            yield held(before, message)
        meanings |= told
        before = message


@rule("AFTER-NUMBERS")
def codecs_keep_their_numbers(call: CallEvidence) -> Iterator[Finding]:
    """A codec has the same number in each offer of the base, telephone-event too, or one that the far end gave it.

    A server that lets two ends talk to each other offers the base the numbers of the other end. A codec that the far
    end's last description lacks is out of use: the base may number it anew.
    """
    far = iter([message for message in call.descriptions if not call.evidence.is_base(message.src)])
    given: set[tuple[int, str]] = set()
    in_use: set[str] | None = None
    told = next(far, None)
    for before, after in pairwise(call.own_offers):
        old = {name: number for number, name in _numbers(before).items()}
        new = {name: number for number, name in _numbers(after).items()}
        while told is not None and told.at <= after.at:
            given |= _numbers(told).items()
            in_use = set(_numbers(told).values())
            told = next(far, None)
        moved = [
            name
            for name, number in new.items()
            if old.get(name, number) != number and (number, name) not in given and (in_use is None or name in in_use)
        ]
        claim = f"{moved[0]} keeps its payload type in a later offer" if moved else ""
        expected, seen = (old[moved[0]], new[moved[0]]) if moved else ("", "")
        yield _as_sure(call, judged(not moved, before, after, expected=expected, seen=seen, claim=claim))


@rule("AFTER-PTIME", reads=("sip", "rtp"))
def the_packet_time_stays(call: CallEvidence) -> Iterator[Finding]:
    """Packets of the same codec have the same length, as long as the far end's wish for one is the same."""
    timed = [(span, span.packet_ms) for span in call.spans]
    known = [(span, milliseconds) for span, milliseconds in timed if milliseconds is not None]
    for (before, then), (after, now) in pairwise(known):
        old, new = before.session.far_audio, after.session.far_audio
        if old is None or new is None or old.ptime != new.ptime or before.codec != after.codec:
            continue
        good = then == now and before.payload_length == after.payload_length
        expected = f"{before.payload_length} octets for {then:g} ms"
        seen = f"{after.payload_length} octets for {now:g} ms"
        yield _as_sure(call, judged(good, before.cause, after.cause, expected=expected, seen=seen))


def _as_sure(call: CallEvidence, finding: Finding) -> Finding:
    """The finding with its level: without acts a change that an offer may make is only a warning."""
    lax = call.evidence.acts is None and finding.result is Result.BROKEN
    return replace(finding, level="inferred") if lax else finding


def _numbers(message: SipMessage) -> dict[int, str]:
    """What the payload types of the first media line of a description mean."""
    codecs = [codec for media in message.sdp.media[:1] for codec in media.codecs if codec.name]
    return {codec.payload: codec.name.upper() for codec in codecs}


def _both_sent(call: CallEvidence) -> Iterator[tuple[Span, Span]]:
    """Each span with audio of the base, with the next such span; a hold without audio may lie between."""
    yield from pairwise([span for span in call.spans if span.audio])


def _same_port(before: Span, after: Span) -> bool:
    """Whether the base describes the same address and port: then it sends from the same too, as it did."""
    old, new = before.session.own_audio, after.session.own_audio
    return old is not None and new is not None and (old.address, old.port) == (new.address, new.port)
