"""Handsets between tests: idle screen, lamps, ringer, hook."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.acts import BY_KEY
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, held, judged
from harness.rules.idle_lists import missed_at_most
from harness.rules.idle_state import IdleHandset, Interval, intervals
from harness.rules.registry import rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Shown

_COUNTS = re.compile(rb"(?im)^voice-message\s*:\s*(\d+)")
_WAITING = re.compile(rb"(?im)^messages-waiting\s*:\s*(yes|no)\b")
LOCATED_FOR_S = 60.0
"""The longest ringing of a handset that the base searches for, in seconds."""
CALLED_FOR_S = 5.0
"""Seconds from the first key of an intercom call to the ringing of the other handset."""
RING_ENDS_S = 1.0
"""Seconds after a call's end in which its ringing may still be reported."""


@rule("IDLE-DISPLAY", reads=("idle", "acts", "sip"), timed=True)
def display_is_as_before(evidence: Evidence) -> Iterator[Finding]:
    """A test that restored everything leaves the idle screens unchanged, except for clock and date."""
    for gap in intervals(evidence):
        for now in gap.after.handsets:
            was = gap.before.handset(now.number)
            if not now.idle:
                yield broken(gap.after, expected=f"handset {now.number} on its idle screen", seen=_shown(now.rows))
            elif was is None or not was.idle or now.rows == was.rows:
                yield held(gap.after)
            elif not _explains_a_row(gap, was, now):
                yield broken(
                    gap.after,
                    expected=f"handset {now.number} shows {_shown(was.rows)}, as before the test",
                    seen=_shown(now.rows),
                )


@rule("IDLE-DISPLAY", reads=("idle", "acts", "sip"))
def missed_calls_are_told_once(evidence: Evidence) -> Iterator[Finding]:
    """The idle screen counts no more missed calls than there were since the list was opened."""
    for gap in intervals(evidence):
        for now in gap.after.handsets:
            was = gap.before.handset(now.number)
            if was is None:
                continue
            most = missed_at_most(gap, now) + (was.missed if was.lists is None else 0)
            if now.missed or most:
                yield judged(
                    now.missed <= most,
                    gap.after,
                    claim="the idle screen tells of no more missed calls than there were",
                    expected=f"handset {now.number} tells of {most} at most",
                    seen=now.missed,
                )


def _explains_a_row(gap: Interval, was: IdleHandset, now: IdleHandset) -> bool:
    """A mailbox's NOTIFY changes one row; a restart clears it."""
    if len(was.rows) != len(now.rows):
        return False
    differing = sum(one != other for one, other in zip(was.rows, now.rows, strict=True))
    noticed = any(_is_mailbox_notice(gap.evidence, m, now.accounts) for m in gap.sip)
    return differing == 1 and (noticed or gap.restarted)


@rule("IDLE-LAMPS", reads=("idle", "sip", "acts"), timed=True)
def message_lamp_tells_of_something(evidence: Evidence) -> Iterator[Finding]:
    """The message lamp is on while messages wait or missed calls are new, else off."""
    mailboxes = _Mailboxes(evidence)
    for state in evidence.idle:
        for handset in state.handsets:
            if handset.message_lamp is None:
                continue
            waiting = mailboxes.waiting(handset.accounts, state.at)
            if handset.message_lamp and waiting is False and not handset.missed:
                yield broken(
                    state,
                    claim="the message lamp is off when there is nothing new",
                    expected=f"handset {handset.number}: off, no message waits and no missed call is new",
                    seen="on",
                )
            elif not handset.message_lamp and waiting:
                yield broken(
                    state,
                    claim="the message lamp burns while messages wait",
                    expected=f"handset {handset.number}: on, as its server told",
                    seen="off",
                )
            elif waiting is not None:
                yield held(state)


@rule("IDLE-LAMPS", reads=("idle", "acts", "shown"), timed=True)
def backlight_goes_out(evidence: Evidence) -> Iterator[Finding]:
    """The backlight of a handset without keys for a while is off."""
    touched = _touches(evidence)
    for state in evidence.idle:
        for handset in state.handsets:
            times = touched.get(handset.number, [])
            place = bisect_right(times, state.at)
            if handset.lit is None or not place:
                continue
            alone = state.at - times[place - 1]
            if alone > handset.dark_s:
                yield judged(
                    not handset.lit,
                    state,
                    claim="the backlight goes out when a handset is left alone",
                    expected=f"handset {handset.number}: dark {handset.dark_s:g} s after its last key or ring",
                    seen=f"lit after {alone:.0f} s",
                )


