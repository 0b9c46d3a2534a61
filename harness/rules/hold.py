"""Hold and resume: offers and answers (RFC 3264 section 8.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held, judged
from harness.rules.media_time import SETTLED_S, SHORTEST_SILENCE_S
from harness.rules.reactions import NO_ACT, after, over_at, reaction, unfelt
from harness.rules.registry import Expect, rule
from harness.rules.session import DEAF, NULL_ADDRESSES, direction_of, offers_null_address
from harness.rules.sound import Talking, tone_level

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act, ActKind

WHILE_HELD = {"hold": "inactive", "resume": "recvonly", "conference": "recvonly"}
"""Further directions in an offer to a far end that holds: it hears nothing in any case (RFC 3264 section 8.4)."""
TRY_AGAIN = (491, 500, 401, 407)
"""Refusals that do not concern the offer: glare, a server error, or missing credentials."""
SILENT_BELOW_DBM0 = -45.0
CROSSED_S = 1.0
"""Seconds between a key and an offer of the other side that crossed it."""


class HoldExpect(Expect):
    """HLD-1."""

    direction: frozenset[str]


class RemoteHoldExpect(Expect):
    """HLD-2."""

    answer_to_sendonly: frozenset[str]


class OldHoldExpect(Expect):
    """HLD-3."""

    status: int


class ResumeExpect(Expect):
    """HLD-5."""

    direction: frozenset[str]


class VersionExpect(Expect):
    """HLD-5."""

    version_step: int


@rule("HLD-1", reads=("sip", "acts"), timed=True)
def hold_offer(call: CallEvidence, expect: HoldExpect) -> Iterator[Finding]:
    """The held party is offered what the platform wants; the occasion is the key, never the offer that is judged."""
    yield from offers_after(call, "hold", expect.direction)
    if call.evidence.acts is None:
        yield from _without_acts(call)


@rule("HLD-5", reads=("sip", "acts"), timed=True)
def resume_offer(call: CallEvidence, expect: ResumeExpect) -> Iterator[Finding]:
    """A resume offers that both talk again, or that we listen where the far end holds."""
    yield from offers_after(call, "resume", expect.direction)


@rule("HLD-1")
def no_offer_of_the_null_address(call: CallEvidence) -> Iterator[Finding]:
    """An offer within a call names an address at which the base receives, on hold too."""
    for offer in call.own_offers:
        if offer.to.tag or not offer.is_request:
            addresses = [media.address for media in offer.sdp.media if media.port]
            claim = "connection address of an offer within a call"
            seen = next((one for one in addresses if one in NULL_ADDRESSES), "")
            yield judged(not seen, offer, expected="where the base receives", seen=seen, claim=claim)


@rule("HLD-1", reads=("sip", "acts"))
def an_offer_does_not_lift_the_hold(call: CallEvidence, expect: HoldExpect) -> Iterator[Finding]:
    """While the handset holds, offers of the far end are answered without listening (RFC 6337 section 5.3)."""
    silent = expect.direction | {"inactive"}
    for offer, answer in far_offers(call):
        if answer is not None and call.handset_holds(offer.at):
            claim = "direction of an answer while the handset holds (RFC 6337 §5.3)"
            seen = direction_of(answer)
            yield judged(seen in silent, offer, answer, expected=" or ".join(sorted(silent)), seen=seen, claim=claim)
    for asked in call.asked_of_the_base:
        made = call.final(asked) if asked.method == "INVITE" and asked.to.tag and not asked.sdp_or_none else None
        if made is not None and made.sdp_or_none is not None and call.handset_holds(asked.at):
            claim = "direction of an offer that was asked for while the handset holds"
            seen = direction_of(made)
            yield judged(seen in silent, asked, made, expected=" or ".join(sorted(silent)), seen=seen, claim=claim)


@rule("HLD-2")
def far_hold(call: CallEvidence, expect: RemoteHoldExpect) -> Iterator[Finding]:
    """A hold of the far end is answered in kind; where we hold too, nothing flows."""
    for offer, answer in far_offers(call):
        direction = direction_of(offer)
        if direction not in DEAF:
            continue
        if answer is None:
            finding = _unanswered(call, offer)
            if finding is not None:
                yield finding
            continue
        wanted = frozenset({"inactive"}) if direction == "inactive" else expect.answer_to_sendonly
        if base_holds_at(call, offer.at):
            wanted |= {"inactive"}
        seen = direction_of(answer)
        claim = f"answer to an offer of {direction}"
        yield judged(seen in wanted, offer, answer, expected=" or ".join(sorted(wanted)), seen=seen, claim=claim)


@rule("HLD-3")
def old_form_of_hold(call: CallEvidence, expect: OldHoldExpect) -> Iterator[Finding]:
    """An offer of the null address within a call is accepted."""
    for offer in call.asked_of_the_base:
        if offer.method != "INVITE" or not offer.to.tag or not offers_null_address(offer):
            continue
        final = call.final(offer)
        if final is None:
            finding = reaction(call.evidence, offer, None, expected="answer", over=over_at(call, offer.at))
            if finding is not None:
                yield finding
        elif final.status not in TRY_AGAIN:
            yield judged(final.status == expect.status, offer, final, expected=expect.status, seen=final.status)


@rule("HLD-5")
def version_counts(call: CallEvidence, expect: VersionExpect) -> Iterator[Finding]:
    """The version of o= grows by the same step with each change of the session; the session id stays."""
    before: SipMessage | None = None
    for message in call.descriptions:
        if not call.evidence.is_base(message.src):
            continue
        if before is not None and _is_change(before, message):
            step = message.sdp.origin_version - before.sdp.origin_version
            same = message.sdp.session_id == before.sdp.session_id
            claim = "step of the o= version" if same else "session id of o="
            wanted, seen = (expect.version_step, step) if same else (before.sdp.session_id, message.sdp.session_id)
            yield judged(wanted == seen, before, message, expected=wanted, seen=seen, claim=claim)
        before = message


@rule("HLD-4", reads=("sip", "rtp", "acts"), timed=True)
def nothing_of_the_room(call: CallEvidence) -> Iterator[Finding]:
    """During a hold by the handset a tone at the handset is not in the base's packets; the occasion is the tone."""
    for tone in call.tones:
        yield from _room(call, tone)


