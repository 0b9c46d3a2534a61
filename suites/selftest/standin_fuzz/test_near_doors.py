"""What comes from near: the browser, the air, the dongle's line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

from hypothesis import strategies as st

from rigs.standin.air import protocol as air
from rigs.standin.air.radio import Radio
from rigs.standin.base.device import Device
from rigs.standin.base.dns import Resolver
from rigs.standin.base.settings import Settings
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.web.definitions import pages, tabs
from rigs.standin.web.http import LINE_LIMIT, BadRequest, Request, read_request
from rigs.standin.web.login import COOKIE
from rigs.standin.web.site import Site
from suites.selftest.standin_handset.conftest import IPUIS, Room

from .fuzzing import damaged, fuzz, odd_json, odd_text

# --- the browser

CUT = b"POST /identity.htm?idx=1&tab=addressbook HTTP/1.1\r\nCookie: session=@COOKIE@\r\n" + (
    b"Content-Type: multipart/form-data; boundary=cut\r\nContent-Length: @LENGTH@\r\n\r\n"
    b'--cut\r\nContent-Disposition: form-data; name="upload"\r\n\r\nUpload\r\n'
    b'--cut\r\nContent-Disposition: form-data; name="vcards"; filename="x.vcf"\r\n\r\n'
    b"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Doe;Jane\r\nFN:Jane Doe\r\nPHOTO;ENCODING=b:AAAA=\r\n"
    b"TEL;TYPE=work,voice:+49 30 1234\r\nNOTE;ENCODING=QUOTED-PRINTABLE:a=\r\n b\r\nEND:VCARD\r\n--cut--\r\n"
)
REQUESTS = [
    b"GET /index.htm?x=%20y HTTP/1.1\r\nHost: m9\r\nCookie: session=@COOKIE@; a=b\r\n\r\n",
    b"POST /network.htm HTTP/1.1\r\nCookie: session=@COOKIE@\r\nContent-Length: @LENGTH@\r\n\r\nbase_name=a&save=Save",
    b"POST /index.htm HTTP/1.0\r\nContent-Length: @LENGTH@\r\n\r\n"
    b"username=admin&password=password&link=log.htm&submit=Login",
    b"POST /status.htm?tab=dect HTTP/1.1\r\nCookie: session=@COOKIE@\r\nContent-Length: @LENGTH@\r\n\r\n"
    b"forget_005C30C840=x",
    b"HEAD /identity9_account.htm HTTP/1.1\r\nCookie: session=@COOKIE@\r\n\r\n",
    CUT,
    CUT.replace(b"--cut--", b"--cut\r\nContent-Type: multipart/mixed;boundary=cut\r\n\r\n" * 400),
]


def _site(folder: Path) -> Site:
    device = Device(mac="00:04:13:30:01:21", folder=folder, strategies=Strategies(), quirks=Quirks())
    device.dns, device.air = Resolver(device), Radio(device)
    one = SimpleNamespace(state="Registered", registered=True, seconds_left=170, expires=170)
    device.sip = SimpleNamespace(identities=dict.fromkeys(range(1, 10), one))  # type: ignore[assignment]
    device.settings.set("eula_accepted", "true", who="base")
    return Site(device)


def test_no_request_and_no_form_ends_the_web_server(tmp_path: Path) -> None:
    names = [field.form_name for page in (*pages().values(), *tabs().values()) for field in page.fields]
    where = [*pages(), *(f"/identity.htm?idx=2&tab={tab}" for tab in tabs())]
    form = st.tuples(st.sampled_from(where), st.dictionaries(st.sampled_from(names), odd_text(), max_size=5))
    site = _site(tmp_path)
    cookie = site._login._sessions.begin("test", site._login._rule).encode()

    async def asked(data: bytes) -> None:
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        reader.feed_data(data.replace(b"@COOKIE@", cookie).replace(b"@LENGTH@", str(_body(data)).encode()))
        reader.feed_eof()
        try:
            request = await read_request(reader, "::1")
        except (BadRequest, EOFError):
            return
        site.answer(request).encode(request)

    def check(case: tuple[bytes, tuple[str, dict[str, str]]]) -> None:
        data, (path, fields_) = case
        asyncio.run(asked(data))
        body = urlencode({**fields_, "save": "Save"}, errors="surrogatepass").encode()
        head = f"POST {path} HTTP/1.1\r\nCookie: session={cookie.decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
        asyncio.run(asked(head.encode() + body))
        again = Settings(site.device.flash, site.device.strategies)
        assert again.not_taken == []
        home = site.answer(Request("GET", "/index.htm", {}, {"cookie": f"{COOKIE}={cookie.decode()}"}, {}, ""))
        assert home.status == 200

    fuzz(st.tuples(damaged(REQUESTS), form), check, 40)


def _body(data: bytes) -> int:
    return len(data.partition(b"\r\n\r\n")[2])


# --- the air


def _samples() -> list[air.Message]:
    """One of each message, with values that lead somewhere."""
    values = {"rfpi": "05C3000908", "call": "h1-1", "number": "200", "digits": "5#", "feature": "dnd", "reason": "busy"}
    found = []
    for kind in air.Message.kinds.values():
        known = {
            field.name: values[field.name] for field in fields(kind) if field.name in values and field.type == "str"
        }
        found.append(kind(ipui=IPUIS[0], **known))
    return found


def _air_packets() -> st.SearchStrategy[bytes]:
    samples = _samples()
    packets = [air.encode(message) for message in samples] + [air.encode_voice(1, bytes(80))]
    names = [field.name for message in samples for field in fields(message)]
    wrong = st.builds(
        lambda message, name, value: (
            b"J" + json.dumps({"m": type(message).__name__, **asdict(message), name: value}).encode()
        ),
        st.sampled_from(samples),
        st.sampled_from(names),
        odd_json(st.sampled_from(["h1-1", "b1", *IPUIS, "\ud800"])),
    )
    return st.one_of(damaged(packets), wrong, st.just(b"J" + b'{"m":' * 20_000), st.sampled_from(packets))


async def _enter(room: Room) -> None:
    await room.__aenter__()
    room.device.owner.take_over()


def _in_room(folder: Path, fuzzed: Callable[[Room, asyncio.Runner], None]) -> None:
    with asyncio.Runner() as runner:
        room = Room(folder)
        runner.run(_enter(room))
        fuzzed(room, runner)
        runner.run(room.__aexit__())


def test_no_packet_of_the_air_ends_a_base_or_a_handset(tmp_path: Path) -> None:
    def fuzzed(room: Room, runner: asyncio.Runner) -> None:
        async def check(packets: list[bytes]) -> None:
            for packet in packets:
                try:
                    message = air.decode(packet)
                except air.AirError:
                    continue
                room.device.air._heard(message)
                room.portable.medium._deliver(room.portable.medium._bases[0], message)
                await asyncio.sleep(0)
            for _ in range(3):
                await asyncio.sleep(0)
            for call in tuple(room.device.exchange.calls):
                room.device.exchange.finish(call, "normal")
            room.device.exchange._info.tell_all()
            assert room.device.owner.places == []
            assert room.portable.owner.places == []

        fuzz(st.lists(_air_packets(), max_size=8), lambda packets: runner.run(check(packets)), 50)

    _in_room(tmp_path, fuzzed)


# --- the dongle

LINES = [
    *(
        b"AT",
        b"ATI",
        b"AT+CAPS?",
        b"AT+HS?",
        b"AT+TIME?",
        b"AT+DISP=1",
        b"AT+PIC=1",
        b"AT+KEY=1,5",
        b"AT+KEY=1,OFFHOOK,20",
    ),
    *(b"AT+AUDIO=1,TONE,1000,-10,100", b"AT+AUDIO=2,MUTE", b"AT+LISTEN=1,20", b'AT+REG=5,"0000"', b"AT+DEREG=4"),
    *(b"AT+RF=3,100", b"AT+HSPWR=2,OFF", b"AT+HSPWR=2,ON", b"AT+SUBS=1,63", b"AT+CRC=1", b"AT+CRC=0", b"ATI*FD97"),
    *(b"AT+KEY=1,SOFT1", b"AT+KEY=1,SOFT2", b"AT+KEY=1,OK", b"AT+KEY=1,DOWN", b"AT+KEY=1,UP", b"AT+KEY=1,MESSAGE"),
]


def test_no_line_silences_the_dongle(tmp_path: Path) -> None:
    def fuzzed(room: Room, runner: asyncio.Runner) -> None:
        port = room.portable.port

        async def check(lines: list[bytes]) -> None:
            for line in lines:
                for part in port._buffer.feed(line + b"\r\n"):
                    port._line(part)
                await asyncio.sleep(0)
            port._commands.crc_compulsory = False
            port._key_down = False
            port._waiting.clear()
            room.line._lines.clear()
            port._buffer.drop()
            port._line(b"ATI")
            await room.line.wait("PROTO=1")
            assert room.portable.owner.places == []
            assert room.device.owner.places == []

        fuzz(st.lists(damaged(LINES) | st.sampled_from(LINES), max_size=8), lambda lines: runner.run(check(lines)), 50)

    _in_room(tmp_path, fuzzed)
