"""Our columns held against tshark's dissection, and against captures of random octets."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.bench import stored_call
from harness.capture import trace
from harness.capture.frames import frames_of, open_file
from harness.capture.packets import packets_of
from suites.selftest.capture import field_table
from suites.selftest.capture import frames as f

CAPTURES = sorted((Path(__file__).parents[1] / "cases" / "captures").glob("*.pcap"))
FRAME = ("frame.number", "ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "udp.srcport", "udp.dstport", "tcp.srcport",
         "tcp.dstport", "udp.length", "tcp.len", "ip.ttl", "ipv6.hlim", "tcp.seq_raw")  # fmt: skip
RTP = ("frame.number", "rtp.ssrc", "rtp.seq", "rtp.timestamp", "rtp.p_type", "rtp.marker", "rtp.payload")
HEURISTIC = ("--enable-heuristic", "rtp_udp")


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("columns") / "call.pcap"
    stored_call.write(path, 8.0)
    return path


def last(*values: str) -> str:
    """The innermost of several values of tshark."""
    return next((value for value in values if value), "").rpartition(",")[2]


def agrees_on_packets(path: Path) -> int:
    """Every UDP and TCP packet has the ends, lengths and numbers that tshark sees; returns how many there are."""
    packets, _ = packets_of(open_file(path))
    ours = {}
    for index in range(len(packets)):
        flow = packets.flow(index)
        number = str(packets.sequence[index]) if flow.protocol == 6 else ""
        length = packets.length[index] + (8 if flow.protocol == 17 else 0)
        ends = (flow.src, flow.dst, str(flow.sport), str(flow.dport))
        ours[str(packets.number[index])] = (*ends, str(length), str(packets.ttl[index]), number)
    theirs = {}
    for row in field_table.table(path, FRAME, "(udp or tcp) and not icmp and not icmpv6 and not (ip.frag_offset > 0)"):
        number, src4, src6, dst4, dst6, usp, udp, tsp, tdp, ulen, tlen, ttl, hops, seq = (*row, "")[:14]
        inner = max(src4.count(",") + bool(src4), src6.count(",") + bool(src6))
        source, target = (last(src6, src4), last(dst6, dst4)) if src6 else (last(src4), last(dst4))
        assert inner
        theirs[number] = (source, target, last(usp, tsp), last(udp, tdp), last(ulen, tlen), last(hops, ttl), last(seq))
    assert ours == theirs
    return len(ours)


def agrees_on_rtp(path: Path) -> int:
    """Every RTP packet of ours is tshark's, with the same header and payload; returns how many there are."""
    ours = {
        str(row.frame): (
            f"0x{stream.ssrc:08x}", str(row.sequence), str(row.timestamp), str(row.payload_type), row.marker,
            "" if row.event else row.payload.hex(),
        )
        for stream in trace.read(path).streams
        for row in stream.rows
    }  # fmt: skip
    theirs = {}
    for row in field_table.table(path, RTP, "rtp and not icmp", HEURISTIC):
        number, ssrc, seq, stamp, kind, marker, payload = (*row, "")[:7]
        theirs[number] = (ssrc, seq, stamp, kind, marker in ("1", "True"), payload.replace(":", ""))
    assert ours.keys() == theirs.keys()
    for number, one in ours.items():
        assert one[:5] == theirs[number][:5], number
        assert one[5] in ("", theirs[number][5]) or not theirs[number][5], number
    return len(ours)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_the_cases_have_the_packets_that_tshark_sees(path: Path) -> None:
    assert agrees_on_packets(path) > 0


MEDIA = [path for path in CAPTURES if path.stem.startswith(("asym", "ports", "rtcp", "rtp", "stun", "video"))]


@pytest.mark.parametrize("path", MEDIA, ids=lambda path: path.stem)
def test_the_cases_have_the_rtp_that_tshark_sees(path: Path) -> None:
    assert agrees_on_rtp(path) > 0


def test_a_whole_call_is_as_tshark_sees_it(call: Path) -> None:
    assert agrees_on_packets(call) == trace.read(call).frames
    assert agrees_on_rtp(call) == 808


SIP = ("frame.number", "sip.Method", "sip.Status-Code", "sip.CSeq.seq", "sip.CSeq.method", "sip.Call-ID",
       "sip.from.tag", "sip.to.tag", "sip.Via.branch", "sip.from.addr", "sip.to.addr", "sip.r-uri")  # fmt: skip
PLAIN = [path for path in CAPTURES if path.stem not in ("unsorted", "routed_mirror", "tcp_one_segment_lost")]


