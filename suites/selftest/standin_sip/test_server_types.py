"""What the server type of an identity changes on the wire: one platform is documented to want another phone."""

import asyncio

import pytest

from rigs.standin.sip.platforms import platforms

from .sip_room import lone_base, script, sdp
from .test_calling import ALONE, INVITE, WITHIN, dialled, direction, registered, talking
from .test_registering import grant, run, until

LYNC = "ocs"
OTHERS = ["", *(stored for stored in platforms() if stored != LYNC)]


def of_type(tmp_path, far, stored):
    return lone_base(tmp_path, far.port, {"user_pbxtype#1": stored})


def test_a_communications_server_is_told_endpoint_event_methods_and_its_own_tags(tmp_path):
    async def scenario():
        async with script() as server, of_type(tmp_path, server, LYNC):
            request = await grant(server)
            assert request.from_.params == {"tag": request.from_.tag, "epid": "000413300121"}
            assert request.to.params == {}
            assert request.headers.values("Event") == ["registration"]
            assert (
                request.headers.get("Supported") == "path, outbound, gruu, gruu-10, adhoclist, msrtc-event-categories"
            )
            assert request.contact.params["proxy"] == "replace"
            assert "BYE" in request.contact.params["methods"]
            assert list(request.contact.uri.params) == ["transport", "line"]

    run(scenario())


@pytest.mark.parametrize("stored", OTHERS)
def test_every_other_server_gets_the_request_of_the_presentation(tmp_path, stored):
    async def scenario():
        async with script() as server, of_type(tmp_path, server, stored):
            request = await grant(server)
            assert list(request.from_.params) == ["tag"]
            assert "Event" not in request.headers
            assert request.headers.get("Supported") == "path, outbound, gruu"
            assert list(request.contact.params) == ["reg-id", "+sip.instance"]

    run(scenario())


def test_a_tag_of_the_platform_that_is_refused_is_left_out(tmp_path):
    async def scenario():
        async with script() as server, of_type(tmp_path, server, LYNC):
            server.answer(await server.request("REGISTER"), 420, "", "Unsupported: adhoclist, gruu")
            again = await server.request("REGISTER")
            assert again.headers.get("Supported") == "path, outbound, gruu-10, msrtc-event-categories"

    run(scenario())


def test_a_server_type_that_is_changed_is_registered_anew(tmp_path):
    async def scenario():
        async with script() as server, of_type(tmp_path, server, "") as base:
            await grant(server)
            await until(lambda: base.sip.identities[1].registered)
            base.device.settings.set("user_pbxtype", LYNC, 1, who="web")
            gone = await server.request("REGISTER")
            assert gone.headers.get("Expires") == "0"
            server.answer(gone, 200)
            assert (await grant(server)).headers.get("Event") == "registration"

    run(scenario())


@pytest.mark.parametrize(
    ("stored", "number", "params"),
    [
        (LYNC, "301", {"user": "phone"}),
        (LYNC, "+4930301", {"user": "phone"}),
        (LYNC, "*43", {}),
        (LYNC, "anna", {}),
        ("asterisk", "301", {}),
        ("telepo", "301", {}),
    ],
)
def test_only_a_communications_server_gets_telephone_numbers_marked(tmp_path, stored, number, params):
    async def scenario():
        async with script() as far, of_type(tmp_path, far, stored) as base:
            await registered(far)
            uri = base.sip.callee(base.sip.identities[1].account, number)
            assert (uri.user.replace("%2A", "*"), uri.params) == (number, params)

    run(scenario())


@pytest.mark.parametrize(("stored", "held"), [(LYNC, "inactive"), ("cisco", "sendonly")])
def test_a_hold_is_offered_as_the_platform_wants_it_and_an_offer_does_not_lift_it(tmp_path, stored, held):
    async def scenario():
        async with script() as far, of_type(tmp_path, far, stored) as base:
            await registered(far)
            call, _, _ = await dialled(far, base)
            holding = asyncio.create_task(call.hold())
            offer = await far.request("INVITE")
            assert direction(offer) == held
            far.answer(offer, 200, "", far.contact, "Content-Type: application/sdp", body=sdp(direction=held))
            assert await holding
            await far.request("ACK")
            resuming = asyncio.create_task(call.resume())
            again = await far.request("INVITE")
            assert direction(again) == "sendrecv"
            far.answer(again, 200, "", far.contact, "Content-Type: application/sdp", body=sdp())
            assert await resuming
            await far.request("ACK")

    run(scenario())


@pytest.mark.parametrize(("stored", "answer"), [(LYNC, "inactive"), ("cisco", "sendonly")])
def test_an_offer_of_the_far_end_does_not_lift_the_hold(tmp_path, stored, answer):
    async def scenario():
        async with script() as far, of_type(tmp_path, far, stored) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            holding = asyncio.create_task(call.hold())
            offer = await far.request("INVITE")
            far.answer(offer, 200, "", far.contact, "Content-Type: application/sdp", body=sdp(direction="recvonly"))
            assert await holding
            await far.request("ACK")
            more = "Content-Type: application/sdp"
            far.say(base, WITHIN, sdp(), method="INVITE", tag=ok.to.tag, cseq="2", more=more, branch="z9hG4bK-o")
            assert direction(await far.response(200, "INVITE")) == answer

    run(scenario())


NOTICE = "Event: message-summary\nContent-Type: application/simple-message-summary"


@pytest.mark.parametrize("stored", OTHERS)
def test_a_batched_notice_is_refused_by_every_other_phone(tmp_path, stored):
    async def scenario():
        async with script() as far, of_type(tmp_path, far, stored) as base:
            await registered(far)
            far.say(base, ALONE, b"Messages-Waiting: yes\r\n", method="BENOTIFY", more=NOTICE, branch="z9hG4bK-b")
            await far.response(405, "BENOTIFY")

    run(scenario())


def test_a_batched_notice_of_a_communications_server_counts_and_gets_no_answer(tmp_path):
    async def scenario():
        async with script() as far, of_type(tmp_path, far, LYNC) as base:
            await registered(far)
            told = []
            base.sip.on_message_waiting = told.append
            far.say(base, ALONE, b"Messages-Waiting: yes\r\n", method="BENOTIFY", more=NOTICE, branch="z9hG4bK-b")
            await far.silence(0.5)
            assert [(state.identity, state.waiting) for state in told] == [(1, True)]
            far.say(base, ALONE, method="BENOTIFY", more="Event: x-unknown", branch="z9hG4bK-c")
            await far.silence(0.3)

    run(scenario())


@pytest.mark.parametrize(("stored", "status"), [("broadsoft", 200), ("snomone", 200), ("asterisk", 489), (LYNC, 489)])
def test_a_server_presses_the_key_of_a_ringing_handset_where_its_platform_has_that(tmp_path, stored, status):
    async def scenario():
        async with script() as far, of_type(tmp_path, far, stored) as base:
            await registered(far)
            far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
            _, ear = await base.offered()
            ringing = await far.response(180, "INVITE")
            more = "Event: talk\nSubscription-State: active"
            far.say(base, WITHIN, method="NOTIFY", tag=ringing.to.tag, cseq="2", more=more, branch="z9hG4bK-t")
            await far.response(status, "NOTIFY")
            if status == 200:
                await ear.expect("remote_control", "talk")

    run(scenario())
