"""The subscription to a mailbox: asked for after each registration, refreshed, and given up where it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rigs.standin.sip import mailbox
from rigs.standin.sip.message import Request

from .sip_room import HOST, LoneBase, Script, lone_base, script
from .test_calling import registered

Scenario = Callable[[Script, LoneBase], Awaitable[None]]
MAILBOX = {"user_mailbox#1": "*97"}
SUMMARY = "Messages-Waiting: {}\r\nVoice-Message: {}/0\r\n"


def play(
    folder: Path,
    scenario: Scenario,
    settings: dict[str, str] | None = None,
    quirks: dict[str, str] | None = None,
) -> None:
    async def work() -> None:
        async with script() as far, lone_base(folder, far.port, settings, quirks=quirks) as base:
            await registered(far)
            await scenario(far, base)

    asyncio.run(work())


def notify(far: Script, base: LoneBase, subscribe: Request, waiting: str, count: int, state: str = "active") -> None:
    """The server tells the subscriber; the request is the SUBSCRIBE's mirror."""
    text = f"""NOTIFY {{uri}} SIP/2.0
From: {subscribe.headers.get("To")};tag=srv
To: {subscribe.headers.get("From")}
Call-ID: {subscribe.call_id}
CSeq: {count + 1} NOTIFY
Max-Forwards: 70
Contact: <sip:mwi@{HOST}:{far.port}>
Event: message-summary
Subscription-State: {state}
Content-Type: application/simple-message-summary"""
    far.say(base, text, SUMMARY.format(waiting, count).encode(), branch=f"z9hG4bK-n{count}{state[:3]}")


def listening(base: LoneBase) -> list[Any]:
    states: list[Any] = []
    base.sip.on_message_waiting = states.append
    return states


async def subscribed(far: Script, expires: int = 600) -> Request:
    request = await far.request("SUBSCRIBE")
    far.answer(request, 200, "", far.contact, f"Expires: {expires}", tag="srv")
    return request


def test_a_mailbox_is_subscribed_to_at_its_own_address_and_again_after_a_restart(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        states = listening(base)
        first = await far.request("SUBSCRIBE")
        assert first.uri == f"sip:40@{HOST}:{far.port}"
        assert (first.headers.get("Event"), first.headers.get("Expires")) == ("message-summary", "3600")
        assert first.headers.get("Accept") == "application/simple-message-summary"
        assert first.contact is not None
        assert first.contact.uri.params["line"] == base.sip.identities[1].line
        far.answer(first, 401, "", 'WWW-Authenticate: Digest realm="x", nonce="n", qop="auth"')
        request = await far.request("SUBSCRIBE")
        assert request.headers.get("Authorization")
        notify(far, base, request, "yes", 3)  # it may overtake the answer
        await far.response(200, "NOTIFY")
        far.answer(request, 200, "", far.contact, "Expires: 600", tag="srv")
        notify(far, base, request, "no", 0)
        await far.response(200, "NOTIFY")
        assert [(state.identity, state.waiting, state.new) for state in states] == [(1, True, 3), (1, False, 0)]

    for _ in range(2):
        play(tmp_path, scenario, MAILBOX)


def test_a_subscription_is_refreshed_in_its_dialog_and_ended_with_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "SHORTEST_S", 0.05)

    async def work() -> None:
        async with script() as far:
            async with lone_base(tmp_path, far.port, MAILBOX) as base:
                await registered(far)
                first = await subscribed(far, expires=0)
                again = await far.request("SUBSCRIBE")
                assert (again.call_id, again.from_.tag, again.to.tag) == (first.call_id, first.from_.tag, "srv")
                assert again.uri == f"sip:far@{HOST}:{far.port}"
                assert again.cseq.number == first.cseq.number + 1
                far.answer(again, 481)
                new = await subscribed(far)
                assert new.call_id != first.call_id
                assert not new.to.tag
                while not any("subscribed for 600 s" in entry.text for entry in base.device.log.entries()):
                    await asyncio.sleep(0.005)
            assert any(b"SUBSCRIBE" in raw and b"\r\nExpires: 0\r\n" in raw for raw in far.raw)

    asyncio.run(work())


@pytest.mark.parametrize("status", [404, 405, 489, 603])
def test_a_server_without_mailboxes_is_not_asked_twice(tmp_path: Path, status: int) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        far.answer(await far.request("SUBSCRIBE"), status)
        await far.silence(0.2)
        base.sip.identities[1].renew()
        await registered(far)
        await far.silence(0.2)

    play(tmp_path, scenario, MAILBOX)


def test_a_subscription_that_the_server_ends_is_made_again_unless_it_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "SHORTEST_S", 0.05)

    async def scenario(far: Script, base: LoneBase) -> None:
        first = await subscribed(far)
        notify(far, base, first, "no", 0, "terminated;reason=deactivated")
        second = await subscribed(far)
        assert second.call_id != first.call_id
        notify(far, base, second, "no", 1, "terminated;reason=noresource")
        await far.response(200, "NOTIFY")
        await far.silence(0.2)

    play(tmp_path, scenario, MAILBOX)


@pytest.mark.parametrize(("settings", "quirks"), [({}, {}), (MAILBOX, {"mailbox_subscription": "never"})])
def test_there_is_no_subscription_without_a_mailbox_or_where_the_unit_has_none(
    tmp_path: Path, settings: dict[str, str], quirks: dict[str, str]
) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        await far.silence(0.2)

    play(tmp_path, scenario, settings, quirks)


def test_a_mailbox_that_is_set_later_is_subscribed_to_at_once(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        base.configure(MAILBOX)
        await subscribed(far)

    play(tmp_path, scenario, quirks={"mailbox_subscription": "when_set"})
