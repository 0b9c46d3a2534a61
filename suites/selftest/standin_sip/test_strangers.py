"""Far ends of other makers: what the RFCs allow them, and what a base must make of it."""

import asyncio

import pytest

from rigs.standin.sip.content import Unsupported, session_body
from rigs.standin.sip.message import Headers, Request, Response, response_to
from rigs.standin.sip.values import CSeq

from .sip_room import HOST, digest_fields, script, sdp
from .test_calling import ALONE, INVITE, WITHIN, dialled, direction, registered, run, talking, without_registrar

SDP = "Content-Type: application/sdp"
MIXED = 'Content-Type: multipart/mixed;boundary="--cut"'


def multipart(*parts):
    """Parts, each a head and a body, as one body; preamble and epilogue are there to be passed over."""
    cut = b"\r\n----cut"
    return b"preamble" + b"".join(cut + b"\r\n" + head + b"\r\n\r\n" + body for head, body in parts) + cut + b"--\r\nx"


@pytest.fixture
def room(tmp_path):
    """Runs a scenario with a far end and a base that registered at it."""

    def enter(scenario, settings=None, defects=()):
        async def work():
            async with script() as far, without_registrar(tmp_path, far, settings, defects) as base:
                await registered(far)
                await scenario(far, base)

        run(work())

    return enter


# --- bodies


@pytest.mark.parametrize(
    ("head", "body", "found"),
    [
        (SDP, b"v=0\r\n", b"v=0\r\n"),
        ("Content-Type: Application/SDP;level=1", b"v=0\r\n", b"v=0\r\n"),
        (MIXED, multipart((b"Content-Type: text/plain", b"hello"), (b"c: application/sdp", b"v=0\r\n")), None),
        (
            MIXED,
            multipart(
                (b"Content-Type: text/plain\r\nContent-Disposition: render;\r\n handling=optional", b"hello"),
                (b"Content-Type: application/sdp", b"v=0\r\n"),
            ),
            b"v=0\r\n",
        ),
        ("Content-Type: text/plain\r\nContent-Disposition: render;handling=optional", b"hello", b""),
        ("Content-Type: text/plain", b"hello", None),
        (SDP + "\r\nContent-Encoding: gzip", b"zipped", None),
        ("Content-Type: multipart/mixed", b"hello", b""),
        ("X: y", b"", b""),
    ],
)
def test_a_description_is_found_in_any_body(head, body, found):
    lines = [tuple(part.strip() for part in line.split(":", 1)) for line in head.replace("\r\n ", " ").split("\r\n")]
    message = Request(Headers(lines), body, "INVITE", "sip:x@y")
    if found is None:
        with pytest.raises(Unsupported):
            session_body(message)
    else:
        assert session_body(message) == found


def test_an_offer_in_a_multipart_body_is_answered_and_one_in_latin1_is_refused_by_name(room):
    async def scenario(far, base):
        body = multipart((b"Content-Type: application/sdp", sdp(direction="sendonly")))
        far.say(base, INVITE.replace(SDP, MIXED), body, branch="z9hG4bK-mp")
        call, _ = await base.offered()
        await call.answer()
        assert direction(await far.response(200, "INVITE")) == "recvonly"
        far.say(base, INVITE.replace(SDP, "Content-Type: text/plain"), b"x", branch="z9hG4bK-tx")
        refused = await far.response(482, "INVITE")  # the same request again by its numbers
        assert refused.to.tag
        strange = INVITE.replace(SDP, "Content-Type: text/plain").replace("c1@far", "c2@far")
        far.say(base, strange, b"x", branch="z9hG4bK-ty")
        assert "application/sdp" in ((await far.response(415, "INVITE")).headers.get("Accept") or "")

    room(scenario)


# --- requests that come oddly


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("Contact: <sip:far@127.0.0.1:{port}>", "X: y"), 400),
        (("Contact: <sip:far@127.0.0.1:{port}>", "Contact: *"), 400),
        (("INVITE {uri} SIP", "INVITE mailto:40@example.net SIP"), 416),
        (("Max-Forwards: 70", "Max-Forwards: 0"), 180),
        (("CSeq: 1 INVITE", "CSeq: 1 INVITE\nCSeq: 1 INVITE"), 400),
        (("To: <sip:40@example.net>", "t : sip:40@example.net\nProxy-Require: nothing"), 180),
    ],
)
def test_an_odd_invite_gets_its_status_and_leaves_no_port_behind(room, change, status):
    async def scenario(far, base):
        far.say(base, INVITE.replace(*change), sdp(), branch="z9hG4bK-odd")
        assert (await far.response(status, "INVITE")).to.tag
        assert len(base.device.media.sessions) == (1 if status == 180 else 0)

    room(scenario)


