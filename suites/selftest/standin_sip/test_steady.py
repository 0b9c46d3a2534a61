"""What a far end may send: nothing of it ends the base, closes its sockets or lets it stand."""

import asyncio
import socket
import time

import pytest

from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.transport import UDP, Source, Target, Transport, response_target
from rigs.standin.sip.values import Via

from .sip_room import HOST, script, sdp
from .test_calling import ALONE, INVITE, registered, run, without_registrar

OPTIONS = (
    b"OPTIONS sip:x@y SIP/2.0\r\nVia: %s\r\nFrom: <sip:a@b>;tag=%d\r\nTo: <sip:x@y>\r\n"
    b"Call-ID: c%d\r\nCSeq: 1 OPTIONS\r\n\r\n"
)
MADDR = b"SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK-m%d;maddr="


@pytest.fixture
def room(tmp_path):
    """Runs a scenario with a far end and a base that registered at it; nothing has failed in it at the end."""

    def enter(scenario, settings=None):
        async def work():
            async with script() as far, without_registrar(tmp_path, far, settings) as base:
                base.device.owner.take_over()
                await registered(far)
                await scenario(far, base)
            assert base.device.owner.places == []

        run(work())

    return enter


async def answers(far, base, branch):
    """The base answers a plain request."""
    far.say(base, ALONE, method="OPTIONS", more="X: y", branch=branch)
    return await far.response(200, "OPTIONS")


@pytest.mark.parametrize("name", [b"a\x00b", b"slow.example.net", b"x" * 300, "ü.example".encode(), b"224.0.0.1%nope"])
def test_a_name_in_maddr_is_neither_looked_up_nor_the_end_of_the_socket(room, monkeypatch, name):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", _noting(asked))

    async def scenario(far, base):
        for number in range(3):
            via = (MADDR % number) + name
            far.send(OPTIONS % (via, number, number), base.sip.transport.port)
        await answers(far, base, "z9hG4bK-after")

    room(scenario)
    assert not [host for host in asked if host != HOST]


def _noting(asked):
    real = socket.getaddrinfo

    def look_up(host, *arguments, **named):
        asked.append(host)
        return real(host, *arguments, **named)

    return look_up


@pytest.mark.parametrize(
    ("change", "to"),
    [("Call-ID: c1@far", "Call-ID: c\udcff1"), ("tag=far", "tag=\udcfffar"), ("branch=", "branch=z9hG4bK\udcff")],
)
def test_odd_octets_in_what_names_a_request_are_copied(room, change, to):
    async def scenario(far, base):
        line = ALONE.format(method="OPTIONS", uri=base.uri(), port=far.port, more="X: y", branch="c1")
        text = line.replace("\n", f"\nVia: SIP/2.0/UDP {HOST}:{far.port};branch=z9hG4bK-o\n", 1)
        for bad in (text, text.replace("CSeq: 1", "CSeq: x")):
            data = bad.replace(change, to).replace("\n", "\r\n") + "\r\n\r\n"
            far.send(data.encode("utf-8", errors="surrogateescape"), base.sip.transport.port)
        await answers(far, base, "z9hG4bK-after")

    room(scenario)


@pytest.mark.parametrize("address", ["127.0.0.1\x00", "far.example.net", "300.1.1.1"])
def test_a_description_without_an_address_is_refused_and_nothing_is_looked_up(room, address):
    async def scenario(far, base):
        far.say(base, INVITE, sdp(address=address), branch="z9hG4bK-inv")
        await far.response(488, "INVITE")
        assert not base.sip.calls
        await answers(far, base, "z9hG4bK-after")

    room(scenario)


@pytest.mark.parametrize(
    ("params", "port"),
    [
        ({"rport": "²"}, 4000),
        ({"rport": "9" * 5000}, 65535),
        ({"rport": "0", "received": HOST}, 0),
        ({"rport": "7000"}, 7000),
    ],
)
def test_any_rport_gives_a_port(params, port):
    via = Via("UDP", HOST, 5060, params)
    assert response_target(Source(Target(UDP, HOST, 4000)), via).port == port


def test_what_waited_while_the_host_stood_still_is_read_before_a_timer_fires():
    """Else a base on a busy host repeats a request whose answer lies in its socket."""
    seen = []

    async def work():
        transport = Transport(lambda message, source: seen.append(message.call_id), lambda bad, source: None)
        await transport.start(0, 0)
        done = asyncio.get_running_loop().create_future()

        def due():
            seen.append("timer")
            done.set_result(None)

        asyncio.get_running_loop().call_later(0.01, due)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
            for number in range(20):
                far.sendto(OPTIONS % (MADDR % number + b"x", number, number), (HOST, transport.port))
        asyncio.get_running_loop().call_soon(time.sleep, 0.05)  # the host stands still
        await done
        await transport.stop()

    run(work())
    assert seen == [*(f"c{number}" for number in range(20)), "timer"]


@pytest.mark.parametrize("target", [("x\x00y", 5060), ("far.example.net", 5060), (HOST, 70000), ("fe80::1%nope", 5)])
def test_a_target_that_is_none_leaves_the_socket_open(target):
    async def work():
        got = asyncio.get_running_loop().create_future()
        transport = Transport(lambda message, source: got.set_result(message), lambda bad, source: None)
        await transport.start(0, 0)
        for kind in (UDP, "TCP"):
            with pytest.raises(Unreachable):
                await transport.send(b"x", Target(kind, *target))
        transport.send_datagram(OPTIONS % (MADDR % 1 + b"x", 1, 1), Target(UDP, HOST, transport.port))
        assert (await asyncio.wait_for(got, 3)).call_id == "c1"
        await transport.stop()

    run(work())


def test_a_session_timer_of_nothing_is_no_flood_of_refreshes(room):
    async def scenario(far, base):
        _, ear = await base.call("301")
        invite = await far.request("INVITE")
        far.answer(invite, 200, "", far.contact, "Session-Expires: 0", "Content-Type: application/sdp", body=sdp())
        await far.request("ACK")
        await ear.expect("answered")
        await far.silence(0.3)

    room(scenario)


def test_connections_that_stay_open_leave_room_for_others(room):
    async def scenario(far, base):
        open_ones = [await asyncio.open_connection(HOST, base.sip.transport.port) for _ in range(100)]
        await answers(far, base, "z9hG4bK-after")
        assert len(base.sip.transport._connections) <= 64
        reader, writer = await asyncio.open_connection(HOST, base.sip.transport.port)
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.read(2), 3) == b"\r\n"
        for _, one in [*open_ones, (reader, writer)]:
            one.close()

    room(scenario)
