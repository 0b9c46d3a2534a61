"""A handset with two calls: the one on hold beside the one that talks, and what hanging up does to both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.rules.call_refusal import ON
from harness.rules.reactions import SAVED_S
from harness.rules.refer_target import target_of
from harness.rules.refers import refers_of

if TYPE_CHECKING:
    from harness.rules.acts import Act
    from harness.rules.call_evidence import CallEvidence

JOINS = "user_transfer_on_hangup"


def stands(call: CallEvidence, at: float) -> bool:
    """Whether a call was answered and not over at a moment."""
    answered = call.answer is not None and call.answer.at <= at
    return answered and (call.bye is None or call.bye.at > at) and (call.ended_at is None or call.ended_at > at)


def held_beside(call: CallEvidence, act: Act) -> CallEvidence | None:
    """The call that the same handset has on hold when a key is pressed in one that talks; None without one."""
    if not stands(call, act.at) or call.handset_holds(act.at):
        return None
    holds = call.evidence.index.of_handset(act.handset, "hold") if act.handset else []
    names = {one.call_id for one in holds if one.at <= act.at} - {call.call_id, ""}
    others = (one for one in call.evidence.calls if one.call_id in names) if names else ()
    return next((one for one in others if stands(one, act.at) and one.handset_holds(act.at)), None)


def being_joined(call: CallEvidence, at: float) -> bool:
    """Whether the far end has been asked to take the handset's place in another call, and has not told the outcome."""
    asked = [one for one in refers_of(call, by_base=True) if one.request.at <= at and target_of(one.request).replaces]
    return any((told := one.failure or one.outcome) is None or told.at >= at for one in asked)


def joins_by_hanging_up(call: CallEvidence, act: Act) -> bool | None:
    """Whether hanging up in this call joins it with a held one, by the setting; None where that is not known."""
    identity, settings = call.identity(act.at), call.evidence.settings
    values = {settings.value(JOINS, identity, at=at, factory="on") for at in (act.at, act.at + SAVED_S)}
    if not identity or None in values or len(values) > 1:
        return None
    return str(values.pop()).lower() in ON
