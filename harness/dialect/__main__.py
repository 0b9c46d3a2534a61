"""`python -m harness.dialect --host 192.0.2.11 --control FILE`: runs the server until it is ended by a signal."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from harness.dialect.control import Control
from harness.dialect.core import Options
from harness.dialect.platform import WrongPlatform
from harness.dialect.server import Server


def main() -> int:
    """Run it; 1 where an address is not to be had."""
    words = argparse.ArgumentParser(prog="python -m harness.dialect", description=__doc__)
    words.add_argument("--host", action="append", required=True, help="an address to listen on, IPv4 or IPv6")
    words.add_argument("--port", type=int, default=5060)
    words.add_argument("--realm", default="m9.example")
    words.add_argument("--name", action="append", default=[], help="a further name of this server in URIs")
    words.add_argument("--control", type=Path, required=True, help="the unix socket to be steered over")
    words.add_argument("--platform", default="plain", help="a name of platforms.yaml")
    words.add_argument("--nonce-life", type=float, default=300.0)
    words.add_argument("--first-answer", type=float, default=5.0)
    words.add_argument("--no-answer", type=float, default=120.0)
    given = words.parse_args()
    options = Options(
        tuple(given.host),
        given.port,
        given.realm,
        tuple(given.name),
        given.nonce_life,
        given.first_answer,
        given.platform,
        given.no_answer,
    )
    try:
        asyncio.run(_run(options, given.control))
    except (OSError, WrongPlatform) as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return 1
    return 0


async def _run(options: Options, control: Path) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = Server(options)
    await server.start()
    steering = await Control(server).serve(control)
    await ended.wait()
    steering.close()
    server.core.transports.close()


if __name__ == "__main__":
    sys.exit(main())
