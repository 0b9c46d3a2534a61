"""Transfers by the base: REFER in the dialog, and the NOTIFYs of its subscription."""

import asyncio

import pytest

from .sip_room import script
from .test_calling import WITHIN, dialled, registered, run, talking, without_registrar


def notify(far, base, ok, status, *, cseq="5", state="active;expires=60", event="refer", body=None):
    more = f"Event: {event}\nSubscription-State: {state}\nContent-Type: message/sipfrag;version=2.0"
    body = f"SIP/2.0 {status} x\r\n".encode() if body is None else body
    far.say(base, WITHIN, body, method="NOTIFY", tag=ok.to.tag, cseq=cseq, more=more, branch=f"z9hG4bK-n{cseq}")


def test_a_refer_names_target_and_account_and_ends_with_what_is_told(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            heard = []
            work = asyncio.create_task(base.sip.transfer(call, "302", heard.append))
            refer = await far.request("REFER")
            assert refer.headers.get("Refer-To") == "<sip:302@127.0.0.1:" + f"{far.port}>"
            assert "sip:40@" in (refer.headers.get("Referred-By") or "")
            assert refer.to.tag == "far"
            assert refer.contact is not None
            far.answer(refer, 202)
            notify(far, base, ok, 100)
            await far.response(200, "NOTIFY")
            notify(far, base, ok, 486, cseq="6", state="terminated;reason=noresource")
            await far.response(200, "NOTIFY")
            assert await work == 486
            assert heard == [100]
            notify(far, base, ok, 200, cseq="7")
            await far.response(481, "NOTIFY")
            assert call.state == "established"

    run(scenario())


@pytest.mark.parametrize("status", [403, 603])
def test_a_refused_refer_is_the_outcome(tmp_path, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, _ = await talking(far, base)
            work = asyncio.create_task(base.sip.transfer(call, "302", lambda status: None))
            far.answer(await far.request("REFER"), status)
            assert await work == status

    run(scenario())


@pytest.mark.parametrize("told", [True, False])
def test_a_transfer_of_which_nothing_more_is_told_ends_too(tmp_path, told):
    async def scenario():
        settings = {"user_active#1": "true", "retry_t1": "10"}
        async with script() as far, without_registrar(tmp_path, far, settings) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            work = asyncio.create_task(base.sip.transfer(call, "302", lambda status: None))
            far.answer(await far.request("REFER"), 202)
            if told:
                notify(far, base, ok, 100, state="terminated;reason=timeout")
            assert await asyncio.wait_for(work, 3.0) == 0

    run(scenario())


def test_the_subscription_outlives_the_call(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, ear, ok = await talking(far, base)
            work = asyncio.create_task(base.sip.transfer(call, "302", lambda status: None))
            far.answer(await far.request("REFER"), 202)
            far.say(base, WITHIN, method="BYE", tag=ok.to.tag, cseq="4", more="X: y", branch="z9hG4bK-bye")
            await far.response(200, "BYE")
            await ear.expect("ended")
            assert await work == 0
            notify(far, base, ok, 200, state="terminated;reason=noresource")
            await far.response(200, "NOTIFY")

    run(scenario())


@pytest.mark.parametrize(("event", "status"), [("refer;id=99", 481), ("refer", 200), ("talk", 489)])
def test_news_of_another_subscription_is_refused(tmp_path, event, status):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            call, _, ok = await talking(far, base)
            work = asyncio.create_task(base.sip.transfer(call, "302", lambda status: None))
            far.answer(await far.request("REFER"), 202)
            notify(far, base, ok, 180, event=event)
            await far.response(status, "NOTIFY")
            work.cancel()

    run(scenario())


def test_a_far_end_is_sent_to_that_of_another_call_whose_place_it_takes(tmp_path):
    async def scenario():
        async with script() as far, without_registrar(tmp_path, far) as base:
            await registered(far)
            held, _, _ = await talking(far, base)
            other, _, invite = await dialled(far, base)
            work = asyncio.create_task(base.sip.join(held, other, lambda status: None))
            refer = await far.request("REFER")
            call_id = other.call_id.replace("@", "%40")
            tags = f"to-tag%3D{other.dialog.remote.tag}%3Bfrom-tag%3D{invite.from_.tag}"
            assert refer.headers.get("Refer-To") == f"<{other.dialog.target}?Replaces={call_id}%3B{tags}>"
            assert refer.call_id == held.call_id
            far.answer(refer, 603)
            assert await work == 603

    run(scenario())
