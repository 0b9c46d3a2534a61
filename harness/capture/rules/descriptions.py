"""Session descriptions of the base: grammar, origin, formats, answers that fit their offers (RFC 8866, RFC 3264)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from harness.capture.dialogs import offer_answer_pairs
from harness.capture.judgements import wrong_answer_direction
from harness.capture.messages import SipMessage
from harness.capture.rules.talk import Talk, broken
from harness.capture.sdp import DIRECTIONS, STATIC_TYPES, Media
from harness.errors import Expectation

CLOCK_RATES = {"PCMU": 8000, "PCMA": 8000, "G722": 8000, "G726-32": 8000, "AAL2-G726-32": 8000, "GSM": 8000,
               "G729": 8000, "TELEPHONE-EVENT": 8000, "ILBC": 8000, "CN": 8000}  # fmt: skip
"""RFC 3551 §4.5 and §6 (8000 for G.722 too, §4.5.2); events at the clock of the audio (RFC 4733 §2.1)."""
SESSION_ORDER = "vosiuepcbtrzka"
ORIGIN = re.compile(r"\S+ \d+ \d+ IN IP[46] \S+")
FIRST_DYNAMIC, LAST_DYNAMIC = 96, 127
NULL_ADDRESSES = ("0.0.0.0", "::")
KEYS = set(range(12))
"""The events of a phone's keys: 0 to 9, * and #."""


def broken_descriptions(talk: Talk) -> list[Expectation]:
    """Everything that the session descriptions of one call break."""
    found: list[Expectation] = []
    described = [m for m in talk.sent if m.sdp_or_none is not None and not m.resend]
    for message in described:
        found += [*_grammar(message), *_formats(message), *_addresses(message, talk)]
    found += [*_content(talk), *_origins(described), *_early(described)]
    for offer, answer in offer_answer_pairs(talk.messages):
        if answer.src in talk.base:
            found += _answer(offer, answer)
    return found


def _content(talk: Talk) -> Iterator[Expectation]:
    for message in (m for m in talk.sent if not m.resend):
        lengths = message.header("content-length")
        counted = len(message.body) + message.surplus
        if lengths and lengths != [str(counted)]:
            yield broken("Content-Length counts the body", counted, lengths, "RFC 3261 §20.14", message)
        kinds = [value.partition(";")[0].strip().lower() for value in message.header("content-type")]
        if message.body and len(kinds) != 1:
            yield broken("a body has a Content-Type", "one", kinds or "none", "RFC 3261 §20.15", message)
        is_description = message.body.startswith(b"v=0")
        if is_description and kinds and kinds != ["application/sdp"]:
            yield broken("a session description is named so", "application/sdp", kinds, "RFC 3264 §5", message)
    for response in talk.responses:
        request = talk.asked(response)
        if request is None or request.method != "INVITE" or not 200 <= response.status < 300:
            continue
        if response.sdp_or_none is None:
            what = "an answer" if request.sdp_or_none is not None else "an offer"
            yield broken(
                f"200 to INVITE brings {what}", "application/sdp", "no description", "RFC 3261 §13.2.1", response
            )


def _grammar(message: SipMessage) -> Iterator[Expectation]:
    lines = [line for line in re.split(r"\r?\n", message.sdp.text) if line.strip()]
    bad = [line for line in lines if not re.match(r"[a-z]=\S", line) and line != "s= "]
    if bad:
        yield broken("a description is made of lines like a=b", "letter, =, text", bad[0], "RFC 8866 §5", message)
    session = [line[0] for line in lines[: next((i for i, one in enumerate(lines) if one[0] == "m"), len(lines))]]
    missing = [kind for kind in "vost" if kind not in session]
    if missing:
        claim = "a description has v=, o=, s= and t="
        yield broken(claim, "all four", f"no {'=, '.join(missing)}=", "RFC 8866 §5", message)
    places = [SESSION_ORDER.find(kind) for kind in session if kind not in "trz"]
    if places != sorted(places) or session[:1] != ["v"]:
        yield broken(
            "the lines of a session come in their order", SESSION_ORDER, "".join(session), "RFC 8866 §5", message
        )
    origins = [line[2:] for line in lines if line.startswith("o=")]
    if len(origins) == 1 and not ORIGIN.fullmatch(origins[0].strip()):
        yield broken("o= has six words", "user id version IN IP4 address", origins[0], "RFC 8866 §5.2", message)
    if not any(media.kind == "audio" for media in message.sdp.media):
        yield broken("a call has an audio line", "m=audio", "none", "RFC 3264 §5", message)


def _formats(message: SipMessage) -> Iterator[Expectation]:
    for media in (m for m in message.sdp.media if m.kind == "audio" and m.port):
        if not media.payloads or len(set(media.payloads)) != len(media.payloads):
            yield broken(
                "each format is listed once", "numbers of their own", media.payloads, "RFC 8866 §5.14", message
            )
        for codec in media.codecs:
            yield from _format(message, media, codec.payload, codec.name.upper(), codec.rate)
        yield from _maps(message, media)
        directions = [a for a in media.attributes if a in DIRECTIONS]
        if len(directions) > 1:
            yield broken("one direction a line", "one", directions, "RFC 8866 §6.7", message)
        if media.ptime is not None and not 5 <= media.ptime <= 120:
            yield broken("ptime is a packet length", "5 to 120 ms", media.ptime, "RFC 8866 §6.4", message)
        yield from _events(message, media)


