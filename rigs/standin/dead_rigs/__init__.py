"""The five dead rigs: each dead in one part and healthy to every check of a rig.

`rigs.yaml` lists them. The dead part is a module here that holds Strategy subclasses and replacements, as defects
are, or a program that takes the place of a part (the mute server).
"""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rigs.standin.core.replacing import declared_in
from rigs.standin.core.strategies import Fault, Strategy


@cache
def known() -> dict[str, dict[str, Any]]:
    """The rows of rigs.yaml by name."""
    with (Path(__file__).with_name("rigs.yaml")).open(encoding="utf-8") as text:
        return dict(yaml.safe_load(text))


def load(rig: str) -> list[Fault]:
    """The overrides of one dead rig (none for one whose part is a program); ValueError with the known names."""
    if rig not in known():
        raise ValueError(f"no dead rig {rig!r}; known: {', '.join(known())}")
    if not known()[rig]["module"]:
        return []
    module = importlib.import_module(f"{__name__}.{known()[rig]['module']}")
    kinds = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__
    ]
    return [*kinds, *declared_in(module)]
