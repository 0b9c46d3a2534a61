"""Registration against a registrar that a test writes line by line."""

import asyncio
import hashlib

import pytest

from rigs.standin.base.dnsmessage import Pointer, Record, Service

from .sip_room import ACCOUNT, HOST, LoneBase, Script, digest_fields, lone_base, script

CHALLENGE = 'WWW-Authenticate: Digest realm="x", nonce="{nonce}", qop="auth", algorithm=MD5{more}'


def run(work):
    asyncio.run(work)


def challenge(nonce, more=""):
    return CHALLENGE.format(nonce=nonce, more=more)


async def grant(server, seconds=60):
    request = await server.request("REGISTER")
    server.answer(request, 200, "", f"Contact: {request.headers.get('Contact')};expires={seconds}")
    return request


async def until(condition, within=2.0):
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.005)


def test_the_request_has_the_shape_of_the_presentation(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port) as base:
            request = await grant(server)
            names = [name for name, _ in request.headers]
            assert names == [
                "Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Contact", "Supported", "User-Agent", "Expires",
                "Content-Length",
            ]  # fmt: skip
            assert request.uri == f"sip:{HOST}:{server.port}"
            assert request.via.branch.startswith("z9hG4bK-")
            assert len(request.via.branch) == 14
            assert "rport" in request.via.params
            assert request.call_id.endswith("@snom")
            assert len(request.call_id) == 13
            assert len(request.from_.tag) == 6
            contact = request.contact
            assert contact is not None
            assert contact.uri.params == {"transport": "udp", "line": base.sip.identities[1].line}
            assert contact.params["reg-id"] == "1"
            assert contact.params["+sip.instance"] == '"<urn:uuid:484c821f-0000-1000-8000-000413300121>"'
            assert request.headers.get("Supported") == "path, outbound, gruu"
            assert request.headers.get("User-Agent") == "snom-m9/9.2.45-a"
            assert request.headers.get("Expires") == "3600"
            assert request.from_.display == "Forty"
            await until(lambda: base.sip.identities[1].text == "Registered")
            assert base.sip.identities[1].expires == 60

    run(scenario())


@pytest.fixture
def soon(monkeypatch):
    """Bindings are refreshed at once, so that a test need not wait."""
    monkeypatch.setattr("rigs.standin.sip.strategies.RefreshStrategy.delay", lambda self, granted: 0.05)


@pytest.mark.usefixtures("soon")
def test_a_challenge_is_answered_and_a_refresh_carries_credentials_unasked(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port) as base:
            first = await server.request("REGISTER")
            server.answer(first, 401, "", challenge("n1"))
            second = await server.request("REGISTER")
            assert (second.call_id, second.cseq.number) == (first.call_id, first.cseq.number + 1)
            fields = digest_fields(second.headers.get("Authorization") or "")
            one = hashlib.md5(b"40:x:secret").hexdigest()
            two = hashlib.md5(f"REGISTER:{second.uri}".encode()).hexdigest()
            want = hashlib.md5(f"{one}:n1:00000001:{fields['cnonce']}:auth:{two}".encode()).hexdigest()
            assert fields["response"] == want
            server.answer(second, 200, "", "Expires: 1")
            third = await server.request("REGISTER")
            fields = digest_fields(third.headers.get("Authorization") or "")
            assert (fields["nonce"], fields["nc"]) == ("n1", "00000002")
            assert third.cseq.number == second.cseq.number + 1
            server.answer(third, 401, "", challenge("n2", ", stale=true"))
            fourth = await server.request("REGISTER")
            assert digest_fields(fourth.headers.get("Authorization") or "")["nonce"] == "n2"
            server.answer(fourth, 200)
            await until(lambda: base.sip.identities[1].expires == 3600)

    run(scenario())


def test_a_wrong_password_is_tried_once(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port) as base:
            for nonce in ("n1", "n2"):
                server.answer(await server.request("REGISTER"), 401, "", challenge(nonce))
            await until(lambda: base.sip.identities[1].text.startswith("Failed: 401"))
            await server.silence(0.2)

    run(scenario())


def test_a_proxy_challenge_is_answered_too(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port):
            first = await server.request("REGISTER")
            server.answer(first, 407, "", 'Proxy-Authenticate: Digest realm="p", nonce="n"')
            second = await server.request("REGISTER")
            assert "Proxy-Authorization" in second.headers
            assert "Authorization" not in [name for name, _ in second.headers]
            server.answer(second, 200)

    run(scenario())


def test_min_expires_unsupported_tags_and_redirection_are_obeyed(tmp_path):
    async def scenario():
        async with script() as server, script() as other, lone_base(tmp_path, server.port, {"user_expiry#1": "60"}):
            server.answer(await server.request("REGISTER"), 423, "", "Min-Expires: 90")
            second = await server.request("REGISTER")
            assert second.headers.get("Expires") == "90"
            server.answer(second, 420, "", "Unsupported: gruu")
            third = await server.request("REGISTER")
            assert third.headers.get("Supported") == "path, outbound"
            server.answer(third, 302, "", f"Contact: <sip:{HOST}:{other.port}>")
            await grant(other)

    run(scenario())


