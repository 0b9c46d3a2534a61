"""SIP over TLS at a registrar with a certificate, and keys of encrypted media in descriptions."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest

from harness.services.authority import Authority, ServerFiles
from rigs.standin.media import srtp
from rigs.standin.sip.message import response_to
from rigs.standin.sip.negotiation import Negotiation, NotAcceptable
from rigs.standin.sip.reader import StreamReader
from rigs.standin.sip.sdp import media_of, parse

from .sip_room import HOST, lone_base, script, sdp

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"


def run(work):
    asyncio.run(work)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    made = ServerFiles(tmp_path_factory.mktemp("tls"), Authority("selftest CA"), [HOST])
    made.write()
    return made


@asynccontextmanager
async def registrar(files):
    """Takes every REGISTER; gives its port and what came: the number of the connection, and the request."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    came, connections = asyncio.Queue(), []

    async def serve(reader, writer):
        connections.append(writer)
        number, messages = len(connections), StreamReader()
        while data := await reader.read(65536):
            for request in messages.feed(data):
                answer = response_to(request, 200, "", tag="far")
                answer.headers.add("Contact", f"{request.headers.get('Contact')};expires=60")
                writer.write(answer.to_bytes())
                came.put_nowait((number, request))
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], came, connections
    finally:
        server.close()


def told(base, files, port):
    """The base trusts the authority and registers at the server."""
    if files is not None:
        base.device.trust.store([files.authority.pem], "", "")
    base.configure({"user_outbound#1": f"sip:{HOST}:{port};transport=tls"})


async def next_of(came, within=3.0):
    async with asyncio.timeout(within):
        return await came.get()


def test_a_trusted_server_is_asked_over_one_connection_that_is_mended(tmp_path, files):
    files.present("")

    async def scenario():
        async with (
            registrar(files) as (port, came, connections),
            script() as idle,
            lone_base(tmp_path, idle.port) as base,
        ):
            told(base, files, port)
            number, request = await next_of(came)
            assert (request.via.transport, number) == ("TLS", 1)
            assert request.contact.uri.params["transport"] == "tls"
            base.sip.identities[1].renew()
            assert (await next_of(came))[0] == 1
            connections[0].close()
            assert (await next_of(came))[0] == 2

    run(scenario())


@pytest.mark.parametrize("fault", ["", "wrong host", "expired", "unknown authority"])
def test_a_server_that_is_not_trusted_hears_nothing(tmp_path, files, fault):
    files.present(fault)

    async def scenario():
        async with registrar(files) as (port, came, _), script() as idle, lone_base(tmp_path, idle.port) as base:
            told(base, files if fault else None, port)
            async with asyncio.timeout(3):
                while not base.sip.identities[1].text.startswith("Failed"):
                    await asyncio.sleep(0.01)
            assert came.empty()
            assert any("tls:" in entry.text for entry in base.device.log.entries() if entry.category == "tls")

    run(scenario())


def offer(profile, *keys):
    """An offer of one line with these keys."""
    return sdp().replace(b"RTP/AVP", profile.encode()) + b"".join(f"a=crypto:{key}\r\n".encode() for key in keys)


@pytest.mark.parametrize(
    ("switch", "profile", "keys", "answered"),
    [
        ("on", "RTP/SAVP", [f"4 AES_CM_128_HMAC_SHA1_32 inline:{KEY}"], "RTP/SAVP 4 AES_CM_128_HMAC_SHA1_32"),
        ("on", "RTP/AVP", [f"1 F8_128_HMAC_SHA1_80 inline:{KEY}", f"2 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"],
         "RTP/AVP 2 AES_CM_128_HMAC_SHA1_80"),
        ("on", "RTP/AVP", [], "RTP/AVP"),
        ("off", "RTP/AVP", [f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"], "RTP/AVP"),
        ("off", "RTP/SAVP", [f"1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"], ""),
        ("on", "RTP/SAVP", [f"1 F8_128_HMAC_SHA1_80 inline:{KEY}"], ""),
    ],
)  # fmt: skip
def test_an_offer_is_answered_with_the_key_that_both_sides_know(tmp_path, switch, profile, keys, answered):
    async def scenario():
        async with script() as far, lone_base(tmp_path, far.port, {"rtp_encryption#1": switch}) as base:
            talk = Negotiation(base.device.media.new_session(1), base.device.strategies.of(1), lambda: HOST)
            try:
                answer = parse(talk.answer(offer(profile, *keys)))
            except NotAcceptable:
                assert answered == ""
                return
            (line,) = answer.lines
            chosen = [f"{one.tag} {one.suite}" for one in media_of(answer, line).crypto]
            assert " ".join([line.profile, *chosen]) == answered

    run(scenario())


def test_an_offer_has_keys_of_both_suites_and_keeps_them(tmp_path):
    async def scenario():
        async with script() as far, lone_base(tmp_path, far.port, {"rtp_encryption#1": "on"}) as base:
            media = base.device.media.new_session(1)
            first, second = media.local_offer("sendrecv"), media.local_offer("sendonly")
            assert [key.suite for key in first.crypto] == list(srtp.SUITES)
            assert first.crypto == second.crypto
            assert (first.profile, first.encrypted) == ("RTP/SAVP", True)

    run(scenario())
