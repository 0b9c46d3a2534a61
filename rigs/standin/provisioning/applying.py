"""What the base does with a file it fetched: settings to flash, roots and keys, phone book, a firmware's address."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from rigs.standin.base.settings import SettingRefused
from rigs.standin.core.strategies import Strategy
from rigs.standin.directory import contacts
from rigs.standin.directory.contacts import AddressBooks
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

UNKNOWN_NAME = {"authname": "user_pname", "pname": "user_authname"}
"""Which of the two names of the authentication name a unit does not know, by the quirk of that name."""
PERMISSIONS = ("R", "RW")
REFUSALS_TOLD = 50
"""Of one file: each is a line of the log, and a file may hold a hundred thousand."""
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

    def _settings(self, address: str, document: SettingsFile) -> None:
        taken, refusals = 0, 0
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
                    refusals += 1
                    if refusals <= REFUSALS_TOLD:
                        self._log(3, f"{address}: {refusal}")
        if refusals > REFUSALS_TOLD:
            self._log(3, f"{address}: {refusals - REFUSALS_TOLD} more settings were refused")
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
        if not self.device.strategies.get(FirmwareStrategy).news(unpadded(offered), unpadded(running)):
            self._log(4, f"Firmware {document.version} is running already")
            return
        self.firmware_offers.append(document.address)
        self._log(4, f"Firmware offered at {document.address}; this unit runs {self.device.version}")

    def _certificates(self, document: CertificateFile) -> None:
        self.device.trust.store(document.authorities, document.certificate, document.key)

    def _phone_book(self, document: PhoneBook) -> None:
        told: dict[int, list[contacts.Contact]] = {}
        for one in document.contacts:
            told.setdefault(one.identity, []).append(contacts.Contact(one.name, one.number))
        AddressBooks(self.device).add(told, complete=document.complete)
        self._log(4, f"Phone book: {len(document.contacts)} entries")

    def _log(self, level: int, text: str) -> None:
        self.device.log.write("general", level, f"Provisioning: {text}")


def unpadded(version: str) -> str:
    """A version without the zeros that some servers put before its numbers (facts 3.8): 09.02.45 is 9.2.45."""
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", version)


def understood(entry: Entry) -> Entry:
    """One element of a settings file as the m9 takes it: of flags it knows R and RW, others are RW (facts 3.2)."""
    return entry if entry.perm in PERMISSIONS else replace(entry, perm="RW")
