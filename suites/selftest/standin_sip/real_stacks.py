"""Runs inside a private segment: two bases through a real Kamailio, and SIPp at either end; says `all right`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from sip_room import HOST, lone_base

HERE = Path(__file__).parent
SERVER = "127.0.0.1:5060"
SIPP_TIME = "8"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def until(condition: Callable[[], bool], what: str, within: float = 8.0) -> None:
    """Waits for something that must come true."""
    try:
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise SystemExit(f"never: {what}") from None


def identity(number: str, server: str = SERVER, **more: str) -> dict[str, str]:
    return {"user_name#1": number, "user_host#1": server, "retry_t1": "500", **more}


async def registers(folder: Path, what: str, settings: dict[str, str], seconds: int) -> None:
    async with lone_base(folder, 5060, settings) as base:
        registration = base.sip.identities[1]
        await until(lambda: registration.text == "Registered", f"{what}: {registration.text}")
        assert registration.expires == seconds, registration.expires
    say(f"{what}: registered for {seconds} s and signed out")


async def calls(folder: Path) -> None:
    async with (
        lone_base(folder / "a", 5060, identity("40", **{"user_expiry#1": "30"})) as a,
        lone_base(folder / "b", 5060, identity("41")) as b,
    ):
        await until(lambda: a.sip.identities[1].registered and b.sip.identities[1].registered, "both registered")
        for round_, ender in enumerate(("near", "far")):
            call, ear = await a.call("41")
            incoming, other = await b.offered()
            await ear.expect("ringing", 180)
            await incoming.answer()
            await asyncio.gather(ear.expect("answered"), other.expect("answered"))
            assert await call.hold(), "hold"
            await other.expect("remote_hold", True)
            assert await call.resume(), "resume"
            assert await incoming.hold(), "hold from the other side"
            assert await incoming.resume(), "resume from the other side"
            if round_:
                await asyncio.sleep(3.2)  # the server's nonces live 3 s: the next request meets a stale one
            await (call if ender == "near" else incoming).hangup()
            await asyncio.gather(ear.expect("ended", 200), other.expect("ended", 200))
        call, ear = await a.call("41")
        incoming, other = await b.offered()
        await ear.expect("ringing")
        await call.hangup()
        await other.expect("ended", 487)
        call, ear = await a.call("41")
        incoming, other = await b.offered()
        await incoming.reject(486, "Busy Here")
        await ear.expect("ended", 486)
        _, ear = await a.call("999")
        await ear.expect("ended", 404)
    say("two bases: calls, hold, resume, cancel, reject")


async def sipp(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "sipp", *words, "-m", "1", "-timeout", SIPP_TIME, "-timeout_error", "-nostdin",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tempfile.mkdtemp(),
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"sipp {' '.join(words)} ended with {process.returncode}:\n{out.decode()[-3000:]}")


async def meets_sipp(folder: Path) -> None:
    quiet = {"user_active#1": "true", "user_pbxtype#1": "asterisk"}
    async with lone_base(folder, 5070, identity("40", f"{HOST}:5070", **quiet)) as base:
        base_at = f"{HOST}:{base.sip.transport.port}"
        for transport in ("u1", "t1"):
            caller = asyncio.create_task(
                sipp(base_at, "-sn", "uac", "-s", "40", "-i", HOST, "-p", "5071", "-d", "200", "-t", transport)
            )
            call, ear = await base.offered(8)
            await call.answer()
            await ear.expect("ended", 200, "", True, within=8)
            await caller
            answerer = asyncio.create_task(sipp("-sn", "uas", "-i", HOST, "-p", "5072", "-t", transport))
            await asyncio.sleep(0.5)
            kind = "udp" if transport == "u1" else "tcp"
            call, ear = await base.call(f"sip:301@{HOST}:5072;transport={kind}")
            await ear.expect("answered", within=8)
            await call.hangup()
            await answerer
    say("sipp: as caller and as called, UDP and TCP")


async def main() -> None:
    folder = Path(tempfile.mkdtemp())
    await (await asyncio.create_subprocess_exec("ip", "link", "set", "lo", "up")).wait()
    kamailio = await asyncio.create_subprocess_exec(
        "kamailio", "-DD", "-E", "-m", "32", "-M", "4", "-f", str(HERE / "kamailio_room.cfg"), "-Y", str(folder),
        stderr=(folder / "kamailio.log").open("wb"),
    )  # fmt: skip
    try:
        await registers(folder / "udp", "UDP", identity("40"), 60)
        tcp = {"user_outbound#1": f"sip:{SERVER};transport=tcp"}
        await registers(folder / "tcp", "TCP", identity("40", **tcp), 60)
        await registers(folder / "v6", "IPv6", identity("40", "[::1]"), 60)
        await calls(folder)
        await meets_sipp(folder)
    finally:
        if kamailio.returncode is None:
            kamailio.terminate()
            await kamailio.wait()
        sys.stderr.write((folder / "kamailio.log").read_text()[-3000:])
    say("all right")


if __name__ == "__main__":
    asyncio.run(main())
