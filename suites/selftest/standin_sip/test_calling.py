"""Calls: base to base over real sockets, and against a far end that a test writes line by line."""

import asyncio

import pytest

from rigs.standin.sip import sdp as descriptions

from .sip_room import HOST, lone_base, script, sdp

INVITE = """INVITE {uri} SIP/2.0
From: "Far" <sip:55@example.net>;tag=far
To: <sip:40@example.net>
Call-ID: c1@far
CSeq: 1 INVITE
Max-Forwards: 70
Contact: <sip:far@127.0.0.1:{port}>
Content-Type: application/sdp"""
ACK = """ACK {uri} SIP/2.0
From: "Far" <sip:55@example.net>;tag=far
To: <sip:40@example.net>;tag={tag}
Call-ID: c1@far
CSeq: 1 ACK
Max-Forwards: 70
Content-Type: application/sdp"""
WITHIN = """{method} {uri} SIP/2.0
From: "Far" <sip:55@example.net>;tag=far
To: <sip:40@example.net>;tag={tag}
Call-ID: c1@far
CSeq: {cseq} {method}
Max-Forwards: 70
Contact: <sip:far@127.0.0.1:{port}>
{more}"""
ALONE = """{method} {uri} SIP/2.0
From: <sip:pbx@example.net>;tag=far
To: <sip:40@example.net>
Call-ID: {branch}@far
CSeq: 1 {method}
Contact: <sip:far@127.0.0.1:{port}>
{more}"""
QUIET = {"user_active#1": "true"}


def run(work):
    asyncio.run(work)


def without_registrar(tmp_path, far, settings=None, defects=()):
    return lone_base(tmp_path, far.port, settings, defects)


def direction(message):
    description = descriptions.parse(message.body)
    assert description.audio is not None
    return descriptions.media_of(description, description.audio).direction


async def registered(far):
    far.answer(await far.request("REGISTER"), 200)


async def talking(far, base):
    """A call of the far end that stands; gives the call, its listener and our tag."""
    far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
    call, ear = await base.offered()
    await far.response(180, "INVITE")
    await call.answer()
    ok = await far.response(200, "INVITE")
    far.say(base, ACK, tag=ok.to.tag, branch="z9hG4bK-ack")
    await ear.expect("answered")
    return call, ear, ok


async def dialled(far, base):
    """A call of the base that stands; gives the call, its listener and the INVITE."""
    call, ear = await base.call("301")
    invite = await far.request("INVITE")
    far.answer(invite, 200, "", far.contact, "Content-Type: application/sdp", body=sdp())
    await far.request("ACK")
    await ear.expect("answered")
    return call, ear, invite


def test_a_call_between_two_bases_stands_holds_resumes_and_ends(tmp_path):
    async def scenario():
        async with (
            script() as server,
            lone_base(tmp_path / "a", server.port, {"user_active#1": "true"}) as a,
            lone_base(tmp_path / "b", server.port, {"user_name#1": "41", "user_realname#1": ""}) as b,
        ):
            for _ in range(2):
                await registered(server)
            call, ear = await a.call(b.uri())
            incoming, other = await b.offered()
            await ear.expect("ringing", 180)
            assert (incoming.caller_number, incoming.caller_name) == ("40", "Forty")
            await incoming.answer()
            await asyncio.gather(ear.expect("answered"), other.expect("answered"))
            assert await call.hold()
            await other.expect("remote_hold", True)
            assert await call.resume()
            await other.expect("remote_hold", False)
            assert await incoming.hold()
            await ear.expect("remote_hold", True)
            assert await incoming.resume()
            await ear.expect("remote_hold", False)
            await call.hangup()
            assert await other.expect("ended") == ("ended", 200, "", True, False)
            assert ear.heard[-1] == ("ended", 200, "", False, False)
            assert a.sip.calls == b.sip.calls == []
            assert not a.device.media.sessions

    run(scenario())


