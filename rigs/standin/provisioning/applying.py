"""What the base does with a file it fetched: settings to flash, roots and keys, phone book, a firmware's address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rigs.standin.base.settings import SettingRefused, Settings
from rigs.standin.core.strategies import Strategy
from rigs.standin.provisioning.documents import (
    BadDocument,
    CertificateFile,
    Contact,
    Entry,
    FirmwareFile,
    PhoneBook,
    SettingsFile,
)

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

CERTIFICATES = "certificates.json"
PHONE_BOOK = "tbook.json"
UNKNOWN_NAME = {"authname": "user_pname", "pname": "user_authname"}
"""Which of the two names of the authentication name a unit does not know, by the quirk of that name."""
PERMISSIONS = ("R", "RW")


class EntryStrategy(Strategy):
    """How one element of a settings file is understood."""

    def index(self, name: str, idx: int) -> int:
        """The identity (or log category) an `idx` means; 0 for a setting of the whole base."""
        return idx

    def permission(self, perm: str) -> str:
        """The m9 honours R and RW; every other flag counts as RW (facts 3.2)."""
        return perm if perm in PERMISSIONS else "RW"

    def value(self, name: str, text: str) -> str:
        """The value, entities of XML resolved."""
        return text


class MalformedStrategy(Strategy):
    """What a file that cannot be read does to what is stored."""

    def clear(self, settings: Settings) -> None:
        """Nothing is lost."""

    def salvaged(self, data: bytes) -> tuple[Entry, ...]:
        """The settings that are taken from it all the same: none."""
        return ()


class FirmwareStrategy(Strategy):
    """Which firmware on offer is news."""

    def news(self, offered: str, running: str) -> bool:
        """Another version than the running one; a name without a version is news."""
        return not offered or offered != running


class Applying:
    """Takes documents over into one base; mistakes in them are logged and skipped one by one."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.firmware_offers: list[str] = []

    def apply(self, address: str, document: SettingsFile | FirmwareFile | CertificateFile | PhoneBook) -> None:
        """Takes one document over; `address` is where it came from, for the log."""
        match document:
            case SettingsFile():
                self._settings(address, document)
            case FirmwareFile():
                self._firmware(document)
            case CertificateFile():
                self._certificates(document)
            case PhoneBook():
                self._phone_book(document)

    def malformed(self, address: str, data: bytes, error: BadDocument) -> None:
        """Notes a file that is no document; what was stored before stays."""
        self._log(1, f"{address} is ignored: {error}")
        strategy = self._device.strategies.get(MalformedStrategy)
        strategy.clear(self._device.settings)
        if entries := strategy.salvaged(data):
            self._settings(address, SettingsFile(entries))

    def image(self, address: str, data: bytes) -> None:
        """An image that came is not looked into: how the m9 tells its own is not known, and none would run here."""
        self._log(2, f"{address}: {len(data)} bytes were fetched; {self._device.version} stays")

    def authorities(self) -> list[str]:
        """The trusted roots as PEM texts."""
        stored = self._device.flash.load(CERTIFICATES).get("authorities", [])
        return [str(text) for text in stored]

    def _settings(self, address: str, document: SettingsFile) -> None:
        decide = self._device.strategies.get(EntryStrategy)
        taken = 0
        with self._device.settings.batch(who="provisioning") as settings:
            for entry in self._once(document.entries):
                try:
                    if entry.idx is None:
                        raise SettingRefused(f"{entry.name}: idx is no number")
                    if entry.name == UNKNOWN_NAME.get(self._device.quirks.get("authentication_name")):
                        raise SettingRefused(f"unknown setting {entry.name}")
                    perm = decide.permission(entry.perm)
                    value, idx = decide.value(entry.name, entry.value), decide.index(entry.name, entry.idx)
                    settings.set(entry.name, value, idx, who="provisioning", perm=perm)
                    taken += 1
                except SettingRefused as refusal:
                    self._log(3, f"{address}: {refusal}")
        self._log(4, f"{address}: {taken} settings stored")

    def _once(self, entries: tuple[Entry, ...]) -> list[Entry]:
        """A setting that stands twice counts once; which one is a quirk."""
        if self._device.quirks.get("repeated_setting") == "last":
            entries = tuple(reversed(entries))
        chosen: dict[tuple[str, int | None], Entry] = {}
        for entry in entries:
            chosen.setdefault((entry.name, entry.idx), entry)
        return list(chosen.values())

    def _firmware(self, document: FirmwareFile) -> None:
        """The running version is no news; another one is noted. Whether its letter counts is a quirk."""
        offered, running = document.version, self._device.version
        if self._device.quirks.get("firmware_letter") == "ignored" or "-" not in offered:
            offered, running = offered.partition("-")[0], running.partition("-")[0]
        if not self._device.strategies.get(FirmwareStrategy).news(offered, running):
            self._log(4, f"Firmware {document.version} is running already")
            return
        self.firmware_offers.append(document.address)
        self._log(4, f"Firmware offered at {document.address}; this unit runs {self._device.version}")

    def _certificates(self, document: CertificateFile) -> None:
        stored: dict[str, Any] = self._device.flash.load(CERTIFICATES)
        if document.authorities:
            stored["authorities"] = list(document.authorities)
        if document.certificate and document.key:
            stored["certificate"], stored["key"] = document.certificate, document.key
        self._device.flash.store(CERTIFICATES, stored)
        self._device.log.write("tls", 4, f"Certificates stored: {len(document.authorities)} roots")

    def _phone_book(self, document: PhoneBook) -> None:
        stored: dict[str, Any] = {} if document.complete else self._device.flash.load(PHONE_BOOK)
        for contact in document.contacts:
            rows = stored.setdefault(str(contact.identity), [])
            rows.append({"name": contact.name, "number": contact.number})
        self._device.flash.store(PHONE_BOOK, stored)
        self._log(4, f"Phone book: {len(document.contacts)} entries")

    def phone_book(self, identity: int) -> list[Contact]:
        """The contacts of one identity, as provisioned."""
        rows = self._device.flash.load(PHONE_BOOK).get(str(identity), [])
        return [Contact(identity, str(row["name"]), str(row["number"])) for row in rows]

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("general", level, f"Provisioning: {text}")
