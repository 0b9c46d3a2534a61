"""The events that action URLs are for, as wire, keys and handsets show them: each has a cause and an identity."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.rules.acts import REJECTING
from harness.rules.call_refusal import DND, FORWARDING, ON
from harness.rules.findings import Occasion
from harness.rules.missed_calls import taken_elsewhere
from harness.rules.refers import refers_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act, ActKind, Shown
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence

ANY = 0
"""The identity of an event that may be that of any."""
BESIDE_S = 60.0
"""Before and behind the time in which URLs were set, an event may still matter."""
UNSURE_S = 120.0
"""For how long an event may be told that is only possible: a handset out of reach is missed after a while."""
BY_USER: tuple[ActKind, ...] = ("dial", "speed-dial", "mailbox")
"""Acts that begin a call at the handset."""
WRITTEN = ("web", "handset")
"""Channels of acts that say what was switched."""


@dataclass(frozen=True)
class ActionEvent:
    """One event; if it is not `due` it may be told and need not."""

    kind: str
    identity: int
    cause: Occasion
    due: bool = True
    call: CallEvidence | None = None
    unsure_s: float = 0.0

    @property
    def at(self) -> float:
        """When it happened; of what took a while, as saving a page, when it began."""
        return self.cause.at

    @property
    def until(self) -> float:
        """When it had happened at the latest."""
        return max(self.at, float(getattr(self.cause, "ended", 0.0)))


def events_of(evidence: Evidence) -> list[ActionEvent]:
    """The events of a session while any URL was set, in the order of time."""
    begins, ends = evidence.action_urls.begins - BESIDE_S, evidence.action_urls.ends + BESIDE_S
    calls = [call for call in evidence.calls if call.began_at <= ends and begins <= (call.ended_at or call.last_at)]
    replaced = {
        value.partition(";")[0].strip()
        for call in calls
        if call.opening is not None
        for value in call.opening.header("replaces")
    }
    found = [event for call in calls for event in _of_call(call, replaced)]
    found += _hooks(evidence, calls)
    found += _switches(evidence)
    found += _handsets(evidence)
    found += _of_no_call(evidence)
    return sorted(found, key=lambda event: event.at)


# calls


def _of_call(call: CallEvidence, replaced: Collection[str]) -> Iterator[ActionEvent]:
    identity = call.identity(call.began_at)
    opening = call.opening
    if not identity:
        return
    if opening is not None:
        begun = any(m.status == 180 for m in call.responses) if call.incoming else bool(call.acts(*BY_USER))
        rang = begun and call.incoming
        yield ActionEvent("incoming" if call.incoming else "outgoing", identity, opening, begun, call)
        if call.incoming and rang and (missed := _missed(call, opening)) is not None:
            yield ActionEvent("missed", identity, missed, True, call)
    stood, own = _stood(call), not _changes_hands(call, replaced)
    if stood is not None:
        yield ActionEvent("connected", identity, stood, own, call)
        if call.bye is not None:
            yield ActionEvent("disconnected", identity, call.bye, own, call)
    yield from _holds(call, identity)
    for refer in refers_of(call, by_base=True):
        kind = f"{'attended' if _replaces(refer.request) else 'blind'} transfer"
        yield ActionEvent(kind, identity, refer.request, True, call)


def _holds(call: CallEvidence, identity: int) -> Iterator[ActionEvent]:
    """The base puts the far end on hold and takes it back, when that has agreed; a hold by the far end is none."""
    before: bool | None = None
    for session in call.sessions:
        holds = session.base_holds
        if before is not None and holds is not None and holds is not before:
            yield ActionEvent("hold" if holds else "unhold", identity, session.answer, session.by_base, call)
        before = before if holds is None else holds


def _changes_hands(call: CallEvidence, replaced: Collection[str]) -> bool:
    """Whether one call at the handset is several on the wire: the far end sends it elsewhere, or is replaced."""
    opening = call.opening
    if opening is None or opening.header("replaces") or (not call.incoming and not call.acts(*BY_USER)):
        return True
    return call.call_id in replaced or any(m.method == "REFER" for m in call.asked_of_the_base)


def _missed(call: CallEvidence, opening: SipMessage) -> SipMessage | None:
    """What made a call that rang a missed one: the caller gave up, or its time was over."""
    cancel = next((m for m in call.heard if m.method == "CANCEL"), None)
    if cancel is not None:
        return None if taken_elsewhere(cancel) else cancel
    final = call.final(opening)
    if final is None or final.status < 300 or call.acts("hang-up"):
        return None
    keys = (act.detail.get("key") for act in call.evidence.acts_of("key") if opening.at <= act.at <= final.at)
    return None if any(key in REJECTING for key in keys) else final


def _stood(call: CallEvidence) -> SipMessage | None:
    """From when on both ends know that a call stands: the 200 to the base, or the ACK of its own."""
    answer = call.answer
    if answer is None or not call.incoming:
        return answer
    return next((m for m in call.heard if m.method == "ACK" and m.at >= answer.at), None)


def _replaces(request: SipMessage) -> bool:
    return any("replaces=" in value.lower() for value in request.header("refer-to"))


# handsets


def _hooks(evidence: Evidence, calls: Sequence[CallEvidence]) -> Iterator[ActionEvent]:
    """A handset goes off and on hook by the identity of its call; in a call within the base, by any."""
    for handset in evidence.index.handsets:
        own = [call for call in calls if call.handset == handset]
        identity = ANY
        begins, ends = evidence.action_urls.begins - BESIDE_S, evidence.action_urls.ends + BESIDE_S
        for one in evidence.index.shown_between("hook", handset, begins, ends):
            if one.value == "OFF":
                identity = _identity_of(own, one)
            yield ActionEvent("off hook" if one.value == "OFF" else "on hook", identity, one, identity != ANY)
            if one.value != "OFF":
                identity = ANY


def _identity_of(calls: Sequence[CallEvidence], shown: Shown) -> int:
    """That of the call that a handset has at a moment; one that it makes begins right after it."""
    there = [c for c in calls if c.began_at - 1.0 <= shown.at and (c.ended_at is None or c.ended_at >= shown.at)]
    return there[-1].identity(there[-1].began_at) if there else ANY


def _handsets(evidence: Evidence) -> Iterator[ActionEvent]:
    """A handset logs in once it has locked to the base, and out when a key switches it off.

    A battery that is taken out tells the base nothing; it may notice later.
    """
    for act in evidence.acts_of("handset-off", "deregister"):
        told = act.detail.get("by") == "key"
        yield from _logged(evidence, "logged out", act.handset, act, told)
    for act in evidence.acts_of("handset-on", "subscribe"):
        locked = evidence.index.shown_between("link", act.handset, act.at, float("inf"))
        first = next((one for one in locked if one.value == "LOCKED"), None)
        if first is not None:
            yield from _logged(evidence, "logged in", act.handset, first, act.kind == "handset-on")
    for act in evidence.acts_of("air"):
        for kind in ("logged in", "logged out"):
            yield ActionEvent(kind, ANY, act, False, unsure_s=UNSURE_S)


def _logged(evidence: Evidence, kind: str, handset: int, cause: Occasion, due: bool) -> Iterator[ActionEvent]:
    """For each identity that the handset is bound to; for any, where its IPUI is not known."""
    told = evidence.index.shown_between("ipui", handset, 0.0, float("inf"))
    ipui = told[-1].value.upper() if told else ""
    bound = [n for n in evidence.settings.identities if ipui and ipui in _bound(evidence, n, cause.at)]
    for identity in bound:
        yield ActionEvent(kind, identity, cause, due, unsure_s=0.0 if due else UNSURE_S)
    if not bound:
        yield ActionEvent(kind, ANY, cause, False, unsure_s=UNSURE_S)


def _bound(evidence: Evidence, identity: int, at: float) -> str:
    return (evidence.settings.value("user_ipui", identity, at=at) or "").upper()


# settings, and what is no call of the wire


def _switches(evidence: Evidence) -> Iterator[ActionEvent]:
    """Do not disturb and forwarding are events when they change; where the state before is not known, perhaps."""
    before: dict[tuple[str, str], bool | None] = {}
    for act in evidence.acts_of("setting"):
        name, identity = act.detail.get("name", ""), act.detail.get("identity", "")
        if name not in (DND, FORWARDING) or not identity.isdigit():
            continue
        if act.detail.get("channel", "web") not in WRITTEN:
            continue  # a note that it is about to change, or a document, which is no switch
        value = act.detail.get("value", "").lower()
        on = value in ON if name == DND else value not in ("", "0")
        was, before[name, identity] = before.get((name, identity), False), on
        kind = f"{'dnd' if name == DND else 'forwarding'} {'on' if on else 'off'}"
        yield ActionEvent(kind, int(identity), act, was is not on and not _is_unsure(evidence, act))


def _is_unsure(evidence: Evidence, act: Act) -> bool:
    """Whether it may have been switched unseen since it was written: in a menu, or by a document."""
    others = evidence.settings.acts_on(int(act.detail["identity"]), act.detail["name"])
    channels = [one.detail.get("channel", "web") for one in others if one.at < act.at]
    last = max((place for place, channel in enumerate(channels) if channel in WRITTEN), default=-1)
    return any(one != "unknown" for one in channels[last + 1 :]) or len(channels) - last > 2


def _of_no_call(evidence: Evidence) -> Iterator[ActionEvent]:
    """A number that leads to no INVITE, a call within the base, and a restart may be told too."""
    for act in evidence.acts_of("dial", "speed-dial", "mailbox", "intercom"):
        for kind in ("outgoing", "off hook", "on hook"):
            yield ActionEvent(kind, ANY, act, False, unsure_s=UNSURE_S if act.kind == "intercom" else 0.0)
    for act in evidence.acts_of("power-on", "reboot"):
        for kind in ("logged in", "dnd on", "dnd off", "forwarding on", "forwarding off", "logged out"):
            yield ActionEvent(kind, ANY, act, False, unsure_s=UNSURE_S)
