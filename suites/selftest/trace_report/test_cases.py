"""The small captures with a right answer, judged: what broke, what cannot be said, and what is said of the trace."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from harness.trace_report import build, masking, reading
from harness.trace_report.model import Report
from suites.selftest.capture import frames

CAPTURES = Path(__file__).parents[1] / "cases" / "captures"
BASE = "192.0.2.50"


@dataclass(frozen=True)
class Right:
    """What `m9 judge` must say of a capture."""

    broken: frozenset[str] = frozenset()
    ended: tuple[str, ...] = ()
    """How each call ended, in order."""
    unseen: tuple[str, ...] = ()
    unsaid: frozenset[str] = frozenset()
    """Rules of which nothing can be said, at least."""
    streams: tuple[tuple[int, str, str], ...] = ()
    """Call, direction and codec of each stream."""
    base: str = BASE


UP = "answered after 50 ms, the base hung up"
PCMA = ((1, "sent", "PCMA"), (1, "heard", "PCMA"))
RIGHT = {
    "asymmetric_types": Right(ended=(UP,), streams=PCMA),
    "begins_in_a_dialog": Right(
        ended=("begins before the trace, the base hung up",),
        unseen=("The trace begins inside call 1",),
        unsaid=frozenset({"SIP-CSEQ", "SIP-ROUTE", "SIP-TARGET"}),
    ),
    "display_latin85": Right(ended=("no answer yet where the trace ends",), unseen=("The trace ends inside call 1",)),
    "display_u2028": Right(ended=("no answer yet where the trace ends",)),
    "ends_in_a_transaction": Right(ended=(f"{UP} where the trace ends",), unseen=("The trace ends inside call 1",)),
    "forked_200": Right(ended=("answered after 50 ms by 2 phones (forked), the base hung up",)),
    "from_quoted_in_answer": Right(ended=("rings where the trace ends",)),
    "internal_call_one_call_id": Right(
        ended=("answered after 510 ms, the far end hung up", "answered after 490 ms, the base hung up")
    ),
    "maxforwards_superscript": Right(
        broken=frozenset({"SIP-GRAMMAR", "SIP-MAX-FORWARDS"}), ended=("begins before the trace, the base hung up",)
    ),
    "media_snaplen_96": Right(
        unseen=("Packets were cut at 96 octets", "audio cannot be decoded"),
        streams=((0, "sent", "PCMA"), (0, "heard", "PCMA")),
    ),
    "other_cseq_both_ways": Right(broken=frozenset({"HLD-2"}), ended=(UP,)),
    "ports_again": Right(ended=(UP, UP), streams=(*PCMA, (2, "sent", "PCMA"), (2, "heard", "PCMA"))),
    "register_refresh_failed": Right(broken=frozenset({"REG-8"})),
    "register_two_bindings": Right(),
    "routed_mirror": Right(ended=(UP,), unseen=("Packets stand in the file twice",), streams=PCMA),
    "rtcp_bye": Right(ended=(UP,), streams=PCMA),
    "rtp_6in4": Right(base="2001:db8::50", streams=((0, "sent", "PCMA"),)),
    "same_cseq_both_ways": Right(broken=frozenset({"HLD-2"}), ended=(UP,)),
    "sdp_superscript": Right(
        broken=frozenset({"SDP-GRAMMAR"}),
        ended=("no answer yet where the trace ends", "begins before the trace, the base hung up"),
    ),
    "srtp_described": Right(ended=(UP,), unseen=("encrypted media",), streams=PCMA),
    "srtp_undescribed": Right(unseen=("encrypted media",), streams=((0, "sent", "PCMA"), (0, "heard", "PCMA"))),
    "stun_on_rtcp_port": Right(ended=(UP,), streams=PCMA),
    "t38_rejected": Right(ended=(UP,)),
    "tcp_one_segment_lost": Right(unseen=("1 TCP segment is missing (TCP 192.0.2.50:40000",)),
    "unsorted": Right(ended=(UP,), unseen=("not in the order of time; they were sorted",)),
    "video_90khz": Right(streams=((0, "sent", "H263"),)),
}


@cache
def report(name: str, base: str = BASE) -> Report:
    """The report of a capture under the rules of the RFCs."""
    material = reading.material(reading.Question(CAPTURES / f"{name}.pcap", (base,)))
    return masking.masked(build.report(material))


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_capture_is_judged_right(name: str) -> None:
    right = RIGHT[name]
    found = report(name, right.base)
    told = [f"{fault.rule}: {fault.claim}, packet {fault.frame}" for rule in found.broken for fault in rule.faults]
    assert {rule.id for rule in found.broken} == right.broken, told
    assert tuple(call.ended for call in found.calls) == right.ended
    assert tuple((s.call, s.way, s.codec) for s in found.streams) == right.streams
    assert right.unsaid <= {rule.id for rule in found.rules if rule.unsaid}
    for words in right.unseen:
        assert any(words in sentence for sentence in found.unseen), (words, found.unseen)


def test_what_was_lost_between_two_registrations_is_told() -> None:
    (one,) = report("register_refresh_failed").registrations
    assert [granted.granted for granted in one.granted] == [600, 600]
    assert [refused.status for refused in one.refused] == [503]
    assert one.lapsed == pytest.approx(1400, abs=1)


def test_a_binding_of_another_phone_is_not_ours() -> None:
    (one,) = report("register_two_bindings").registrations
    assert [granted.granted for granted in one.granted] == [600, 600]
    assert one.lapsed == 0


def test_video_runs_on_its_own_clock_and_has_no_opinion_of_a_listener() -> None:
    (video,) = report("video_90khz").streams
    assert (video.ptime_ms, video.jitter_ms, video.mos) == (40, 0, None)


def test_a_plain_trace_is_read_without_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*words: object, **options: object) -> None:
        raise AssertionError(f"started {words}")

    monkeypatch.setattr(subprocess, "Popen", refused)
    report.__wrapped__("ports_again")


@pytest.mark.parametrize("name", ["secret_gzip_body", "secret_ldap_simple_bind", "secret_tftp_two_blocks"])
def test_a_trace_without_sip_says_so(name: str) -> None:
    from harness.core.errors import UsageError

    with pytest.raises(UsageError, match="no SIP that can be read"):
        report(name)


def test_of_http_a_trace_is_read_for_what_the_base_fetches_and_not_for_its_pages(tmp_path: Path) -> None:
    get = b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    base, server = frames.BASE, frames.PBX
    told = [
        (base, server, get % (b"/settings.xml", server.encode()), (40000, 80)),
        (server, base, answer, (80, 40000)),
        (server, base, get % (b"/status.htm", base.encode()), (40001, 80)),
        (base, server, answer, (80, 40001)),
    ]
    sent = [frames.internet(a, b, 6, frames.tcp(a, b, text, 1, ports=ports)) for a, b, text, ports in told]
    sent.append(frames.datagram(frames.request("OPTIONS")))
    file = tmp_path / "fetch.pcap"
    file.write_bytes(frames.pcap([frames.ethernet(packet) for packet in sent]))
    material = reading.material(reading.Question(file, (base,)))
    assert [message.summary for message in material.evidence.http] == ["GET /settings.xml", "HTTP 200 OK"]
    assert material.evidence.http[1].body == b"ok"
    (found,) = [one for one in material.judgements if one.rule.id == "HTTP-HOST"]
    assert found.held == 1
