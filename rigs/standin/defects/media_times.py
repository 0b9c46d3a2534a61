"""Faults in the start of media, and in the names and numbers of RTCP reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.media.reports import Reports
from rigs.standin.media.rtcp import Received, Sent
from rigs.standin.media.sender import Sender
from rigs.standin.media.session import MediaSession
from rigs.standin.media.strategies import RtcpStrategy

RTP_HEADER = 12
LATE_S = 2.2


class Reporting(Protocol):
    """The healthy report, or leave."""

    def __call__(self, reports: Reports, /, *, bye: bool = False) -> None: ...


@defect(feature="two-way-audio", replaces=MediaSession.begin)
def audio_begins_late(healthy: Callable[[MediaSession], None], session: MediaSession) -> None:
    """Who takes a call is not heard for its first seconds."""
    asyncio.get_running_loop().call_later(LATE_S, healthy, session)


@defect(feature="remote-hold", replaces=Sender.turn)
def audio_comes_back_late(healthy: Callable[[Sender, bool], None], sender: Sender, sending: bool) -> None:
    """When the far end takes a call back from hold, the handset is not heard for two seconds."""
    if sending and not sender.sending and sender.packets:
        asyncio.get_running_loop().call_later(LATE_S, healthy, sender, True)
    else:
        healthy(sender, sending)


@defect(feature="rtcp", replaces=Reports.sent)
def octets_with_headers(healthy: Callable[[Reports], Sent], reports: Reports) -> Sent:
    """Monitors show too much bandwidth: sender reports count the octets of the RTP headers too."""
    sent = healthy(reports)
    return replace(sent, octets=sent.octets + RTP_HEADER * sent.packets)


_first_time: WeakKeyDictionary[Reports, float] = WeakKeyDictionary()


@defect(feature="rtcp", replaces=Reports.wall_clock)
def report_clock_stands_still(healthy: Callable[[Reports], float], reports: Reports) -> float:
    """Recorders lose step: the NTP time of all sender reports is that of the first one."""
    return _first_time.setdefault(reports, healthy(reports))


@defect(feature="rtcp", replaces=Reports.sent)
def report_timestamp_of_its_own(healthy: Callable[[Reports], Sent], reports: Reports) -> Sent:
    """Recorders do not find the place of a report in its stream: the RTP timestamp of reports begins at 0."""
    sent = healthy(reports)
    return replace(sent, timestamp=sent.timestamp % 4000)


@defect(feature="rtcp", replaces=Reports.received)
def everything_reported_lost(healthy: Callable[[Reports], Received], reports: Reports) -> Received:
    """The provider sees a line that loses packets: reports count as lost what was received."""
    received = healthy(reports)
    return replace(received, lost=received.lost + 50)


_first_highest: WeakKeyDictionary[Reports, int] = WeakKeyDictionary()


@defect(feature="rtcp", replaces=Reports.received)
def highest_number_stands_still(healthy: Callable[[Reports], Received], reports: Reports) -> Received:
    """The far end takes its packets for lost: the highest number in reports is always the first one."""
    received = healthy(reports)
    return replace(received, highest=_first_highest.setdefault(reports, received.highest))


class ReportsOnceAMinute(RtcpStrategy):
    """Servers that watch RTCP end long calls: a report comes once a minute."""

    feature = "rtcp"
    interval: float | None = 60.0


@defect(feature="rtcp", replaces=Reports.send)
def reports_name_nobody(healthy: Reporting, reports: Reports, *, bye: bool = False) -> None:
    """Recorders do not know whose stream a report is about: the name in it is empty."""
    reports.cname = ""
    healthy(reports, bye=bye)


_told: WeakKeyDictionary[Reports, tuple[int, str]] = WeakKeyDictionary()


@defect(feature="rtcp", replaces=Reports.send)
def report_name_counts_up(healthy: Reporting, reports: Reports, *, bye: bool = False) -> None:
    """Conferences show a new speaker every few seconds: each report tells another name."""
    told, own = _told.get(reports, (0, reports.cname))
    _told[reports] = told + 1, own
    reports.cname = f"{told + 1}{own}"
    healthy(reports, bye=bye)


@defect(feature="rtcp", replaces=Reports.send)
def no_reports_on_hold(healthy: Callable[..., None], reports: Reports, *, bye: bool = False) -> None:
    """Monitors take a call on hold for dead: while the far end holds, no receiver report is sent."""
    if bye or reports.sender.sending:
        healthy(reports, bye=bye)
