"""Encrypted media: keys in descriptions (SDES, RFC 4568), what an answer agrees to, and packets (SRTP, RFC 3711)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass

from harness.capture.messages import SipMessage
from harness.capture.sdp import Media
from harness.rules.call_evidence import CallEvidence
from harness.rules.descriptions import described
from harness.rules.findings import Finding, broken, cannot_be_said, held, held_unless, judged
from harness.rules.registry import Expect, rule
from harness.rules.session import Session
from harness.rules.sources import TICKS_PER_BYTE, Source

SETTING = "rtp_encryption"
ON = ("on", "true", "1", "yes")
TAGS = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4}
"""Octets of the authentication tag of each packet, by suite (RFC 4568 section 6.2)."""
KEY_OCTETS = 30
"""Master key and salt of both suites."""
LONGEST_TAG = 999_999_999
FEWEST = 10
"""Packets of a stream whose lengths tell whether it is encrypted."""
MOSTLY = 0.9


class KeysExpect(Expect):
    """SRTP-KEYS: the suites that a base may offer."""

    suites: tuple[str, ...]


@dataclass(frozen=True)
class Crypto:
    """One a=crypto attribute: tag and suite as written, octets of key and salt (-1: not base64), session parameters."""

    tag: str
    suite: str
    octets: int
    others: tuple[str, ...] = ()

    @property
    def choice(self) -> tuple[str, str]:
        """What an answer repeats."""
        return self.tag, self.suite.upper()


def cryptos(media: Media) -> list[Crypto]:
    """The keys of a line, in order."""
    values = [value for name, _, value in (one.partition(":") for one in media.attributes) if name == "crypto"]
    return [_crypto(value) for value in values]


def _crypto(value: str) -> Crypto:
    tag, suite, keys, *others = [*value.split(), "", "", ""]
    inline = keys.partition(":")[2].partition("|")[0]
    try:
        octets = len(base64.b64decode(inline, validate=True))
    except (binascii.Error, ValueError):
        octets = -1
    return Crypto(tag, suite, octets, tuple(other for other in others if other))


def is_secure(media: Media) -> bool:
    """Whether the line asks for encryption by its profile."""
    return "SAVP" in media.proto.upper()


@rule("SRTP-KEYS", of_one_packet=True)
def keys_are_well_formed(call: CallEvidence, expect: KeysExpect) -> Iterator[Finding]:
    """Each key of the base has a tag of its own, a suite that is known, and the length of that suite."""
    for message in described(call):
        for media in message.sdp.media:
            if media.kind == "audio" and media.port and (is_secure(media) or cryptos(media)):
                yield from held_unless(_keys(message, media, expect.suites), message)


def _keys(message: SipMessage, media: Media, suites: tuple[str, ...]) -> Iterator[Finding]:
    lines = cryptos(media)
    if not lines:
        yield broken(message, expected="a=crypto", seen="none", claim=f"a line with {media.proto} has a key")
    tags = [line.tag for line in lines]
    if len(set(tags)) != len(tags) or any(not _is_tag(tag) for tag in tags):
        claim = "each key has a number of its own"
        yield broken(message, expected="different numbers", seen=", ".join(tags), claim=claim, source="RFC 4568 §4.1")
    for line in lines:
        if line.suite.upper() not in suites:
            expected, claim = " or ".join(suites), "a key is of a suite that every side may know"
            yield broken(message, expected=expected, seen=line.suite, claim=claim, source="RFC 4568 §6.2")
        elif line.octets != KEY_OCTETS:
            claim, seen = f"key and salt of {line.suite}", f"{line.octets} octets" if line.octets >= 0 else "no base64"
            yield broken(message, expected=f"{KEY_OCTETS} octets", seen=seen, claim=claim, source="RFC 4568 §6.1")


def _is_tag(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) <= LONGEST_TAG


@rule("SRTP-OFFER", reads=("sip", "acts"), of_one_packet=True)
def offers_keys_where_it_is_switched_on(call: CallEvidence) -> Iterator[Finding]:
    """An offer of the base has keys if RTP Encryption is on for its identity, and none if it is off.

    In a call that goes in clear a later offer may stay so, whatever is switched on: the far end knows no keys.
    """
    before: Session | None = None
    for session in call.sessions:
        clear = before is not None and not _agreed(before)
        before = session
        if not session.by_base or clear:
            continue
        offer = session.offer
        wanted = _switched_on(call, offer)
        has = any(cryptos(media) for media in offer.sdp.media)
        if wanted is None:
            if has:
                yield cannot_be_said(offer, why="it is not known whether RTP Encryption is on")
            continue
        expected, seen = ("a=crypto" if on else "no a=crypto" for on in (wanted, has))
        yield judged(has is wanted, offer, expected=expected, seen=seen)


def _agreed(session: Session) -> bool:
    """Whether both sides have keys."""
    return all(line is not None and cryptos(line) for line in (session.own_audio, session.far_audio))


def _switched_on(call: CallEvidence, message: SipMessage) -> bool | None:
    settings = call.evidence.settings
    own = message.from_.user if message.is_request else message.to.user
    identity = settings.identity_of(own, at=message.at)
    value = settings.value(SETTING, identity, at=message.at) if identity else None
    if not identity or not settings.known:
        return None
    return (value or "off").lower() in ON


@rule("SRTP-ANSWER", of_one_packet=True)
def answers_agree_to_what_was_offered(call: CallEvidence) -> Iterator[Finding]:
    """The base's answer repeats profile, tag and suite of a key that was offered; to a plain offer it has none."""
    for session in call.sessions:
        if session.by_base:
            continue
        for offered, answered in zip(session.offer.sdp.media, session.answer.sdp.media, strict=False):
            if answered.kind == "audio" and answered.port:
                yield from held_unless(_answered(session, offered, answered), session.offer, session.answer)


