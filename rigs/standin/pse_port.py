"""The base's outlet: power on is a fork into a fresh namespace, power off a dead wire and a dead process."""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, ParamSpec, TypeVar

from rigs.standin.base.device import REBOOT_EXIT_CODE
from rigs.standin.base_process import BasePlug
from rigs.standin.core.owner import Owner
from rigs.standin.segment import Segment

CRASH_PAUSE = 1.0
"""Seconds until a base whose program crashed is started again: a watchdog's pause, so that a loop is bearable."""

P = ParamSpec("P")
R = TypeVar("R")


class Outlet:
    """Switches the base on and off, starts it again when it asks for that or crashes, one move at a time."""

    def __init__(
        self, segment: Segment, plug: BasePlug, wiring: Executor, configuration: Callable[[], dict[str, Any]]
    ) -> None:
        self.powered = False
        self._segment = segment
        self._plug = plug
        self._plug.on_exit = self._base_ended
        self._wiring = wiring
        self._configuration = configuration
        self._moving = asyncio.Lock()
        self._owner = Owner(lambda text: print(text, file=sys.stderr, flush=True))
        self._link = True
        self._boots = 0
        self._crashes = 0

    async def switch(self, on: bool) -> None:
        """Moves the plug: off is a base that is dead and a port without carrier when this returns."""
        async with self._moving:
            if on == self.powered:
                return
            self.powered = on
            if on:
                await self._boot()
            else:
                # The wire first: the kernel would say goodbye for the sockets of a process that is killed.
                await self._wire(self._segment.carrier, False)
                self._plug.off()
                await self._wire(self._segment.unplug)

    async def enable_link(self, up: bool) -> bool:
        """The port's administrative state; returns whether there is a carrier now."""
        self._link = up
        await self._wire(self._segment.carrier, up)
        return await self._wire(self._segment.carrier_seen)

    async def status(self) -> dict[str, Any]:
        """Power, carrier, the port's administrative state, and how often the base started and crashed."""
        return {
            "powered": self.powered,
            "link": await self._wire(self._segment.carrier_seen),
            "admin": self._link,
            "boots": self._boots,
            "crashes": self._crashes,
        }

    async def _wire(self, work: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
        call = functools.partial(work, *arguments, **named)
        return await asyncio.get_running_loop().run_in_executor(self._wiring, call)

    async def _boot(self) -> None:
        self._boots += 1
        namespace = await self._wire(self._segment.plug, link=self._link)
        self._plug.on(namespace, self._configuration())

    def _base_ended(self, code: int) -> None:
        """A base ended by itself: a reboot it asked for, or a crash that its watchdog mends."""
        if not self.powered:
            return
        self._owner.spawn(self._start_again(code), "the next start of the base")

    async def _start_again(self, code: int) -> None:
        if code != REBOOT_EXIT_CODE:
            self._crashes += 1
            print(f"the base ended with {code}; see base.log; it starts again", file=sys.stderr, flush=True)
            async with self._moving:
                await self._wire(self._segment.unplug)
            await asyncio.sleep(CRASH_PAUSE)
        async with self._moving:
            if self.powered and self._plug.pid is None:
                await self._boot()
