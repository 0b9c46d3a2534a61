"""Offers and answers of one call: what each side last said, who holds whom, and the o= line that counts changes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.strategies import Choices
from rigs.standin.media.description import Direction, MediaDescription
from rigs.standin.sip import sdp
from rigs.standin.sip.call_strategies import HoldStrategy, OriginStrategy
from rigs.standin.sip.interface import MediaSession
from rigs.standin.sip.sdp import Description, Line, SdpError


class NotAcceptable(Exception):
    """No audio line of the other side can be taken: 488, or the end of the call."""


class Negotiation:
    """The session of one call. `holding`: we hold the far end; `held`: it holds us; `holds_by`: the hold_direction."""

    def __init__(
        self, media: MediaSession, strategies: Choices, address: Callable[[], str], holds_by: str = "sendonly"
    ) -> None:
        self._media = media
        self._strategies = strategies
        self._address = address
        self._holds_by = holds_by
        self._session_id = str(random.randrange(10**8, 2**31))
        self._version = random.randrange(10**4, 10**5)
        self._sent: Description | None = None
        self._their_lines: tuple[Line, ...] = ()
        self._place = 0
        self._said: MediaDescription | None = None
        self._offered: MediaDescription | None = None
        self._local: MediaDescription | None = None
        self.remote: MediaDescription | None = None
        self.holding = False
        self.held = False

    @property
    def established(self) -> bool:
        """Whether an offer was answered."""
        return self.remote is not None

    @property
    def awaiting_answer(self) -> bool:
        """Whether an own offer waits for its answer."""
        return self._offered is not None

    def offer(self, *, unchanged: bool = False, asked: bool = False) -> bytes:
        """A full offer: every enabled format, the direction that our hold asks for.

        An offer that the far end `asked` for, by an INVITE without one, is made as in a new call, though it holds us:
        else its hold would never end (RFC 3261 section 14.2). `unchanged` says once more what was said last: the
        refresh of a session (RFC 4028 section 7.4).
        """
        if unchanged and self._sent is not None:
            self._offered = self._said
            return sdp.write(self._sent)
        rule = self._strategies.get(HoldStrategy)
        held = self.held and not asked
        direction = rule.offer(self.holding, held, self._holds_by, first=self._sent is None)
        own = self._numbered(self._media.local_offer(direction))
        self._offered = own
        return self._write(self._laid_out(own), own)

    def answer(self, body: bytes) -> bytes:
        """The answer to an offer, in effect at once. Raises NotAcceptable; the session then stays as it was."""
        offer, taken, remote = self._understand(body)
        asked = sdp.effective_direction(remote)
        direction = self._strategies.get(HoldStrategy).answer(asked, self.holding)
        own = self._media.local_answer(remote, direction)
        if own is None:
            raise NotAcceptable("no codec in common")
        self._apply(own, remote)
        self.held = sdp.on_hold(remote)
        self._lay_out_like(offer, taken)
        return self._write(sdp.answer_lines(offer, taken, self._addressed(own)), own)

    def check(self, body: bytes) -> MediaDescription:
        """What an offer says, if it could be answered; nothing changes. Raises NotAcceptable."""
        _, _, remote = self._understand(body)
        if self._media.local_answer(remote, "sendrecv") is None:
            raise NotAcceptable("no codec in common")
        return remote

    def take_answer(self, body: bytes, *, final: bool = True) -> None:
        """The answer to our offer, in effect at once; before the `final` one others may come. Raises NotAcceptable."""
        own = self._offered
        if own is None:
            raise NotAcceptable("an answer without an offer")
        answer, taken, remote = self._understand(body)
        if final:
            self._offered = None
        asked = sdp.effective_direction(remote)
        if own.direction in ("sendrecv", "recvonly"):
            self.held = sdp.on_hold(remote)
        self._lay_out_like(answer, taken)
        self._apply(replace(own, direction=_agreed(own.direction, asked)), remote)

    def withdraw(self) -> None:
        """Our offer was refused: what stood before still stands."""
        self._offered = None

    def _understand(self, body: bytes) -> tuple[Description, Line, MediaDescription]:
        try:
            description = sdp.parse(body)
            secure = description.encrypted_audio if self._media.encryption else None
            line = secure or description.audio
            if line is None:
                raise NotAcceptable("no audio line that can be taken")
            return description, line, sdp.media_of(description, line)
        except SdpError as wrong:
            raise NotAcceptable(str(wrong)) from None

    def _apply(self, local: MediaDescription, remote: MediaDescription) -> None:
        try:
            self._media.apply(local, remote)
        except ValueError as wrong:
            raise NotAcceptable(str(wrong)) from None
        self._local, self.remote = local, remote

    def _lay_out_like(self, theirs: Description, taken: Line) -> None:
        self._their_lines = theirs.lines
        self._place = next(i for i, line in enumerate(theirs.lines) if line is taken)

    def _laid_out(self, own: MediaDescription) -> tuple[Line, ...]:
        """As many m= lines as the session has, ours where the audio line is (RFC 3264 section 8)."""
        mine = sdp.line_of(own)
        if not self._their_lines:
            return (mine,)
        return tuple(mine if i == self._place else line.refused for i, line in enumerate(self._their_lines))

    def _numbered(self, own: MediaDescription) -> MediaDescription:
        """Numbers once agreed stay what they are within a session."""
        if self._local is None:
            return own
        agreed = {codec.name.upper(): codec for codec in self._local.codecs}
        kept = [agreed.get(codec.name.upper(), codec) for codec in own.codecs]
        taken = {codec.payload for codec in agreed.values()}
        codecs = tuple(codec for codec in kept if codec.name.upper() in agreed or codec.payload not in taken)
        event = self._local.telephone_event if self._local.telephone_event is not None else own.telephone_event
        return replace(own, codecs=codecs, telephone_event=event)

    def _addressed(self, own: MediaDescription) -> MediaDescription:
        return replace(own, address=self._address())

    def connection(self) -> str:
        """The address of the c= line: our own, held or not (never 0.0.0.0), without its zone."""
        return self._address().partition("%")[0]

    def _write(self, lines: tuple[Line, ...], own: MediaDescription) -> bytes:
        fresh = Description("root", self._session_id, self._version, self.connection(), "call", (), lines)
        if self._sent is not None:
            changed = replace(fresh, version=self._sent.version) != self._sent
            self._version = self._strategies.get(OriginStrategy).version(self._version, changed)
            fresh = replace(fresh, version=self._version)
        self._sent, self._said = fresh, own
        return sdp.write(fresh)


def _agreed(ours: Direction, theirs: Direction) -> Direction:
    """What our side does after an answer: sends if both agree to that, hears if both agree to that."""
    sends = ours in ("sendrecv", "sendonly") and theirs in ("sendrecv", "recvonly")
    hears = ours in ("sendrecv", "recvonly") and theirs in ("sendrecv", "sendonly")
    if sends:
        return "sendrecv" if hears else "sendonly"
    return "recvonly" if hears else "inactive"
