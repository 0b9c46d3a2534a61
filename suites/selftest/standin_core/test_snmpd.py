"""The switch as SNMP managers meet it: Debian's snmpd, v2c and v3, reading, walking, switching, refusing."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from tempfile import mkdtemp
from typing import Any

import pytest
from pysnmp.hlapi.v3arch import asyncio as snmp

from harness.core.clock import wait_until
from rigs.standin.core.rigfile import PoePort
from rigs.standin.switch.agent import PYTHON, SwitchAgent

ADDRESS = "127.0.0.162"
ADMIN = "1.3.6.1.2.1.105.1.1.1.3.1.3"
USER = {"auth": "authauth1", "privacy": "privpriv1"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("snmpd", path="/usr/sbin:/usr/bin") is None, reason="snmpd is not installed"),
]


class Plug(StreamRequestHandler):
    """The supervisor's control socket, as far as the switch uses it."""

    powered = True

    def handle(self) -> None:
        for line in self.rfile:
            request = json.loads(line)
            if request["do"] == "power":
                Plug.powered = request["on"]
            answer = {"ok": True, "powered": Plug.powered, "link": Plug.powered, "admin": True}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


@pytest.fixture(scope="module")
def switch() -> Iterator[None]:
    folder = Path(mkdtemp(prefix="m9 with a blank "))
    python = folder / "python 3"
    python.symlink_to(sys.executable)
    Plug.powered = True
    power = PoePort(user="m9", **USER)
    with ThreadingUnixStreamServer(str(folder / "c.sock"), Plug) as control:
        control.daemon_threads = True
        threading.Thread(target=control.serve_forever, daemon=True).start()
        agent = SwitchAgent(power, ADDRESS, folder, folder / "c.sock")
        process = subprocess.Popen(
            agent.command(), env=agent.environment() | {PYTHON: str(python)}, stderr=subprocess.PIPE
        )
        try:
            wait_until(lambda: _get(snmp.CommunityData("private"), ADMIN) is not None, what="snmpd answers", within=15)
            yield
        finally:
            process.terminate()
            process.communicate(timeout=10)
            control.shutdown()
            shutil.rmtree(folder)


def v3(**wrong: str) -> Any:
    keys = {**USER, **wrong}
    protocols = {"authProtocol": snmp.USM_AUTH_HMAC96_SHA, "privProtocol": snmp.USM_PRIV_CFB128_AES}
    return snmp.UsmUserData("m9", keys["auth"], keys["privacy"], **protocols)


async def _ask(command: Any, who: Any, *bindings: Any) -> Any:
    engine = snmp.SnmpEngine()
    try:
        target = await snmp.UdpTransportTarget.create((ADDRESS, 161), timeout=1, retries=0)
        error, status, _, found = await command(engine, who, target, snmp.ContextData(), *bindings)
        return None if error or status else [(str(name), value) for name, value in found]
    finally:
        engine.close_dispatcher()


def _get(who: Any, oid: str) -> int | None:
    found = asyncio.run(_ask(snmp.get_cmd, who, snmp.ObjectType(snmp.ObjectIdentity(oid))))
    return int(found[0][1]) if found else None


def _set(who: Any, oid: str, value: int) -> bool:
    binding = snmp.ObjectType(snmp.ObjectIdentity(oid), snmp.Integer32(value))
    return asyncio.run(_ask(snmp.set_cmd, who, binding)) is not None


async def _walked(who: Any, tree: str) -> list[str]:
    engine = snmp.SnmpEngine()
    try:
        target = await snmp.UdpTransportTarget.create((ADDRESS, 161), timeout=1, retries=0)
        seen: list[str] = []
        at = snmp.ObjectType(snmp.ObjectIdentity(tree))
        found = snmp.walk_cmd(engine, who, target, snmp.ContextData(), at, lexicographicMode=False, lookupMib=False)
        async for error, status, _, bindings in found:
            assert not error
            assert not status
            seen.append(str(bindings[0][0]))
            assert len(seen) < 500, "the walk has no end"
        return seen
    finally:
        engine.close_dispatcher()


def _walk(who: Any, tree: str) -> list[str]:
    return asyncio.run(_walked(who, tree))


def test_both_versions_read_and_switch(switch: None) -> None:
    for who in (snmp.CommunityData("private"), v3()):
        assert _get(who, ADMIN) == 1
        assert _set(who, ADMIN, 2)
        assert not Plug.powered
        assert _get(who, "1.3.6.1.2.1.2.2.1.8.10103") == 2
        assert _set(who, ADMIN, 1)
        assert Plug.powered


def test_who_may_not_write_or_does_not_know_the_keys_changes_nothing(switch: None) -> None:
    assert _get(snmp.CommunityData("public"), ADMIN) == 1
    assert not _set(snmp.CommunityData("public"), ADMIN, 2)
    assert not _set(v3(auth="wrongwrong"), ADMIN, 2)
    assert not _set(v3(privacy="wrongwrong"), ADMIN, 2)
    assert not _set(snmp.CommunityData("private"), ADMIN, 7)
    assert Plug.powered


def test_a_walk_sees_both_mibs_in_order(switch: None) -> None:
    for who in (snmp.CommunityData("private"), v3()):
        seen = _walk(who, "1.3.6.1.2.1.105")
        assert ADMIN in seen
        assert seen == sorted(seen, key=lambda oid: [int(part) for part in oid.split(".")])
    assert "1.3.6.1.2.1.2.2.1.7.10103" in _walk(snmp.CommunityData("private"), "1.3.6.1.2.1.2")


def test_the_switch_tells_nothing_of_the_host(switch: None) -> None:
    """snmpd has the host's processes, disks and connections in it; a switch has ports."""
    for who in (snmp.CommunityData("private"), snmp.CommunityData("public"), v3()):
        assert _walk(who, "1.3.6.1.2.1.1")
        for tree in ("1.3.6.1.2.1.25", "1.3.6.1.4.1.2021", "1.3.6.1.2.1.6", "1.3.6.1.2.1.4", "1.3.6.1.4.1.8072"):
            assert _walk(who, tree) == []
