"""The alternatives of what is only inferred of the m9's SIP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from rigs.standin.sip.values import Uri

from .sip_room import HOST, LoneBase, Script, lone_base, script, sdp
from .test_calling import INVITE, dialled, direction, registered

Scenario = Callable[[Script, LoneBase], Awaitable[None]]


def play(folder: Path, quirks: dict[str, str], scenario: Scenario, settings: dict[str, str] | None = None) -> None:
    async def work() -> None:
        async with script() as far, lone_base(folder, far.port, settings, quirks=quirks) as base:
            await registered(far)
            await scenario(far, base)

    asyncio.run(work())


def test_a_call_without_its_line_may_be_found_by_its_user(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        far.say(base, INVITE.replace("{uri}", "sip:40@127.0.0.1"), sdp(), branch="z9hG4bK-inv")
        await far.response(180, "INVITE")

    play(tmp_path, {"missing_line": "user"}, scenario)


def test_a_big_request_may_go_in_fragments(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        await base.call("3" * 1400)
        assert (await far.request("INVITE")).via.transport == "UDP"

    play(tmp_path, {"big_requests": "udp"}, scenario)


def test_a_server_of_two_families_may_be_called_by_ipv6_first(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        base.zone.add("both.example.net", "A", "192.0.2.1")
        base.zone.add("both.example.net", "AAAA", "2001:db8::1")
        found = await base.sip.outbound.targets(Uri.parse("sip:1@both.example.net"), base.sip.account(1))
        assert [target.host for target in found] == ["2001:db8::1", "192.0.2.1"]

    play(tmp_path, {"dual_stack": "ipv6"}, scenario)


def test_an_outbound_proxy_may_be_named_by_a_route(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        proxy = f"<sip:{HOST}:{far.port};lr>"
        assert [m.headers.get("Route") for m in far.seen] == [proxy]
        await base.call("301")
        assert (await far.request("INVITE")).headers.get("Route") == proxy

    async def work() -> None:
        async with script() as far:
            settings = {"user_host#1": "example.net", "user_outbound#1": f"sip:{HOST}:{far.port}"}
            quirks = {"outbound_proxy_route": "preloaded"}
            async with lone_base(tmp_path, far.port, settings, quirks=quirks) as base:
                await registered(far)
                await scenario(far, base)

    asyncio.run(work())


def test_reliable_ringing_may_be_unknown(tmp_path: Path) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        _, _, invite = await dialled(far, base)
        assert invite.headers.tokens("Supported") == {"timer", "replaces", "norefersub"}
        assert "prack" not in invite.headers.tokens("Allow")
        far.say(base, INVITE + "\nRequire: 100rel", sdp(), branch="z9hG4bK-rel")
        assert (await far.response(420, "INVITE")).headers.tokens("Unsupported") == {"100rel"}

    play(tmp_path, {"reliable_ringing": "unknown"}, scenario)


@pytest.mark.parametrize("quirks", [{"hold_direction": "sendonly"}, {"hold_direction": "inactive"}])
def test_a_hold_is_offered_in_either_way_and_taken_back_whole(tmp_path: Path, quirks: dict[str, str]) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        call, _, _ = await dialled(far, base)
        for wanted, answer in ((quirks["hold_direction"], "inactive"), ("sendrecv", "sendrecv")):
            turning = asyncio.create_task(call.hold() if wanted != "sendrecv" else call.resume())
            offer = await far.request("INVITE")
            assert direction(offer) == wanted
            far.answer(offer, 200, "", far.contact, "Content-Type: application/sdp", body=sdp(direction=answer))
            assert await turning

    play(tmp_path, quirks, scenario)


@pytest.mark.parametrize(("quirks", "everybody"), [({"sign_out": "own"}, False), ({"sign_out": "all"}, True)])
def test_an_identity_that_goes_may_sign_out_its_account(
    tmp_path: Path, quirks: dict[str, str], everybody: bool
) -> None:
    async def scenario(far: Script, base: LoneBase) -> None:
        bound = far.seen[-1]
        base.configure({"user_active#1": "false"})
        gone = await far.request("REGISTER")
        far.answer(gone, 200)
        assert bound.headers.get("Contact") != "*"
        assert gone.headers.get("Expires") == "0"
        assert gone.headers.get("Contact") == ("*" if everybody else bound.headers.get("Contact"))

    play(tmp_path, quirks, scenario)
