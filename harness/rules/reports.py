"""The base's RTCP: source, counters, two clocks, interval and leave (RFC 3550); `reception` judges its blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.counted import last_audio
from harness.rules.counted import sent as sent_between
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.media_time import SETTLED_S
from harness.rules.reactions import LOST
from harness.rules.registry import rule
from harness.rules.sources import Source

if TYPE_CHECKING:
    from harness.capture.messages import RtcpReport

SENDER, RECEIVER, BYE = 200, 201, 203
IN_FLIGHT = 2
"""Packets that may overtake the report on the wire."""
INTERVAL_S = 9.0
"""A report comes about every 5 s (RFC 3550 §6.2), the first one after a random part of it."""
LEAST_INTERVAL_S = 1.0
CLOCKS_APART_S, CLOCKS_APART_SHARE = 0.25, 0.05
"""Seconds by which two clocks may differ between two reports: a busy base reads one after the other."""
LEAVES_WITHIN_S = 2.0


@rule("RTCP-SOURCE", reads=("sip", "rtp", "rtcp"))
def a_report_names_its_stream(call: CallEvidence) -> Iterator[Finding]:
    """The source of a sender report is that of the base's RTP packets."""
    known = {stream.ssrc: stream.first_at for stream in call.base_streams or ()}
    for report in call.reports:
        before = [ssrc for ssrc, at in known.items() if at <= report.at]
        if report.type == SENDER and before:
            expected = " or ".join(f"{ssrc:08x}" for ssrc in before)
            yield judged(report.ssrc in before, report, expected=expected, seen=f"{report.ssrc:08x}")


@rule("RTCP-COUNT", reads=("sip", "rtp", "rtcp"), timed=True)
def a_report_counts_what_was_sent(call: CallEvidence) -> Iterator[Finding]:
    """Packets and octets of a sender report are those that the base had sent of its stream."""
    for source in call.sources:
        mine = [one for one in _in_clear(call) if one.type == SENDER and one.ssrc == _ssrc(source)]
        for before, report in zip([None, *mine], mine, strict=False):
            if before is None and call.begins_inside:
                continue
            if call.evidence.has_lost(before.at if before else float(source.at[0]), report.at):
                yield cannot_be_said(report, why=LOST)
            else:
                yield _counts(source, before, report)


@rule("RTCP-TIME", reads=("sip", "rtp", "rtcp"), timed=True)
def the_two_clocks_of_a_report_run_alike(call: CallEvidence) -> Iterator[Finding]:
    """From one sender report to the next, NTP time and RTP timestamp grow by the time that passed."""
    rates = {_ssrc(source): source.rate for source in call.sources}
    for before, report in pairwise([one for one in _in_clear(call) if one.type == SENDER]):
        if before.ssrc != report.ssrc or not before.ntp_time or not report.ntp_time:
            continue
        passed = report.at - before.at
        wall = report.ntp_time - before.ntp_time
        rate = rates.get(report.ssrc) or _only_rate(call)
        media = ((report.rtp_timestamp - before.rtp_timestamp) % 2**32) / rate if rate else wall
        apart = CLOCKS_APART_S + CLOCKS_APART_SHARE * passed
        if abs(wall - passed) > apart:
            claim = "the NTP time of reports grows as time does"
            yield broken(before, report, expected=f"{passed:.2f} s later", seen=f"{wall:.2f} s later", claim=claim)
        elif abs(media - wall) > apart:
            claim = "the RTP timestamp of reports grows as their NTP time does"
            yield broken(before, report, expected=f"{wall:.2f} s later", seen=f"{media:.2f} s later", claim=claim)
        else:
            yield held(before, report)


def _only_rate(call: CallEvidence) -> int | None:
    """The clock of all that the call describes; None where it has several: a report alone does not tell its own."""
    told = (media for message in call.descriptions for media in message.sdp.media if media.port)
    rates = {codec.rate for media in told for codec in media.codecs if codec.rate}
    return rates.pop() if len(rates) == 1 else None