def test_names_in_latin1_come_back_byte_by_byte_and_are_readable(room):
    async def scenario(far, base):
        text = INVITE.format(uri=base.uri(), port=far.port).replace('"Far"', '"M\udcfcller"')
        head = "\r\n".join([text.split("\n")[0], f"Via: SIP/2.0/UDP {HOST}:{far.port};branch=z9hG4bK-l1"])
        rest = "\r\n".join(text.split("\n")[1:])
        data = f"{head}\r\n{rest}\r\n\r\n".encode("utf-8", errors="surrogateescape") + sdp()
        far.send(data, base.sip.transport.port)
        call, _ = await base.offered()
        assert call.caller_name == "Müller"
        await far.response(180, "INVITE")
        assert any(b'From: "M\xfcller"' in raw for raw in far.raw)

    room(scenario)


def test_a_tag_is_seen_behind_blanks_too():
    for to in ("<sip:40@x> ; tag=abc", "sip:40@x;tag=abc", '"a;tag=x" <sip:40@x> ;TAG=abc'):
        request = Request(Headers([("To", to)]), method="BYE", uri="sip:40@x")
        assert response_to(request, 481, tag="ours").headers.get("To") == to
    assert response_to(Request(Headers([("To", "<sip:40@x>")])), 404, tag="ours").to.tag == "ours"


def test_the_same_damaged_request_gets_the_same_tag_each_time(room):
    async def scenario(far, base):
        far.repeats = True
        twice = ALONE.replace("CSeq: 1", "CSeq: 2 OPTIONS\nCSeq: 1")
        tags = set()
        for _ in range(2):
            far.say(base, twice, method="OPTIONS", more="X: y", branch="z9hG4bK-d")
            tags.add((await far.response(400, "OPTIONS")).to.tag)
        assert len(tags) == 1

    room(scenario)


def test_a_cancel_that_came_too_late_is_answered_with_the_tag_of_the_call(room):
    async def scenario(far, base):
        far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
        call, _ = await base.offered()
        await call.reject(486, "Busy Here")
        busy = await far.response(486, "INVITE")
        cancel = INVITE.replace("INVITE", "CANCEL").replace("\n" + SDP, "")
        far.say(base, cancel, branch="z9hG4bK-inv")
        assert (await far.response(200, "CANCEL")).to.tag == busy.to.tag

    room(scenario)


def test_a_response_with_two_vias_is_not_for_us(room):
    async def scenario(far, base):
        _, ear = await base.call("301")
        invite = await far.request("INVITE")
        stray = response_to(invite, 486, tag="far")
        stray.headers.add("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-x")
        far.send(stray.to_bytes())
        far.answer(invite, 180, "", far.contact)
        await ear.expect("ringing", 180)
        assert not any(event[0] == "ended" for event in ear.heard)

    room(scenario)


# --- offers at the wrong time


def test_an_update_with_an_offer_before_our_answer_is_asked_to_wait(room):
    async def scenario(far, base):
        far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
        await base.offered()
        ringing = await far.response(180, "INVITE")
        words = {"tag": ringing.to.tag, "cseq": "2", "branch": "z9hG4bK-u"}
        far.say(base, WITHIN, sdp(), method="UPDATE", more=SDP, **words)
        assert 0 <= int((await far.response(500, "UPDATE")).headers.get("Retry-After") or "-1") <= 10
        words |= {"cseq": "3", "branch": "z9hG4bK-v"}
        far.say(base, WITHIN, sdp(), method="INVITE", more=SDP, **words)
        await far.response(500, "INVITE")

    room(scenario)


def test_a_late_offer_that_wants_reliability_is_made_in_the_180_and_answered_in_the_prack(room):
    async def scenario(far, base):
        invite = INVITE.replace(SDP, "Require: 100rel")
        far.say(base, invite, branch="z9hG4bK-late")
        call, _ = await base.offered()
        ringing = await far.response(180, "INVITE")
        assert b"m=audio" in ringing.body
        words = {"method": "PRACK", "tag": ringing.to.tag}
        rseq = ringing.headers.get("RSeq")
        far.say(base, WITHIN, cseq="2", more=f"RAck: {rseq} 7 INVITE", branch="z9hG4bK-p1", **words)
        await far.response(481, "PRACK")
        await call.answer()  # the handset is quicker than the PRACK
        rack = f"RAck: {rseq} 1 INVITE\n{SDP}"
        far.say(base, WITHIN, sdp(port=41000), cseq="3", more=rack, branch="z9hG4bK-p2", **words)
        await far.response(200, "PRACK")
        assert not (await far.response(200, "INVITE")).body
        assert call.negotiation.remote.port == 41000

    room(scenario)


# --- calls of ours


def test_every_repetition_of_a_second_answer_is_acknowledged_and_ended_once(room):
    async def scenario(far, base):
        _, _, invite = await dialled(far, base)
        for _ in range(2):
            far.answer(invite, 200, "", far.contact, SDP, tag="second", body=sdp())
            assert (await far.request("ACK")).to.tag == "second"
            far.repeats = True
        byes = [m for m in far.seen if isinstance(m, Request) and m.method == "BYE"]
        assert len({bye.via.branch for bye in byes}) <= 1

    room(scenario)


