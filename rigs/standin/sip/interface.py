"""What the SIP user agent promises to the exchange, and what both ask of the media.

Listener methods are plain functions called on the event loop: they must return at once. They are called in the order
in which things happened on the wire, and `on_ended` is the last one of a call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from rigs.standin.media.description import Direction, MediaDescription
from rigs.standin.media.tones import ToneKind

if TYPE_CHECKING:
    from rigs.standin.sip.referred import Referral


class CallListener(Protocol):
    """The side of a call that looks at the handset."""

    def on_ringing(self, code: int) -> None:
        """The far end rings or is being looked for: 180, 181, 182, or 183 without media. May come repeatedly."""

    def on_early_media(self) -> None:
        """The far end sends audio before it answers; the local ring-back tone must stop."""

    def on_answered(self) -> None:
        """The call stands, media runs (outgoing: 2xx came; incoming: ACK of our 2xx came)."""

    def on_ended(self, status: int, reason: str, remote: bool, answered_elsewhere: bool) -> None:
        """The call is over.

        `status` is the final SIP status of an INVITE that failed or was given up (486, 487 …) and 200 for a call that
        stood and was hung up; `remote` says which side ended it.
        """

    def on_remote_hold(self, held: bool) -> None:
        """The far end put us on hold, or took us back."""

    def on_digit(self, digit: str, duration_ms: int) -> None:
        """A DTMF digit came by SIP INFO (those by RFC 4733 are the media session's to report)."""

    def on_remote_control(self, event: str) -> None:
        """The server presses a key of the handset: `talk` answers a call that rings."""

    def on_identity(self, number: str, name: str) -> None:
        """The far end's identity changed or became known (P-Asserted-Identity or Remote-Party-ID)."""

    def on_refer(self, referral: Referral) -> bool:
        """The far end asks us to call somebody else in its place; True if we do."""


class MediaSession(Protocol):
    """The audio of one call; SIP gives it addresses and formats and starts and stops it, a bridge its other end."""

    @property
    def encryption(self) -> bool:
        """Whether encrypted audio may be agreed on."""

    def local_offer(self, direction: Direction) -> MediaDescription:
        """All enabled formats in order of preference, with the local RTP port (the address is filled in by SIP)."""

    def local_answer(self, remote: MediaDescription, direction: Direction) -> MediaDescription | None:
        """The formats of an offer that are spoken here, under the offer's numbers; None if there is none."""

    def apply(self, local: MediaDescription, remote: MediaDescription) -> None:
        """The outcome of an offer and its answer: where to send, in which format, which way."""

    def set_direction(self, direction: Direction) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def send_dtmf(self, digit: str, ms: int) -> None: ...

    def connect_air(self, send: Callable[[bytes], None] | None) -> None:
        """Where what the network brings goes, 20 ms at a time in the air's codec; None: nowhere."""

    def receive_air(self, frame: bytes) -> None:
        """20 ms that go out to the network, in the air's codec."""

    def play_tone(self, kind: ToneKind) -> None:
        """A call progress tone instead of what the network brings, until `stop_tone`."""

    def stop_tone(self) -> None:
        """The network is heard again."""