def test_an_invite_has_the_account_the_formats_and_no_user_phone(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, ear, invite = await dialled(far, base)
            assert invite.uri == f"sip:301@{HOST}:{far.port}"
            assert (invite.from_.display, invite.from_.uri.user) == ("Forty", "40")
            assert invite.headers.tokens("Allow") >= {"invite", "update", "prack", "info", "notify", "options"}
            assert invite.headers.tokens("Supported") == {"timer", "100rel", "replaces", "norefersub"}
            assert "Require" not in invite.headers
            assert len(invite.to_bytes()) < 1300
            ending = asyncio.create_task(call.hangup())
            far.answer(await far.request("BYE"), 200)
            await ending
            assert ear.heard[-1] == ("ended", 200, "", False, False)

    run(scenario())


def test_a_cancel_waits_for_a_provisional_response_and_matches_its_invite(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, ear = await base.call("301")
            invite = await far.request("INVITE")
            await call.hangup()
            assert ear.heard == [("ended", 487, "Request Terminated", False, False)]
            assert not any(m.start_line.startswith("CANCEL") for m in far.seen)
            far.answer(invite, 180)
            cancel = await far.request("CANCEL")
            assert (cancel.via.branch, cancel.cseq.number) == (invite.via.branch, invite.cseq.number)
            far.answer(cancel, 200)
            far.answer(invite, 487)
            ack = await far.request("ACK")
            assert ack.via.branch == invite.via.branch

    run(scenario())


def test_an_answer_that_crosses_the_cancel_is_acknowledged_and_ended(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _ = await base.call("301")
            invite = await far.request("INVITE")
            far.answer(invite, 180, "", far.contact)
            await call.hangup()
            await far.request("CANCEL")
            far.answer(invite, 200, "", far.contact, "Content-Type: application/sdp", body=sdp())
            await far.request("ACK")
            far.answer(await far.request("BYE"), 200)

    run(scenario())


def test_forks_ring_early_media_is_heard_and_the_second_answer_is_sent_home(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, ear = await base.call("301")
            invite = await far.request("INVITE")
            far.answer(invite, 180, "", far.contact, tag="one")
            await ear.expect("ringing", 180)
            kind = "Content-Type: application/sdp"
            far.answer(invite, 183, "", far.contact, kind, tag="two", body=sdp(port=41000))
            await ear.expect("early_media")
            far.answer(invite, 200, "", far.contact, kind, tag="two", body=sdp(port=41000))
            first = await far.request("ACK")
            far.answer(invite, 200, "", far.contact, kind, tag="one", body=sdp())
            second = await far.request("ACK")
            bye = await far.request("BYE")
            far.answer(bye, 200, tag="one")
            assert [m.to.tag for m in (first, second, bye)] == ["two", "one", "one"]
            far.repeats = True
            far.answer(invite, 200, "", far.contact, kind, tag="two", body=sdp(port=41000))
            assert (await far.request("ACK")).to.tag == "two"
            assert call.state == "established"

    run(scenario())


def test_a_reliable_provisional_gets_one_prack(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            await base.call("301")
            invite = await far.request("INVITE")
            for _ in range(2):
                far.answer(invite, 183, "", far.contact, "Require: 100rel", "RSeq: 4711")
            prack = await far.request("PRACK")
            assert prack.headers.get("RAck") == f"4711 {invite.cseq.number} INVITE"
            assert prack.cseq.number == invite.cseq.number + 1
            far.answer(prack, 200)
            far.answer(invite, 486)
            await far.request("ACK")
            assert sum(m.start_line.startswith("PRACK") for m in far.seen) == 1

    run(scenario())


def test_routes_of_the_answer_are_kept_in_reverse_order(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _ = await base.call("301")
            invite = await far.request("INVITE")
            proxy = f"<sip:{HOST}:{far.port};lr>"
            lines = [f"Record-Route: <sip:last.example.net;lr>, {proxy}", "Contact: <sip:far@192.0.2.77>"]
            far.answer(invite, 200, "", *lines, "Content-Type: application/sdp", body=sdp())
            ack = await far.request("ACK")
            assert ack.uri == "sip:far@192.0.2.77"
            assert ack.headers.values("Route") == [proxy, "<sip:last.example.net;lr>"]
            assert call.dialog is not None

    run(scenario())


def test_a_422_raises_the_session_interval(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            await base.call("301")
            invite = await far.request("INVITE")
            assert invite.headers.get("Session-Expires") == "3600"
            far.answer(invite, 422, "", "Min-SE: 7200")
            again = await far.request("INVITE")
            assert (again.headers.get("Session-Expires"), again.headers.get("Min-SE")) == ("7200", "7200")
            assert again.cseq.number == invite.cseq.number + 1
            far.answer(again, 404)

    run(scenario())


def test_a_call_ends_with_the_status_of_the_far_end(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            _, ear = await base.call("301")
            far.answer(await far.request("INVITE"), 603, "Not today")
            assert await ear.expect("ended") == ("ended", 603, "Not today", True, False)
            _, ear = await base.call("")
            assert (await ear.expect("ended"))[1] == 404

    run(scenario())


def test_hold_asks_again_after_glare_and_the_version_rises(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far, defects=("glare-without-pause",)) as base:
            await registered(far)
            call, _, invite = await dialled(far, base)
            holding = asyncio.create_task(call.hold())
            offer = await far.request("INVITE")
            far.answer(offer, 491)
            again = await far.request("INVITE")
            assert direction(again) == "sendonly"
            first, second = (descriptions.parse(m.body) for m in (invite, again))
            assert (second.version - first.version, second.session_id) == (1, first.session_id)
            assert b"0.0.0.0" not in again.body
            lines = (far.contact, "Content-Type: application/sdp")
            far.answer(again, 200, "", *lines, body=sdp(direction="recvonly"))
            assert await holding
            await far.request("ACK")

    run(scenario())


@pytest.mark.parametrize(
    ("offered", "address", "answer"),
    [("sendonly", HOST, "recvonly"), ("inactive", HOST, "inactive"), ("sendrecv", "0.0.0.0", "recvonly")],
)
def test_a_hold_of_the_far_end_is_answered_in_kind(tmp_path, offered, address, answer):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            _, ear, ok = await talking(far, base)
            more = "Content-Type: application/sdp"
            body = sdp(direction=offered, address=address)
            far.say(base, WITHIN, body, method="INVITE", tag=ok.to.tag, cseq="2", more=more, branch="z9hG4bK-h")
            assert direction(await far.response(200, "INVITE")) == answer
            far.say(base, ACK.replace("1 ACK", "2 ACK"), tag=ok.to.tag, branch="z9hG4bK-ack2")
            await ear.expect("remote_hold", True)

    run(scenario())


def test_a_late_offer_is_made_in_full_and_the_answer_read_from_the_ack(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, INVITE.replace("\nContent-Type: application/sdp", ""), branch="z9hG4bK-late")
            call, ear = await base.offered()
            assert call.remote_offer is None
            await call.answer()
            ok = await far.response(200, "INVITE")
            assert len(descriptions.parse(ok.body).lines[0].formats) >= 3
            far.say(base, ACK, sdp(port=42000), tag=ok.to.tag, branch="z9hG4bK-ack")
            await ear.expect("answered")
            assert call.negotiation.remote.port == 42000

    run(scenario())


def test_an_invite_without_an_offer_ends_the_hold_of_the_far_end(tmp_path):
    """RFC 3261 section 14.2: the base offers as in a new call; what stands is what the far end answers to that."""

    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, ear, ok = await talking(far, base)
            words = {"method": "INVITE", "tag": ok.to.tag}
            hold = {**words, "cseq": "2", "more": "Content-Type: application/sdp", "branch": "z9hG4bK-hold"}
            far.say(base, WITHIN, sdp(direction="sendonly"), **hold)
            assert direction(await far.response(200, "INVITE")) == "recvonly"
            await ear.expect("remote_hold", True)
            far.say(base, ACK.replace("CSeq: 1", "CSeq: 2"), tag=ok.to.tag, branch="z9hG4bK-a2")
            far.say(base, WITHIN, cseq="3", more="X: y", branch="z9hG4bK-asks", **words)
            assert direction(await far.response(200, "INVITE")) == "sendrecv"
            far.say(base, ACK.replace("CSeq: 1", "CSeq: 3"), sdp(), tag=ok.to.tag, branch="z9hG4bK-a3")
            await ear.expect("remote_hold", False)
            assert not call.negotiation.held

    run(scenario())


def test_a_bye_that_crosses_our_own_is_answered(tmp_path):
    """It comes when the handset has hung up, and its dialog still lives."""

    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            leaving = asyncio.create_task(call.hangup())
            bye = await far.request("BYE")
            far.say(base, WITHIN, method="BYE", tag=ok.to.tag, cseq="6", more="X: y", branch="z9hG4bK-crossing")
            await far.response(200, "BYE")
            far.answer(bye, 200)
            await leaving

    run(scenario())


def test_an_unacknowledged_answer_is_repeated(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far, {"retry_t1": "10"}) as base:
            far.repeats = True
            await registered(far)
            far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
            call, ear = await base.offered()
            await call.answer()
            for _ in range(3):
                await far.response(200, "INVITE")
            assert (await ear.expect("ended"))[1] == 408
            far.answer(await far.request("BYE"), 200)

    run(scenario())


def test_a_cancel_ends_the_ringing_and_tells_whether_somebody_else_answered(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            for number, (reason, elsewhere) in enumerate(
                (
                    ("", False),
                    ("Reason: SIP;cause=200;text=Call completed elsewhere", True),
                    ("Reason: SIP ; cause = 200", True),
                    ('Reason: Q.850;cause=26;text="non-selected, user clearing"', True),
                    ("Reason: Q.850;cause=16, SIP;cause=487", False),
                    ("Reason: Q.850;cause=200", False),
                )
            ):
                branch = f"z9hG4bK-{number}"
                far.say(base, INVITE.replace("c1@far", f"{number}@far"), sdp(), branch=branch)
                _, ear = await base.offered()
                await far.response(180, "INVITE")
                more = reason or "X: y"
                cancel = ALONE.replace("{branch}", str(number))
                far.say(base, cancel, method="CANCEL", more=more, branch=branch)
                await far.response(200, "CANCEL")
                await far.response(487, "INVITE")
                assert await ear.expect("ended") == ("ended", 487, "Request Terminated", True, elsewhere)

    run(scenario())


def test_hanging_up_before_the_ack_waits_for_it_and_then_says_bye(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
            call, _ = await base.offered()
            await call.answer()
            ok = await far.response(200, "INVITE")
            ending = asyncio.create_task(call.hangup())
            await asyncio.sleep(0.02)
            assert not any(m.start_line.startswith("BYE") for m in far.seen)
            far.say(base, ACK, tag=ok.to.tag, branch="z9hG4bK-ack")
            far.answer(await far.request("BYE"), 200)
            await ending

    run(scenario())


def test_rejections_carry_the_line_that_was_asked_for(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
            call, ear = await base.offered()
            await call.reject(480, "Do Not Disturb")
            response = await far.response(480, "INVITE")
            assert response.reason == "Do Not Disturb"
            assert await ear.expect("ended") == ("ended", 480, "Do Not Disturb", False, False)

    run(scenario())


def test_an_offer_without_a_common_codec_is_refused_before_anything_rings(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, INVITE, sdp(formats="18"), branch="z9hG4bK-inv")
            await far.response(488, "INVITE")
            assert base.incoming.empty()
            assert not base.device.media.sessions

    run(scenario())


@pytest.mark.parametrize(
    ("uri", "settings", "status"),
    [
        ("sip:40@127.0.0.1", {}, 404),
        ("sip:40@127.0.0.1", {"user_pbxtype#1": "asterisk"}, 180),
        ("sip:40@127.0.0.1;line=wrong1", {"user_pbxtype#1": "Asterisk"}, 180),
        ("sip:77@127.0.0.1", {"user_pbxtype#1": "asterisk"}, 404),
    ],
)
def test_a_call_that_lost_its_line_is_found_by_user_with_the_asterisk_type_only(tmp_path, uri, settings, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far, settings) as base:
            await registered(far)
            far.say(base, INVITE.replace("{uri}", uri), sdp(), branch="z9hG4bK-inv")
            await far.response(status, "INVITE")

    run(scenario())


@pytest.mark.parametrize(
    ("method", "more", "status"),
    [
        ("OPTIONS", "X: y", 200),
        ("SUBSCRIBE", "Event: kpml", 405),
        ("MESSAGE", "Content-Type: application/x-buttons", 405),
        ("FROBNICATE", "X: y", 501),
        ("BYE", "X: y", 481),
        ("REFER", "Refer-To: <sip:1@x>", 403),
        ("OPTIONS", "Require: gruu", 420),
        ("OPTIONS", "Max-Forwards: 0", 200),
        ("NOTIFY", "Event: talk", 489),
        ("NOTIFY", "X: y", 400),
        ("NOTIFY", "Event: check-sync;reboot=true", 200),
    ],
)
def test_requests_outside_a_call_get_their_status(tmp_path, method, more, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, ALONE, method=method, more=more, branch="z9hG4bK-x")
            response = await far.response(status, method)
            assert response.to.tag
            if status in (405, 501) or method == "OPTIONS" == response.reason:
                assert "INVITE" in (response.headers.get("Allow") or "")

    run(scenario())


@pytest.mark.parametrize(
    ("method", "more", "body", "status"),
    [
        ("OPTIONS", "X: y", b"", 200),
        ("UPDATE", "X: y", b"", 200),
        ("UPDATE", "Content-Type: application/sdp", sdp(direction="sendonly"), 200),
        ("INFO", "Content-Type: application/dtmf-relay", b"Signal=5\r\nDuration=120\r\n", 200),
        ("INFO", "Content-Type: text/strange", b"x", 415),
        ("NOTIFY", "Event: hold", b"", 489),
        ("REFER", "Refer-To: <sip:1@x>", b"", 603),
        ("UPDATE", "Content-Type: text/strange", b"x", 415),
        ("INVITE", "Content-Type: text/strange", b"x", 415),
        ("INVITE", "Session-Expires: 30\nSupported: timer\nContent-Type: application/sdp", sdp(), 422),
    ],
)
def test_requests_within_a_call_get_their_status_and_the_call_lives_on(tmp_path, method, more, body, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, ear, ok = await talking(far, base)
            far.say(base, WITHIN, body, method=method, tag=ok.to.tag, cseq="5", more=more, branch="z9hG4bK-w")
            await far.response(status, method)
            if body.startswith(b"Signal"):
                assert await ear.expect("digit") == ("digit", "5", 120)
            assert call.state == "established"
            far.say(base, WITHIN, method="BYE", tag=ok.to.tag, cseq="4", more="X: y", branch="z9hG4bK-old")
            await far.response(500, "BYE")
            far.say(base, WITHIN, method="BYE", tag=ok.to.tag, cseq="6", more="X: y", branch="z9hG4bK-bye")
            await far.response(200, "BYE")
            await ear.expect("ended", 200, "", True)

    run(scenario())


def test_an_unasked_mailbox_notice_is_taken_with_or_without_line(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            states = []
            base.sip.on_message_waiting = states.append
            body = b"Messages-Waiting: yes\r\nMessage-Account: sip:asterisk@x\r\nVoice-Message: 2/1 (0/0)\r\n"
            for uri in ("{uri}", "sip:40@127.0.0.1"):
                text = ALONE.replace("{uri}", uri)
                far.say(base, text, body, method="NOTIFY", more="Event: message-summary", branch=f"z9hG4bK-{len(uri)}")
                await far.response(200, "NOTIFY")
            assert [(s.identity, s.waiting, s.new, s.old) for s in states] == [(1, True, 2, 1)] * 2

    run(scenario())


def test_the_named_refresher_refreshes_at_half_time(tmp_path, monkeypatch):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            monkeypatch.setattr("rigs.standin.sip.call_strategies.SessionTimerStrategy.MINIMUM", 0)
            await registered(far)
            text = INVITE + "\nSession-Expires: 1;refresher=uas\nSupported: timer"
            far.say(base, text, sdp(), branch="z9hG4bK-inv")
            call, _ = await base.offered()
            await call.answer()
            ok = await far.response(200, "INVITE")
            assert ok.headers.get("Session-Expires") == "1;refresher=uas"
            far.say(base, ACK, tag=ok.to.tag, branch="z9hG4bK-ack")
            refresh = await far.request("INVITE")
            assert refresh.headers.get("Session-Expires") == "1;refresher=uac"
            assert descriptions.parse(refresh.body).version == descriptions.parse(ok.body).version

    run(scenario())


def test_digits_go_by_info_when_the_identity_says_so(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far, {"user_sip_info#1": "1"}) as base:
            await registered(far)
            call, _, _ = await dialled(far, base)
            sending = asyncio.create_task(call.send_digit("7", 100))
            info = await far.request("INFO")
            assert (info.content_type, info.body) == ("application/dtmf-relay", b"Signal=7\r\nDuration=100\r\n")
            far.answer(info, 200)
            await sending

    run(scenario())


def test_the_servers_word_on_the_caller_wins_over_from(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            await asyncio.sleep(0.02)
            extra = '\nP-Asserted-Identity: "Boss" <sip:1@example.net>'
            far.say(base, INVITE + extra, sdp(), branch="z9hG4bK-inv")
            call, _ = await base.offered()
            assert (call.caller_number, call.caller_name) == ("1", "Boss")

    run(scenario())


def test_required_reliability_is_kept_until_the_prack(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far, {"retry_t1": "20"}) as base:
            far.repeats = True
            await registered(far)
            far.say(base, INVITE + "\nRequire: 100rel", sdp(), branch="z9hG4bK-inv")
            await base.offered()
            ringing = await far.response(180, "INVITE")
            await far.response(180, "INVITE")
            assert ringing.headers.get("Require") == "100rel"
            more = f"RAck: {ringing.headers.get('RSeq')} 1 INVITE"
            far.say(base, WITHIN, method="PRACK", tag=ringing.to.tag, cseq="2", more=more, branch="z9hG4bK-pr")
            await far.response(200, "PRACK")

    run(scenario())


@pytest.mark.parametrize("data", [b"\x00\xff" * 50, b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 200\r\n\r\n", b"INVITE"])
def test_garbage_is_logged_in_one_line_and_the_base_goes_on(tmp_path, data):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.send(data, base.sip.transport.port)
            far.say(base, ALONE, method="OPTIONS", more="X: y", branch="z9hG4bK-x")
            await far.response(200, "OPTIONS")
            told = [e for e in base.device.log.entries() if "unreadable message" in e.text]
            assert len(told) == 1
            assert "\n" not in told[0].text

    run(scenario())


def test_a_damaged_request_gets_a_400(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, ALONE.replace("CSeq: 1", "CSeq: one"), method="OPTIONS", more="X: y", branch="z9hG4bK-x")
            async with asyncio.timeout(2):
                while not any(data.startswith(b"SIP/2.0 400 Bad Request") for data in far.raw):
                    await asyncio.sleep(0.01)

    run(scenario())
