"""A call after each change of its session is the call that it was before: codec, source, numbers, lengths.

The occasion is the message that put the new session in force, whatever it was for: hold, resume, refresh, re-INVITE.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, held, judged
from harness.rules.registry import rule

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
        yield judged(after.codec == before.codec, before.cause, after.cause, expected=before.codec, seen=seen)


@rule("AFTER-CODEC")
def offers_list_the_same_codecs(call: CallEvidence) -> Iterator[Finding]:
    """Each offer of the base lists the codecs of its offer before in the same order: else the far end picks another."""
    for before, after in pairwise([m for m in call.own_offers if m.sdp.media and m.sdp.media[0].port]):
        old, new = before.sdp.media[0].names, after.sdp.media[0].names
        claim = "a later offer lists the codecs as the offer before it"
        yield judged(old == new, before, after, expected=" ".join(old), seen=" ".join(new), claim=claim)


@rule("AFTER-SOURCE", reads=("sip", "rtp"))
def the_source_stays(call: CallEvidence) -> Iterator[Finding]:
    """Address, port and source identifier of the base's packets stay: far ends and firewalls go by them."""
    for before, after in _both_sent(call):
        old, new = before.last_stream, after.last_stream
        if old.ssrc != new.ssrc:
            expected, seen = f"{old.ssrc:08x}", f"{new.ssrc:08x}: {new}"
            claim = "the source identifier stays the same"
            yield broken(before.cause, after.cause, expected=expected, seen=seen, claim=claim)
        elif (old.src, old.sport) != (new.src, new.sport) and _same_port(before, after):
            expected, seen = f"{old.src}:{old.sport}", f"{new.src}:{new.sport}"
            claim = "address and port that are sent from stay the same"
            yield broken(before.cause, after.cause, expected=expected, seen=seen, claim=claim)
        else:
            yield held(before.cause, after.cause)


@rule("AFTER-SOURCE")
def the_port_stays(call: CallEvidence) -> Iterator[Finding]:
    """The address and port that the base describes for a media line stay, unless the line was refused in between."""
    described = [m for m in call.descriptions if call.evidence.is_base(m.src) and m.sdp.media]
    for before, after in pairwise(described):
        old, new = before.sdp.media[0], after.sdp.media[0]
        if old.port and new.port and new.address not in ("0.0.0.0", "::"):
            claim = "the port that media are received at stays the same"
            expected, seen = f"{old.address} {old.port}", f"{new.address} {new.port}"
            yield judged(expected == seen, before, after, expected=expected, seen=seen, claim=claim)


@rule("AFTER-NUMBERS")
def payload_numbers_stay(call: CallEvidence) -> Iterator[Finding]:
    """A number that the base has given to a codec means that codec for the whole session (RFC 3264 section 8.3.2).

    An answer has the numbers of its offer, whatever they meant before.
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
    """A codec has the same number in each offer of the base, telephone-event too."""
    for before, after in pairwise(call.own_offers):
        old = {name: number for number, name in _numbers(before).items()}
        new = {name: number for number, name in _numbers(after).items()}
        moved = [name for name, number in new.items() if old.get(name, number) != number]
        claim = f"{moved[0]} keeps its payload type in a later offer" if moved else ""
        expected, seen = (old[moved[0]], new[moved[0]]) if moved else ("", "")
        yield judged(not moved, before, after, expected=expected, seen=seen, claim=claim)


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
        yield judged(good, before.cause, after.cause, expected=expected, seen=seen)


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
