"""The bridge of a call: what one party says all others hear.

Two parties hear each other's air frames as they are; from three on they are mixed.
"""

from __future__ import annotations

from rigs.standin.call.mixer import Mixer


class Party:
    """Who can be joined to a bridge, one at a time. Frames are 20 ms of the air's codec."""

    bridge: Bridge | None = None

    def joined(self) -> None:
        """It is on a bridge from now on."""

    def left(self) -> None:
        """It is on no bridge any more."""

    def hear(self, frame: bytes) -> None:
        """What the others say."""
        raise NotImplementedError

    def speak(self, frame: bytes) -> None:
        """What it says; a party without a bridge, as one on hold, is not heard."""
        if self.bridge is not None:
            self.bridge.spoke(self, frame)


class Bridge:
    """Any number of parties in one conversation."""

    def __init__(self) -> None:
        self._parties: list[Party] = []
        self._mixer: Mixer[Party] | None = None

    @property
    def parties(self) -> tuple[Party, ...]:
        """Those that hear each other, in the order in which they came."""
        return tuple(self._parties)

    def join(self, party: Party) -> None:
        """Brings a party in, from another bridge if it is on one; nothing changes for one that is here."""
        if party.bridge is self:
            return
        if party.bridge is not None:
            party.bridge.leave(party)
        self._parties.append(party)
        party.bridge = self
        self._choose_mixer()
        party.joined()

    def leave(self, party: Party) -> None:
        """Takes a party out; nothing happens if it is not here."""
        if party.bridge is not self:
            return
        self._parties.remove(party)
        party.bridge = None
        self._choose_mixer()
        party.left()

    def dissolve(self) -> None:
        """Removes all parties."""
        for party in self.parties:
            self.leave(party)

    def spoke(self, speaker: Party, frame: bytes) -> None:
        """20 ms of what a party says."""
        if self._mixer is not None:
            self._mixer.take(speaker, frame)
            return
        for party in self.parties:
            if party is not speaker:
                party.hear(frame)

    def _choose_mixer(self) -> None:
        """From three parties on, none can be handed the frames of the others one by one."""
        if len(self._parties) > 2:
            self._mixer = self._mixer or Mixer(lambda party, frame: party.hear(frame))
            self._mixer.serve(self._parties)
        elif self._mixer is not None:
            self._mixer.stop()
            self._mixer = None
