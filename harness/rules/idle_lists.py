"""The call lists of a handset after a test: each has the entries of the test's calls, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.rules.acts import REJECTING
from harness.rules.call_evidence import CallEvidence
from harness.rules.conference import calls_a_conference
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, held
from harness.rules.idle_state import IdleHandset, IdleState, Interval
from harness.rules.intervals import between
from harness.rules.registry import Expect, rule
from harness.rules.successors import is_successor

LISTS = ("missed", "received", "dialed")
PLACING = ("OFFHOOK", "SPEAKER", "MESSAGE")
BINDING = "user_ipui"
"""The handset of each identity."""
MANY = 99
"""More calls than a test has."""
_COUNTED = re.compile(r"^(.*?)\s*\((\d+)\)$")
_ELSEWHERE = re.compile(r"cause\s*=\s*200\b|elsewhere", re.IGNORECASE)


@dataclass(frozen=True)
class Growth:
    """The least and the greatest number of new entries."""

    least: int = 0
    most: int = 0

    def __add__(self, other: Growth) -> Growth:
        return Growth(self.least + other.least, self.most + other.most)

    def __str__(self) -> str:
        return f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"


class ListsExpect(Expect):
    """IDLE-LISTS: the least number of entries that a display shows."""

    window: int


@rule("IDLE-LISTS", reads=("idle", "sip", "acts"))
def lists_grew_by_the_calls(evidence: Evidence, expect: ListsExpect) -> Iterator[Finding]:
    """Each call is in its list once; the older entries follow unchanged."""
    known: dict[int, IdleState] = {}
    for state in evidence.idle:
        if state.anew:
            known.clear()
        for now in state.handsets:
            if now.lists is None:
                continue
            before, known[now.number] = known.get(now.number), state
            was = before.handset(now.number) if before else None
            if before is not None and was is not None:
                yield from _judged(Interval(evidence, before, state), was, now, expect)


def missed_at_most(gap: Interval, handset: IdleHandset) -> int:
    """The possible numbers of calls that this handset missed in between."""
    return _expected(gap, handset)["missed"].most


def _judged(gap: Interval, was: IdleHandset, now: IdleHandset, expect: ListsExpect) -> Iterator[Finding]:
    expected = _expected(gap, now)
    for name in LISTS:
        before, after, wanted = (was.lists or {}).get(name), (now.lists or {}).get(name), expected[name]
        if before is None or after is None:
            continue
        grown = grown_by(before, after, expect.window)
        of = f"the {name} list of handset {now.number}"
        if not grown:
            yield broken(
                gap.after,
                claim="older entries of a call list stay as they are",
                expected=f"{of} still has {_told(before)} below what is new",
                seen=_told(after),
            )
        elif not any(one.least <= wanted.most and wanted.least <= one.most for one in grown):
            yield broken(
                gap.after,
                claim="a call list grows by one entry for each call of its kind",
                expected=f"{wanted} new in {of}: it was {_told(before)}",
                seen=f"{grown[0]} new: {_told(after)}",
            )
        else:
            yield held(gap.after)


def grown_by(before: Sequence[str], after: Sequence[str], window: int) -> list[Growth]:
    """The possible numbers of new entries on top of a list, the least first; empty if older ones have changed.

    A display shows `window` lines at least: what is beyond may have been pushed out. The same caller again may be a
    line of its own or a higher count in the line that is there, which may have another name now.
    """
    found = []
    old, new = [_entry(line) for line in before], [_entry(line) for line in after]
    for added in range(len(new) + 1):
        rest = new[added:]
        if len(rest) > len(old) or (len(rest) < len(old) and (not added or len(new) < window)):
            continue
        stay = old[: len(rest)]
        again = rest[0][1] - stay[0][1] if rest else 0
        if rest[1:] != stay[1:] or again < 0 or (not again and rest[:1] != stay[:1]):
            continue
        total = again + sum(count for _, count in new[:added])
        # Where the display holds nothing of what was there before, more may be new than it shows.
        found.append(Growth(total, MANY if old and not rest else total))
    return found


def _entry(line: str) -> tuple[str, int]:
    counted = _COUNTED.match(line.strip())
    return (counted[1], int(counted[2])) if counted else (line.strip(), 1)


def _expected(gap: Interval, handset: IdleHandset) -> dict[str, Growth]:
    """The growth of each list by the calls of the handset's accounts in between."""
    found = dict.fromkeys(LISTS, Growth())
    calls, rebound = gap.calls, _was_rebound(gap)
    for call in calls:
        name, growth = _of_call(call)
        if not name:
            continue
        whose = _accounts_of(call) & set(handset.accounts)
        shared = sum(bool(_accounts_of(call) & set(other.accounts)) for other in gap.after.handsets)
        if not whose and not rebound:
            continue
        rejected = name == "missed" and _may_have_been_rejected(gap, handset, call)
        if shared > 1 or rebound or rejected or gap.restarted or _disturbed(gap, handset):
            growth = Growth(0, growth.most)
        found[name] += growth
    placed = _placed(gap, handset, [c for c in calls if _accounts_of(c) & set(handset.accounts)])
    made = len(gap.acts("intercom", handset=handset.number))
    found["dialed"] = Growth(found["dialed"].least, max(found["dialed"].most + made, placed))
    inside = sum(act.detail.get("called") == str(handset.number) for act in gap.acts("intercom"))
    for name in ("missed", "received"):  # whether a handset that called was answered is not on the wire
        found[name] += Growth(0, inside)
    return found


