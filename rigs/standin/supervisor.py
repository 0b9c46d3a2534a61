"""Starts the parts of the rig, moves the plug, says READY once, and ends everything."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rigs.standin import dead_rigs, defects
from rigs.standin.base_process import BasePlug
from rigs.standin.core.control import ControlServer
from rigs.standin.core.parts import BringUpFailed, Parts, entering
from rigs.standin.core.replacing import Replacement, of_program
from rigs.standin.core.rigfile import Rig
from rigs.standin.core.strategies import Strategies
from rigs.standin.pse_port import Outlet
from rigs.standin.segment import MUTE_SERVER, SWITCH, Segment
from rigs.standin.switch import mib
from rigs.standin.switch.agent import SwitchAgent

SOCKET_PATH_LIMIT = 107


class Supervisor:
    """The software rig: `run` returns when it was told to stop, with nothing left running."""

    def __init__(self, rig: Rig, folder: Path | None, plug: BasePlug, *, seeded: list[str], dead_rig: str) -> None:
        self.rig = rig
        check_names(seeded, dead_rig)
        # What a defect replaces in this process, the switch's agent, is in force before it is constructed.
        self._borrowed = folder is not None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="m9-standin-"))).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._control = ControlServer(self.folder / "control.sock", self._command)
        if len(str(self._control.path)) > SOCKET_PATH_LIMIT:
            raise BringUpFailed(f"{self.folder}: too long a path for the sockets in it; choose a shorter --run")
        self.defects = list(seeded)
        for defect in seeded:
            Strategies(self.folder).apply(defect)
        self.dead = dead_rig
        self._plug = plug
        self._parts = Parts(self.folder)
        self._guest: subprocess.Popen[bytes] | None = None
        self._stopped = asyncio.Event()
        self._segment: Segment | None = None
        self._outlet: Outlet
        # pyroute2's synchronous calls bring an event loop of their own, so the wires are moved by one thread for it.
        self._wiring = ThreadPoolExecutor(1, "wiring")

    async def run(self) -> None:
        """Brings the rig up, prints the READY line, waits for the end, and clears away."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        self._watch_stdin(loop)
        try:
            print(json.dumps(await self._bring_up()), flush=True)
            await self._stopped.wait()
        finally:
            await self._clear()

    async def _bring_up(self) -> dict[str, Any]:
        portable = asyncio.create_task(self._start_portable())
        segment = await asyncio.get_running_loop().run_in_executor(self._wiring, Segment, self.rig)
        self._segment = segment
        self._outlet = Outlet(segment, self._plug, self._wiring, self._configuration)
        await self._control.start()
        answers = await asyncio.gather(
            portable,
            self._plug.ready(),
            self._start_switch(segment),
            self._start_mute_server(segment),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, OSError):
                raise BringUpFailed(str(answer)) from answer
            if isinstance(answer, BaseException):
                raise answer
        if self.rig.powered:
            await self._outlet.switch(True)
        return {
            "ready": True,
            "interface": self.rig.interface,
            "dongle": answers[0],
            "control": str(self._control.path),
            "web": None,
            "run": str(self.folder),
            "pids": self._pids(),
        }

    async def _start_portable(self) -> str:
        """Handsets and dongle, which have power of their own; returns the dongle's port."""
        words = ["--rig", str(self.rig.path), "--run", str(self.folder)]
        for defect in self.defects:
            words += ["--defect", defect]
        if self.dead:
            words += ["--dead", self.dead]
        return str((await self._parts.start_module("rigs.standin.portable_process", *words))["dongle"])

    async def _start_switch(self, segment: Segment) -> None:
        faults = [name for name in self.defects if of_program(defects.find(name), mib.__name__)]
        agent = SwitchAgent(self.rig.power, segment.address(SWITCH), self.folder, self._control.path, faults)
        namespace = segment.switch
        process = await self._parts.start(
            "snmpd", agent.command(), namespace=namespace, environment=agent.environment()
        )
        if not await agent.answers(namespace, process):
            raise BringUpFailed(f"snmpd does not answer{self._parts.last_words('snmpd')}")

    async def _start_mute_server(self, segment: Segment) -> None:
        """The dead rig of a server that is mute after registration lives in the guest's namespace."""
        if self.dead != "mute-server":
            return
        await asyncio.get_running_loop().run_in_executor(self._wiring, segment.add_guest_address, MUTE_SERVER)
        words = ["--rig", str(self.rig.path)]
        for address in (segment.address(MUTE_SERVER), segment.address6(MUTE_SERVER)):
            words += ["--address", address]
        await self._parts.start_module("rigs.standin.dead_rigs.mute_server", *words, namespace=segment.guest)

    def _configuration(self) -> dict[str, Any]:
        """What a base that starts now is told of itself."""
        return {
            "mac": self.rig.mac,
            "folder": str(self.folder),
            "quirks": self.rig.quirks,
            "defects": self.defects,
            "dead": self.dead,
        }

    async def _command(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request of the control socket; ValueError is told to the asker."""
        match request.get("do"):
            case "status":
                return await self._status()
            case "power":
                await self._outlet.switch(_flag(request, "on"))
                return {"powered": self._outlet.powered}
            case "link":
                return {"link": await self._outlet.enable_link(_flag(request, "up"))}
            case "defect":
                return self._set_defect(request.get("name"))
            case "guest":
                return {"pid": self._guest_pid()}
            case "stop":
                self._stopped.set()
                return {}
        raise ValueError(f"do: {request.get('do')!r} is not one of status, power, link, defect, guest, stop")

    async def _status(self) -> dict[str, Any]:
        return {
            **await self._outlet.status(),
            "defects": self.defects,
            "dead": self.dead,
            "pids": self._pids(),
        }

    def _set_defect(self, name: object) -> dict[str, Any]:
        """Seeds one defect in place of those before: at once in the portable parts, at its next start in the base."""
        if name is not None and not isinstance(name, str):
            raise ValueError("defect: name is a text or null")
        wanted = [name] if name else []
        check_names(wanted, "")
        for replaced in {*self.defects, *wanted}:
            if isinstance(defects.find(replaced), Replacement):
                raise ValueError(f"defect {replaced} replaces code: it is seeded at the start of the rig, by --defect")
        self.defects = wanted
        self._parts.tell("portable", {"defect": name})
        return {"defects": wanted}

    def _guest_pid(self) -> int:
        """A process that does nothing but hold the guest's network, for nsenter."""
        if self._guest is None or self._guest.poll() is not None:
            assert self._segment
            self._guest = subprocess.Popen(
                ["sleep", "infinity"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                preexec_fn=entering(self._segment.guest),
            )
        return self._guest.pid

    def _pids(self) -> dict[str, int]:
        pids = {"supervisor": os.getpid(), "plug": self._plug.holder, **self._parts.pids()}
        if self._plug.pid:
            pids["base"] = self._plug.pid
        return pids

    def _watch_stdin(self, loop: asyncio.AbstractEventLoop) -> None:
        """The parent closes the input to end this process; a file or /dev/null as input has no meaning."""
        with contextlib.suppress(OSError):
            mode = os.fstat(0).st_mode
            if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(0):
                loop.add_reader(0, self._read_stdin)

    def _read_stdin(self) -> None:
        if not os.read(0, 4096):
            self._stopped.set()

    async def _clear(self) -> None:
        if self._segment:
            self._outlet.powered = False
        self._plug.close()
        if self._guest:
            self._guest.kill()
            self._guest.wait()
        await self._parts.stop()
        await self._control.stop()
        if self._segment:
            await asyncio.get_running_loop().run_in_executor(self._wiring, self._segment.close)
        self._wiring.shutdown()
        if not self._borrowed:
            shutil.rmtree(self.folder, ignore_errors=True)


def check_names(names: list[str], dead_rig: str) -> None:
    """ValueError with the known names if a defect or dead rig is unknown."""
    for name in names:
        defects.find(name)
    if dead_rig:
        dead_rigs.load(dead_rig)


def _flag(request: dict[str, Any], key: str) -> bool:
    value = request.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"{key}: true or false is wanted")
    return value
