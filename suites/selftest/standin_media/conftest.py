"""A base without network around it, and media sessions that talk to each other over loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rigs.standin.base.device import Device
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.media.session import Media

DeviceMaker = Callable[..., Device]


@pytest.fixture
def make_device(tmp_path: Path) -> Iterator[DeviceMaker]:
    """Bases with settings of the test's choice, defects applied on demand."""
    faulty: list[Strategies] = []

    def make(defect: str | None = None, quirks: dict[str, str] | None = None, **settings: str) -> Device:
        strategies = Strategies()
        if defect:
            strategies.apply(defect)
            faulty.append(strategies)
        folder = tmp_path / f"base{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        device = Device(mac="00:04:13:30:01:21", folder=folder, strategies=strategies, quirks=Quirks(quirks))
        device.network.address4 = "127.0.0.1"
        device.network.interface = "lo"
        device.settings.set("rtp_port_start", "42000", who="base")
        device.settings.set("rtp_port_end", "42098", who="base")
        for name, value in settings.items():
            device.settings.set(name, value, 1 if name in IDENTITY else 0, who="base")
        device.media = Media(device)
        return device

    yield make
    for strategies in reversed(faulty):
        strategies.clear()  # a replacement is in force for the whole process


IDENTITY = {"packet_length", "propose_length", "user_payload_type", *(f"codec{slot}_name" for slot in range(1, 8))}
