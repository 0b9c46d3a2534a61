"""A healthy call through a proxy on paper: the base takes it, is held, and hangs up."""

from __future__ import annotations

from harness.capture import headers
from harness.capture.messages import CSeq, SipMessage
from harness.capture.rtp import RtpRow, RtpStream
from harness.capture.sdp import Codec, parse

BASE, PROXY = "198.18.9.50", "198.18.9.11"
ROUTE = "<sip:198.18.9.11;lr>"
PEER = "<sip:301@198.18.9.20:5060>"
OURS = f"<sip:41@{BASE}:5060;line=qx3k1d>"


def description(owner: str, version: int, direction: str) -> str:
    """A session description of one codec and events."""
    return (
        f"v=0\r\no=root 4711 {version} IN IP4 {owner}\r\ns=call\r\nc=IN IP4 {owner}\r\nt=0 0\r\n"
        "m=audio 50000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a=fmtp:101 0-15\r\na={direction}\r\n"
    )


def message(
    at: float, first: str, cseq: str, branch: str, *lines: str, body: str = "", ours: bool = True
) -> SipMessage:
    """One message; `ours` are the base's. From and To are the peer's and the base's unless `lines` name them."""
    text = [f"Via: SIP/2.0/UDP {PROXY};branch=z9hG4bK-{branch}", "Call-ID: paper", f"CSeq: {cseq}", *lines]
    text += ["Content-Type: application/sdp"] * bool(body) + [f"Content-Length: {len(body)}"]
    raw = "\r\n".join([first, *text]).encode() + b"\r\n\r\n" + body.encode()
    _, found, content = headers.split_message(raw)
    answer = first.startswith("SIP/2.0")
    number, _, method = cseq.partition(" ")
    one = {name.lower(): headers.parse_address(value) for name, value in found if name in ("From", "To")}
    source, target = (BASE, PROXY) if ours else (PROXY, BASE)
    return SipMessage(
        round(at * 100), at, source, 5060, target, 5060, "udp",
        method="" if answer else method, status=int(first.split()[1]) if answer else 0,
        request_uri="" if answer else first.split()[1], cseq=CSeq(int(number), method), call_id="paper",
        from_=one["from"], to=one["to"], headers=tuple(found), body=content, first_line=first,
        sdp_or_none=parse(body) if body else None,
    )  # fmt: skip


def messages() -> list[SipMessage]:
    """The whole call."""
    theirs = ("From: <sip:301@198.18.9.11>;tag=peer", "To: <sip:41@198.18.9.11>")
    known = (theirs[0], theirs[1] + ";tag=base")
    back = ("From: <sip:41@198.18.9.11>;tag=base", "To: <sip:301@198.18.9.11>;tag=peer")
    route, recorded, hops = f"Route: {ROUTE}", f"Record-Route: {ROUTE}", "Max-Forwards: 70"
    offer, answer = description("198.18.9.20", 1, "sendrecv"), description(BASE, 1, "sendrecv")
    hold, held = description(BASE, 2, "sendonly"), description("198.18.9.20", 2, "recvonly")
    contact, theirs_at = f"Contact: {OURS}", f"Contact: {PEER}"
    uri = OURS.strip("<>")
    invite = f"INVITE {uri} SIP/2.0"
    return [
        message(1, invite, "1 INVITE", "a", *theirs, recorded, theirs_at, body=offer, ours=False),
        message(2, "SIP/2.0 180 Ringing", "1 INVITE", "a", *known, recorded, contact),
        message(3, "SIP/2.0 200 OK", "1 INVITE", "a", *known, recorded, contact, body=answer),
        message(4, f"ACK {uri} SIP/2.0", "1 ACK", "b", *known, ours=False),
        message(5, "INVITE sip:301@198.18.9.20:5060 SIP/2.0", "1 INVITE", "c", *back, route, contact, hops, body=hold),
        message(6, "SIP/2.0 200 OK", "1 INVITE", "c", *back, recorded, theirs_at, body=held, ours=False),
        message(7, "ACK sip:301@198.18.9.20:5060 SIP/2.0", "1 ACK", "d", *back, route, hops),
        message(8, "BYE sip:301@198.18.9.20:5060 SIP/2.0", "2 BYE", "e", *back, route, hops),
        message(9, "SIP/2.0 200 OK", "2 BYE", "e", *back, ours=False),
    ]


def stream() -> RtpStream:
    """Ten packets of speech, a digit of 160 ms, ten packets of speech."""
    rows, codecs = [], {8: Codec(8, "PCMA", 8000), 101: Codec(101, "telephone-event", 8000)}
    for number in range(30):
        digit = 10 <= number < 20
        event = (5, number >= 17, min(number - 9, 8) * 160, 10) if digit else None
        stamp = 1600 if digit else number * 160
        payload = b"" if digit else b"\xd5" * 160
        at, marked = 1 + number / 50, number in (0, 10)
        rows.append(RtpRow(number + 1, at, number, stamp, 101 if digit else 8, marked, payload, event))
    return RtpStream.of_rows((BASE, 50000, "198.18.9.20", 4000), 0x1234, rows, codecs)