@rule("RTCP-TIME", reads=("sip", "rtp", "rtcp"), timed=True)
def a_report_tells_the_time_of_its_stream(call: CallEvidence) -> Iterator[Finding]:
    """The RTP timestamp of a sender report is that of the stream at this moment.

    A base without a clock sends NTP time 0.
    """
    sources = {_ssrc(source): source for source in call.sources}
    for report in _in_clear(call):
        last = last_audio(sources[report.ssrc], report.at) if report.ssrc in sources else None
        if report.type != SENDER or last is None or not report.ntp_time or report.at - last.at > INTERVAL_S:
            continue
        clock = ((report.rtp_timestamp - last.timestamp + 2**31) % 2**32 - 2**31) / sources[report.ssrc].rate
        good = abs(clock - (report.at - last.at)) <= CLOCKS_APART_S
        claim = "the RTP timestamp of a report is in the clock of its stream"
        expected = f"{report.at - last.at:.2f} s after packet {last.frame}"
        yield judged(good, report, expected=expected, seen=f"{clock:.2f} s after it", claim=claim)


@rule("RTCP-INTERVAL", reads=("sip", "rtp", "rtcp"), timed=True)
def reports_come_regularly(call: CallEvidence) -> Iterator[Finding]:
    """During a call the base reports every few seconds, on hold too, and not more often."""
    if not call.spans or not call.base_streams or not _reports_at_all(call):
        return
    begins, ends = call.spans[0].begins, call.spans[-1].ends
    # The report with a BYE comes at once, however recent the one before is (RFC 3550 section 6.6).
    leaving = {one.frame for one in call.reports if one.type == BYE}
    reports = [one for one in call.reports if one.type in (SENDER, RECEIVER) and one.frame not in leaving]
    told = [one for one in reports if begins <= one.at <= ends]
    moments = [begins, *(one.at for one in told), ends]
    for number, (start, end) in enumerate(pairwise(moments)):
        cause = told[number - 1] if number else call.spans[0].cause
        if end - start > INTERVAL_S:
            if call.evidence.has_lost(start, end):
                yield cannot_be_said(cause, why=LOST)
            else:
                yield broken(cause, expected=f"a report every {INTERVAL_S:g} s", seen=f"none in {end - start:.1f} s")
        elif 0 < number < len(moments) - 2 and end - start < LEAST_INTERVAL_S:
            seen = f"another after {end - start:.2f} s"
            yield broken(cause, told[number], expected=f"{LEAST_INTERVAL_S:g} s between two reports", seen=seen)
        elif number < len(told):
            yield held(told[number])


@rule("RTCP-NAME", reads=("sip", "rtp", "rtcp"))
def a_report_tells_who_sends_it(call: CallEvidence) -> Iterator[Finding]:
    """Each report has a description with the canonical name (CNAME), the same in the whole call.

    If reports of reduced size were agreed (RFC 5506), one without a name is allowed.
    """
    first: RtcpReport | None = None
    for compound in _compounds(call):
        report = next((one for one in compound if one.type in (SENDER, RECEIVER)), None)
        named = next((one for one in compound if one.cname), None)
        if report is None or (named is None and _may_be_reduced(call)):
            continue
        if report.encrypted:
            yield cannot_be_said(report, why="the report is encrypted")
        elif named is None and (call.evidence.sight.short_snaplen or any(one.problem for one in compound)):
            yield cannot_be_said(report, why="the capture may hold only the beginning of the packet")
        elif named is None and call.evidence.acts is None and not any(one.cname for one in call.reports):
            yield cannot_be_said(report, why="no report has a name: another maker's phone may send none at all")
        elif named is None:
            yield broken(report, expected="a description with CNAME", seen="none", claim="a report goes with a CNAME")
        else:
            first = first or named
            yield _same_name(call, first, named)