def _of_call(call: CallEvidence) -> tuple[str, Growth]:
    """The list of a call; none if it was refused before it rang, or was answered elsewhere."""
    if call.begins_inside:
        return "", Growth()
    if is_successor(call):  # the handset's call is that whose place it takes; inferred, so it may be listed too
        return ("received" if call.incoming else "dialed"), Growth(0, 1)
    if not call.incoming:
        # the base itself calls a conference: whether that is a call of its user's no document says
        return "dialed", Growth(0 if calls_a_conference(call) else 1, 1)
    if any(m.cseq.method == "INVITE" and 200 <= m.status < 300 for m in call.responses):
        return "received", Growth(1, 1)
    rang = any(m.cseq.method == "INVITE" and 101 <= m.status < 200 for m in call.responses)
    cancel = next((m for m in call.asked_of_the_base if m.method == "CANCEL"), None)
    if cancel is None:
        return ("missed", Growth(0, 1)) if rang else ("", Growth())
    elsewhere = any(_ELSEWHERE.search(value) for value in cancel.header("reason"))
    # Given up at once: its handset may have been told of it before the caller was told that it rings.
    return ("", Growth()) if elsewhere else ("missed", Growth(1 if rang else 0, 1))


def _accounts_of(call: CallEvidence) -> set[str]:
    """The users that the base's side of a call is known by."""
    first = call.opening or call.messages[0]
    if not call.incoming:
        return {first.from_.user}
    return {first.to.user, first.request_uri.partition(":")[2].partition("@")[0]}


def _disturbed(gap: Interval, handset: IdleHandset) -> bool:
    """Whether the handset was switched off or out of range in between: a call of that time may be in no list."""
    acts = between(gap.evidence.acts or (), gap.before.at, gap.after.at)
    return any(act.handset == handset.number and act.disturbs_the_air for act in acts) or any(
        one.value == "LOST" for one in gap.shown("link", handset.number)
    )


def _was_rebound(gap: Interval) -> bool:
    """Whether an identity was bound to another handset or to none in between: then its calls may ring at any."""
    return any(act.detail.get("name") == BINDING for act in gap.acts("setting"))


def _may_have_been_rejected(gap: Interval, handset: IdleHandset, call: CallEvidence) -> bool:
    """Whether a key ended the ringing, perhaps just before the caller gave up: then nothing is missed."""
    over = call.ended_at if call.ended_at is not None else float("inf")
    keys = gap.acts("key", handset=handset.number)
    return any(call.began_at <= act.at <= over and act.detail.get("key") in REJECTING for act in keys)


def _placed(gap: Interval, handset: IdleHandset, calls: Sequence[CallEvidence]) -> int:
    """How many calls keys may have placed, including calls without an INVITE."""
    keys = [act.at for act in gap.acts("key", handset=handset.number) if act.detail.get("key") in PLACING]
    return sum(not any(_there(call, at) for call in calls) for at in keys)


def _there(call: CallEvidence, at: float) -> bool:
    return call.began_at < at <= (call.ended_at if call.ended_at is not None else float("inf"))


def _told(entries: Sequence[str]) -> str:
    return ", ".join(entries) or "empty"
