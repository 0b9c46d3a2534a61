"""Faults of conferences at a conference URI."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.conference_server import ConferenceServer
from rigs.standin.call.parties import SipParty
from rigs.standin.core.replacing import Async, defect


@defect(feature="conference-server", replaces=ConferenceServer.uri)
def conference_uri_ignored(
    healthy: Callable[[ConferenceServer, int], str], server: ConferenceServer, identity: int
) -> str:
    """A conference stays in the base though the server has a place for it: nobody else can join."""
    return ""


@defect(feature="conference-server", replaces=ConferenceServer.referred)
async def second_party_left_behind(
    healthy: Callable[[ConferenceServer, BaseCall, str], Async[bool]],
    server: ConferenceServer,
    call: BaseCall,
    uri: str,
) -> bool:
    """Who talked when the conference began is hung up instead of sent there."""
    return call.on_hold is False or await healthy(server, call, uri)


@defect(feature="conference-server", replaces=ConferenceServer.change_over)
async def host_stays_outside(
    healthy: Callable[[ConferenceServer, BaseCall, SipParty], Async[None]],
    server: ConferenceServer,
    call: BaseCall,
    focus: SipParty,
) -> None:
    """Both far ends are in the conference, and the handset hears nothing."""
    await healthy(server, call, focus)
    call.bridge.leave(focus)
