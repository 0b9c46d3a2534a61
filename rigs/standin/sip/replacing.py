"""INVITEs that take over a call of the base: which one a Replaces header means, and why one is refused (RFC 3891)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.sip.outgoing import OutgoingCall
from rigs.standin.sip.values import read_params, split_outside

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent
    from rigs.standin.sip.call import Call
    from rigs.standin.sip.message import Request

Key = tuple[str, str, str]
"""Call-ID, the base's own tag, and the far end's."""


class NotReplaced(Exception):
    """The INVITE is refused with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Replaces: {status}")
        self.status = status


def replaced_by(agent: SipAgent, invite: Request) -> Call | None:
    """The call that an INVITE takes over, None if it begins one of its own; raises NotReplaced (section 3)."""
    named = values(invite)
    if not named:
        return None
    if len(named) > 1:
        raise NotReplaced(400)
    key, early_only = read(named[0])
    call = find(agent, key)
    if call is None:
        raise NotReplaced(481)
    if call.over:
        raise NotReplaced(603)
    if call.stands and early_only:
        raise NotReplaced(486)
    if not call.stands and not is_own(call):
        raise NotReplaced(481)
    return call


def values(invite: Request) -> list[str]:
    """The dialogs that it names; more than one is an error."""
    return invite.headers.values("Replaces")


def find(agent: SipAgent, key: Key) -> Call | None:
    """The call with this dialog, also one that has ended: to-tag is the base's own."""
    return next((call for call in agent.known_calls if call.owns(key)), None)


def is_own(call: Call) -> bool:
    """Whether the base began it: an early dialog of another's can only be taken by who called."""
    return isinstance(call, OutgoingCall)


def read(value: str) -> tuple[Key, bool]:
    """The dialog, and whether it is to be taken over only as long as it was not answered."""
    call_id, *rest = split_outside(value, ";")
    params = read_params(rest)
    return (call_id, params.get("to-tag") or "", params.get("from-tag") or ""), "early-only" in params
