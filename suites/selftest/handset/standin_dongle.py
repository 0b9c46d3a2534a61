"""The stand-in's dongle and handsets alone, on a pty of their own, as the driver meets them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from rigs.standin.core import rigfile
from rigs.standin.core.strategies import Strategies
from rigs.standin.portable_process import Portable

RIG = """
name: room
base: {mac: "00:04:13:30:01:21"}
handsets:
  - {number: 1, ipui: "005C30C840", identity: 1}
  - {number: 2, ipui: "005C30C841", identity: 2}
"""


@contextlib.contextmanager
def plugged(folder: Path) -> Iterator[Path]:
    """The dongle's port while the context lasts; no base is near."""
    (folder / "rig.yaml").write_text(RIG)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def made() -> Portable:
        portable = Portable(rigfile.load(folder / "rig.yaml"), folder, Strategies())
        portable.start()
        return portable

    portable = asyncio.run_coroutine_threadsafe(made(), loop).result(10)

    async def ended() -> None:
        portable.stop()

    try:
        yield folder / "dongle"
    finally:
        asyncio.run_coroutine_threadsafe(ended(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
