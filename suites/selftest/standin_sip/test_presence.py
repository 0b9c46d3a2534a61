"""The stand-in publishes presence: with conditions, refreshed, made anew, given up, and taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rigs.standin.sip import presence
from rigs.standin.sip.message import Request
from rigs.standin.sip.presence import Activity

from .sip_room import LoneBase, Script, lone_base, script
from .test_calling import registered

Scenario = Callable[[Script, LoneBase], Awaitable[None]]
ON = {"user_publish_presence#1": "true"}


def play(folder: Path, scenario: Scenario, settings: dict[str, str] | None = None) -> None:
    async def work() -> None:
        async with script() as far, lone_base(folder, far.port, ON if settings is None else settings) as base:
            await registered(far)
            await scenario(far, base)

    asyncio.run(work())


async def published(far: Script, etag: str, expires: int = 600) -> Request:
    request = await far.request("PUBLISH")
    far.answer(request, 200, "", f"SIP-ETag: {etag}", f"Expires: {expires}", tag="srv")
    return request


def test_presence_follows_the_user_and_names_the_publication_before(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        first = await published(far, "a")
        assert first.headers.get("Event") == "presence"
        assert first.headers.get("Content-Type") == "application/pidf+xml"
        assert b"<basic>open</basic>" in first.body
        assert b'entity="sip:40@' in first.body
        assert first.headers.get("SIP-If-Match") is None
        base.sip.activity = lambda identity: Activity.DND
        base.sip.presences[1].changed()
        second = await published(far, "b")
        assert second.headers.get("SIP-If-Match") == "a"
        assert b"Do not disturb" in second.body
        base.sip.presences[1].changed()
        await far.silence(0.2)

    play(tmp_path, scenario)


def test_a_publication_is_refreshed_without_a_document_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "SHORTEST_S", 0.05)

    async def scenario(far: Script, base: LoneBase) -> None:
        await published(far, "a", expires=0)
        refresh = await published(far, "b")
        assert (refresh.headers.get("SIP-If-Match"), refresh.body) == ("a", b"")
        while not any("for 600 s" in entry.text for entry in base.device.log.entries()):
            await asyncio.sleep(0.005)
        gone = asyncio.create_task(base.sip.presences[1].stop())
        last = await published(far, "")
        assert (last.headers.get("SIP-If-Match"), last.headers.get("Expires")) == ("b", "0")
        await gone

    play(tmp_path, scenario)


def test_a_publication_that_is_unknown_is_made_anew_once(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        await published(far, "a")
        base.sip.activity = lambda identity: Activity.IN_CALL
        base.sip.presences[1].changed()
        far.answer(await far.request("PUBLISH"), 412)
        anew = await far.request("PUBLISH")
        assert anew.headers.get("SIP-If-Match") is None
        assert b"on-the-phone" in anew.body
        far.answer(anew, 412)  # a server that says so of an unconditional one is not asked in a ring
        await far.silence(0.3)

    play(tmp_path, scenario)


@pytest.mark.parametrize("status", [403, 404, 405, 489, 501])
def test_a_server_without_presence_is_not_asked_again(tmp_path: Path, status: int) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        far.answer(await far.request("PUBLISH"), status)
        base.sip.activity = lambda identity: Activity.AWAY
        base.sip.presences[1].changed()
        await far.silence(0.3)

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {**ON, "user_pbxtype#1": "ocs"},
        {**ON, "user_pbxtype#1": "cisco"},
    ],
)
def test_presence_is_not_published_unasked_or_where_the_platform_has_none(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        await far.silence(0.3)

    play(tmp_path, scenario, settings)