@rule("IDLE-RINGER", reads=("idle",), timed=True)
def ringer_is_silent_and_the_hook_down(evidence: Evidence) -> Iterator[Finding]:
    """After a test no handset rings, and each is on hook."""
    for state in evidence.idle:
        for handset in state.handsets:
            if handset.ringing is None and handset.off_hook is None:
                continue
            seen = [word for word, so in (("ringing", handset.ringing), ("off hook", handset.off_hook)) if so]
            yield judged(
                not seen, state, expected=f"handset {handset.number} silent and on hook", seen=" and ".join(seen)
            )


@rule("IDLE-RINGER", reads=("sip", "acts", "shown"), timed=True)
def a_ring_has_a_cause(evidence: Evidence) -> Iterator[Finding]:
    """A handset rings while a call waits for an answer, or because the base searches for it."""
    calls = [call for call in evidence.calls if call.incoming]
    began = [call.began_at for call in calls]
    located = [act.at for act in evidence.acts_of("locate-handsets")]
    for one in evidence.shown or ():
        if one.at < evidence.since or not _sounds(one.kind, one.value):
            continue
        found = next((call for call in calls[: bisect_right(began, one.at + 0.1)][::-1] if _alive(call, one.at)), None)
        searched = any(at - 0.1 <= one.at <= at + LOCATED_FOR_S for at in located)
        if found is not None or searched or _called_from_inside(evidence, one) or _has_an_alarm(evidence, one):
            yield held(one)
        else:
            yield broken(
                one,
                claim="a handset rings only while a call waits or the base searches for it",
                expected=f"handset {one.handset} silent: no call is there",
                seen=f"{one.kind} {one.value}",
            )


def _called_from_inside(evidence: Evidence, one: Shown) -> bool:
    """Whether another handset dialled this one's number just before."""
    return any(
        act.at - 0.1 <= one.at <= act.at + CALLED_FOR_S and act.detail.get("called") == str(one.handset)
        for act in evidence.acts_of("intercom")
    )


def _has_an_alarm(evidence: Evidence, one: Shown) -> bool:
    """Whether the alarm clock of this handset is on."""
    switched = [act for act in evidence.acts_of("alarm") if act.handset == one.handset and act.at <= one.at]
    return bool(switched) and switched[-1].detail.get("state") == "on"


def _sounds(kind: str, value: str) -> bool:
    return (kind, value) in (("ring", "ON"), ("beep", "WAITING"))


def _alive(call: CallEvidence, at: float) -> bool:
    return call.began_at <= at + 0.1 and (call.ended_at is None or at <= call.ended_at + RING_ENDS_S)


def _touches(evidence: Evidence) -> dict[int, list[float]]:
    """When each handset had a key pressed or rang, in order."""
    found: dict[int, list[float]] = {}
    for act in evidence.acts or ():
        if act.handset and act.kind in BY_KEY:
            found.setdefault(act.handset, []).append(max(act.at, act.ended))
    for one in evidence.shown or ():
        if one.kind in ("ring", "hook", "beep", "link"):
            found.setdefault(one.handset, []).append(one.at)
    for times in found.values():
        times.sort()
    return found


class _Mailboxes:
    """Whether messages wait for an account, as its server told the base last."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._notices = [m for m in evidence.sip if _is_mailbox_notice(evidence, m, ())]
        self._restarts = [act.at for act in evidence.acts_of("power-off", "reboot")]

    def waiting(self, accounts: tuple[str, ...], at: float) -> bool | None:
        """None if it is not known: the base was restarted since, or the summary contradicts itself."""
        last: dict[str, bool | None] = {}
        for notice in self._notices:
            if notice.at <= at:
                user = _user_of(notice.request_uri) if _user_of(notice.request_uri) in accounts else notice.to.user
                if user in accounts:
                    last[user] = _says(notice.body)
                    if any(notice.at < restart <= at for restart in self._restarts):
                        last[user] = None
        if any(last.values()):
            return True
        return None if None in last.values() else False


def _says(body: bytes) -> bool | None:
    said, counted = _WAITING.search(body), _COUNTS.search(body)
    if said is None:
        return None
    yes = said[1].lower() == b"yes"
    return None if counted and bool(int(counted[1])) != yes else yes


def _is_mailbox_notice(evidence: Evidence, message: SipMessage, accounts: tuple[str, ...]) -> bool:
    return (
        message.method == "NOTIFY"
        and message.has("event", "message-summary")
        and evidence.is_base(message.dst)
        and (not accounts or bool({message.to.user, _user_of(message.request_uri)} & set(accounts)))
    )


def _user_of(uri: str) -> str:
    return uri.partition(":")[2].partition("@")[0]


def _shown(rows: tuple[str, ...]) -> str:
    return "[" + " / ".join(row.strip() for row in rows if row.strip()) + "]"
