"""Transfers by the far end: REFER in a call with what is told of it, and INVITEs that take over a call."""

import pytest

from .sip_room import Ear, script, sdp
from .test_calling import INVITE, WITHIN, dialled, registered, run, talking, without_registrar

TARGET = "Refer-To: <sip:302@example.net?Replaces=a%40b%3Bto-tag%3Dt%3Bfrom-tag%3Df&Subject=x>\nReferred-By: <sip:55@x>"


class Willing(Ear):
    """A listener that takes every REFER."""

    def on_refer(self, referral):
        self.referral = referral
        return True


def refer(far, base, ok, more=TARGET, cseq="7"):
    far.say(base, WITHIN, method="REFER", tag=ok.to.tag, cseq=cseq, more=more, branch=f"z9hG4bK-r{cseq}")


async def told(far):
    """The next NOTIFY: its first line, its state and its event."""
    notice = await far.request("NOTIFY")
    far.answer(notice, 200)
    says = (notice.headers.get(name) for name in ("Subscription-State", "Event", "Content-Type"))
    return (notice.body.decode().strip(), *says)


def test_a_refer_is_accepted_told_of_and_kept_after_the_call(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            call.listener = ear = Willing()
            refer(far, base, ok)
            assert (await far.response(202, "REFER")).contact is not None
            fragment = "message/sipfrag;version=2.0"
            assert await told(far) == ("SIP/2.0 100 Trying", "active;expires=60", "refer;id=7", fragment)
            assert str(ear.referral.uri) == "sip:302@example.net"
            assert ear.referral.says() == {"Referred-By": "<sip:55@x>", "Replaces": "a@b;to-tag=t;from-tag=f"}
            far.say(base, WITHIN, method="BYE", tag=ok.to.tag, cseq="8", more="X: y", branch="z9hG4bK-bye")
            await far.response(200, "BYE")
            ear.referral.ended(486, "Busy Here")
            assert (await told(far))[:2] == ("SIP/2.0 486 Busy Here", "terminated;reason=noresource")

    run(scenario())


def test_who_wants_no_news_is_told_so_and_gets_none(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            call.listener = Willing()
            refer(far, base, ok, f"{TARGET}\nRefer-Sub: false")
            assert (await far.response(202, "REFER")).headers.get("Refer-Sub") == "false"
            await far.silence(0.1)

    run(scenario())


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ("X: y", 400),
        ("Refer-To: <sip:1@x>, <sip:2@x>", 400),
        ("Refer-To: <sip:1@x>\nr: <sip:2@x>", 400),
        ("Refer-To: nobody", 400),
        ("Refer-To: <tel:+4930>", 416),
        ("Refer-To: <http://x/>", 416),
        ("Refer-To: <sip:1@x;method=SUBSCRIBE>", 603),
        ("Refer-To: <sip:1@x>\nRequire: multiple-refer", 420),
    ],
)
def test_a_refer_that_cannot_be_obeyed_is_refused(tmp_path, more, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            call.listener = Willing()
            refer(far, base, ok, more)
            await far.response(status, "REFER")
            assert call.stands

    run(scenario())


def replacing(far, base, value, more=""):
    text = INVITE.replace("c1@far", "c2@far").replace("tag=far", "tag=other")
    far.say(base, f"{text}\nReplaces: {value}{more}", sdp(), branch="z9hG4bK-two")


@pytest.mark.parametrize(
    ("value", "more", "status"),
    [
        ("c1@far;to-tag={own};from-tag=far", "", 180),
        ("c1@far;from-tag=far;to-tag={own}", "\nRequire: replaces", 180),
        ("c1@far;to-tag=far;from-tag={own}", "", 481),
        ("c1@far;to-tag={own};from-tag=farther", "", 481),
        ("c1@far", "", 481),
        ("c9@far;to-tag={own};from-tag=far", "", 481),
        ("c1@far;to-tag={own};from-tag=far;early-only", "", 486),
        ("c1@far;to-tag={own};from-tag=far", "\nReplaces: c9@far;to-tag=x;from-tag=y", 400),
    ],
)
def test_replaces_means_one_call_that_talks(tmp_path, value, more, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            replacing(far, base, value.format(own=ok.to.tag), more)
            await far.response(status, "INVITE")
            if status == 180:
                assert (await base.offered())[0].replaces is call

    run(scenario())


def test_replaces_of_a_call_that_has_ended_or_rings_here_is_refused(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            far.say(base, INVITE, sdp(), branch="z9hG4bK-inv")
            ringing = await far.response(180, "INVITE")
            call, _ = await base.offered()
            value = f"c1@far;to-tag={ringing.to.tag};from-tag=far"
            replacing(far, base, value)
            await far.response(481, "INVITE")
            await call.reject()
            await far.response(486, "INVITE")
            text = INVITE.replace("c1@far", "c3@far").replace("tag=far", "tag=other")
            far.say(base, f"{text}\nReplaces: {value}", sdp(), branch="z9hG4bK-three")
            await far.response(603, "INVITE")

    run(scenario())


def test_replaces_of_an_own_call_that_talks_means_it(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, invite = await dialled(far, base)
            replacing(far, base, f"{invite.call_id};to-tag={invite.from_.tag};from-tag=far")
            assert (await base.offered())[0].replaces is call

    run(scenario())
