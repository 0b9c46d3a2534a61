"""The base's life from power to power: build the device, start its parts in order, end with a reboot or a cut.

The radio is up first (handsets need no network), then the network, the web server as soon as there is an address,
the provisioning fetch, and with its settings the SIP agent.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
from pathlib import Path
from typing import Any

from rigs.standin.base.device import Device
from rigs.standin.base.dhcp import Network
from rigs.standin.base.dns import Resolver
from rigs.standin.base.log import LogEntry
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.provisioning.fetch import Provisioning
from rigs.standin.web import registry

PARTS = {
    "media": ("rigs.standin.media.session", "Media"),
    "sip": ("rigs.standin.sip.agent", "SipAgent"),
    "exchange": ("rigs.standin.call.call_control", "CallControl"),
    "air": ("rigs.standin.air.radio", "Radio"),
    "web": ("rigs.standin.web.server", "WebServer"),
    "cti": ("rigs.standin.cti.action_urls", "ActionUrls"),
}
STOP_SECONDS = 3.0


def preload() -> None:
    """Imports all parts, so that power-on is a fork and nothing else."""
    for module, _ in PARTS.values():
        importlib.import_module(module)
    registry.pages()


def main(configuration: dict[str, Any]) -> int:
    """Runs one base until it ends; the result is its exit code. Called in a forked process, in the base's namespace."""
    return asyncio.run(_live(configuration))


async def _live(configuration: dict[str, Any]) -> int:
    device = build(configuration)
    device.ended = asyncio.get_running_loop().create_future()
    device.owner.take_over()
    device.log.on_write(_print)
    device.log.write("general", 1, f"snom m9 {device.version} starts, MAC {device.mac}")
    for refused in device.settings.not_taken:
        device.log.write("general", 1, f"Stored setting not taken, the factory's is in its place: {refused}")
    starting = device.spawn(_start(device), "boot")
    code = await device.ended
    starting.cancel()
    for component in reversed(device.components.values()):
        with device.owner.minding(f"the end of {type(component).__name__}"):
            async with asyncio.timeout(STOP_SECONDS):
                await component.stop()
    return code


def _print(entry: LogEntry) -> None:
    """A host whose disk is full keeps no log; the base goes on."""
    with contextlib.suppress(OSError):
        print(entry, file=sys.stderr, flush=True)


def build(configuration: dict[str, Any]) -> Device:
    """A device with all its parts constructed and none started; ValueError for an unknown defect or quirk."""
    # Before any part: a replacement reaches only what is looked up after it.
    strategies = Strategies(Path(configuration["folder"]))
    for defect in configuration["defects"]:
        strategies.apply(defect)
    if configuration["dead"]:
        strategies.apply_dead(configuration["dead"])
    device = Device(
        mac=configuration["mac"],
        folder=Path(configuration["folder"]),
        strategies=strategies,
        quirks=Quirks(configuration["quirks"]),
    )
    device.dns = Resolver(device)
    device.provisioning = Provisioning(device)
    device.components = {"dns": device.dns, "network": Network(device), "provisioning": device.provisioning}
    for name, (module, kind) in PARTS.items():
        component = getattr(importlib.import_module(module), kind)(device)
        setattr(device, name, component)
        device.components[name] = component
    return device


async def _start(device: Device) -> None:
    network = device.components["network"]
    assert isinstance(network, Network)
    for name in ("dns", "media", "exchange", "air", "network", "provisioning"):
        await _start_part(device, name)
    await network.bound.wait()
    await _start_part(device, "web")
    with device.owner.minding("the first fetch of settings"):
        await device.provisioning.boot()
    await _start_part(device, "sip")
    await _start_part(device, "cti")
    device.log.write("general", 3, f"Ready after {device.uptime:.2f} s")


async def _start_part(device: Device, name: str) -> None:
    """A part that cannot start, whatever is stored or comes in, does not keep the others from it."""
    with device.owner.minding(f"the start of {name}"):
        await device.components[name].start()
