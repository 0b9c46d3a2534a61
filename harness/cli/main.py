"""The command m9: each command has a module with its options; only the module of the running command is loaded."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "nightly": ("nightly", "command"),
    "test": ("test", "command"),
    "check-isolation": ("test", "check_isolation"),
    "set-up": ("set_up", "command"),
    "lock": ("lock", "command"),
    "doctor": ("doctor", "command"),
    "survey": ("survey", "command"),
    "prove": ("prove", "command"),
    "judge": ("judge", "command"),
    "signoff": ("signoff", "command"),
    "gallery": ("gallery", "command"),
    "bench": ("bench", "command"),
    "standin": ("standin", "app"),
    "profile": ("profile", "app"),
}
"""Maps a command's name to its module and the name in it: a function, or an app of several commands."""
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "test": {"allow_extra_args": True, "ignore_unknown_options": True},
}


def application(words: Sequence[str] = ()) -> typer.Typer:
    """The command line; if the first words name a command, only this one is loaded (saves half a second)."""
    chosen = words[0] if words and words[0] in _COMMANDS else None
    app = typer.Typer(
        name="m9",
        help="Drives SIP-DECT bases, handsets and real calls on a rig, and judges them on the wire.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_show_locals=False,
    )
    app.callback()(_alone)
    for name, (module, attribute) in _COMMANDS.items():
        if chosen in (None, name):
            found = getattr(importlib.import_module(f"harness.cli.{module}"), attribute)
            if isinstance(found, typer.Typer):
                app.add_typer(found, name=name)
            else:
                app.command(name, context_settings=dict(_SETTINGS.get(name, {})))(found)
    return app


def _alone() -> None:
    """With this callback a single command keeps its name: without it typer reads the name as an argument."""


def main() -> None:
    """The console script's entry."""
    application(sys.argv[1:])(prog_name="m9")


if __name__ == "__main__":
    main()
