"""The parties of the base's calls: a far end at a server, and a handset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.call.bridge import Party

if TYPE_CHECKING:
    from rigs.standin.air.radio import Radio
    from rigs.standin.sip.call import Call
    from rigs.standin.sip.interface import MediaSession


class SipParty(Party):
    """A far end: its audio, and the SIP call once there is one (an outgoing call dials with the audio in hand)."""

    def __init__(self, media: MediaSession, sip: Call | None = None) -> None:
        self.media = media
        self.sip = sip

    def joined(self) -> None:
        """What the network brings is heard on the bridge."""
        self.media.connect_air(self.speak)

    def left(self) -> None:
        """It is heard nowhere."""
        self.media.connect_air(None)

    def hear(self, frame: bytes) -> None:
        """Goes out by RTP."""
        self.media.receive_air(frame)

    async def hold(self) -> bool:
        """Puts the far end on hold; True when it agreed."""
        return self.sip is not None and await self.sip.hold()

    async def resume(self) -> bool:
        """Takes the far end back; True when it agreed."""
        return self.sip is not None and await self.sip.resume()

    async def send_digit(self, digit: str, milliseconds: int) -> None:
        """A digit for the far end."""
        if self.sip is not None:
            await self.sip.send_digit(digit, milliseconds)

    async def hang_up(self) -> None:
        """Tells the far end that it is over, if it knows of the call; else only the audio ends."""
        await (self.media.stop() if self.sip is None else self.sip.hangup())


class HandsetParty(Party):
    """A handset in a call: ear and mouth in its voice slot."""

    def __init__(self, radio: Radio, ipui: str) -> None:
        self._radio = radio
        self.ipui = ipui

    def hear(self, frame: bytes) -> None:
        """Goes out in its slot."""
        self._radio.send_voice(self.ipui, frame)