def test_a_503_is_waited_out_as_long_as_it_says(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port):
            server.answer(await server.request("REGISTER"), 503, "", "Retry-After: 1")
            await server.silence(0.7)
            await grant(server)

    run(scenario())


def test_a_silent_registrar_is_asked_again_later(tmp_path, monkeypatch):
    async def scenario():
        monkeypatch.setattr("rigs.standin.sip.strategies.RefreshStrategy.retry", lambda *failure: 0.1)
        async with script() as server, lone_base(tmp_path, server.port, {"retry_t1": "10"}) as base:
            await server.request("REGISTER")
            await until(lambda: base.sip.identities[1].text.startswith("Failed: no answer"))
            seen = len(server.seen)
            async with asyncio.timeout(6):
                while len(server.seen) == seen:
                    await asyncio.sleep(0.05)

    run(scenario())


def test_sign_out_takes_the_binding_back_with_the_old_account(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port) as base:
            old = await grant(server)
            base.configure({"user_name#1": "41"})
            gone = await server.request("REGISTER")
            assert (gone.headers.get("Expires"), gone.to.uri.user) == ("0", "40")
            assert (gone.headers.get("Contact"), gone.call_id) == (old.headers.get("Contact"), old.call_id)
            server.answer(gone, 200)
            new = await grant(server)
            assert new.to.uri.user == "41"
            base.configure({"user_active#1": "false"})
            server.answer(await server.request("REGISTER"), 200)
            await until(lambda: base.sip.identities[1].text == "Not active")

    run(scenario())


def test_nine_identities_have_nine_lines(tmp_path):
    async def scenario():
        async with script() as server:
            more = {}
            for number in range(2, 10):
                more |= {
                    f"user_active#{number}": "on",
                    f"user_name#{number}": f"{39 + number}",
                    f"user_host#{number}": f"{HOST}:{server.port}",
                }
            async with lone_base(tmp_path, server.port, more):
                requests = [await grant(server) for _ in range(9)]
                lines = {r.contact.uri.params["line"] for r in requests if r.contact}
                assert len(lines) == 9
                assert {r.contact.params["+sip.instance"] for r in requests if r.contact} == {
                    '"<urn:uuid:484c821f-0000-1000-8000-000413300121>"'
                }

    run(scenario())


@pytest.mark.parametrize("expires", ["header", "contact", "both"])
def test_the_contacts_expiry_counts_before_the_headers(tmp_path, expires):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port) as base:
            request = await server.request("REGISTER")
            contact = f"Contact: <sip:40@192.0.2.1;line=other>;expires=5, {request.headers.get('Contact')}"
            lines = {
                "header": ["Expires: 70"],
                "contact": [f"{contact};expires=80"],
                "both": ["Expires: 70", f"{contact};expires=80"],
            }[expires]
            server.answer(request, 200, "", *lines)
            await until(lambda: base.sip.identities[1].text == "Registered")
            assert base.sip.identities[1].expires == {"header": 70, "contact": 80, "both": 80}[expires]

    run(scenario())


def test_an_outbound_proxy_over_tcp_gets_the_request_on_one_connection(tmp_path):
    async def scenario():
        got = asyncio.Queue()

        async def serve(reader, writer):
            while data := await reader.readuntil(b"\r\n\r\n"):
                got.put_nowait((data, writer))

        server = await asyncio.start_server(serve, HOST, 0)
        port = server.sockets[0].getsockname()[1]
        proxy = {"user_outbound#1": f"sip:{HOST}:{port};transport=tcp", "user_host#1": "example.net"}
        async with lone_base(tmp_path, 0, proxy, ("no-sign-out",)) as base:
            data, writer = await asyncio.wait_for(got.get(), 2)
            assert data.startswith(b"REGISTER sip:example.net SIP/2.0\r\nVia: SIP/2.0/TCP ")
            assert b";transport=tcp;line=" in data
            assert base.zone.asked == []
            base.sip.identities[1].renew()
            writer.close()
        server.close()

    run(scenario())


def test_servers_are_found_by_naptr_srv_and_address_in_that_order(tmp_path):
    async def scenario():
        async with script() as server, script() as spare:
            async with lone_base(tmp_path, 0, {"user_active#1": "false", "user_host#1": "example.net"}) as base:
                zone = base.zone
                zone.add("example.net", "NAPTR", Pointer(10, 10, "s", "SIP+D2U", "", "_sip._udp.example.net"))
                zone.add(
                    "_sip._udp.example.net",
                    "SRV",
                    Service(20, 0, spare.port, "b.example.net"),
                    Service(10, 0, server.port, "a.example.net"),
                )
                zone.add("a.example.net", "A", HOST)
                zone.add("b.example.net", "A", HOST)
                base.configure({"user_active#1": "true"})
                request = await server.request("REGISTER")
                assert request.uri == "sip:example.net"
                assert [kind for kind, _ in zone.asked] == ["NAPTR", "SRV", "A", "AAAA", "A", "AAAA"]
                server.answer(request, 503)
                await grant(spare)

    run(scenario())


