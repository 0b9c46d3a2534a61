"""A base without a network: settings, flash and log as boot.py builds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rigs.standin.base.device import Device


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Callable[..., Device]]:
    """Boots another device on the same flash: `base("defect", ..., quirks={})`."""
    from rigs.standin.base.device import Device
    from rigs.standin.core.quirks import Quirks
    from rigs.standin.core.strategies import Strategies

    faulty: list[Strategies] = []

    def boot(*defects: str, dead: str = "", quirks: dict[str, str] | None = None) -> Device:
        strategies = Strategies()
        faulty.append(strategies)
        for defect in defects:
            strategies.apply(defect)
        if dead:
            strategies.apply_dead(dead)
        return Device(mac="00:04:13:30:01:ab", folder=tmp_path, strategies=strategies, quirks=Quirks(quirks))

    yield boot
    for strategies in reversed(faulty):
        strategies.clear()  # a replacement is in force for the whole process
