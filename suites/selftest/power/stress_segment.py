"""Runs inside a private segment of its own: the stand-in's agent as it is configured there, set again and again.

`stress_segment.py FOLDER SETS` keeps every processor busy meanwhile and prints what went wrong as JSON. Nothing is
asked twice: each SET must be confirmed by its reply, by the plug that it moves, and by the first GET after it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.power.poe import ADMIN, DETECTION, OPER_STATUS
from harness.power.snmp import SnmpAccess
from rigs.standin.core.control import ControlServer
from rigs.standin.core.rigfile import PoePort
from rigs.standin.switch.agent import SwitchAgent

HOST = "127.0.0.1"
OBJECTS = (f"{ADMIN}.1.3", f"{DETECTION}.1.3", f"{OPER_STATUS}.10103")
SHOWN = {True: [1, 3, 1], False: [2, 1, 2]}


class Plug:
    """The supervisor's side of the plug, on an event loop of its own."""

    def __init__(self, path: Path) -> None:
        self.powered = True
        self._server = ControlServer(path, self._answer)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(10)

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["do"] == "power":
            self.powered = request["on"]
        return {"powered": self.powered, "link": self.powered, "admin": True}


def stress(agent: SnmpAccess, plug: Plug, sets: int) -> list[str]:
    """What was not as asked, for each SET that it befell."""
    wrong = []
    for number in range(sets):
        on = number % 2 == 1
        try:
            agent.set(OBJECTS[0], 1 if on else 2)
            shown = [int(value) for value in agent.get(*OBJECTS)]
        except RigFault as fault:
            wrong.append(f"set {number}: {fault}")
            continue
        if plug.powered != on or shown != SHOWN[on]:
            wrong.append(f"set {number}: on={on}, the plug is {plug.powered}, the agent shows {shown}")
    return wrong


def answers(agent: SnmpAccess) -> bool:
    """Whether snmpd is up."""
    try:
        return bool(agent.get(OBJECTS[0]))
    except RigFault:
        return False


def main(folder: Path, sets: int) -> None:
    """Bring the agent up, load the processors, count."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    plug = Plug(folder / "control")
    agent = SwitchAgent(PoePort(host=HOST), HOST, folder, folder / "control")
    load = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))]
    snmpd = subprocess.Popen(agent.command(), env=agent.environment())
    # Long limits and no second question: a SET that is slow is no failure, one that is refused is.
    access = SnmpAccess(HOST, community="private", timeout=30.0)
    try:
        wait_until(lambda: answers(access), what="snmpd answers", within=30)
        wrong = stress(access, plug, sets)
    finally:
        for process in (*load, snmpd):
            process.kill()
            process.wait()
    sys.stdout.write(json.dumps({"sets": sets, "wrong": wrong}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
