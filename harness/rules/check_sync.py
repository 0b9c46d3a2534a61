"""NOTIFY check-sync: new settings are fetched if it is allowed, and a restart waits for the end of calls."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from harness.capture import headers
from harness.capture.messages import HttpMessage, SipMessage
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.notify import event_of
from harness.rules.registry import rule

FETCHES_WITHIN_S = 10.0
QUIET_S = 3.0
"""Seconds after a notice that is not allowed in which nothing may be fetched."""
RESTARTS_WITHIN_S = 30.0
"""From the end of the last call to the first sign of a restart."""
NO_START_S = 10.0
"""Seconds after a notice in which a restart counts as its effect."""
SIGNS_OUT_WITHIN_S = 10.0
"""Seconds after a setting was saved in which a binding may be removed because of it."""
UPTIME_ERROR_S = 1.5
"""Tolerance of a page's uptime: it shows whole seconds and is read a moment before it is noted."""
ON = ("on", "true", "1")


def _notices(evidence: Evidence) -> Iterator[tuple[SipMessage, bool, bool | None]]:
    """Each check-sync, whether it asks for a restart, and whether the settings allow it."""
    for one in evidence.asked_of_base:
        package, parameters = event_of(one.request)
        if one.request.method == "NOTIFY" and package == "check-sync":
            value = evidence.settings.value("allow_check_sync", at=one.at, factory="false")
            allowed = None if value is None else value.lower() in ON
            yield one.request, parameters.get("reboot") == "true", allowed


@rule("FEA-7", reads=("sip", "http", "acts"), timed=True)
@rule("CHECK-SYNC", reads=("sip", "http", "acts"), timed=True)
def settings_are_fetched_where_it_is_allowed(evidence: Evidence) -> Iterator[Finding]:
    """An allowed check-sync is followed by a fetch of the settings, one that is not allowed by none."""
    gets = [m for m in evidence.http if m.method == "GET" and evidence.is_base(m.src)]
    times = [get.at for get in gets]
    for notice, reboots, allowed in _notices(evidence):
        first = bisect_left(times, notice.at)
        fetch = gets[first] if first < len(gets) else None
        if allowed is None:
            why = "whether the settings allow check-sync is not known"
            yield cannot_be_said(notice, why=why)
        elif not allowed:
            yield from _not_obeyed(evidence, notice, fetch)
        elif not reboots:
            yield from _obeyed(evidence, notice, fetch)


def _not_obeyed(evidence: Evidence, notice: SipMessage, fetch: HttpMessage | None) -> Iterator[Finding]:
    if fetch is not None and fetch.at <= notice.at + QUIET_S:
        claim = "check-sync without allow_check_sync is not obeyed"
        yield broken(notice, fetch, expected="nothing is fetched", seen="a GET", claim=claim)
    elif evidence.saw_all(notice.at, notice.at + QUIET_S):
        yield held(notice)


def _obeyed(evidence: Evidence, notice: SipMessage, fetch: HttpMessage | None) -> Iterator[Finding]:
    due = notice.at + FETCHES_WITHIN_S
    if fetch is not None and fetch.at <= due:
        yield held(notice, fetch)
    elif evidence.saw_all(notice.at, due) and not _disturbed(evidence, notice.at, due):
        claim = "the settings are fetched when the server asks for it"
        yield broken(notice, expected=f"a GET within {FETCHES_WITHIN_S:g} s", seen="none", claim=claim)


def _disturbed(evidence: Evidence, start: float, end: float) -> bool:
    return any(start < act.at <= end for act in evidence.acts_of("power-off", "power-on", "reboot"))


@rule("FEA-7", reads=("sip", "dhcp", "acts", "shown"), timed=True)
@rule("CHECK-SYNC", reads=("sip", "dhcp", "acts", "shown"), timed=True)
def restarts_only_when_asked_and_idle(evidence: Evidence) -> Iterator[Finding]:
    """reboot=false restarts nothing; reboot=true restarts the base, once the calls are over."""
    starts = starts_of(evidence)
    times = [one.at for one in starts]
    notices = list(_notices(evidence))
    asked = [notice.at for notice, reboots, allowed in notices if reboots and allowed is not False]
    for notice, reboots, allowed in notices:
        if allowed is None:
            continue
        first = bisect_left(times, notice.at)
        start = starts[first] if first < len(starts) else None
        if reboots and allowed:
            yield from _restarts(evidence, notice, start)
        elif (
            start is not None
            and start.at <= notice.at + NO_START_S
            and not _disturbed(evidence, notice.at, start.latest)
            and not any(notice.at < at <= start.latest for at in asked)
        ):
            claim = "the base goes on without a restart"
            yield broken(notice, start, expected="no restart", seen="one", claim=claim)
        elif evidence.saw_all(notice.at, notice.at + QUIET_S):
            yield held(notice)


def _restarts(evidence: Evidence, notice: SipMessage, start: Start | None) -> Iterator[Finding]:
    standing = [call for call in evidence.calls if call.began_at <= notice.at < (call.ended_at or float("inf"))]
    over = max((call.ended_at or float("inf") for call in standing), default=notice.at)
    due = over + RESTARTS_WITHIN_S
    if start is not None and start.latest < over:
        if not _disturbed(evidence, notice.at, start.latest):
            claim = "a restart that the server asked for waits for the end of the call"
            yield broken(notice, start, expected="the end of the call first", seen="a restart in the call", claim=claim)
    elif start is not None and start.at <= due:
        yield held(notice, start)
    elif evidence.saw_all(notice.at, due) and not _disturbed(evidence, notice.at, due):
        claim = "the base restarts when the server asks for it"
        yield broken(
            notice, expected=f"a restart within {RESTARTS_WITHIN_S:g} s of the last call", seen="none", claim=claim
        )


@dataclass(frozen=True)
class Start:
    """A sign of a restart, with its earliest and its latest time."""

    at: float
    latest: float
    text: str
    frame: int = 0

    def __str__(self) -> str:
        return self.text


def starts_of(evidence: Evidence) -> list[Start]:
    """The signs of a restart, in order of time.

    The base asks DHCP without an address, removes a binding without an act, or shows an uptime that began then.
    """
    found = [Start(m.at, m.at, str(m), m.frame) for m in evidence.asked_for_an_address]
    for binding in evidence.bindings:
        for request in binding.requests:
            if request.expires == 0 and not binding.touched(request.at - SIGNS_OUT_WITHIN_S, request.at):
                found.append(Start(request.at, request.at, str(request), request.frame))
    for shown in evidence.shown or ():
        seconds = headers.number(shown.value) if shown.kind == "uptime" else None
        if seconds is not None:
            latest = shown.at - seconds
            found.append(Start(latest - UPTIME_ERROR_S, latest + UPTIME_ERROR_S, f"{shown} s"))
    return sorted(found, key=lambda start: start.at)
