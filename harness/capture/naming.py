"""The descriptions of media by time and end: the codec of a payload type when a packet was sent."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture.headers import number
from harness.capture.sdp import STATIC_TYPES, Codec, Media

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream

EVENT = "telephone-event"
_FIRST_DYNAMIC, _EVENT_LENGTH = 96, 4
_OPEN_FAILURES = (401, 407, 422, 484)
"""Statuses after which the call goes on with another INVITE."""
End = tuple[str, int]
_Asked = tuple[str, int, str]
"""A transaction of a call: Call-ID, number, and the tag of who asks."""


@dataclass(frozen=True)
class Description:
    """One media block as one side described it at a moment."""

    at: float
    media: Media
    call_id: str

    @property
    def encrypted(self) -> bool:
        """Whether it asks for SRTP: by its profile, or by keys on a plain one (RFC 3711, RFC 4568, RFC 5763)."""
        return "SAVP" in self.media.proto.upper() or self.media.offers_keys


class Descriptions:
    """All session descriptions, by the end that they describe; `add` takes messages in the order of the wire."""

    def __init__(self, messages: Iterable[SipMessage] = ()) -> None:
        self._of_end: dict[End, list[Description]] = {}
        self._reports: dict[End, list[Description]] = {}
        self._starts: dict[End, list[tuple[float, bool]]] = {}
        self._calls: dict[End, set[str]] = {}
        self._over: dict[str, float] = {}
        self._answered: set[str] = set()
        self._offers: dict[_Asked, list[tuple[End, Description]]] = {}
        self._offered_for: dict[End, list[Description]] = {}
        self._asked_for_an_offer: set[_Asked] = set()
        for message in messages:
            self.add(message)

    def add(self, message: SipMessage) -> None:
        """Take in one message: its description, and whether it ends its call.

        A new offer for an end that its call has described already is in force once it is answered.
        """
        self._follow(message)
        waiting = self._offered(message) if not message.resend else None
        for media in message.sdp_or_none.media if message.sdp_or_none and not message.resend else ():
            if media.port and "RTP/" in media.proto.upper():
                found = Description(message.at, media, message.call_id)
                for component, end in _ends(media):
                    if component == 1 and waiting is not None and message.call_id in self._calls.get(end, ()):
                        waiting.append((end, found))
                        self._offered_for.setdefault(end, []).append(found)
                    elif component == 1:
                        self._describe(end, found)
                    else:
                        self._reports.setdefault(end, []).append(found)

    def of(self, address: str, port: int, at: float) -> Description | None:
        """The description in force for an end at a moment: the last one before, else the first one after."""
        return _in_force(self._of_end.get((address, port), []), at)

    def codec(self, address: str, port: int, payload_type: int, at: float) -> Codec | None:
        """What an end calls a payload type at a moment: by the description in force, else by an offer before it."""
        found = _codec(self.of(address, port, at), payload_type)
        offers = (one for one in self._offered_for.get((address, port), ()) if one.at <= at)
        return found or next(filter(None, (_codec(one, payload_type) for one in offers)), None)

    def of_reports(self, address: str, port: int, at: float) -> Description | None:
        """As `of`, for an end that receives RTCP."""
        return _in_force(self._reports.get((address, port)) or self._of_end.get((address, port), []), at)

    def knows(self, address: str, port: int) -> bool:
        """Whether an end was described for RTP."""
        return (address, port) in self._of_end

    def knows_reports(self, address: str, port: int) -> bool:
        """Whether an end was described for RTCP, or for RTP, which may share its port (RFC 5761)."""
        return (address, port) in self._reports or (address, port) in self._of_end

    def starts(self, address: str, port: int, begin: float, end: float) -> list[tuple[float, bool]]:
        """When an end was described for another call between two moments, and whether all earlier ones were over.

        The end of a call may be missing in the capture.
        """
        found = self._starts.get((address, port), [])
        first = bisect.bisect_left(found, begin, key=lambda start: start[0])
        return found[first : bisect.bisect_right(found, end, key=lambda start: start[0])]

    def renamed(self, address: str, port: int, begin: float, end: float) -> Iterator[tuple[float, set[int]]]:
        """When a payload type of an end got another codec between two moments, and which."""
        known = self._of_end.get((address, port), [])
        first = bisect.bisect_right(known, begin, key=lambda description: description.at)
        last = bisect.bisect_left(known, end, key=lambda description: description.at)
        for before, after in pairwise(known[max(0, first - 1) : last]):
            names = [
                {c.payload: (c.name.lower(), c.rate) for c in one.media.codecs if c.name} for one in (before, after)
            ]
            changed = {kind for kind in names[0].keys() & names[1].keys() if names[0][kind] != names[1][kind]}
            if changed:
                yield after.at, changed

    def _offered(self, message: SipMessage) -> list[tuple[End, Description]] | None:
        """Where the descriptions of a new offer wait; an answer puts them into force, a refusal drops them.

        An INVITE without a description is answered with the offer (RFC 3261 section 13.2.1).
        """
        key = (message.call_id, message.cseq.number, message.from_.tag)
        described = message.sdp_or_none is not None
        if message.method in ("INVITE", "UPDATE"):
            if not described:
                self._asked_for_an_offer.add(key)
            return self._offers.setdefault(key, []) if described else None
        if described and key in self._asked_for_an_offer and 200 <= message.status < 300:
            self._asked_for_an_offer.discard(key)
            return self._offers.setdefault(key, [])
        if described or message.status >= 300:
            for end, description in self._offers.pop(key, ()) if described else ():
                self._describe(end, replace(description, at=message.at))
            self._offers.pop(key, None)
        return None

    def _describe(self, end: End, found: Description) -> None:
        known, calls = self._of_end.setdefault(end, []), self._calls.setdefault(end, set())
        if calls and found.call_id not in calls:
            over = self._are_over(calls, found.at)
            self._starts.setdefault(end, []).append((found.at, over))
            if over:
                calls.clear()
        calls.add(found.call_id)
        known.append(found)

    def _are_over(self, calls: set[str], at: float) -> bool:
        return all(self._over.get(call, at + 1) <= at for call in calls)

    def _follow(self, message: SipMessage) -> None:
        call, invited = message.call_id, message.cseq.method == "INVITE"
        if message.method == "INVITE" and not message.to.tag:
            self._over.pop(call, None)
        elif message.method in ("BYE", "CANCEL"):
            self._over.setdefault(call, message.at)
        elif invited and 200 <= message.status < 300:
            self._answered.add(call)
        elif invited and message.status >= 300 and message.status not in _OPEN_FAILURES and call not in self._answered:
            self._over.setdefault(call, message.at)


def named(stream: RtpStream, descriptions: Descriptions) -> dict[int, Codec]:
    """The codec of each payload type of a stream: as its receiver described it when the first such packet was sent.

    If the receiver is not described (behind a NAT), by the sender's own description; else by RFC 3551.
    An undescribed dynamic type with packets of four octets is treated as telephone events.
    """
    found = {}
    for payload_type, at in stream.first_of_each_type.items():
        for end in ((stream.dst, stream.dport), (stream.src, stream.sport)):
            codec = descriptions.codec(*end, payload_type, at)
            if codec is not None:
                break
        found[payload_type] = codec or _undescribed(stream, payload_type)
    return found


def renamings(stream: RtpStream, descriptions: Descriptions) -> list[float]:
    """When a payload type that a stream uses got another codec: there its packets are to be named anew."""
    receiver, sender = (stream.dst, stream.dport), (stream.src, stream.sport)
    end = receiver if descriptions.knows(*receiver) else sender
    used = set(stream.payload_types)
    renamed = descriptions.renamed(*end, stream.first_at, stream.last_at)
    return [at for at, changed in renamed if changed & used]


def _codec(description: Description | None, payload_type: int) -> Codec | None:
    codecs = description.media.codecs if description else ()
    return next((codec for codec in codecs if codec.payload == payload_type and codec.name), None)


def _undescribed(stream: RtpStream, payload_type: int) -> Codec:
    name, rate = STATIC_TYPES.get(payload_type, ("", 0))
    if not name and payload_type >= _FIRST_DYNAMIC and stream.lengths_of(payload_type) == [_EVENT_LENGTH]:
        return Codec(payload_type, EVENT, 8000)
    return Codec(payload_type, name, rate)


def _ends(media: Media) -> Iterable[tuple[int, End]]:
    """The ends of a block: component 1 is RTP, 2 is RTCP; with the candidates of ICE (RFC 8839)."""
    yield 1, (media.address, media.port)
    yield 2, (media.address, media.rtcp_port)
    for attribute in media.attributes:
        words = attribute.split(" ")
        if attribute.startswith("candidate:") and len(words) > 5 and words[1] in ("1", "2"):
            yield int(words[1]), (words[4], number(words[5], 65535) or 0)


def _in_force(known: list[Description], at: float) -> Description | None:
    place = bisect.bisect_right(known, at, key=lambda description: description.at)
    return known[max(0, place - 1)] if known else None
