"""The XML files a provisioning server may answer with (facts 3.1), read without trusting them.

Entities, external references and DTDs are refused whole; unknown elements are passed on by name for the log.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

SIZE_LIMIT = 1024 * 1024
"""Bytes of XML the base takes; a real unit's limit was not found [inferred]."""


class BadDocument(ValueError):
    """XML that is malformed, hostile or of no kind the base knows."""


@dataclass(frozen=True)
class FileReference:
    """One `<file>` of setting-files; `attribute` is uri or url, whichever named it."""

    address: str
    attribute: str


@dataclass(frozen=True)
class FileList:
    """`<setting-files>`."""

    files: tuple[FileReference, ...]


@dataclass(frozen=True)
class Entry:
    """One setting of a settings file; `idx` is 0 where the attribute is missing, None where it is no number."""

    name: str
    idx: int | None
    perm: str
    value: str


@dataclass(frozen=True)
class SettingsFile:
    """`<settings><phone-settings>`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class FirmwareFile:
    """`<firmware-settings><firmware>`: where an image is."""

    address: str

    @property
    def version(self) -> str:
        """The version in a name like m9-9.2.45-a.bin, empty if there is none."""
        found = re.search(r"m9r?-(\d+(?:\.\d+)+(?:-[a-z])?)\.bin$", self.address)
        return found[1] if found else ""


@dataclass(frozen=True)
class CertificateFile:
    """`<certificates>`: trusted roots, or the base's own certificate with its key; PEM texts."""

    authorities: tuple[str, ...]
    certificate: str
    key: str


@dataclass(frozen=True)
class Contact:
    """One `<item>` of a phone book; `identity` 1..9."""

    identity: int
    name: str
    number: str


@dataclass(frozen=True)
class PhoneBook:
    """`<tbook>`; `complete` replaces what was there."""

    complete: bool
    contacts: tuple[Contact, ...]


Document = FileList | SettingsFile | FirmwareFile | CertificateFile | PhoneBook


def parse(data: bytes) -> Document:
    """Reads any of the five kinds; BadDocument says why not."""
    if len(data) > SIZE_LIMIT:
        raise BadDocument(f"{len(data)} bytes are too many")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise BadDocument(f"{type(error).__name__}: {error}") from error
    match root.tag:
        case "setting-files":
            return FileList(tuple(_files(root)))
        case "settings":
            return SettingsFile(tuple(_entry(e) for parent in root.iter("phone-settings") for e in parent))
        case "firmware-settings":
            return FirmwareFile((root.findtext("firmware") or "").strip())
        case "certificates":
            texts = tuple((ca.text or "").strip() for ca in root.findall("ca"))
            return CertificateFile(texts, (root.findtext("cert") or "").strip(), (root.findtext("key") or "").strip())
        case "tbook":
            return PhoneBook(root.get("complete") == "true", tuple(_contacts(root)))
    raise BadDocument(f"root element {root.tag[:60]!r} is of no known kind")


def _files(root: Element) -> list[FileReference]:
    found: list[FileReference] = []
    for element in root.findall("file"):
        for attribute in ("uri", "url"):
            address = (element.get(attribute) or "").strip()
            if address:
                found.append(FileReference(address, attribute))
                break
    return found


def _entry(element: Element) -> Entry:
    text = element.get("idx", "0")
    idx = int(text) if re.fullmatch(r"\d{1,3}", text) else None
    return Entry(str(element.tag), idx, (element.get("perm") or "").strip(), (element.text or "").strip())


def _contacts(root: Element) -> list[Contact]:
    found: list[Contact] = []
    for item in root.findall("item"):
        identity = re.fullmatch(r"identity([1-9])", item.get("context", "identity1"))
        number = (item.findtext("number") or "").strip()
        if identity and number:
            found.append(Contact(int(identity[1]), (item.findtext("name") or "").strip(), number))
    return found
