"""A stored call: messages, dialog, streams, digits, audio; our counting held against tshark's own."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from harness.bench import stored_call
from harness.capture import audio, ladder, ladder_svg, scrub, trace
from harness.capture.mos import mos
from harness.capture.pcap import PcapHeader
from harness.core.errors import UsageError
from harness.rules.evidence import Evidence
from harness.rules.judge import judge
from harness.rules.rows import STANDARDS
from suites.selftest.capture import field_table
from suites.selftest.capture.tsharks_streams import listed_streams


@pytest.fixture(scope="module")
def stored_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stored") / "call.pcap"
    stored_call.write(path, 5.0)
    return path


@pytest.fixture(scope="module")
def recording(stored_file: Path) -> trace.Trace:
    return trace.read(stored_file)


def test_the_dialog_is_read(recording: trace.Trace) -> None:
    (dialog,) = recording.dialogs
    assert dialog.established
    assert dialog.ended
    assert dialog.bye is not None
    assert dialog.bye.src == "198.18.9.50"
    assert [m.method for m in dialog.messages if m.is_request] == ["INVITE", "ACK", "BYE"]
    assert [m.status for m in dialog.messages if 100 <= m.status < 200] == [100, 180]
    assert dialog.invite is not None
    assert dialog.invite.sdp.audio.names == ["PCMA", "PCMU"]
    assert dialog.invite.sdp.audio.telephone_event == 101
    assert dialog.invite.contact.uri_params["line"] == "qx3k1d"


def test_frame_numbers_are_those_of_the_file(recording: trace.Trace) -> None:
    assert recording.sip[-1].frame == recording.frames


def test_streams_agree_with_tsharks_own_list(recording: trace.Trace, stored_file: Path) -> None:
    ours = {(s.src, s.sport, s.dst, s.dport, s.ssrc): s.packets for s in recording.streams}
    theirs = {tuple(row[:5]): row[5] for row in listed_streams(stored_file)}
    assert ours == theirs
    assert len(recording.streams_in(recording.dialogs[0])) == 2


def test_figures_of_a_stream(recording: trace.Trace) -> None:
    base = next(s for s in recording.streams if s.src == "198.18.9.50")
    assert (base.ptime_ms, base.payload_length, base.audio_types) == (20.0, 160, (8,))
    assert base.jitter_ms < 0.5
    (digit,) = base.dtmf
    assert (digit.digit, digit.ends, digit.packets, digit.rising) == ("5", 3, 8, True)
    assert digit.duration_ms == pytest.approx(120)
    assert 4.3 < mos(base, "PCMA") <= 4.5


def test_tones_are_what_was_sent(recording: trace.Trace) -> None:
    for stream, frequency in zip(recording.streams, (440.0, 1000.0), strict=True):
        sound = audio.decode(stream)
        assert sound is not None
        assert sound.seconds == pytest.approx(5.0, abs=0.1)
        strongest = sound.tones()[0]
        assert strongest.frequency == pytest.approx(frequency, abs=1)
        assert strongest.level == pytest.approx(-10, abs=0.3)
        assert sound.level == pytest.approx(-10, abs=0.3)
        assert sound.wav()[:4] == b"RIFF"


def test_lost_doubled_and_swapped_packets_are_counted(tmp_path: Path) -> None:
    packets = sorted(stored_call.frames(2.0, stored_call.CallParties(), stored_call.BEGINS), key=lambda p: p[0])
    media = [i for i, (_, frame) in enumerate(packets) if frame.endswith(frame[-160:]) and len(frame) == 214]
    packets.pop(media[40])
    packets.insert(media[10], packets[media[10]])
    path = tmp_path / "odd.pcap"
    header = stored_call.PcapHeader.ethernet()
    path.write_bytes(header.raw + b"".join(stored_call.pack_record(header, at, frame) for at, frame in packets))
    streams = trace.read(path).streams
    assert sum(s.lost for s in streams) == 1
    assert sum(s.duplicates for s in streams) == 1


def test_a_healthy_call_breaks_no_rule(recording: trace.Trace) -> None:
    evidence = Evidence(["198.18.9.50"], sip=recording.sip, streams=lambda: recording.streams, sight=recording.sight)
    judgements = judge(evidence, STANDARDS)
    assert not [finding for one in judgements for finding in (*one.broken, *one.unsaid)]
    assert {"SIP-ACK", "SDP-ANSWER", "RTP-SEQUENCE", "DTMF-END"} <= {one.rule.id for one in judgements if one.held}


def test_ladder_names_marks_and_orders(recording: trace.Trace) -> None:
    names = {"198.18.9.50": "base", "198.18.9.11": "PBX", "198.18.9.20": "peer"}
    notes = [ladder.Note(stored_call.BEGINS - 0.1, "press OFFHOOK", "handset 1")]
    marked = {recording.sip[3].frame}
    text = ladder.text(recording.sip, marked, names=names, notes=notes, streams=recording.streams)
    lines = text.splitlines()
    assert lines[0].split() == ["base", "PBX", "peer"]
    assert "handset 1: press OFFHOOK" in lines[2]
    assert next(line for line in lines if line.startswith("▶")).count("200 OK INVITE sendrecv PCMA/PCMU") == 1
    drawn = ladder_svg.svg(recording.sip, marked, names=names, notes=notes, callout="expected <this>")
    assert drawn.count('class="row') == len(recording.sip)
    assert "expected &lt;this&gt;" in drawn


def test_a_scrubbed_slice_keeps_length_and_checksums(stored_file: Path, tmp_path: Path) -> None:
    data = stored_file.read_bytes()
    hidden = scrub.scrubbed(data, comments={1: "rule X"}, mask=lambda raw: raw.replace(b"qx3k1d", b"******"))
    path = tmp_path / "scrubbed.pcapng"
    path.write_bytes(hidden)
    assert b"qx3k1d" not in hidden
    rows = field_table.table(
        path, ["frame.number", "udp.checksum.status", "frame.comment"], "sip", ["-o", "udp.check_checksum:TRUE"]
    )
    assert {row[1] for row in rows} == {"1"}
    assert rows[0][2] == "rule X"


def test_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a capture")
    with pytest.raises(UsageError):
        trace.read(path)
    with pytest.raises(UsageError):
        trace.read(tmp_path / "none.pcap")


HEADER = PcapHeader.ethernet().raw
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, 1, 0, 262144, 20)
UNKNOWN = struct.pack("<III", 0x0BADBEEF, 12, 12)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "empty, not a capture file"),
        (b"hello, this is no capture\n" * 9, "neither pcap nor pcapng"),
        (HEADER[:10], "too short"),
        (HEADER + bytes(9), "the last frame is cut off"),
        (HEADER + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF) + b"x" * 99, "claims 4294967295 octets"),
        (SECTION[:-2], "26 are there"),
        (SECTION + struct.pack("<II", 6, 0xFFFFFFF0) + b"x" * 40, "claims 4294967280 octets"),
        (SECTION + INTERFACE + struct.pack("<II", 6, 0) + b"x" * 40, "claims 0 octets"),
    ],
)
def test_what_is_no_capture_is_one_line_that_names_the_file(tmp_path: Path, content: bytes, text: str) -> None:
    path = tmp_path / "trace.pcap"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        trace.read(path)
    assert str(path) in caught.value.text
    assert text in caught.value.text
    assert "\n" not in caught.value.text
    assert caught.value.remedy


@pytest.mark.parametrize("path", ["/", "/nowhere.pcap"])
def test_what_is_no_file_is_no_capture(path: str) -> None:
    with pytest.raises(UsageError, match=f"{path}: "):
        trace.read(Path(path))


def test_blocks_that_nobody_knows_are_passed_over(tmp_path: Path) -> None:
    frame = bytes.fromhex("ffffffffffff02000000000188b5") + b"marked".ljust(46)
    packet = struct.pack("<IIIIIII", 6, 32 + 60, 0, 0, 1, 60, 60) + frame + struct.pack("<I", 92)
    path = tmp_path / "trace.pcapng"
    path.write_bytes(SECTION + UNKNOWN + INTERFACE + UNKNOWN + packet + UNKNOWN)
    assert len(trace.read(path, want=trace.EVERYTHING).events) == 1
