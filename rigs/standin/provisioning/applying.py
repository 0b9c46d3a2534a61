"""What the base does with a file it fetched: settings to flash, roots and keys, phone book, a firmware's address."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from rigs.standin.base.settings import SettingRefused
from rigs.standin.core.strategies import Strategy
from rigs.standin.provisioning.documents import (
    BadDocument,
    CertificateFile,
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
Document: TypeAlias = SettingsFile | FirmwareFile | CertificateFile | PhoneBook


class FirmwareStrategy(Strategy):
    """Which firmware on offer is news."""

    def news(self, offered: str, running: str) -> bool:
        """Another version than the running one; a name without a version is news."""
        return not offered or offered != running


class Applying:
    """Takes documents over into one base; mistakes in them are logged and skipped one by one."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.firmware_offers: list[str] = []

    def apply(self, address: str, document: Document) -> None:
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
        """Notes a file that is no document; what was stored before stays, and nothing is taken of `data`."""
        self._log(1, f"{address} is ignored: {error}")

    def image(self, address: str, data: bytes) -> None:
        """An image that came is not looked into: how the m9 tells its own is not known, and none would run here."""
        self._log(2, f"{address}: {len(data)} bytes were fetched; {self.device.version} stays")

    def authorities(self) -> list[str]:
        """The trusted roots as PEM texts."""
        stored = self.device.flash.load(CERTIFICATES).get("authorities", [])
        return [str(text) for text in stored]

    def _settings(self, address: str, document: SettingsFile) -> None:
        taken = 0
        with self.device.settings.batch() as settings:
            for entry in [understood(each) for each in self._once(document.entries)]:
                try:
                    if entry.idx is None:
                        raise SettingRefused(f"{entry.name}: idx is no number")
                    if entry.name == UNKNOWN_NAME.get(self.device.quirks.get("authentication_name")):
                        raise SettingRefused(f"unknown setting {entry.name}")
                    settings.set(entry.name, entry.value, entry.idx, who="provisioning", perm=entry.perm)
                    taken += 1
                except SettingRefused as refusal:
                    self._log(3, f"{address}: {refusal}")
        self._log(4, f"{address}: {taken} settings stored")

    def _once(self, entries: tuple[Entry, ...]) -> list[Entry]:
        """A setting that stands twice counts once; which one is a quirk."""
        if self.device.quirks.get("repeated_setting") == "last":
            entries = tuple(reversed(entries))
        chosen: dict[tuple[str, int | None], Entry] = {}
        for entry in entries:
            chosen.setdefault((entry.name, entry.idx), entry)
        return list(chosen.values())

    def _firmware(self, document: FirmwareFile) -> None:
        """The running version is no news; another one is noted. Whether its letter counts is a quirk."""
        offered, running = document.version, self.device.version
        if self.device.quirks.get("firmware_letter") == "ignored" or "-" not in offered:
            offered, running = offered.partition("-")[0], running.partition("-")[0]
        if not self.device.strategies.get(FirmwareStrategy).news(offered, running):
            self._log(4, f"Firmware {document.version} is running already")
            return
        self.firmware_offers.append(document.address)
        self._log(4, f"Firmware offered at {document.address}; this unit runs {self.device.version}")

    def _certificates(self, document: CertificateFile) -> None:
        stored: dict[str, Any] = self.device.flash.load(CERTIFICATES)
        if document.authorities:
            stored["authorities"] = list(document.authorities)
        if document.certificate and document.key:
            stored["certificate"], stored["key"] = document.certificate, document.key
        self.device.flash.store(CERTIFICATES, stored)
        self.device.log.write("tls", 4, f"Certificates stored: {len(document.authorities)} roots")

    def _phone_book(self, document: PhoneBook) -> None:
        stored: dict[str, Any] = {} if document.complete else self.device.flash.load(PHONE_BOOK)
        for contact in document.contacts:
            rows = stored.setdefault(str(contact.identity), [])
            rows.append({"name": contact.name, "number": contact.number})
        self.device.flash.store(PHONE_BOOK, stored)
        self._log(4, f"Phone book: {len(document.contacts)} entries")

    def _log(self, level: int, text: str) -> None:
        self.device.log.write("general", level, f"Provisioning: {text}")


def understood(entry: Entry) -> Entry:
    """One element of a settings file as the m9 takes it: of flags it knows R and RW, others are RW (facts 3.2)."""
    return entry if entry.perm in PERMISSIONS else replace(entry, perm="RW")
