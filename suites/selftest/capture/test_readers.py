"""The small readers: header text, session descriptions, pcap framing, digests, codecs."""

from __future__ import annotations

import ctypes
import math
import struct
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import g711, headers, sdp
from harness.capture.audio import level, tones
from harness.capture.dissect import dhcp_options
from harness.capture.headers import parse_address
from harness.capture.messages import SipMessage
from harness.capture.pcap import PcapHeader, Splitter, looks_like_rtp, pack_record
from harness.capture.rtp import unwrapped
from harness.capture.scrub import masked
from harness.capture.spandsp import Decoder


def message(**fields: object) -> SipMessage:
    """A message with what matters to the test."""
    common = {"frame": 1, "at": 0.0, "src": "base", "sport": 5060, "dst": "pbx", "dport": 5060, "transport": "udp"}
    return SipMessage(**{**common, **fields})  # type: ignore[arg-type]


def test_headers_are_unfolded_in_order_and_compact_names_are_known() -> None:
    line, head, body = headers.split_message(b"INVITE sip:a SIP/2.0\r\nm: <sip:x>,\r\n\t<sip:y>\r\nM: z\r\n\r\nbody")
    assert line == "INVITE sip:a SIP/2.0"
    assert headers.values(tuple(head), "Contact") == ["<sip:x>", "<sip:y>", "z"]
    assert body == b"body"


def test_latin_1_survives() -> None:
    _, head, _ = headers.split_message(b"A sip:a SIP/2.0\r\nSubject: M\xfcller\r\n\r\n")
    assert head == [("Subject", "Müller")]


def test_addresses() -> None:
    one = parse_address('"Doe, \\"J\\"" <sip:40@[fd00:9::50]:5060;line=x1>;tag=ab;+sip.instance="<urn:uuid:1>"')
    assert (one.display, one.user, one.host, one.tag) == ('Doe, "J"', "40", "fd00:9::50", "ab")
    assert one.uri_params == {"line": "x1"}
    assert one.params["+sip.instance"] == "<urn:uuid:1>"
    assert parse_address("sip:a@b;tag=1").tag == "1"
    assert parse_address("*").uri == "*"


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    parse_address(text)
    headers.split_list(text)
    headers.parameters(text)
    headers.credentials(text)
    sdp.parse(text)


@given(st.binary())
def test_no_bytes_break_the_readers(data: bytes) -> None:
    headers.split_message(data)
    looks_like_rtp(data)
    dhcp_options(bytes(240) + data)
    assert [len(f) for f in masked([data], lambda raw: b"*" * len(raw))] == [len(data)]


def test_direction_of_media_falls_back_to_the_session() -> None:
    text = "v=0\no=- 1 2 IN IP6 ::1\nc=IN IP6 ::1\na=inactive\nm=audio 10 RTP/AVP 8 96\na=rtpmap:96 G726-32/8000\n"
    audio = sdp.parse(text).audio
    assert (audio.direction, audio.address, audio.names) == ("inactive", "::1", ["PCMA", "G726-32"])
    assert sdp.parse(text + "a=sendonly\n").audio.direction == "sendonly"


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5), st.integers(1, 7))
def test_records_come_out_however_the_pieces_arrive(frames: list[bytes], piece: int) -> None:
    header = PcapHeader.ethernet()
    data = header.raw + b"".join(pack_record(header, 1.5, frame) for frame in frames)
    splitter = Splitter()
    found = [r.frame for at in range(0, len(data), piece) for r in splitter.feed(data[at : at + piece])]
    assert found == frames


def test_g711_tables_agree_with_the_standard_library() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop")
    codes = bytes(range(256))
    assert g711.alaw_table().tobytes() == audioop.alaw2lin(codes, 2)
    assert g711.ulaw_table().tobytes() == audioop.ulaw2lin(codes, 2)


@pytest.mark.parametrize(("name", "packing"), [("G726-32", 2), ("AAL2-G726-32", 1)])
def test_g726_comes_back_with_its_tone(name: str, packing: int) -> None:
    numpy = pytest.importorskip("numpy")
    library = ctypes.CDLL("libspandsp.so.2")
    library.g726_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.g726_init(None, 32000, 0, packing))
    tone = (8000 * numpy.sin(2 * math.pi * 700 * numpy.arange(8000) / 8000)).astype(numpy.int16)
    coded = ctypes.create_string_buffer(4000)
    assert library.g726_encode(state, coded, tone.ctypes.data_as(ctypes.c_void_p), 8000) == 4000
    decoder = Decoder(name)
    heard = numpy.concatenate([decoder.decode(coded.raw[at : at + 80]) for at in range(0, 4000, 80)])
    decoder.close()
    strongest = tones(heard[800:], 8000, 1)[0]
    assert strongest.frequency == pytest.approx(700, abs=1)
    assert level(heard[800:]) == pytest.approx(level(tone), abs=0.5)


def test_counters_wrap() -> None:
    assert unwrapped([65534, 65535, 0, 1], 16).tolist() == [65534, 65535, 65536, 65537]
    assert unwrapped([2, 1, 3], 16).tolist() == [2, 1, 3]


def test_a_secret_split_over_segments_is_found() -> None:
    def segment(number: int, payload: bytes) -> bytes:
        tcp = struct.pack("!HHIIBBHHH", 4000, 80, number, 1, 0x50, 0x18, 1000, 0, 0) + payload
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, bytes(4), bytes(4))
        return bytes(12) + b"\x08\x00" + head + tcp

    first, second = masked(
        [segment(1, b"pass=sec"), segment(9, b"ret&x=1")], lambda raw: raw.replace(b"secret", b"******")
    )
    assert first.endswith(b"pass=***")
    assert second.endswith(b"***&x=1")
