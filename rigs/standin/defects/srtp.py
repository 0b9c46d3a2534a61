"""Faults of encrypted media: keys that are not offered, not taken up, or not used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import defect
from rigs.standin.media.description import Direction, MediaDescription
from rigs.standin.media.session import MediaSession
from rigs.standin.media.srtp import Crypto, Protection

Answering = Callable[[MediaSession, MediaDescription, Direction], MediaDescription | None]


@defect(feature="srtp", replaces=MediaSession.local_offer)
def encryption_is_not_offered(
    healthy: Callable[[MediaSession, Direction], MediaDescription], session: MediaSession, direction: Direction
) -> MediaDescription:
    """RTP Encryption is on, and calls from the handset go in clear: their offers have no keys."""
    return replace(healthy(session, direction), profile="RTP/AVP", crypto=())


@defect(feature="srtp", replaces=Protection.protect)
def speech_goes_in_clear(healthy: Callable[..., bytes], protection: Protection, data: bytes, *, rtcp: bool) -> bytes:
    """Both sides agree to encrypt, and the base sends its speech as it is: the far end hears nothing."""
    return healthy(protection, data, rtcp=rtcp) if rtcp else data


@defect(feature="srtp", replaces=MediaSession.local_answer)
def keys_in_a_plain_offer_are_ignored(
    healthy: Answering, session: MediaSession, remote: MediaDescription, direction: Direction
) -> MediaDescription | None:
    """A far end that can encrypt but need not is answered in clear, though RTP Encryption is on."""
    return healthy(session, remote if remote.encrypted else replace(remote, crypto=()), direction)


@defect(feature="srtp-negotiation", replaces=MediaSession.key_for)
def tag_of_an_answer_is_always_the_first(
    healthy: Callable[[MediaSession, Crypto], Crypto], session: MediaSession, theirs: Crypto
) -> Crypto:
    """A far end whose first suite is not known gets an answer to that one: no call comes about."""
    return replace(healthy(session, theirs), tag=1)


@defect(feature="srtp-negotiation", replaces=MediaSession.local_answer)
def a_plain_offer_is_answered_with_keys(
    healthy: Answering, session: MediaSession, remote: MediaDescription, direction: Direction
) -> MediaDescription | None:
    """A far end that cannot encrypt is told a key it never asked for."""
    found = healthy(session, remote, direction)
    wanted = session.encryption and not remote.crypto
    return replace(found, crypto=session.local_offer(direction).crypto) if found is not None and wanted else found
