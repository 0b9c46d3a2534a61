"""What two sides agreed on: each offer with its answer, and what each side may send then (RFC 3264)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.rules.addresses import plain

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.sdp import Media, Sdp
    from harness.rules.call_evidence import CallEvidence

NULL_ADDRESSES = ("0.0.0.0", "::")
"""The old form of hold: an address to which nothing can be sent (RFC 3264 section 8.4)."""
DEAF = ("sendonly", "inactive")
"""The directions of a side that does not receive."""


ANSWERED_TWICE = "the far end answered the offer twice, with different lines"


@dataclass(frozen=True)
class Session:
    """One offer and its answer; in force at the base from `at`, the time of the answer, on."""

    offer: SipMessage
    answer: SipMessage
    by_base: bool
    """Whether the base made the offer."""
    disputed: bool = False
    """Whether the far end answered it before, with another line: RFC 3261 section 13.2.1 has the first answer in force,
    many phones follow the second."""

    @property
    def at(self) -> float:
        """The time of the answer."""
        return self.answer.at

    @property
    def own(self) -> Sdp:
        """The base's description."""
        return (self.offer if self.by_base else self.answer).sdp

    @property
    def far(self) -> Sdp:
        """The far end's description: its payload numbers are those that the base sends with."""
        return (self.answer if self.by_base else self.offer).sdp

    @property
    def own_audio(self) -> Media | None:
        """The base's audio line that was not refused."""
        return _audio(self.own)

    @property
    def far_audio(self) -> Media | None:
        """The far end's audio line that was not refused."""
        return _audio(self.far)

    @property
    def far_line(self) -> tuple[str, int] | None:
        """Address and port at which the far end receives audio; None if it does not."""
        far = self.far_audio
        return None if far is None or far.address in NULL_ADDRESSES else (plain(far.address), far.port)

    @property
    def base_may_send(self) -> bool:
        """Whether both directions allow the base to send audio."""
        own, far = self.own_audio, self.far_audio
        if own is None or far is None or far.address in NULL_ADDRESSES:
            return False
        return own.direction in ("sendrecv", "sendonly") and far.direction in ("sendrecv", "recvonly")

    @property
    def base_holds(self) -> bool | None:
        """Whether the base does not receive by its own choice; None if it answers an offer other than sendrecv."""
        own, far = self.own_audio, self.far_audio
        if own is None or far is None or not (self.by_base or far.direction == "sendrecv"):
            return None
        return own.direction in DEAF

    @property
    def types_to_send(self) -> Mapping[int, str]:
        """Payload type to encoding name in upper case, as the far end described what it receives."""
        far = self.far_audio
        return {codec.payload: codec.name.upper() for codec in far.codecs} if far else {}

    @property
    def event_types(self) -> frozenset[int]:
        """The payload types of telephone events among them."""
        return frozenset(kind for kind, name in self.types_to_send.items() if name == "TELEPHONE-EVENT")

    def is_with(self, answer: SipMessage) -> bool:
        """Whether it belongs to the dialog that a 2xx to INVITE made, not to another branch of a forked call."""
        tags = {answer.from_.tag, answer.to.tag}
        told = self.answer if self.by_base and not self.answer.is_request else self.offer
        return not told.to.tag or {told.from_.tag, told.to.tag} == tags


def far_end_moved(before: Session | None, after: Session | None) -> bool:
    """Whether the far end receives audio at another address or port in the later one of two sessions."""
    lines = {session.far_line for session in (before, after) if session is not None}
    return len(lines - {None}) > 1


def audio_of(message: SipMessage) -> Media | None:
    """The first audio line of a message, refused or not; None without one."""
    description = message.sdp_or_none
    return next((m for m in description.media if m.kind == "audio"), None) if description is not None else None


def direction_of(message: SipMessage) -> str:
    """The direction of its audio; empty without an audio line."""
    audio = audio_of(message)
    return audio.direction if audio is not None else ""


def offers_null_address(offer: SipMessage) -> bool:
    """Whether an offer holds in the form of RFC 2543."""
    description = offer.sdp_or_none
    return description is not None and any(m.port and m.address in NULL_ADDRESSES for m in description.media)


def codecs_of(message: SipMessage) -> list[str]:
    """The codecs of its audio by name, in order."""
    audio = audio_of(message)
    return audio.names if audio is not None else []


def _audio(description: Sdp) -> Media | None:
    return next((m for m in description.media if m.kind == "audio" and m.port), None)


def _told(answer: SipMessage) -> tuple[object, ...]:
    """What an answer says of its audio."""
    audio = audio_of(answer)
    return () if audio is None else (audio.address, audio.port, audio.direction, tuple(audio.names))


def sessions_of(call: CallEvidence) -> list[Session]:
    """Each offer with its answer, late offers in the 2xx with the answer in the ACK included.

    In a forked call each far tag has its own answer. A further answer of the same tag that differs is `disputed`.
    """
    found: list[Session] = []
    offers: dict[tuple[int, bool], SipMessage] = {}
    answered: dict[tuple[int, bool, str], SipMessage] = {}
    for message in call.descriptions:
        # A CSeq number is unique for each side only: both sides may count from the same number.
        asked_by_base = call.evidence.is_base(message.src) == message.is_request
        key = (message.cseq.number, asked_by_base)
        offer = offers.get(key)
        if offer is None:
            offers[key] = message
            continue
        if offer.src == message.src and call.evidence.is_base(offer.src) == call.evidence.is_base(message.src):
            continue
        fork = message.to.tag if asked_by_base else ""
        first = answered.setdefault((*key, fork), message)
        disputed = first is not message and offer.is_request
        if disputed and _told(first) == _told(message):
            continue
        found.append(Session(offer, message, call.evidence.is_base(offer.src), disputed))
    return found