@pytest.mark.usefixtures("soon")
def test_a_stuck_nonce_count_is_a_defect_that_shows(tmp_path):
    async def scenario():
        async with script() as server, lone_base(tmp_path, server.port, defects=("nonce-count-stuck",)):
            server.answer(await server.request("REGISTER"), 401, "", challenge("n1"))
            server.answer(await server.request("REGISTER"), 200, "", "Expires: 1")
            third = await server.request("REGISTER")
            assert digest_fields(third.headers.get("Authorization") or "")["nc"] == "00000001"
            server.answer(third, 200)

    run(scenario())


def test_a_user_name_is_escaped_in_contact_as_in_from(tmp_path):
    async def scenario():
        settings = {"user_name#1": "a b#c@d;e<f>ü"}
        async with script() as far, lone_base(tmp_path, far.port, settings) as base:
            register = await far.request("REGISTER")
            escaped = "a%20b%23c%40d;e%3Cf%3E%C3%BC"
            assert register.from_.uri.user == escaped
            contact = register.contact
            assert contact is not None
            assert contact.uri.user == escaped
            line = contact.uri.params["line"]
            far.answer(register, 200, "", f"Contact: <sip:a%20b#c%40d@{HOST};line={line}>;expires=77")
            while base.sip.identities[1].state != "Registered":
                await asyncio.sleep(0.005)
            await base.call("301")
            invite = await far.request("INVITE")
            assert invite.contact.uri.user == invite.from_.uri.user == escaped

    asyncio.run(scenario())


@pytest.mark.parametrize("name", ["user_realname", "user_name", "user_authname"])
def test_no_control_character_of_a_setting_reaches_a_header(tmp_path, monkeypatch, name):
    """The door refuses one; what got in all the same (here: by the seam of settings) ends with its line."""
    from rigs.standin.base.settings import Settings

    healthy = Settings.in_effect

    def effect(self, setting, idx, stored):
        return "a\r\nX-Injected: y\x00" if (setting, idx) == (name, 1) else healthy(self, setting, idx, stored)

    monkeypatch.setattr(Settings, "in_effect", effect)

    async def scenario():
        async with script() as far, lone_base(tmp_path, far.port) as base:
            register = await far.request("REGISTER")
            far.answer(register, 401, "", 'WWW-Authenticate: Digest realm="x", nonce="n"')
            far.answer(await far.request("REGISTER"), 200)
            await base.call("301")
            far.answer(await far.request("INVITE"), 486)
            await far.request("ACK")
        for raw in far.raw:
            head = raw.partition(b"\r\n\r\n")[0]
            assert b"\r\nX-Injected" not in head
            assert not set(head.replace(b"\r\n", b"")) & {0, 10, 13}

    asyncio.run(scenario())


def test_a_server_whose_name_leads_elsewhere_is_followed_when_the_answer_has_expired(tmp_path, monkeypatch):
    """Not only when the binding is due for its refresh, which may be half an hour later."""
    from rigs.standin.sip import registration

    monkeypatch.setattr(registration, "SHORTEST_NAME_S", 0.05)

    async def scenario():
        async with script() as old:
            settings = {"user_host#1": f"pbx.example:{old.port}"}
            loop = asyncio.get_running_loop()
            pipe, new = await loop.create_datagram_endpoint(Script, local_addr=("127.0.0.2", old.port))
            base = LoneBase(tmp_path, {**ACCOUNT, **settings})
            base.zone.records[("pbx.example", "A")] = [Record("pbx.example", "A", 0, HOST)]
            await base.start()
            await grant(old, 3600)
            await old.silence(0.3)  # names are asked for again and lead to the same place
            assert base.zone.asked.count(("A", "pbx.example")) > 2
            base.zone.records[("pbx.example", "A")] = [Record("pbx.example", "A", 0, "127.0.0.2")]
            request = await new.request("REGISTER")
            new.answer(request, 200, "", f"Contact: {request.headers.get('Contact')};expires=3600")
            new.agrees = old.agrees = True
            await base.stop()
            pipe.close()

    asyncio.run(scenario())


def test_a_redirected_binding_stays_where_it_was_led(tmp_path, monkeypatch):
    from rigs.standin.sip import registration

    monkeypatch.setattr(registration, "SHORTEST_NAME_S", 0.05)

    async def scenario():
        async with script() as far, script() as other:
            base = LoneBase(tmp_path, {**ACCOUNT, "user_host#1": f"pbx.example:{far.port}"})
            base.zone.records[("pbx.example", "A")] = [Record("pbx.example", "A", 0, HOST)]
            await base.start()
            far.answer(await far.request("REGISTER"), 302, "", f"Contact: <sip:{HOST}:{other.port}>")
            await grant(other, 3600)
            await far.silence(0.3)
            other.agrees = True
            await base.stop()

    asyncio.run(scenario())
