"""Provisioning documents as bytes: settings, file lists, firmware, certificates, phone book (facts sheet 3.1).

Values are checked against settings.yaml before they are written; a test that wants a wrong one says `checked=False`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from harness.base.setting_definitions import SettingDefinitions, load
from harness.core.errors import UsageError
from harness.core.redaction import redaction

DECLARATION = '<?xml version="1.0" encoding="utf-8" ?>\n'
PERMISSIONS = ("R", "RW")


@dataclass(frozen=True)
class SettingValue:
    """One setting to be written; `idx` 0 means the whole base, `perm` is R (users may not change it) or RW."""

    name: str
    value: str | int | bool
    idx: int = 0
    perm: str = "RW"


@dataclass(frozen=True)
class Mismatch:
    """A setting that the web UI shows with another value than was given."""

    name: str
    idx: int
    given: str
    shown: str

    def __str__(self) -> str:
        where = f"{self.name} idx={self.idx}" if self.idx else self.name
        return f"{where}: given {self.given!r}, shown {self.shown!r}"


def settings_document(
    values: Iterable[SettingValue], definitions: SettingDefinitions | None = None, *, checked: bool = True
) -> bytes:
    """A settings file with these values, in this order; raises UsageError with one line for each mistake."""
    known = definitions or load()
    listed = list(values)
    if checked:
        mistakes = [text for value in listed if (text := _mistake(known, value))]
        if mistakes:
            raise UsageError("\n".join(mistakes), remedy="see harness/base/settings.yaml, or pass checked=False")
    lines = [f"    {_element(known, value)}\n" for value in listed]
    body = "".join(["<settings>\n", "  <phone-settings>\n", *lines, "  </phone-settings>\n", "</settings>\n"])
    return (DECLARATION + body).encode()


def _mistake(definitions: SettingDefinitions, value: SettingValue) -> str:
    if value.perm not in PERMISSIONS:
        return f"{value.name}: perm {value.perm!r} is not one of R, RW (all the m9 honours)"
    try:
        return definitions.mistake(value.name, definitions.encoded(value.name, value.value), value.idx)
    except UsageError as error:
        return error.text


def _element(definitions: SettingDefinitions, value: SettingValue) -> str:
    known = value.name in definitions
    name = definitions[value.name].wire_name if known and value.name == definitions[value.name].name else value.name
    text = definitions.encoded(value.name, value.value) if known else str(value.value)
    if known and definitions[value.name].secret:
        redaction.register(text)
    index = f' idx="{value.idx}"' if value.idx else ""
    head = f"{name} perm={quoteattr(value.perm)}{index}"
    return f"<{head}>{escape(text)}</{name}>" if text else f"<{head} />"


def setting_files_document(urls: Sequence[str], attribute: str = "") -> bytes:
    """A root file that names further files; `attribute` is uri or url (both are in use: facts sheet 3.1)."""
    name = attribute or load().chosen("file_attribute")
    files = "".join(f"  <file {name}={quoteattr(url)} />\n" for url in urls)
    return f"{DECLARATION}<setting-files>\n{files}</setting-files>\n".encode()


def firmware_document(url: str, perm: str | None = "") -> bytes:
    """A file that offers a firmware; with `perm` None the attribute is left out, as some servers do."""
    attribute = "" if perm is None else f" perm={quoteattr(perm)}"
    body = f"<firmware-settings>\n  <firmware{attribute}>{escape(url)}</firmware>\n</firmware-settings>\n"
    return (DECLARATION + body).encode()


def certificates_document(*, cert: str = "", key: str = "", cas: Sequence[str] = ()) -> bytes:
    """Client certificate with its key, or trusted roots, as PEM texts; the key is masked in all evidence."""
    if bool(cert) != bool(key):
        raise UsageError(
            "a client certificate needs its key and the key its certificate", remedy="pass both or neither"
        )
    for line in key.splitlines():
        if line and not line.startswith("-----"):
            redaction.register(line)
    parts = [("cert", cert), ("key", key)] if cert else []
    parts += [("ca", ca) for ca in cas]
    body = "".join(f"  <{name}>\n{escape(pem.strip())}\n  </{name}>\n" for name, pem in parts)
    return f"{DECLARATION}<certificates>\n{body}</certificates>\n".encode()


@dataclass(frozen=True)
class Contact:
    """A phone book entry of one identity (1..9)."""

    name: str
    number: str
    identity: int = 1


def phone_book_document(contacts: Iterable[Contact], *, complete: bool = True) -> bytes:
    """A `tbook`; with `complete` it replaces the old one (facts sheet 3.7)."""
    items = [
        f'  <item context="identity{contact.identity}" index="{index}">\n'
        f"    <name>{escape(contact.name)}</name>\n    <number>{escape(contact.number)}</number>\n  </item>\n"
        for index, contact in enumerate(contacts)
    ]
    return f'{DECLARATION}<tbook complete="{str(complete).lower()}">\n{"".join(items)}</tbook>\n'.encode()


def file_name(mac: str) -> str:
    """The name that a base requests if the server URL has no file part (facts sheet 2.2)."""
    return f"snom-m9-{mac.replace(':', '').replace('-', '').upper()}.xml"
