"""The portable parts: all handsets of the rig and the dongle that works them; a process with power of its own.

`python -m rigs.standin.portable_process --rig FILE --run DIR` prints one JSON line when the dongle answers, takes JSON
lines `{"defect": NAME or null}` on its standard input, and ends with that input or on SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import os
import signal
import stat
import sys
from pathlib import Path

from rigs.standin.air.identities import factory_key, rfpi_of
from rigs.standin.air.medium import Medium
from rigs.standin.air.strategies import BondStrategy
from rigs.standin.base.flash import Flash, FlashStrategy
from rigs.standin.core import rigfile
from rigs.standin.core.owner import Owner
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.dongle.port import Port
from rigs.standin.handset import data
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.memory import Memory


def pair_kit(rig: rigfile.Rig, folder: Path) -> None:
    """What the factory does to a combo kit: base and handsets know each other before either is first switched on.

    Nothing happens to parts that have been in use: a base that lost its bonds stays without.
    """
    if any((folder / f"handset-{handset.number}.json").exists() for handset in rig.handsets):
        return
    flash = Flash(folder / "flash", FlashStrategy())
    if flash.load(BondStrategy.FILE):
        return
    rfpi = rfpi_of(rig.mac)
    bonds = {}
    for number, handset in enumerate(sorted(rig.handsets, key=lambda h: h.number), start=1):
        key = factory_key(rfpi, handset.ipui)
        bonds[handset.ipui] = {"key": key, "number": number}
        memory = Memory(folder / f"handset-{handset.number}.json")
        memory.values["bonds"] = {rfpi: {"key": key, "number": number}}
        memory.save()
    flash.store(BondStrategy.FILE, bonds)


class Portable:
    """The room with the handsets in it."""

    def __init__(self, rig: rigfile.Rig, folder: Path, strategies: Strategies, dead: str = "") -> None:
        self.folder = folder
        self.strategies = strategies
        self.medium = Medium()
        self.ended = asyncio.Event()
        self._dead = dead
        quirks = Quirks(rig.quirks)
        data.speak(quirks["display_words"])
        if quirks["paired_kit"] == "yes":
            pair_kit(rig, folder)
        self.handsets = {
            handset.number: Handset(handset.number, handset.ipui, self.medium, folder, strategies)
            for handset in rig.handsets
        }
        self.owner = Owner(lambda text: print(text, file=sys.stderr, flush=True))
        self.port = Port(folder / "dongle", self.handsets, self.owner)

    def start(self) -> None:
        """Opens the air, puts the batteries in, plugs the dongle in."""
        self.owner.take_over()
        self.medium.start(self.folder / "air.sock")
        for handset in self.handsets.values():
            handset.switch(True)
        self.port.start()

    def stop(self) -> None:
        """Everything off."""
        for handset in self.handsets.values():
            handset.switch(False)
        self.port.stop()
        self.medium.stop()

    def seed(self, defect: str | None) -> None:
        """One defect in place of those before; None for health. ValueError for an unknown name."""
        self.strategies.clear()
        if self._dead:
            self.strategies.apply_dead(self._dead)
        if defect:
            self.strategies.apply(defect)

    def watch_orders(self) -> None:
        """Takes JSON lines from standard input; its end is ours. A file or /dev/null there says nothing."""
        mode = os.fstat(0).st_mode
        if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            self._half = b""
            asyncio.get_running_loop().add_reader(0, self._ordered)

    def _ordered(self) -> None:
        data = os.read(0, 65536)
        if not data:
            self.ended.set()
            return
        *lines, self._half = (self._half + data).split(b"\n")
        for line in lines:
            try:
                self.seed(json.loads(line)["defect"])
            except (ValueError, KeyError, TypeError) as error:
                print(f"order {line!r}: {error}", file=sys.stderr, flush=True)


async def live(rig: rigfile.Rig, folder: Path, defects: list[str], dead: str) -> None:
    """Runs the portable parts until standard input or SIGTERM ends them."""
    strategies = Strategies(folder)
    if dead:
        strategies.apply_dead(dead)
    for defect in defects:
        strategies.apply(defect)
    portable = Portable(rig, folder, strategies, dead)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, portable.ended.set)
    portable.start()
    portable.watch_orders()
    print(json.dumps({"ready": True, "dongle": str(portable.port.link), "pid": os.getpid()}), flush=True)
    await portable.ended.wait()
    portable.stop()


def main(words: list[str] | None = None) -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="rigs.standin.portable_process", description=__doc__)
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--defect", action="append", default=[])
    parser.add_argument("--dead", default="")
    given = parser.parse_args(words)
    try:
        rig = rigfile.load(given.rig)
        asyncio.run(live(rig, given.run.resolve(), given.defect, given.dead))
    except (rigfile.RigFileError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    # As the module that defects name, not as `__main__`.
    sys.exit(importlib.import_module("rigs.standin.portable_process").main())