def _answered(session: Session, offered: Media, answered: Media) -> Iterator[Finding]:
    choices, chosen = [line.choice for line in cryptos(offered)], [line.choice for line in cryptos(answered)]
    ends = (session.offer, session.answer)
    if offered.proto.upper() != answered.proto.upper():
        claim = "an answer has the profile of the offer"
        yield broken(*ends, expected=offered.proto, seen=answered.proto, claim=claim, source="RFC 3264 §6.1")
    if is_secure(offered) and not chosen:
        yield broken(*ends, expected="one a=crypto", seen="none", claim="encryption that is taken up has a key")
    if len(chosen) > 1:
        yield broken(*ends, expected="one a=crypto", seen=len(chosen), claim="an answer has one key")
    for one in chosen:
        if one not in choices:
            expected = ", ".join(" ".join(choice) for choice in choices) or "no a=crypto"
            claim = "the key of an answer has tag and suite of one that was offered"
            yield broken(*ends, expected=expected, seen=" ".join(one), claim=claim, source="RFC 4568 §5.1.2")


@rule("SRTP-AGREED", reads=("sip", "acts"))
def keys_that_can_be_used_are_used(call: CallEvidence, expect: KeysExpect) -> Iterator[Finding]:
    """Where RTP Encryption is on, an offer with a key of a suite that is known is answered with a key."""
    for session in call.sessions:
        offered, answered = session.far_audio, session.own_audio
        if session.by_base or offered is None or answered is None:
            continue
        usable = [line for line in cryptos(offered) if line.suite.upper() in expect.suites and not line.others]
        if usable and _switched_on(call, session.answer):
            has = cryptos(answered)
            seen = "one" if has else "none"
            yield judged(bool(has), session.offer, session.answer, expected="a=crypto in the answer", seen=seen)


@rule("SRTP-PACKETS", reads=("sip", "rtp"))
def packets_carry_the_tag(call: CallEvidence) -> Iterator[Finding]:
    """The base's packets are longer than their speech by the tag of the suite agreed on, and else by nothing."""
    for source in call.sources:
        for number, session in enumerate(call.sessions):
            later = call.sessions[number + 1 :]
            until = later[0].offer.at if later else float("inf")
            yield from _tagged(source, session, until)


def _tagged(source: Source, session: Session, until: float) -> Iterator[Finding]:
    import numpy as np

    own, far = session.own_audio, session.far_audio
    if own is None or far is None:
        return
    agreed = [line for line in cryptos(own) if line.choice in [other.choice for other in cryptos(far)]]
    octets = np.zeros(256, dtype=np.int64)
    for kind, name in session.types_to_send.items():
        octets[kind] = TICKS_PER_BYTE.get(name, 0) == 1
    kind, steps = source.kind[:-1], np.diff(source.timestamp)
    inside = (source.at[:-1] > session.at) & (source.at[1:] < until) & (np.diff(source.sequence) == 1)
    chosen = np.flatnonzero(inside & (octets[kind] == 1) & (kind == source.kind[1:]) & (steps > 0))
    lengths, often = np.unique(steps[chosen], return_counts=True)
    chosen = chosen[steps[chosen] == lengths[np.argmax(often)]] if len(chosen) else chosen  # a longer step is a pause
    if len(chosen) < FEWEST:
        return
    surplus = source.length[:-1][chosen] - steps[chosen]
    wanted = TAGS.get(agreed[0].suite.upper(), 0) if agreed else 0
    values, counts = np.unique(surplus, return_counts=True)
    usual = int(values[np.argmax(counts)])
    good = bool((surplus == wanted).mean() >= MOSTLY)
    expected = f"{wanted} octets more than the speech ({agreed[0].suite if agreed else 'no key was agreed on'})"
    yield (
        held(source.occasion(int(chosen[0])))
        if good
        else broken(session.answer, source.occasion(int(chosen[0])), expected=expected, seen=f"{usual} octets more")
    )