def _room(call: CallEvidence, tone: Talking) -> Iterator[Finding]:
    act, hz = tone.act, tone.hz
    for span in call.spans:
        start, end = max(tone.begins, span.begins) + SETTLED_S, min(tone.ends, span.ends, call.evidence.sight.ends)
        own = span.session.own_audio
        if own is None or own.direction not in DEAF or not call.handset_holds(span.begins):
            continue
        if end - start < SHORTEST_SILENCE_S:
            continue
        packets = span.sent_between(start, end)
        level = tone_level(packets, span.codec, hz) if packets else None
        if packets and level is None:
            yield cannot_be_said(act, span.cause, why=f"{span.codec or 'the codec'} is not decoded here")
        elif level is None or level < SILENT_BELOW_DBM0:
            yield held(act, span.cause)
        else:
            seen = f"{hz:g} Hz at {level:.1f} dBm0 in the base's packets"
            yield broken(act, span.cause, expected=f"no {hz:g} Hz of the room", seen=seen)


def far_offers(call: CallEvidence) -> list[tuple[SipMessage, SipMessage | None]]:
    """Offers of the far end within the call, each with the base's answer, without those refused by TRY_AGAIN."""
    found: list[tuple[SipMessage, SipMessage | None]] = []
    for offer in call.asked_of_the_base:
        if offer.method not in ("INVITE", "UPDATE") or not offer.to.tag or offer.sdp_or_none is None:
            continue
        final = call.final(offer)
        if final is not None and final.status in TRY_AGAIN:
            continue
        if any(media.kind == "audio" for media in offer.sdp.media):
            has_answer = final is not None and final.status < 300 and final.sdp_or_none is not None
            found.append((offer, final if has_answer else None))
    return found


def holds(offer: SipMessage) -> bool:
    """Whether the sender of this offer does not receive, in either form of hold."""
    return direction_of(offer) in DEAF or offers_null_address(offer)


def offers_after(call: CallEvidence, kind: ActKind, directions: frozenset[str]) -> Iterator[Finding]:
    """After an act of this kind the far end is offered one of these directions, in time."""
    wanted = " or ".join(sorted(directions))
    for act in call.acts(kind):
        if _held_by_an_answer(call, act, kind, directions):
            continue
        offer = after(call.requests, act.at, _is_offer)
        claim = f"a {kind} at the handset is offered to the far end"
        over = over_at(call, act.at)
        finding = unfelt(act) or reaction(
            call.evidence, act, offer, expected=f"offer with {wanted}", over=over, claim=claim
        )
        if finding is not None and finding.result is Result.HELD and offer is not None:
            allowed = directions | ({WHILE_HELD[kind]} if _far_holds(call, act) else set())
            claim, seen = f"direction of the offer at a {kind}", direction_of(offer)
            finding = judged(seen in allowed, act, offer, expected=" or ".join(sorted(allowed)), seen=seen, claim=claim)
        if finding is not None:
            yield finding


def _held_by_an_answer(call: CallEvidence, act: Act, kind: ActKind, directions: frozenset[str]) -> bool:
    """Whether an offer of the other side crossed the key, and its answer says what the key asked for.

    A PBX that lets the two ends talk directly sends one right after the answer; then no offer of the base is needed.
    """
    silent = directions | {"inactive"} if kind == "hold" else directions
    crossed = (answer for offer, answer in far_offers(call) if answer and abs(offer.at - act.at) <= CROSSED_S)
    return any(answer.at >= act.at and direction_of(answer) in silent for answer in crossed)


def base_holds_at(call: CallEvidence, at: float) -> bool:
    """Whether the base holds at a moment: by the keys of its handset, without acts by its own descriptions."""
    if call.evidence.acts is not None:
        return call.handset_holds(at)
    told = [holds for one in call.sessions if one.at <= at and (holds := one.base_holds) is not None]
    return bool(told) and told[-1]


def _far_holds(call: CallEvidence, act: Act) -> bool:
    """Whether the far end does not listen, or has held us, when an act begins."""
    offers = [offer for offer, answer in far_offers(call) if answer is not None and offer.at <= act.at]
    return bool(offers) and holds(offers[-1])


def _is_offer(message: SipMessage) -> bool:
    return message.method in ("INVITE", "UPDATE") and bool(message.to.tag) and message.sdp_or_none is not None


def _is_change(before: SipMessage, after_it: SipMessage) -> bool:
    one, other = ([line for line in m.sdp.text.split("\n") if not line.startswith("o=")] for m in (before, after_it))
    return one != other


def _unanswered(call: CallEvidence, offer: SipMessage) -> Finding | None:
    final = call.final(offer)
    if final is None:
        return reaction(call.evidence, offer, None, expected="answer", over=over_at(call, offer.at))
    return broken(offer, final, expected="an answer with a description", seen=final.status)


def _without_acts(call: CallEvidence) -> Iterator[Finding]:
    """In a trace without acts it is not known whether a hold was asked for."""
    holding = [m for m in call.own_offers if _is_offer(m) and m.sdp.media and direction_of(m) in DEAF]
    if holding:
        yield cannot_be_said(holding[0], why=NO_ACT)