@rule("RTCP-BYE", reads=("sip", "rtp", "rtcp"), timed=True)
def a_stream_that_ends_is_taken_leave_of(call: CallEvidence) -> Iterator[Finding]:
    """At the end of a call the base ends its stream with an RTCP BYE and sends no more packets of it."""
    streams, bye = call.base_streams, call.bye
    if not streams or bye is None or call.ended_at is None or call.answer is None or not _reports_at_all(call):
        return
    limit = call.ended_at + LEAVES_WITHIN_S
    left = next((one for one in call.reports if one.type == BYE), None)
    if left is None and call.has_keys:
        yield cannot_be_said(bye, why="the reports are encrypted")
        return
    if left is None:
        if call.evidence.has_lost(bye.at, limit):
            yield cannot_be_said(bye, why=LOST)
        elif call.evidence.has_seen(bye.at, limit):
            yield broken(bye, expected=f"an RTCP BYE within {LEAVES_WITHIN_S:g} s", seen="none")
        return
    named = [ssrc for ssrc in (left.sources or (left.ssrc,)) if ssrc]
    known = [stream.ssrc for stream in streams]
    if named and not set(named) & set(known):
        if call.evidence.acts is None:
            yield cannot_be_said(left, why="it names a source that sent nothing here")
            return
        expected = " or ".join(f"{ssrc:08x}" for ssrc in known)
        yield broken(left, expected=expected, seen=f"{named[0]:08x}", claim="source that takes leave")
        return
    late = sum(stream.between(left.at + SETTLED_S, left.at + 60) for stream in streams if stream.ssrc in named)
    claim = "packets after the leave-taking"
    yield judged(not late, bye, left, expected="none", seen=f"{late} packets", claim=claim)


def _reports_at_all(call: CallEvidence) -> bool:
    """Whether the base sends RTCP at all: in a foreign trace it may be another phone, which need not."""
    return bool(call.reports) or call.evidence.acts is not None


def _compounds(call: CallEvidence) -> list[list[RtcpReport]]:
    """The RTCP packets of each datagram of the base, in order."""
    return [list(told) for _, told in groupby(call.reports, key=lambda one: (one.at, one.frame, one.sport))]


def _may_be_reduced(call: CallEvidence) -> bool:
    return any("a=rtcp-rsize" in message.sdp.text for message in call.descriptions)


def _same_name(call: CallEvidence, first: RtcpReport, named: RtcpReport) -> Finding:
    """Whether a description has the first name of the call; a relay passes on those of others."""
    same = named.cname == first.cname
    if not same and named.ssrc != first.ssrc and call.evidence.acts is None:
        return cannot_be_said(first, named, why="it is the name of another source, which may be another speaker")
    return judged(same, first, named, expected=first.cname, seen=named.cname, claim="CNAME stays the same in a call")


def _ssrc(source: Source) -> int:
    return source.streams[0].ssrc


def _counts(source: Source, before: RtcpReport | None, report: RtcpReport) -> Finding:
    """The counters of two reports differ by what was sent between them; the first counts all before it."""
    packets_sent, size, longest = sent_between(source, before.at if before else None, report.at)
    packets = (report.sender_packets - (before.sender_packets if before else 0)) % 2**32
    octets = (report.octets - (before.octets if before else 0)) % 2**32
    where = "since the report before" if before else "until then"
    occasions = [one for one in (before, report) if one is not None]
    if abs(packets - packets_sent) > IN_FLIGHT:
        claim = "the report counts the packets that were sent"
        return broken(*occasions, expected=f"{packets_sent} packets {where}", seen=packets, claim=claim)
    claim = "the report counts the octets that were sent"
    good = abs(octets - size) <= IN_FLIGHT * longest
    return judged(good, *occasions, expected=f"{size} octets {where}", seen=octets, claim=claim)


def _in_clear(call: CallEvidence) -> list[RtcpReport]:
    """The reports of a call whose figures can be read."""
    return [report for report in call.reports if not report.encrypted]
