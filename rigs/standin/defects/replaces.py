"""Faults of INVITEs that take the place of a call."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.call.parties import SipParty
from rigs.standin.call.takeovers import Takeovers
from rigs.standin.core.replacing import Async, defect
from rigs.standin.sip import replacing
from rigs.standin.sip.agent import SipAgent
from rigs.standin.sip.call import Call
from rigs.standin.sip.message import Request
from rigs.standin.sip.replacing import Key

Finding = Callable[[SipAgent, Key], Call | None]


@defect(feature="transferred", replaces=replacing.replaced_by)
def replaces_is_not_understood(
    healthy: Callable[[SipAgent, Request], Call | None], agent: SipAgent, invite: Request
) -> Call | None:
    """A caller who is put through knocks as a second call, and the first one is left without a far end."""
    return None


@defect(feature="transferred", replaces=Takeovers.release)
async def replaced_call_is_not_ended(
    healthy: Callable[[Takeovers, SipParty], Async[None]], takeovers: Takeovers, former: SipParty
) -> None:
    """Who put a caller through stays in the line, and hears nothing."""


@defect(feature="transferred", replaces=replacing.find)
def tags_of_replaces_are_not_compared(healthy: Finding, agent: SipAgent, key: Key) -> Call | None:
    """Who knows the Call-ID of a conversation can take it over."""
    return next((call for call in agent.known_calls if call.call_id == key[0]), None)


@defect(feature="transferred", replaces=replacing.find)
def ended_calls_are_not_known_to_replaces(healthy: Finding, agent: SipAgent, key: Key) -> Call | None:
    """A server that puts a caller through too late is told that there was no such call, and may try another way."""
    return next((call for call in agent.calls if call.owns(key)), None)


@defect(feature="transferred", replaces=replacing.read)
def early_only_is_overlooked(healthy: Callable[[str], tuple[Key, bool]], value: str) -> tuple[Key, bool]:
    """Who picks up a call that rings elsewhere, and is late, pushes into the conversation of who was faster."""
    return healthy(value)[0], False


@defect(feature="transferred", replaces=replacing.is_own)
def ringing_call_is_taken_by_another(healthy: Callable[[Call], bool], call: Call) -> bool:
    """A call that rings is taken away from its caller by somebody else."""
    return True


@defect(feature="transferred", replaces=replacing.values)
def second_replaces_is_overlooked(healthy: Callable[[Request], list[str]], invite: Request) -> list[str]:
    """An INVITE that means two calls takes over one of them."""
    return healthy(invite)[:1]
