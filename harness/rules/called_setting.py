"""A setting of the identity that is called, at the moment of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.rules.reactions import SAVED_S

if TYPE_CHECKING:
    from harness.rules.call_evidence import CallEvidence


def called_setting(call: CallEvidence, name: str, factory: str = "") -> str | None:
    """Its value at the INVITE; None where it is not known, or was saved in that very moment."""
    invite = call.opening
    identity = call.identity(invite.at) if invite is not None else 0
    if invite is None or not identity:
        return None
    settings, at = call.evidence.settings, invite.at
    found = settings.value(name, identity, at=at, factory=factory)
    soon = settings.value(name, identity, at=at + SAVED_S, factory=factory)
    return found.strip() if found is not None and found == soon else None
