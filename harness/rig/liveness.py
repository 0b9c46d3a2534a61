"""Finds the dead part of a rig after a test: a failure due to it is never the firmware's fault (design, law 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import InvalidTest

if TYPE_CHECKING:
    from harness.rig.profile_session import ProfileSession
    from harness.softphone.peer import Peer

SOON = 1.0
"""Seconds after a packet of the base within which this packet may have caused a peer's death (design, law 8)."""


class PeerKilled(InvalidTest):
    """A peer crashed right after a packet from the base; a run with another SIP stack shows what caused it."""

    def __init__(self, peer: Peer, packet: str) -> None:
        self.seen = f"{peer.fault().text.removeprefix('rig fault: ')}, less than {SOON:g} s after {packet}"
        super().__init__(f"peer {peer.name} survives what the base sends", self.seen)


def check(under: ProfileSession) -> None:
    """Raise the fault of the first dead part: RigFault, or PeerKilled for a softphone that a packet may have killed."""
    under.rig_session.capture.check()
    under.rig_session.capture.check_file()
    under.rig_session.capture.check_mirror()
    for peer in under.peers.dead:
        packet = _packet_before(under, peer) if peer.crashed else ""
        raise PeerKilled(peer, packet) if packet else peer.fault()
    under.peers.check()
    under.pbx.check()
    under.rig_session.services.check()
    under.base.web.browser.check()


def _packet_before(under: ProfileSession, peer: Peer) -> str:
    """The base's last SIP message or RTP stream in the second before a peer's death; empty when it was silent."""
    end = peer.ended_at
    start, wire, ours = end - SOON, under.rig_session.wire, under.names

    def of_the_base(address: str) -> bool:
        return address == under.base.web.address or (":" in address and address not in ours)

    said = [message for message in wire.messages(since=start, until=end) if of_the_base(message.src)]
    if said:
        return str(said[-1])
    if not wire.has_media(start, end):
        return ""
    streams = [stream for stream in wire.rtp(since=start, until=end) if of_the_base(stream.src)]
    return f"RTP of {streams[-1].src}:{streams[-1].sport}" if streams else ""
