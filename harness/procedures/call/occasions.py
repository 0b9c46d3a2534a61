"""Checks on the base's wire that a far end's act arrived: without it a test has no occasion.

A server in between makes calls of its own: it renumbers, holds in its own way, offers its own codecs. A peer's act
counts if the base's own messages show it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.rules.addresses import plain
from harness.rules.codec import G726
from harness.rules.session import DEAF, audio_of, codecs_of, direction_of, offers_null_address

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

Shows = Callable[["SipMessage"], bool]
"""Whether a message that the base received has what the far end did."""

takes_the_old_form = offers_null_address


def offers(direction: str) -> Shows:
    """Audio of this direction, and an address to send it to."""
    return lambda message: direction_of(message) == direction and not offers_null_address(message)


def holds(message: SipMessage) -> bool:
    """The far end does not listen."""
    return direction_of(message) in DEAF and not offers_null_address(message)


def offers_nothing(message: SipMessage) -> bool:
    """No description: the answer is to make the offer."""
    return message.sdp_or_none is None


def names_no_line(message: SipMessage) -> bool:
    """The Request-URI has no line=."""
    return ";line=" not in message.request_uri


def names_in_contact(parameters: str) -> Shows:
    """The Contact ends in these parameters, in these letters."""
    return lambda message: parameters in "".join(message.header("contact"))


def describes(message: SipMessage) -> bool:
    """A description."""
    return message.sdp_or_none is not None


def prefers(codecs: Sequence[str]) -> Shows:
    """These codecs before all others, in this order."""
    return lambda message: codecs_of(message)[: len(codecs)] == [name.upper() for name in codecs]


def begins_with(payloads: Sequence[int]) -> Shows:
    """These payload types before all others, in this order."""

    def shows(message: SipMessage) -> bool:
        audio = audio_of(message)
        return audio is not None and list(audio.payloads[: len(payloads)]) == list(payloads)

    return shows


def offers_g726(message: SipMessage) -> bool:
    """G.726 before all others, by the name of either packing."""
    return any(name in G726 for name in codecs_of(message)[:1])


def is_no_utf8(message: SipMessage) -> bool:
    """Its octets are no UTF-8, as SIP wants it."""
    try:
        message.octets.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def receives_at(port: int) -> Shows:
    """Audio is received at this port."""

    def shows(message: SipMessage) -> bool:
        audio = audio_of(message)
        return audio is not None and audio.port == port

    return shows


def moves_from(line: tuple[str, int] | None) -> Shows:
    """Audio is received at another address or port than before."""

    def shows(message: SipMessage) -> bool:
        audio = audio_of(message)
        return audio is not None and bool(audio.port) and (plain(audio.address), audio.port) != line

    return shows


def numbers_events(payload_type: int) -> Shows:
    """Telephone events have this number."""

    def shows(message: SipMessage) -> bool:
        audio = audio_of(message)
        return audio is not None and audio.telephone_event == payload_type

    return shows
