"""Auto configuration: fetches the base's first file, follows what it names, and takes over what it says."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from rigs.standin.base.dns import ResolveFailed
from rigs.standin.core.strategies import Strategy
from rigs.standin.provisioning import documents, tftp
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.http import Client, FetchFailed, HttpStrategy, joined
from rigs.standin.provisioning.location import FileNameStrategy, ServerStrategy, address_of

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

FILES_LIMIT, NESTING_LIMIT = 32, 3
"""Files of one fetch, and lists within lists: one that names itself has an end."""
REFRESH_SECONDS = 120.0
"""For one fetch with all its files: SIP does not start before the first one has ended."""
FIRST_RETRY, LAST_RETRY = 2.0, 60.0


class UserAgentStrategy(Strategy):
    """How the base presents itself to HTTP servers."""

    def text(self, version: str) -> str:
        """The User-Agent header (facts 2.2)."""
        return f"Mozilla/4.0 (compatible; snom m9 {version})"


class FileListStrategy(Strategy):
    """Which files of a list are fetched."""

    def wanted(self, files: tuple[documents.FileReference, ...]) -> list[documents.FileReference]:
        """The references to follow, in order."""
        return list(files)


class RepetitionStrategy(Strategy):
    """How often the first file is asked for at a boot."""

    def times(self, quirk: str) -> int:
        """As often as the quirk `boot_fetches` says; field servers guard against more than once (facts 2.2)."""
        return 2 if quirk == "twice" else 1


@dataclass(frozen=True)
class Fetch:
    """One file that was asked for; `outcome` is empty if it came whole."""

    at: float
    address: str
    outcome: str = ""


class Provisioning:
    """The component: `boot` once the network is there, refreshes by settings_refresh_timer from then on."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._applying = Applying(device)
        self._timer_changed = asyncio.Event()
        self._left = FILES_LIMIT
        self.history: deque[Fetch] = deque(maxlen=500)

    async def start(self) -> None:
        """Watches the refresh timer; the first fetch is `boot`."""
        self._device.settings.on_change(self._setting_changed)

    async def stop(self) -> None:
        """Its tasks end with the base."""

    async def boot(self) -> None:
        """The boot's fetch, then the refresh timer; a server that is not there does not keep the base from work."""
        answered = True
        times = self._device.strategies.get(RepetitionStrategy).times(self._device.quirks.get("boot_fetches"))
        for _ in range(times):
            answered = await self.refresh()
        if not answered and self._device.quirks.get("unreachable_server") == "keep_trying":
            self._device.keep(self._keep_trying, "provisioning retry")
        self._device.keep(self._follow_timer, "settings refresh")

    async def refresh(self) -> bool:
        """Fetches and applies everything once; False if the server was not there at all."""
        address = self._address()
        if not address:
            self._log(5, "No settings server is known")
            return True
        self._left = FILES_LIMIT
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await self._take(address, depth=0)
        except FetchFailed as error:
            return error.answered
        except TimeoutError:
            self._log(2, f"{address}: not all was fetched in {REFRESH_SECONDS:.0f} s; the base goes on without it")
        return True

    def _address(self) -> str:
        device = self._device
        option66 = device.network.option66
        server = device.strategies.get(ServerStrategy).choose(
            device.settings.get("setting_server").strip(), option66, device.quirks.get("server_precedence")
        )
        file = device.network.option67 if server == option66 else ""
        if not server and not file:
            return ""
        names = device.strategies.get(FileNameStrategy)
        bare, boot_file = device.quirks.get("bare_option66"), device.quirks.get("boot_file")
        try:
            return address_of(server, file, device.mac_plain, names, bare=bare, boot_file=boot_file)
        except ValueError as error:
            self._log(2, f"Settings server: {error}")
            return ""

    async def _take(self, address: str, *, depth: int) -> None:
        """Fetches one file and applies it; what it names is fetched in order. FetchFailed only for the first file."""
        try:
            data = await self._fetch(address)
        except FetchFailed as error:
            self.history.append(Fetch(time.time(), address, str(error)))
            self._log(2, f"{address} was not fetched: {error}")
            if depth == 0:
                raise
            return
        self.history.append(Fetch(time.time(), address))
        try:
            document = documents.parse(data)
        except documents.BadDocument as error:
            self._applying.malformed(address, data, error)
            return
        self._log(4, f"{address}: {type(document).__name__}, {len(data)} bytes")
        if isinstance(document, documents.FileList):
            await self._follow(address, document, depth)
        else:
            self._applying.apply(address, document)
            await self._load_firmware()

    async def _load_firmware(self) -> None:
        """Fetches the images that were offered and are news."""
        while self._applying.firmware_offers:
            address = self._applying.firmware_offers.pop(0)
            try:
                self._applying.image(address, await self.client().get(address))
            except FetchFailed as error:
                self._log(2, f"{address} was not fetched: {error}")

    async def _follow(self, parent: str, document: documents.FileList, depth: int) -> None:
        if depth >= NESTING_LIMIT:
            self._log(2, f"{parent}: file lists nested too deeply")
            return
        names = self._device.strategies.get(FileNameStrategy)
        files = self._device.strategies.get(FileListStrategy).wanted(document.files)
        if len(files) > self._left:
            self._log(2, f"{parent}: {len(files)} files, the first {self._left} are taken")
        for reference in files[: self._left]:
            if self._left <= 0:  # lists in this list took the rest
                return
            self._left -= 1
            self._log(5, f"{parent}: file by {reference.attribute}= {reference.address}")
            try:
                address = joined(parent, names.expand(reference.address, self._device.mac_plain))
            except FetchFailed as error:
                self._log(2, f"{parent}: {error}")
                continue
            await self._take(address, depth=depth + 1)

    async def _fetch(self, address: str) -> bytes:
        try:
            parts = urlsplit(address)
        except ValueError as error:
            raise FetchFailed(f"{address[:200]!r}: {error}", answered=False) from error
        if parts.scheme != "tftp":
            return await self.client().get(address, documents.SIZE_LIMIT)
        try:
            addresses = await self._device.dns.addresses(parts.hostname or "")
            port = parts.port or 69
        except (ResolveFailed, ValueError) as error:
            raise FetchFailed(str(error), answered=False) from error
        if not addresses:
            raise FetchFailed(f"{parts.hostname} has no address")
        name = unquote(parts.path.lstrip("/"))
        if "\0" in name:
            raise FetchFailed(f"{name[:200]!r} is no name of a file")
        return await tftp.get(addresses[0], port, name, documents.SIZE_LIMIT)

    def client(self) -> Client:
        """How the base makes its requests at the moment: to say who it is, whom it trusts, with which password."""
        settings = self._device.settings
        short = self._device.quirks.get("http_agent_version") == "without_letter"
        version = self._device.version.partition("-")[0] if short else self._device.version
        return Client(
            user_agent=self._device.strategies.get(UserAgentStrategy).text(version),
            resolve=self._device.dns.addresses,
            speaks=self._device.strategies.get(HttpStrategy),
            username=settings.get("http_client_user"),
            password=settings.get("http_client_password"),
            trust=self._device.trust.context(),
        )

    async def _keep_trying(self) -> None:
        delay = FIRST_RETRY
        while True:
            await asyncio.sleep(delay)
            if await self.refresh():
                return
            delay = min(2 * delay, LAST_RETRY)

    def refresh_seconds(self) -> int:
        """Seconds from one fetch to the next; 0 is never."""
        return self._device.settings.int("settings_refresh_timer")

    async def _follow_timer(self) -> None:
        while True:
            seconds = self.refresh_seconds()
            self._timer_changed.clear()
            try:
                async with asyncio.timeout(seconds if seconds > 0 else None):
                    await self._timer_changed.wait()
            except TimeoutError:
                self._log(4, f"Settings are fetched again after {seconds} s")
                await self.refresh()

    def _setting_changed(self, name: str, idx: int, old: str, new: str) -> None:
        if name == "settings_refresh_timer":
            self._timer_changed.set()

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("general", level, f"Provisioning: {text}")