def _format(message: SipMessage, media: Media, payload: int, name: str, rate: int) -> Iterator[Expectation]:
    if not name:
        claim = "a dynamic payload type has its rtpmap"
        yield broken(claim, f"a=rtpmap:{payload}", "none", "RFC 3264 §5.1, RFC 3551 §6", message)
        return
    fixed = STATIC_TYPES.get(payload)
    if fixed is not None and payload != 2 and fixed[0].upper() != name:
        yield broken(f"payload type {payload} is what RFC 3551 says", fixed[0], name, "RFC 3551 §6", message)
    if fixed is None and not (FIRST_DYNAMIC <= payload <= LAST_DYNAMIC or 35 <= payload <= 63):
        yield broken(
            "a codec without a number of its own has a dynamic one", "96 to 127", payload, "RFC 3551 §3", message
        )
    if CLOCK_RATES.get(name, rate) != rate:
        yield broken(f"clock rate of {name}", CLOCK_RATES[name], rate, "RFC 3551 §4.5", message)


def _maps(message: SipMessage, media: Media) -> Iterator[Expectation]:
    for attribute in media.attributes:
        match = re.match(r"(?:rtpmap|fmtp):(\d+)", attribute)
        if match and int(match.group(1)) not in media.payloads:
            claim = "an attribute speaks of a format that is listed"
            yield broken(claim, f"one of {media.payloads}", attribute, "RFC 8866 §6.6", message)


def _events(message: SipMessage, media: Media) -> Iterator[Expectation]:
    """Events: the keys at least where an fmtp names any (without it 0 to 15 are meant, RFC 4733 §2.4.1)."""
    event = media.codec("telephone-event")
    if event is None or not event.fmtp:
        return
    known: set[int] = set()
    for low, high in re.findall(r"(\d+)(?:-(\d+))?", event.fmtp):
        known |= set(range(int(low), int(high or low) + 1))
    if not known >= KEYS:
        yield broken("telephone-event lists the keys", "0-11 at least", event.fmtp, "RFC 4733 §2.4.1", message)


def _addresses(message: SipMessage, talk: Talk) -> Iterator[Expectation]:
    for media in (m for m in message.sdp.media if m.port):
        if not talk.is_base(media.address):
            wanted = " or ".join(sorted(talk.base))
            yield broken("media are received at the base", wanted, media.address or "no c=", "RFC 3264 §5.1", message)
        if media.proto.upper() not in ("RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF"):
            yield broken("media go by RTP", "RTP/AVP", media.proto, "RFC 8866 §5.14", message)


def _origins(described: list[SipMessage]) -> Iterator[Expectation]:
    """The o= line stays but for its version, which rises by one with each change (RFC 3264 §8)."""
    for before, after in pairwise(described):
        one, other = before.sdp, after.sdp
        fixed = (one.origin_user, one.session_id, one.origin_address)
        now = (other.origin_user, other.session_id, other.origin_address)
        if fixed != now:
            claim = "the o= line of a call stays but for its version"
            yield broken(claim, " ".join(fixed), " ".join(now), "RFC 3264 §8", before, after)
        changed = _rest(before) != _rest(after)
        steps = (1,) if changed else (0, 1)
        if other.origin_version - one.origin_version not in steps:
            claim = f"the version of o= {'counts a change' if changed else 'stays without a change'}"
            wanted = " or ".join(str(one.origin_version + step) for step in steps)
            yield broken(claim, wanted, other.origin_version, "RFC 3264 §8", before, after)


def _early(described: list[SipMessage]) -> Iterator[Expectation]:
    """An answer in a 18x is the one of the 200 (RFC 3261 §13.2.1)."""
    early = {m.branch: m for m in described if 100 < m.status < 200}
    for message in (m for m in described if 200 <= m.status < 300 and m.branch in early):
        if _rest(early[message.branch]) != _rest(message):
            claim = "200 repeats the answer of the 18x"
            yield broken(claim, "the same description", "another", "RFC 3261 §13.2.1", early[message.branch], message)


def _answer(offer: SipMessage, answer: SipMessage) -> Iterator[Expectation]:
    asked, given = offer.sdp, answer.sdp
    if [(m.kind, m.proto) for m in given.media] != [(m.kind, m.proto) for m in asked.media]:
        claim = "an answer has the media lines of its offer"
        wanted, seen = ([f"{m.kind} {m.proto}" for m in one.media] for one in (asked, given))
        yield broken(claim, wanted, seen, "RFC 3264 §6", offer, answer)
        return
    if not any(m.kind == "audio" and m.port for m in asked.media) or not any(m.port for m in given.media):
        return
    times = [next((line for line in one.text.splitlines() if line.startswith("t=")), "") for one in (asked, given)]
    if times[0] != times[1]:
        yield broken("t= of an answer is that of its offer", times[0], times[1] or "none", "RFC 3264 §6", offer, answer)
    if not set(given.audio.names) & set(asked.audio.names):
        yield broken(
            "an answer has a codec of its offer", asked.audio.names, given.audio.names, "RFC 3264 §6.1", answer
        )
    yield from wrong_answer_direction(offer, answer)


def _rest(message: SipMessage) -> list[str]:
    return [line for line in message.sdp.text.splitlines() if not line.startswith("o=")]
