"""Settings are fetched again when the refresh timer ends, whether the fetch before succeeded or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.rules.document_settings import BY_DOCUMENT
from harness.rules.evidence import Evidence
from harness.rules.fetches import Fetch
from harness.rules.findings import Finding, broken, cannot_be_said, judged
from harness.rules.intervals import between
from harness.rules.registry import Expect, rule
from harness.rules.starts import Start

TIMER = "settings_refresh_timer"


class RefreshExpect(Expect):
    """PRV-REFRESH: the tolerance of a timer, as shares of it, and additional seconds."""

    early_share: float
    late_share: float
    late_s: float


@dataclass(frozen=True)
class Change:
    """The timer's value from a moment on; None where it is not known."""

    at: float
    seconds: int | None


@rule("PRV-REFRESH", reads=("http", "dhcp", "sip", "acts"), timed=True)
def settings_are_fetched_again(evidence: Evidence, expect: RefreshExpect) -> Iterator[Finding]:
    """The next fetch comes one timer's time after the last fetch or after the timer was changed."""
    for start in evidence.starts:
        changes = _changes(evidence, start)
        first = start.fetches[0].request
        roots = [f for f in start.fetches if f.request.uri == first.uri and f.request.dst == first.dst]
        for number, fetch in enumerate(roots):
            later = [*roots[number + 1 : number + 3], None, None]
            yield from _next(evidence, start, changes, (fetch, later[0], later[1]), expect)


def _next(
    evidence: Evidence,
    start: Start,
    changes: Sequence[Change],
    roots: tuple[Fetch, Fetch | None, Fetch | None],
    expect: RefreshExpect,
) -> Iterator[Finding]:
    """Judge the next fetch: a single late one is a busy machine, two in a row are a wrong timer."""
    fetch, following, after = roots
    timer = _timer(evidence, start, changes, fetch, following, expect)
    if timer is None:
        return
    wanted = f"the same request after {timer.seconds} s"
    if following is None:
        if timer.is_over:
            yield broken(fetch.request, expected=wanted, seen="none")
        return
    packets, seen = (fetch.request, following.request), f"after {following.at - timer.armed:.1f} s"
    if following.at <= timer.due:
        soon = following.at < timer.armed + timer.seconds * (1 - expect.early_share)
        good = not soon or _excused(evidence, fetch, following)
        yield judged(good, *packets, expected=wanted, seen=seen)
        return
    again = _timer(evidence, start, changes, following, after, expect)
    if again is None or (after is not None and after.at <= again.due):
        yield cannot_be_said(*packets, why="one request came late and the next one in time")
    elif timer.is_over and again.is_over:
        yield broken(*packets, expected=wanted, seen=seen)


@dataclass(frozen=True)
class Timer:
    """The timer between two fetches: its value, from when it runs, and until when the next fetch is in time."""

    seconds: int
    armed: float
    due: float
    is_over: bool
    """Whether the capture is complete until then and the base was not restarted."""


def _timer(
    evidence: Evidence,
    start: Start,
    changes: Sequence[Change],
    fetch: Fetch,
    following: Fetch | None,
    expect: RefreshExpect,
) -> Timer | None:
    """None where no timer is known, or none runs."""
    end = following.at if following is not None else min(start.ends, evidence.sight.ends)
    before = [one for one in changes if one.at < end]
    seconds = before[-1].seconds if before else None
    if not seconds:
        return None
    armed = max(fetch.at, before[-1].at)
    due = armed + seconds * (1 + expect.late_share) + expect.late_s
    return Timer(seconds, armed, due, end >= due and evidence.has_seen(armed, due))


def _excused(evidence: Evidence, fetch: Fetch, following: Fetch) -> bool:
    """Whether there was a reason to fetch earlier: a failure, or a NOTIFY of the server."""
    failed = fetch.answer is None or fetch.answer.status != 200 or (bool(fetch.document) and fetch.content is None)
    return failed or any(m.method == "NOTIFY" for m in between(evidence.sip, fetch.at, following.at))


def _changes(evidence: Evidence, start: Start) -> list[Change]:
    """What set the timer since this start, in order; a document that was not seen in full may have set any value."""
    found: list[Change] = []
    for fetch in start.fetches:
        if fetch.answer is not None and fetch.answer.status == 200 and not fetch.document:
            found.append(Change(fetch.answer.at, None))
    for told in start.given(TIMER, 0):
        found.append(Change(told.at, int(told.values[-1]) if told.values[-1].isdecimal() else None))
    for act in evidence.settings.acts_on(0, TIMER):
        channel, value = act.detail.get("channel", "web"), act.detail.get("value", "")
        if start.began < act.ended < start.ends and channel != BY_DOCUMENT:
            known = channel == "web" and value.isdecimal()
            found.append(Change(act.ended, int(value) if known else None))
    found.sort(key=lambda one: one.at)
    # The same value again does not restart the timer.
    return [one for number, one in enumerate(found) if number == 0 or one.seconds != found[number - 1].seconds]
