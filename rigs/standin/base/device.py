"""The base as its components see it: settings, log, network state, DNS, and the other components.

`boot.py` builds one and starts the components in order; a component is anything with `start` and `stop`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rigs.standin.base.flash import Flash, FlashStrategy
from rigs.standin.base.log import CATEGORIES, LogFilterStrategy, LogRing
from rigs.standin.base.settings import Settings
from rigs.standin.base.trust import Trust
from rigs.standin.core.owner import Owner
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies, Strategy
from rigs.standin.sip import platforms

if TYPE_CHECKING:
    from rigs.standin.air.radio import Radio
    from rigs.standin.base.dns import Resolver
    from rigs.standin.call.call_control import CallControl
    from rigs.standin.cti.action_urls import ActionUrls
    from rigs.standin.media.session import Media
    from rigs.standin.provisioning.fetch import Provisioning
    from rigs.standin.sip.agent import SipAgent
    from rigs.standin.web.server import WebServer

VERSION = "9.2.45-a"
"""The firmware the stand-in says it is (presentation, January 2011)."""

REBOOT_EXIT_CODE = 75
"""A base process that ends with this asks the supervisor to start it again."""


class Component(Protocol):
    """A part of the base with a life of its own."""

    async def start(self) -> None:
        """Returns when the part works; its own long tasks go to `device.spawn`."""

    async def stop(self) -> None:
        """Ends it in good order (de-register, close sockets); a power cut never gets here."""


@dataclass
class NetworkState:
    """What the base knows of its network; filled by the DHCP client, static settings and router advertisements."""

    interface: str = "eth1"
    address4: str = ""
    netmask: str = ""
    gateway: str = ""
    dns: list[str] = field(default_factory=list)
    domain: str = ""
    dhcp_server: str = ""
    option66: str = ""
    option67: str = ""
    by_dhcp: bool = True
    link_local: str = ""
    addresses6: list[str] = field(default_factory=list)
    stun_address: str = ""
    ntp: list[str] = field(default_factory=list)
    link: bool = False


class UptimeStrategy(Strategy):
    """Since when the base says it runs."""

    def began(self, flash: Flash) -> float:
        """On the monotonic clock: the start of this process, which is when power came or a restart ended."""
        return time.monotonic()


class Device:
    """One m9 base. `mac` is upper case with colons; `folder` is the run directory of the rig."""

    def __init__(self, *, mac: str, folder: Path, strategies: Strategies, quirks: Quirks) -> None:
        self.mac = mac.upper()
        self.folder = folder
        self.strategies = strategies
        self.quirks = quirks
        self.version = VERSION
        self.flash = Flash(folder / "flash", strategies.get(FlashStrategy))
        self.started_at = strategies.get(UptimeStrategy).began(self.flash)
        self.settings = Settings(self.flash, strategies)
        strategies.by_server_type = partial(platforms.choice, self.settings)
        self.log = LogRing(self._log_level, strategies.get(LogFilterStrategy))
        self.trust = Trust(self.flash, self.log)
        self.network = NetworkState()
        self.components: dict[str, Component] = {}
        self.owner = Owner(lambda text: self.log.write("general", 1, text))
        self.ended: asyncio.Future[int] | None = None
        self._network_listeners: list[Callable[[], None]] = []
        # The parts; boot.py sets them before any is started.
        self.dns: Resolver
        self.provisioning: Provisioning
        self.web: WebServer
        self.sip: SipAgent
        self.media: Media
        self.exchange: CallControl
        self.air: Radio
        self.cti: ActionUrls

    @property
    def mac_plain(self) -> str:
        """The MAC as twelve upper-case digits, as in file names."""
        return self.mac.replace(":", "")

    @property
    def uptime(self) -> float:
        """Seconds since power came."""
        return time.monotonic() - self.started_at

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks at work."""
        return self.owner.tasks

    def spawn(
        self, work: Coroutine[Any, Any, Any], name: str, *, failed: Callable[[], None] = lambda: None
    ) -> asyncio.Task[None]:
        """Runs a task of a component; one that fails is logged, `failed` clears away, and the base goes on."""
        return self.owner.spawn(work, name, failed=failed)

    def keep(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[None]:
        """Runs a task without which a component is dead: one that fails is logged and started again."""
        return self.owner.keep(work, name)

    async def reboot(self) -> None:
        """Asks for a restart: components close cleanly, then the supervisor starts the base again."""
        self.log.write("general", 1, "Reboot requested")
        if self.ended is not None and not self.ended.done():
            self.ended.set_result(REBOOT_EXIT_CODE)

    def on_network_change(self, listener: Callable[[], None]) -> None:
        """Calls `listener` whenever an address, server or the link changed."""
        self._network_listeners.append(listener)

    def network_changed(self) -> None:
        """Tells the listeners."""
        for listener in tuple(self._network_listeners):
            with self.owner.minding("what follows a change of the network"):
                listener()

    def _log_level(self, category: str) -> int:
        return self.settings.int("log", list(CATEGORIES).index(category) + 1)