def test_a_redirected_call_keeps_its_to_and_tries_the_places_by_their_preference(room):
    async def scenario(far, base):
        await base.call("301")
        first = await far.request("INVITE")
        places = f"<sip:last@{HOST}:{far.port}>;q=0.1, <sip:next@{HOST}:{far.port}>;q=0.9, <mailto:x@y>"
        far.answer(first, 302, "", f"Contact: {places}")
        second = await far.request("INVITE")
        assert second.uri == f"sip:next@{HOST}:{far.port}"
        assert second.headers.get("To") == first.headers.get("To")
        assert (second.call_id, second.from_.tag) == (first.call_id, first.from_.tag)
        assert second.cseq.number > first.cseq.number
        far.answer(second, 404)
        assert (await far.request("INVITE")).uri == f"sip:last@{HOST}:{far.port}"

    room(scenario)


def test_each_of_several_challenges_is_answered(room):
    async def scenario(far, base):
        await base.call("301")
        invite = await far.request("INVITE")
        lines = [
            f'Proxy-Authenticate: Digest realm="{realm}", nonce="n-{realm}", qop="auth"' for realm in ("one", "two")
        ]
        far.answer(invite, 407, "", 'Proxy-Authenticate: Digest realm="one", nonce="s", algorithm=SHA-256', *lines)
        again = await far.request("INVITE")
        answers = [digest_fields(value) for value in again.headers.all("Proxy-Authorization")]
        assert [(a["realm"], a["nonce"], a["nc"]) for a in answers] == [
            ("one", "n-one", "00000001"),
            ("two", "n-two", "00000001"),
        ]
        far.answer(again, 401, "", 'WWW-Authenticate: Digest realm="three", nonce="n-three"')
        third = await far.request("INVITE")
        assert third.headers.get("Authorization")
        assert [digest_fields(value)["nc"] for value in third.headers.all("Proxy-Authorization")] == ["00000002"] * 2
        far.answer(third, 407, "", *lines)
        await far.request("ACK")
        await far.silence(0.3)

    room(scenario)


def test_a_bye_is_repeated_with_credentials(room):
    async def scenario(far, base):
        call, _, _ = await talking(far, base)
        hanging = asyncio.create_task(call.hangup())
        bye = await far.request("BYE")
        far.answer(bye, 401, "", 'WWW-Authenticate: Digest realm="x", nonce="n", qop="auth"')
        again = await far.request("BYE")
        assert again.cseq == CSeq(bye.cseq.number + 1, "BYE")
        assert digest_fields(again.headers.get("Authorization") or "")["uri"] == again.uri
        far.answer(again, 200)
        await hanging

    room(scenario)


def test_a_session_whose_refresh_is_refused_ends_with_a_bye(room, monkeypatch):
    from rigs.standin.sip.call_strategies import SessionTimerStrategy

    monkeypatch.setattr(SessionTimerStrategy, "refresh_delay", lambda self, interval: 0.1)
    monkeypatch.setattr(SessionTimerStrategy, "expiry_delay", lambda self, interval: 0.6)

    async def scenario(far, base):
        _, ear = await base.call("301")
        invite = await far.request("INVITE")
        timer = "Session-Expires: 90;refresher=uac"
        far.answer(invite, 200, "", far.contact, timer, SDP, body=sdp())
        await far.request("ACK")
        far.answer(await far.request("INVITE"), 503)
        far.answer(await far.request("BYE"), 200)
        await ear.expect("ended", 408)

    room(scenario)


def test_a_strict_router_gets_its_own_address_as_the_uri(room):
    async def scenario(far, base):
        await base.call("301")
        invite = await far.request("INVITE")
        strict = f"<sip:strict@{HOST}:{far.port}>"
        lines = [f"Record-Route: {strict}", "Contact: <sip:far@192.0.2.77>", SDP]
        far.answer(invite, 200, "", *lines, body=sdp())
        ack = await far.request("ACK")
        assert ack.uri == strict.strip("<>")
        assert ack.headers.values("Route") == ["<sip:far@192.0.2.77>"]

    room(scenario)


def test_options_tell_everything_a_caller_may_ask(room):
    async def scenario(far, base):
        far.say(base, ALONE, method="OPTIONS", more="X: y", branch="z9hG4bK-o")
        found = await far.response(200, "OPTIONS")
        assert isinstance(found, Response)
        for name in ("Allow", "Accept", "Accept-Encoding", "Accept-Language", "Supported", "Allow-Events"):
            assert found.headers.get(name), name

    room(scenario)


def test_a_port_that_is_taken_keeps_no_base_from_registering(tmp_path):
    async def work():
        async with script() as far, script() as squatter:
            settings = {"sip_port": str(squatter.port)}
            async with without_registrar(tmp_path, far, settings) as base:
                await registered(far)
                assert base.sip.transport.port != squatter.port

    run(work())
