"""What far ends and servers send: SIP by UDP and TCP, descriptions, RTP and RTCP."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from rigs.standin.base.device import Device
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.media import rtp
from rigs.standin.media.description import CodecSpec, MediaDescription
from rigs.standin.media.session import Media
from rigs.standin.sip.message import Request, Response, response_to
from rigs.standin.sip.negotiation import Negotiation, NotAcceptable
from rigs.standin.sip.reader import BadMessage, read_datagram
from suites.selftest.standin_sip.sip_room import HOST, LoneBase, Script, lone_base, script, sdp

from .fuzzing import damaged, fuzz

HEADERS = b"""From: "Far" <sip:55@example.net>;tag=far
To: <sip:40@example.net>@TOTAG@
Call-ID: @CALL@
Max-Forwards: 70
Contact: <sip:far@127.0.0.1:@PORT@;transport=udp>
"""
MORE = b"""Supported: timer, 100rel
Session-Expires: 90;refresher=uas
Min-SE: 90
Expires: 30
P-Asserted-Identity: "Name" <sip:77@example.net>
Record-Route: <sip:127.0.0.1:@PORT@;lr>
Reason: Q.850;cause=26, SIP;cause=200
"""


def _request(method: bytes, body: bytes = b"", more: bytes = b"", number: bytes = b"@CSEQ@") -> bytes:
    head = method + b" @URI@ SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:@PORT@;branch=z9hG4bK-@BRANCH@;rport\n"
    head += HEADERS + b"CSeq: " + number + b" " + method + b"\n" + more
    return head.replace(b"\n", b"\r\n") + b"\r\n" + body


SDP = b"Content-Type: application/sdp\n"
SAMPLES = [
    _request(b"INVITE", sdp(), SDP + MORE),
    _request(b"INVITE", sdp(direction="sendonly"), SDP + b"Require: 100rel\n"),
    _request(b"INVITE"),
    _request(b"INVITE", sdp(), SDP + b"Replaces: @CALL@;to-tag=@TAG@;from-tag=far\n"),
    _request(b"REFER", more=b"Refer-To: <sip:1@127.0.0.1:@PORT@?Replaces=a%3Bto-tag%3Db>\nRefer-Sub: false\n"),
    _request(b"REFER", more=b"r: <sip:1@127.0.0.1:@PORT@>\nb: <sip:2@x>\n"),
    _request(
        b"INVITE", b"--b\r\nc: application/sdp\r\n\r\n" + sdp() + b"\r\n--b--", b"c: multipart/mixed;boundary=b\n"
    ),
    _request(b"ACK", sdp(), SDP),
    _request(b"BYE"),
    _request(b"CANCEL", more=MORE),
    _request(b"UPDATE", sdp(), SDP + MORE),
    _request(b"PRACK", more=b"RAck: 1 @CSEQ@ INVITE\n"),
    _request(b"INFO", b"Signal=5\r\nDuration=160\r\n", b"Content-Type: application/dtmf-relay\n"),
    _request(b"OPTIONS"),
    _request(
        b"NOTIFY",
        b"Messages-Waiting: yes\r\nVoice-Message: 2/1 (0/0)\r\n",
        b"Event: message-summary\nContent-Type: application/simple-message-summary\n",
    ),
    _request(b"NOTIFY", more=b"Event: check-sync;reboot=false\nSubscription-State: active;expires=60\n"),
]
ANSWERS = [
    b"200\nContact: <sip:far@127.0.0.1:@PORT@>;expires=60\nRequire: outbound\nExpires: 60\n",
    b"183\nContact: <sip:far@127.0.0.1:@PORT@>\nRSeq: 1\nRequire: 100rel\nContent-Type: application/sdp\n",
    b'401\nWWW-Authenticate: Digest realm="a", nonce="b", algorithm=MD5, qop="auth,auth-int", stale=true\n',
    b"302\nContact: <sip:far@127.0.0.1:@PORT@>;q=0.5, <sip:x@[::1]>\n",
    b"422\nMin-SE: 100\n",
    b"423\nMin-Expires: 100\n",
    b"420\nUnsupported: path\n",
    b"503\nRetry-After: 1\n",
    b"200\nContact: <sip:far@127.0.0.1:@PORT@>\nSession-Expires: 90;refresher=uac\nContent-Type: application/sdp\n",
]


class Stranger:
    """Sends what a case says, filled in with what the base needs to find a call by."""

    def __init__(self, base: LoneBase, far: Script) -> None:
        self.base, self.far = base, far
        self.call = 0
        self.ours = False

    def fill(self, data: bytes, number: int) -> bytes:
        calls = self.base.sip.calls
        tag = calls[-1].dialog.local.tag if calls and calls[-1].dialog is not None else ""
        for word, value in {
            "URI": self.base.uri(),
            "PORT": str(self.far.port),
            "BRANCH": f"{self.call}-{number}",
            "CSEQ": str(number + 1),
            "CALL": calls[-1].call_id if self.ours and calls else f"c{self.call}@far",
            "TAG": tag,
            "TOTAG": f";tag={tag}" if tag else "",
        }.items():
            data = data.replace(b"@" + word.encode() + b"@", value.encode())
        return data

    async def meet(self, case: tuple[str, list[tuple[str, bytes, bytes]]]) -> None:
        """One example: a call that stands, or none; each message and what the handset does; a question at the end."""
        start, steps = case
        self.call, self.ours = self.call + 1, start == "ours"
        if start == "theirs":
            self.far.send(self.fill(SAMPLES[0], 0), self.base.sip.transport.port)
            await (await self.base.offered())[0].answer()
            self.far.send(self.fill(SAMPLES[4], 0), self.base.sip.transport.port)
        elif start == "ours":
            await self.base.call("301")
            await self._settled()
            self._answer_all(b"200\nContact: <sip:far@127.0.0.1:@PORT@>\nContent-Type: application/sdp\n")
        for number, (what, data, answer) in enumerate(steps, 1):
            match what:
                case "request":
                    self.far.send(self.fill(data, number), self.base.sip.transport.port)
                case "stream":
                    await self._by_tcp(self.fill(data, number))
                case "call":
                    await self.base.call("301")
            await self._settled()
            self._answer_all(answer)
            await self._settled()
            while not self.base.incoming.empty():
                call, _ = self.base.incoming.get_nowait()
                await call.answer()
        for call in tuple(self.base.sip.calls):
            call.end(500, "", remote=True)
        await self._settled()
        assert self.base.device.owner.places == []
        assert not self.base.sip.calls
        assert not self.base.device.media.sessions

    def _answer_all(self, damage: bytes) -> None:
        """Each request of the base gets the answer of the case."""
        while not self.far.messages.empty():
            message = self.far.messages.get_nowait()
            if isinstance(message, Request) and message.method != "ACK":
                first, _, lines = self.fill(damage, 0).partition(b"\n")
                plain = response_to(message, 200, tag="far")
                head = plain.to_bytes().split(b"\r\nContent-Length")[0].replace(b"SIP/2.0 200 OK", b"SIP/2.0 " + first)
                self.far.send(head + b"\r\n" + lines.replace(b"\n", b"\r\n") + b"\r\n" + sdp())

    async def _by_tcp(self, data: bytes) -> None:
        _, writer = await asyncio.open_connection(HOST, self.base.sip.transport.port)
        writer.write(data)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        await self._settled()
        writer.close()

    async def _settled(self) -> None:
        """A plain question is answered: the base stands, and has read what came before."""
        asked = f"{self.call}-{random.random()}"
        data = _request(b"OPTIONS").replace(b"@CALL@", asked.encode()).replace(b"@TOTAG@", b"")
        data = data.replace(b"@BRANCH@", asked.encode())
        self.far.send(self.fill(data, 0), self.base.sip.transport.port)
        async with asyncio.timeout(3):
            while True:
                message = await self.far.messages.get()
                if isinstance(message, Response) and message.call_id == asked:
                    return
                if isinstance(message, Request):
                    self.far.messages.put_nowait(message)
                    await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def stranger(folder: Path) -> AsyncIterator[Stranger]:
    quiet = {f"log#{n}": "0" for n in range(1, 13)} | {"allow_check_sync": "false", "user_sip_info#1": "1"}
    async with script() as far, lone_base(folder, far.port, {**quiet, "retry_t1": "50"}) as base:
        base.device.owner.take_over()
        far.answer(await far.request("REGISTER"), 200)
        yield Stranger(base, far)


def test_no_sip_message_ends_a_base_or_closes_its_sockets(tmp_path: Path) -> None:
    step = st.tuples(
        st.sampled_from(["request", "request", "request", "stream", "call"]), damaged(SAMPLES), damaged(ANSWERS)
    )
    with asyncio.Runner() as runner:
        room = stranger(tmp_path)
        far = runner.run(room.__aenter__())
        cases = st.tuples(st.sampled_from(["none", "theirs", "ours"]), st.lists(step, min_size=1, max_size=4))
        fuzz(cases, lambda case: runner.run(far.meet(case)), 30)
        runner.run(room.__aexit__(None, None, None))


def test_every_datagram_is_a_message_or_none() -> None:
    def check(data: bytes) -> None:
        with contextlib.suppress(BadMessage):
            message = read_datagram(data)
            if message is not None:
                message.to_bytes(compact=True)

    fuzz(damaged(SAMPLES), check, 100)


# --- media


@pytest.fixture
def media(tmp_path: Path) -> Callable[[], Device]:
    def made() -> Device:
        device = Device(mac="00:04:13:30:01:21", folder=tmp_path, strategies=Strategies(), quirks=Quirks())
        device.network.address4, device.network.interface = HOST, "lo"
        device.media = Media(device)
        return device

    return made


DESCRIPTIONS = [
    sdp(),
    sdp(direction="inactive", address="0.0.0.0"),
    b"v=0\r\no=- 1 2 IN IP6 ::1\r\ns=-\r\nt=0 0\r\na=sendonly\r\nm=video 9 RTP/AVP 96\r\n"
    b"m=audio 4000/2 RTP/AVP 96 18 3 2 9 101\r\nc=IN IP6 fe80::1\r\na=rtpmap:96 opus/48000/2\r\n"
    b"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:30\r\na=maxptime:150\r\n",
]


def test_no_description_ends_a_call(media: Callable[[], Device]) -> None:
    with asyncio.Runner() as runner:

        async def check(case: list[tuple[bool, bytes]]) -> None:
            device = media()
            session = device.media.new_session(1)
            negotiation = Negotiation(session, device.strategies, lambda: HOST)
            for ours, body in case:
                with contextlib.suppress(NotAcceptable):
                    if ours:
                        negotiation.offer()
                        negotiation.take_answer(body)
                    else:
                        negotiation.answer(body)
                    await session.start()
                    session.send_dtmf("5", 100)
                    session.receive_air(bytes(80))
                    session._sender._beat(0)
                    session._reports.send()
            await session.stop()
            assert device.owner.places == []

        cases = st.lists(st.tuples(st.booleans(), damaged(DESCRIPTIONS)), min_size=1, max_size=3)
        fuzz(cases, lambda case: runner.run(check(case)), 30)


PACKETS = [
    rtp.build(8, True, 65535, 0, 7, bytes(160)),
    rtp.build(8, False, 0, 160, 7, bytes(160)),
    rtp.build(101, True, 5, 320, 7, b"\x05\x8a\x03\x20"),
    b"\xb1" + rtp.build(8, False, 6, 480, 8, bytes(4) + b"\x00\x01\x00\x01" + bytes(8) + b"\x02")[1:],
]
REPORTS = [
    b"\x81\xc8\x00\x0c" + bytes(48) + b"\x81\xca\x00\x02" + bytes(8),
    b"\x81\xc9\x00\x07" + bytes(28) + b"\x81\xcb\x00\x01" + bytes(4),
]


def _packet(kind: int, mark: bool, number: int, stamp: int, source: int, size: int) -> tuple[str, bytes]:
    return "rtp", rtp.build(kind, mark, number, stamp, source, bytes(size))


def test_no_packet_silences_a_session(media: Callable[[], Device]) -> None:
    own = MediaDescription(HOST, 40000, (CodecSpec(8, "PCMA", 8000),), "sendrecv", None, 101)
    packet: st.SearchStrategy[Any] = st.one_of(
        st.tuples(st.just("rtp"), damaged(PACKETS)),
        st.tuples(st.just("rtcp"), damaged(REPORTS)),
        st.builds(
            _packet,
            st.sampled_from([8, 101, 13]), st.booleans(), st.integers(0, 65535), st.integers(0, 2**32 - 1),
            st.integers(0, 3), st.sampled_from([0, 3, 4, 80, 160, 1400]),
        ),
        st.tuples(st.just("beat"), st.just(b"")),
        st.tuples(st.just("hold"), st.just(b"")),
    )  # fmt: skip
    with asyncio.Runner() as runner:

        async def check(case: list[tuple[str, bytes]]) -> None:
            device = media()
            session = device.media.new_session(1)
            session.apply(own, own)
            heard: list[bytes] = []
            session.connect_air(heard.append)
            for what, data in case:
                match what:
                    case "rtp":
                        session._rtp_came(data, (HOST, 40000))
                    case "rtcp":
                        session._rtcp_came(data, (HOST, 40001))
                    case "beat":
                        session._air_beat(0)
                    case "hold":
                        session.set_direction("inactive" if session.direction == "sendrecv" else "sendrecv")
                session._reports.send()
            session._air_beat(0)
            assert all(len(frame) == 80 for frame in heard)
            assert session.statistics.received >= 0
            await session.stop()

        fuzz(st.lists(packet, max_size=40), lambda case: runner.run(check(case)), 30)