@pytest.mark.parametrize("path", PLAIN, ids=lambda path: path.stem)
def test_sip_fields_are_those_of_tshark(path: Path) -> None:
    rows = [(*row, *[""] * 12)[:12] for row in field_table.table(path, SIP, "sip")]
    theirs = [(*row[:8], row[8].partition(",")[0], *row[9:]) for row in rows]
    ours = [
        (
            str(m.frame), m.method, str(m.status or ""), str(m.cseq.number), m.cseq.method, m.call_id, m.from_.tag,
            m.to.tag, m.branch, m.from_.uri, m.to.uri, m.request_uri,
        )
        for m in trace.read(path).sip
    ]  # fmt: skip
    assert ours == theirs


OF_BOTH_VERSIONS = ("ethernet", "vlan", "two tags", "raw", "erspan")
LINKS = [(name, False) for name in f.LINKS] + [(name, True) for name in OF_BOTH_VERSIONS]


@pytest.mark.parametrize(("link", "six"), LINKS)
def test_every_link_has_its_packets(link: str, six: bool, tmp_path: Path) -> None:
    kind, wrapped = f.LINKS[link]
    ends = (f.BASE6, f.PBX6) if six else (f.BASE, f.PBX)
    path = tmp_path / "link.pcap"
    path.write_bytes(f.pcap([wrapped(f.datagram(b"x" * 40, *ends)), wrapped(f.segment(b"y" * 9, 7, *ends))], kind))
    packets, others = packets_of(open_file(path))
    assert [packets.flow(index)[::2] for index in (0, 1)] == [(ends[0], ends[1], 17), (ends[0], ends[1], 6)]
    assert [packets.octets(index) for index in (0, 1)] == [b"x" * 40, b"y" * 9]
    assert (len(others.rows), len(others.strange)) == (0, 0)


@given(
    st.lists(st.binary(max_size=120), max_size=6),
    st.sampled_from([0, 1, 12, 101, 108, 113, 147, 228, 229, 276]),
    st.sampled_from(["<", ">"]),
)
def test_no_frames_break_the_columns_and_none_are_lost(frames: list[bytes], linktype: int, order: str) -> None:
    found = frames_of(f.pcap(frames, linktype, order=order))
    assert [found.frame(row) for row in range(len(found))] == frames
    packets, others = packets_of(found)
    assert sorted([*packets.row.tolist(), *others.rows.tolist()]) == list(range(len(frames)))
    trace.read_octets(f.pcap(frames, linktype, order=order))


HEADS = [f.ethernet(f.datagram(b""))[:42], f.ethernet(f.segment(b"", 1))[:54],
         f.ethernet(f.datagram(b"", f.BASE6, f.PBX6))[:62], f.ethernet(f.fragments(b"x" * 99, size=40)[0])]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(HEADS), st.binary(max_size=60), st.integers(0, 120)), max_size=5))
def test_nearly_right_frames_do_no_harm(pieces: list[tuple[bytes, bytes, int]]) -> None:
    frames = []
    for head, tail, place in pieces:
        octets = bytearray(head + tail)
        octets[place % len(octets)] ^= 0xFF
        frames.append(bytes(octets))
    packets, others = packets_of(frames_of(f.pcap(frames)))
    assert sorted([*packets.row.tolist(), *others.rows.tolist()]) == list(range(len(frames)))
    for index in range(len(packets)):
        assert len(packets.octets(index)) == packets.kept[index] <= packets.length[index]


@given(st.binary(max_size=200), st.integers(0, 260))
def test_a_damaged_file_is_read_up_to_its_damage(tail: bytes, cut: int) -> None:
    whole = f.pcap([f.ethernet(f.datagram(f.request("OPTIONS")))] * 2)
    for data in (whole + tail, whole[: len(whole) - cut], whole[:30] + tail + whole[30:]):
        found = frames_of(data)
        assert sum(found.kept.tolist()) + 16 * len(found) + 24 <= len(data)
        assert bool(found.damaged) == (sum(found.kept.tolist()) + 16 * len(found) + 24 < len(data))
    png = f.pcapng([(0, f.ethernet(f.datagram(f.request("OPTIONS"))))] * 2, [1])
    assert len(frames_of(png + tail)) >= 2
    frames_of(png[: max(0, len(png) - cut)])


def test_a_file_that_an_older_program_wrote_is_converted(tmp_path: Path) -> None:
    """The modified pcap of old Linux tcpdumps has longer records: editcap knows it."""
    frame = f.ethernet(f.datagram(f.request("OPTIONS")))
    record = struct.pack("<IIIIiHBx", 1_700_000_000, 5, len(frame), len(frame), 0, 0x0800, 0) + frame
    path = tmp_path / "old.pcap"
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1) + record)
    (message,) = trace.read(path).sip
    assert (message.method, message.frame, message.at) == ("OPTIONS", 1, 1_700_000_000.000005)
