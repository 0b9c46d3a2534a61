"""Calls as they are told apart in traces of others: proxies' copies, forks, ports and numbers that come again."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from harness.trace_report import build, reading
from harness.trace_report.model import Report
from suites.selftest.capture import frames
from suites.selftest.trace_report import traces
from suites.selftest.trace_report.traces import BASE, BEGINS, SERVER

CALLEE = "192.0.2.20"
OUT, BACK = (BASE, 50000, SERVER, 50000), (SERVER, 50000, BASE, 50000)
Sent = tuple[float, tuple[str, int, str, int], bytes]


def signalling(*calls: list[traces.Sent]) -> list[Sent]:
    """The messages of calls between the base and its server."""
    ends = {True: (BASE, 5060, SERVER, 5060), False: (SERVER, 5060, BASE, 5060)}
    return [(at, ends[ours], text.encode()) for call in calls for at, ours, text in call]


def media(begin: float, end: float, ends: tuple[str, int, str, int], *, ssrc: int, number: int = 0) -> list[Sent]:
    """Speech of one source, a packet each 20 ms."""
    found = []
    for count in range(int((end - begin) * 50)):
        head = (0x80, 8 | (0 if count else 0x80), (number + count) % 2**16, (number + count) * 160, ssrc)
        found.append((begin + count / 50, ends, struct.pack("!BBHII", *head) + b"\xd5" * 160))
    return found


def both(begin: float, number: int = 0) -> list[Sent]:
    """Speech of both sides for three seconds."""
    return media(begin, begin + 2.9, OUT, ssrc=7, number=number) + media(
        begin, begin + 2.9, BACK, ssrc=8, number=number
    )


def report(path: Path, sent: list[Sent]) -> Report:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, (src, sport, dst, dport), payload in sorted(sent, key=lambda one: one[0]):
        frame = frames.ethernet(frames.datagram(payload, src, dst, ports=(sport, dport)))
        micro = round((BEGINS + at) * 1_000_000)
        data += struct.pack("<IIII", micro // 1_000_000, micro % 1_000_000, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return build.report(reading.material(reading.Question(path, (BASE,))))


def copied(call: list[traces.Sent]) -> list[Sent]:
    """What the proxy sends on to the callee, and gets back."""
    found = []
    for at, ours, text in call:
        via = f"Via: SIP/2.0/UDP {SERVER}:5060;branch=z9hG4bKproxy{len(text)}\r\nVia: "
        onward = text.replace("Via: ", via, 1).replace("Max-Forwards: 70", "Max-Forwards: 69").encode()
        ends = (SERVER, 5060, CALLEE, 5060) if ours else (CALLEE, 5060, SERVER, 5060)
        found.append((at + (0.001 if ours else -0.001), ends, onward))
    return found


def ringing(answer: str, tag: str) -> str:
    """A 180 of another fork."""
    text = re.sub(r"Content-Type.*", "Content-Length: 0\r\n\r\n", answer, flags=re.DOTALL)
    return text.replace("200 OK", "180 Ringing").replace("tag=farc1", f"tag={tag}")


CALL = traces.call()
RINGS = [(0.02, False, ringing(CALL[1][2], tag)) for tag in ("one", "two", "farc1")]
NEXT = traces.call(3.4, call_id="c2")
STUN = bytes.fromhex("000100002112a442") + bytes(12)
ONE = [(1, "sent"), (1, "heard")]
LAWFUL: dict[str, tuple[list[Sent], int, list[tuple[int, str]]]] = {
    "a proxy's copies": (signalling(CALL) + copied(CALL) + both(0.1), 1, ONE),
    "several forks ring": (signalling([CALL[0], *RINGS, *CALL[1:]]) + both(0.1), 1, ONE),
    "the next call on the same ports at once": (
        signalling(CALL, NEXT) + both(0.1) + both(3.5, 30000), 2, [*ONE, (2, "sent"), (2, "heard")],
    ),
    "the end of the first was not captured": (
        signalling(CALL[:-2], NEXT) + both(0.1) + both(3.5, 30000), 2, [*ONE, (2, "sent"), (2, "heard")],
    ),
    "the far end counts anew": (
        signalling(CALL) + media(0.1, 3, OUT, ssrc=7) + media(0.1, 1.5, BACK, ssrc=8)
        + media(1.5, 3, BACK, ssrc=8, number=20000), 1, ONE,
    ),
    "the far end becomes another source": (
        signalling(CALL) + media(0.1, 3, OUT, ssrc=7) + media(0.1, 1.5, BACK, ssrc=8) + media(1.5, 3, BACK, ssrc=9),
        1, [*ONE, (1, "heard")],
    ),
    "stun beside media and reports": (
        [*signalling(CALL), *both(0.1), (0.07, OUT, STUN), (0.08, (SERVER, 50001, BASE, 50001), STUN)], 1, ONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAWFUL)
def test_a_lawful_trace_breaks_no_rule_and_its_streams_are_those_of_their_call(name: str, tmp_path: Path) -> None:
    sent, calls, streams = LAWFUL[name]
    found = report(tmp_path / "call.pcap", sent)
    told = [f"{fault.rule}: {fault.claim}, packet {fault.frame}" for one in found.broken for fault in one.faults]
    assert told == []
    assert len(found.calls) == calls
    assert [(stream.call, stream.way) for stream in found.streams] == streams
    assert {stream.lost for stream in found.streams} == {0}


def compact(text: str) -> str:
    """Every header that has a short name under it."""
    names = {"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Contact": "m", "Content-Type": "c"}
    names["Content-Length"] = "l"
    return re.sub(r"\r\n([A-Za-z-]+):", lambda name: f"\r\n{names.get(name[1], name[1])}:", text)


FORMS = {
    "compact": compact,
    "folded": lambda text: re.sub(r"\r\n(From|To|Via|Contact): ", "\r\n\\1:\r\n  ", text),
    "folded at the tag": lambda text: text.replace(";tag=", "\r\n\t;tag="),
    "other case": lambda text: text.replace("From:", "FROM:").replace("CSeq:", "cseq :").replace("Via:", "VIA\t:"),
    "utf-8": lambda text: text.replace('"40" ', '"Mü\u2028\u0085r" '),
    "latin-1": lambda text: text.replace('"40" ', '"Mü\u0085r" ').encode("latin-1"),
    "both": lambda text: (
        text.replace('"40" ', '"Mü" ').encode().replace(b"Max-Forwards", b"Subject: gr\xfc\xdfe\r\nMax-Forwards")
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_headers_is_read_alike(name: str, tmp_path: Path) -> None:
    written = [(at, ours, FORMS[name](text)) for at, ours, text in CALL]
    ends = {True: (BASE, 5060, SERVER, 5060), False: (SERVER, 5060, BASE, 5060)}
    sent = [(at, ends[ours], text.encode() if isinstance(text, str) else text) for at, ours, text in written]
    found = report(tmp_path / "form.pcap", sent + both(0.1))
    plain = report(tmp_path / "plain.pcap", signalling(CALL) + both(0.1))
    assert not found.broken + plain.broken
    assert [call.ended for call in found.calls] == [call.ended for call in plain.calls]
    held = [{rule.id: rule.held for rule in one.rules} for one in (found, plain)]
    assert held[0] == held[1]
