"""The base's RTCP: sources, counters, clocks, blocks, interval and leave; what is wrong in a report is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import ReportBlock, RtcpReport
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import BASE, PEER, PaperCall, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED
EPOCH = 2208988800


def report(at: float, **told: object) -> RtcpReport:
    """A sender report that is right for a stream of 50 packets a second from 10.0 on, but for what is `told`."""
    packets = round((at - 10.0) * 50) + 1
    block = ReportBlock(9, 0, 0, packets - 1, 0)
    right = RtcpReport(
        round(at * 1000), at, BASE, 50001, PEER, 4001, "udp", type=200, ssrc=1, sender_packets=packets,
        octets=160 * packets, ntp=(EPOCH + int(at), round((at % 1) * 2**32)), rtp_timestamp=(packets - 1) * 160,
        blocks=(block,),
    )  # fmt: skip
    return replace(right, **told)  # type: ignore[arg-type]


def reported(*reports: RtcpReport, leave: bool = True) -> PaperCall:
    """A call of 12 s with these reports; the far end sends as the base does."""
    call = PaperCall().answered(10.0).hung_up(22.0).sends(10.0, 22.0).sends(10.0, 22.0, ours=False, ssrc=9)
    bye = RtcpReport(22010, 22.01, BASE, 50001, PEER, 4001, "udp", type=203, ssrc=1, sources=(1,))
    call.rtcp = [*reports, *([bye] if leave else [])]
    return call


ALL = ("RTCP-SOURCE", "RTCP-COUNT", "RTCP-TIME", "RTCP-BLOCK", "RTCP-INTERVAL", "RTCP-BYE")


def test_reports_that_are_right_break_nothing():
    call = reported(report(13.0), report(18.0))
    assert {rule: call.result(rule) for rule in ALL} == dict.fromkeys(ALL, HELD)


@pytest.mark.parametrize(
    ("told", "rule", "claim"),
    [
        ({"ssrc": 2}, "RTCP-SOURCE", "a report names the source of the base's stream"),
        ({"sender_packets": 420}, "RTCP-COUNT", "the report counts the packets that were sent"),
        ({"octets": 172 * 401}, "RTCP-COUNT", "the report counts the octets that were sent"),
        ({"ntp": (EPOCH + 13, 0)}, "RTCP-TIME", "the NTP time of reports grows as time does"),
        ({"rtp_timestamp": 0}, "RTCP-TIME", "the RTP timestamp of a report is in the clock of its stream"),
        ({"blocks": (ReportBlock(9, 0, 50, 400, 0),)}, "RTCP-BLOCK", "the loss of a block is that of the packets"),
        (
            {"blocks": (ReportBlock(9, 0, 0, 151, 0),)},
            "RTCP-BLOCK", "the highest number of a block is that of the last packet",
        ),
    ],
)  # fmt: skip
def test_a_wrong_number_is_named(told, rule, claim):
    assert claim in reported(report(13.0), report(18.0, **told)).broken(rule)


def test_a_base_that_knows_no_time_tells_none():
    call = reported(report(13.0, ntp=(0, 0)), report(18.0, ntp=(0, 0)))
    assert call.result("RTCP-TIME") is NOT_EXERCISED


def test_a_block_about_a_source_that_lost_packets_tells_of_them():
    call = PaperCall().answered(10.0).hung_up(22.0).sends(10.0, 22.0)
    call.sends(10.0, 12.0, ours=False, ssrc=9).sends(12.0, 22.0, ours=False, ssrc=9, first=110)
    call.rtcp = [report(18.0, blocks=(ReportBlock(9, 0, 10, 410, 0),))]
    assert call.result("RTCP-BLOCK") is HELD
    call.rtcp = [report(18.0, blocks=(ReportBlock(9, 0, 0, 410, 0),))]
    assert call.result("RTCP-BLOCK") is BROKEN


@pytest.mark.parametrize(("lost", "result"), [(0, HELD), (-20, HELD), (-40, BROKEN), (20, BROKEN)])
def test_a_packet_that_comes_twice_may_count_for_one_that_is_missing(lost, result):
    call = reported(report(18.0, blocks=(ReportBlock(9, 0, lost, 400, 0),)))
    rows = list(call.streams[1].rows)
    call.streams[1] = call.streams[1].with_rows(
        [*rows[:100], *(row for row in rows[100:120] for _ in (1, 2)), *rows[120:]]
    )
    assert call.result("RTCP-BLOCK") is result


@pytest.mark.parametrize(("fraction", "claims"), [(25, 0), (0, 1), (90, 1)])
def test_the_fraction_is_the_loss_since_the_block_before(fraction, claims):
    """Of the 250 packets between two reports 25 are lost: 26 of 256."""
    call = reported(*(report(at, blocks=(ReportBlock(9, part, lost, last, 0),)) for at, part, lost, last in (
        (13.0, 0, 0, 150), (18.0, fraction, 25, 400),
    )))  # fmt: skip
    rows = list(call.streams[1].rows)
    call.streams[1] = call.streams[1].with_rows(
        [row for row in rows if row.sequence % 10 or not 150 < row.sequence <= 400]
    )
    assert call.broken("RTCP-BLOCK") == ["the fraction of a block is the loss since the block before"] * claims


@pytest.mark.parametrize(("jitter_ms", "result"), [(10, HELD), (25, HELD), (2, BROKEN), (60, BROKEN)])
def test_jitter_is_that_of_the_packets(jitter_ms, result):
    """Every second packet comes 15 ms late: the jitter of RFC 3550 is 15 ms."""
    call = reported(report(18.0, blocks=(ReportBlock(9, 0, 0, 400, 8 * jitter_ms),)))
    rows = list(call.streams[1].rows)
    call.streams[1] = call.streams[1].with_rows([replace(row, at=row.at + row.sequence % 2 * 0.015) for row in rows])
    assert call.result("RTCP-JITTER") is result
    assert call.result("RTCP-JITTER", acts=False) is UNSAID


@pytest.mark.parametrize("first", [22000, 2900], ids=["far", "near"])
def test_a_block_about_a_source_whose_numbers_jump_decides_nothing(first):
    """A server that sends the events of a call with numbers of their own (Asterisk, transcoding)."""
    call = PaperCall().answered(10.0).hung_up(22.0).sends(10.0, 22.0)
    call.sends(10.0, 12.0, ours=False, ssrc=9).sends(12.0, 12.2, ours=False, ssrc=9, first=first)
    call.sends(12.2, 22.0, ours=False, ssrc=9, first=110)
    call.rtcp = [report(18.0, blocks=(ReportBlock(9, 0, 0, 410, 0),))]
    assert call.result("RTCP-BLOCK") is UNSAID


def test_counters_are_of_all_destinations_of_a_source():
    call = reported(report(13.0), report(18.0))
    moved = call.streams[0]
    half = [row for row in moved.rows if row.at < 15.0], [row for row in moved.rows if row.at >= 15.0]
    call.streams = [moved.with_rows(half[0]), replace(moved.with_rows(half[1]), dport=4444), call.streams[1]]
    assert call.result("RTCP-COUNT") is HELD


def test_reports_that_stop_and_reports_all_the_time_are_named():
    assert reported().result("RTCP-INTERVAL") is BROKEN
    assert reported(report(13.0), report(13.3), report(18.0)).result("RTCP-INTERVAL") is BROKEN
    assert reported(leave=False).result("RTCP-INTERVAL", acts=False) is NOT_EXERCISED, "another may send none at all"


def test_the_report_that_goes_with_the_leave_keeps_no_interval():
    last = report(21.5)
    bye = RtcpReport(last.frame, 21.5, BASE, 50001, PEER, 4001, "udp", type=203, ssrc=1, sources=(1,))
    call = reported(report(13.0), report(17.0), report(21.2), last, leave=False)
    assert call.result("RTCP-INTERVAL") is BROKEN
    call.rtcp.append(bye)
    assert call.result("RTCP-INTERVAL") is HELD


def test_a_stream_that_ends_without_leave_is_named():
    assert reported(report(13.0), leave=False).result("RTCP-BYE") is BROKEN
    call = reported(report(13.0), leave=False)
    call.rtcp.append(RtcpReport(22010, 22.01, BASE, 50001, PEER, 4001, "udp", type=203, ssrc=7, sources=(7,)))
    call.rtcp[-1] = replace(call.rtcp[-1], at=21.9)
    assert call.broken("RTCP-BYE") == ["source that takes leave"]
    assert call.result("RTCP-BYE", acts=False) is UNSAID


def test_packets_after_the_leave_are_named():
    call = reported(report(13.0))
    call.rtcp[-1] = replace(call.rtcp[-1], at=20.0)
    assert call.broken("RTCP-BYE") == ["packets after the leave-taking"]


def named(at: float, cname: str = "41@198.18.9.50", **told: object) -> list[RtcpReport]:
    """A report with the description that goes with it in one datagram."""
    one = report(at, **told)
    return [one, replace(one, type=202, cname=cname, sources=(one.ssrc,))]


def test_reports_with_one_name_keep_to_the_rule():
    assert reported(*named(13.0), *named(18.0)).result("RTCP-NAME") is HELD
    assert reported(*named(13.0), *named(18.0)).judged("RTCP-NAME").held == 2, "the leave is no report"
    assert reported().result("RTCP-NAME") is NOT_EXERCISED


def test_a_report_without_a_name_is_named_unless_reduced_size_was_agreed():
    call = reported(*named(13.0), report(18.0))
    assert call.broken("RTCP-NAME") == ["a report goes with a CNAME"]
    assert reported(*named(13.0, cname="")).broken("RTCP-NAME") == ["a report goes with a CNAME"]
    call.sip.clear()
    call.answered(10.0, own=description(True) + "a=rtcp-rsize\r\n").hung_up(22.0)
    assert call.judged("RTCP-NAME").held == 1


def test_a_name_that_changes_is_named_and_may_be_that_of_another_in_a_strangers_trace():
    changed = ["CNAME stays the same in a call"]
    call = reported(*named(13.0), *named(18.0, cname="x"))
    assert call.broken("RTCP-NAME") == call.broken("RTCP-NAME", acts=False) == changed
    call = reported(*named(13.0), *named(18.0, cname="x", ssrc=2))
    assert call.broken("RTCP-NAME") == changed
    assert len(call.judged("RTCP-NAME", acts=False).unsaid) == 1


@pytest.mark.parametrize("told", [{"encrypted": True}, {"problem": "the packet ends 8 octets before its length"}])
def test_of_a_report_that_was_not_read_to_its_end_the_name_cannot_be_said(told):
    assert reported(report(13.0, **told)).result("RTCP-NAME") is UNSAID


def test_loss_of_a_source_that_another_one_interrupted_cannot_be_said() -> None:
    """A PBX that joins two calls sends for a while as another source, and the numbers of the first go on."""
    call = PaperCall().answered(10.0).hung_up(22.0).sends(10.0, 22.0)
    call.sends(10.0, 12.0, ours=False, ssrc=9).sends(12.1, 12.9, ours=False, ssrc=8).sends(
        13.0, 22.0, ours=False, ssrc=9
    )
    call.rtcp = [report(18.0, blocks=(ReportBlock(9, 0, 0, 351, 0),))]
    assert call.result("RTCP-BLOCK") is UNSAID
