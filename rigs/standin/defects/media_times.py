"""Faults in the start of media, and in the names and numbers of RTCP reports."""

from __future__ import annotations

from dataclasses import replace

from rigs.standin.media.rtcp import Sent
from rigs.standin.media.strategies import BeginStrategy, RtcpStrategy

RTP_HEADER = 12


class AudioBeginsLate(BeginStrategy):
    """Who takes a call is not heard for its first seconds."""

    feature = "two-way-audio"

    def delay(self, *, again: bool) -> float:
        return 0.0 if again else 2.2


class AudioComesBackLate(BeginStrategy):
    """When the far end takes a call back from hold, the handset is not heard for two seconds."""

    feature = "remote-hold"

    def delay(self, *, again: bool) -> float:
        return 2.2 if again else 0.0


class OctetsWithHeaders(RtcpStrategy):
    """Monitors show too much bandwidth: sender reports count the octets of the RTP headers too."""

    feature = "rtcp"

    def own(self, sent: Sent) -> Sent:
        return replace(sent, octets=sent.octets + RTP_HEADER * sent.packets)


class ReportClockStandsStill(RtcpStrategy):
    """Recorders lose step: the NTP time of all sender reports is that of the first one."""

    feature = "rtcp"

    def __init__(self) -> None:
        self._first = 0.0

    def wall_clock(self, now: float) -> float:
        self._first = self._first or now
        return self._first


class ReportTimestampOfItsOwn(RtcpStrategy):
    """Recorders do not find the place of a report in its stream: the RTP timestamp of reports begins at 0."""

    feature = "rtcp"

    def own(self, sent: Sent) -> Sent:
        return replace(sent, timestamp=sent.timestamp % 4000)


class EverythingReportedLost(RtcpStrategy):
    """The provider sees a line that loses packets: reports count as lost what was received."""

    feature = "rtcp"

    def received(self, lost: int, highest: int) -> tuple[int, int]:
        return lost + 50, highest


class HighestNumberStandsStill(RtcpStrategy):
    """The far end takes its packets for lost: the highest number in reports is always the first one."""

    feature = "rtcp"

    def __init__(self) -> None:
        self._first: int | None = None

    def received(self, lost: int, highest: int) -> tuple[int, int]:
        self._first = highest if self._first is None else self._first
        return lost, self._first


class ReportsOnceAMinute(RtcpStrategy):
    """Servers that watch RTCP end long calls: a report comes once a minute."""

    feature = "rtcp"
    interval: float | None = 60.0


class ReportsNameNobody(RtcpStrategy):
    """Recorders do not know whose stream a report is about: the name in it is empty."""

    feature = "rtcp"

    def cname(self, own: str) -> str:
        return ""


class ReportNameCountsUp(RtcpStrategy):
    """Conferences show a new speaker every few seconds: each report tells another name."""

    feature = "rtcp"

    def __init__(self) -> None:
        self._told = 0

    def cname(self, own: str) -> str:
        self._told += 1
        return f"{self._told}{own}"


class NoReportsOnHold(RtcpStrategy):
    """Monitors take a call on hold for dead: while the far end holds, no receiver report is sent."""

    feature = "rtcp"

    def reports(self, sending: bool) -> bool:
        return sending
