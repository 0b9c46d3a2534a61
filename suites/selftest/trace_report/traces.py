"""Small traces for `m9 judge`: messages as texts, written to a pcap as the base and its server sent them."""

from __future__ import annotations

import struct
from pathlib import Path

from suites.selftest.capture import frames

BASE, SERVER = frames.BASE, frames.PBX
BEGINS = 1_700_000_000
"""2023-11-14 22:13:20 UTC."""
DESCRIPTION = (
    "v=0\r\no=root 4711 {version} IN IP4 {address}\r\ns=call\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
    "m=audio 50000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\na=ptime:20\r\na={direction}\r\n{more}"
)
Sent = tuple[float, bool, str]
"""Seconds from the beginning, whether the base sent it, the message."""


def described(address: str, *, version: int = 1, direction: str = "sendrecv", more: str = "") -> str:
    """A session description of one codec and events."""
    return DESCRIPTION.format(address=address, version=version, direction=direction, more=more)


def message(first: str, *lines: str, body: str = "") -> str:
    """A message with Content-Length; a body is a session description."""
    heads = [first, *lines, *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}"]
    return "\r\n".join(heads) + "\r\n\r\n" + body


def call(
    at: float = 0.0, *, name: str = '"40" ', call_id: str = "c1", end: bool = True, more: str = "", hold: str = ""
) -> list[Sent]:
    """The base calls 301, is answered after 50 ms, talks 3 s and hangs up; `more` lines stand in its description.

    `hold` is the description that it offers after two seconds.
    """
    here, there = f"From: {name}<sip:40@pbx>;tag=base{call_id}", "To: <sip:301@pbx>"
    known = f"{there};tag=far{call_id}"
    own, far = f"Contact: <sip:40@{BASE}:5060>", f"Contact: <sip:301@{SERVER}:5060>"

    def request(method: str, number: int, uri: str, target: str, *lines: str, body: str = "") -> str:
        via = f"Via: SIP/2.0/UDP {BASE}:5060;branch=z9hG4bK{call_id}{number}{method};rport"
        common = (via, here, target, f"Call-ID: {call_id}", f"CSeq: {number} {method}", "Max-Forwards: 70")
        return message(f"{method} {uri} SIP/2.0", *common, *lines, body=body)

    def answer(method: str, number: int, *lines: str, body: str = "") -> str:
        via = f"Via: SIP/2.0/UDP {BASE}:5060;branch=z9hG4bK{call_id}{number}{method};rport"
        common = (via, here, known, f"Call-ID: {call_id}", f"CSeq: {number} {method}")
        return message("SIP/2.0 200 OK", *common, *lines, body=body)

    offer, accepted = described(BASE, more=more), described(SERVER)
    sent: list[Sent] = [
        (at, True, request("INVITE", 1, "sip:301@pbx", there, own, body=offer)),
        (at + 0.05, False, answer("INVITE", 1, far, body=accepted)),
        (at + 0.06, True, request("ACK", 1, f"sip:301@{SERVER}:5060", known)),
    ]
    if hold:
        listens = described(SERVER, version=2, direction="recvonly")
        sent += [
            (at + 2.0, True, request("INVITE", 2, f"sip:301@{SERVER}:5060", known, own, body=hold)),
            (at + 2.05, False, answer("INVITE", 2, far, body=listens)),
            (at + 2.06, True, request("ACK", 2, f"sip:301@{SERVER}:5060", known)),
        ]
    if end:
        last = 3 if hold else 2
        sent += [
            (at + 3.05, True, request("BYE", last, f"sip:301@{SERVER}:5060", known)),
            (at + 3.06, False, answer("BYE", last)),
        ]
    return sent


def register(at: float = 0.0, *lines: str, status: str = "200 OK", agent: str = "snom-m9/9.2.45-a") -> list[Sent]:
    """The base registers 40 for an hour."""
    branch = f"Via: SIP/2.0/UDP {BASE}:5060;branch=z9hG4bKreg{at:.0f};rport"
    common = (branch, "From: <sip:40@pbx>;tag=reg", "Call-ID: r", f"CSeq: {at + 1:.0f} REGISTER")
    instance = "<urn:uuid:00000000-0000-1000-8000-000413300001>"
    contact = f'Contact: <sip:40@{BASE}:5060;line=qx3k1d>;reg-id=1;+sip.instance="{instance}"'
    asked = message(
        "REGISTER sip:pbx SIP/2.0", *common, "To: <sip:40@pbx>", "Max-Forwards: 70", contact, "Expires: 3600",
        "Supported: path, outbound, gruu", f"User-Agent: {agent}", *lines,
    )  # fmt: skip
    answered = message(f"SIP/2.0 {status}", *common, "To: <sip:40@pbx>;tag=srv", f"{contact};expires=3600")
    return [(at, True, asked), (at + 0.01, False, answered)]


def write(path: Path, sent: list[Sent]) -> Path:
    """A pcap of these messages in Ethernet frames, in the order in which they are given."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, ours, text in sent:
        ends = (BASE, SERVER) if ours else (SERVER, BASE)
        frame = frames.ethernet(frames.datagram(text.encode("utf-8", "surrogateescape"), *ends))
        micro = round((BEGINS + at) * 1_000_000)
        data += struct.pack("<IIII", micro // 1_000_000, micro % 1_000_000, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path
