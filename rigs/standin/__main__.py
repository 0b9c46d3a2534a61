"""`python -m rigs.standin --rig FILE`: the software rig, until its input closes or it is told to end.

`python -m rigs.standin defects|dead_rigs [--json]` lists the seeded defects or the dead rigs.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import sys
from pathlib import Path

from rigs.standin.core import rigfile

USAGE_ERROR = 2
BRING_UP_FAILED = 1


def main(arguments: list[str] | None = None) -> int:
    """Runs the stand-in; 2 for wrong use, 1 if a part did not start (the text names it)."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] in (["defects"], ["dead_rigs"]):
        listing = importlib.import_module(f"rigs.standin.{words[0]}.__main__")
        return int(listing.main(words[1:]))
    parser = argparse.ArgumentParser(prog="python -m rigs.standin", description=__doc__)
    parser.add_argument("--rig", type=Path, required=True, metavar="FILE", help="the rig file to be the rig of")
    parser.add_argument("--run", type=Path, metavar="DIR", help="flash, logs and sockets go here; else a temporary one")
    parser.add_argument("--defect", action="append", default=[], metavar="NAME", help="seed a defect from the start")
    parser.add_argument("--dead", default="", metavar="NAME", help="be one of the dead rigs")
    options = parser.parse_args(words)
    try:
        rig = rigfile.load(options.rig.resolve())
    except rigfile.RigFileError as error:
        print(error, file=sys.stderr)
        return USAGE_ERROR
    return _run(rig, options)


def _run(rig: rigfile.Rig, options: argparse.Namespace) -> int:
    # The plug forks before anything heavy is imported here: base and supervisor then import side by side.
    from rigs.standin.base_process import BasePlug

    plug = BasePlug()
    try:
        from rigs.standin.core.parts import BringUpFailed
        from rigs.standin.core.quirks import Quirks
        from rigs.standin.segment import NotPrivate, require_private
        from rigs.standin.supervisor import Supervisor

        try:
            require_private()
            Quirks(rig.quirks)

            async def work() -> None:
                await Supervisor(rig, options.run, plug, seeded=options.defect, dead_rig=options.dead).run()

            asyncio.run(work())
        except (NotPrivate, ValueError) as error:
            print(f"usage: {error}", file=sys.stderr)
            return USAGE_ERROR
        except BringUpFailed as error:
            print(f"the rig did not come up: {error}", file=sys.stderr)
            return BRING_UP_FAILED
        return 0
    finally:
        plug.close()


if __name__ == "__main__":
    sys.exit(main())
