"""vCards as address books of that time write them: version 2.1 (quoted-printable) and 3.0 (RFC 2426, folded lines)."""

from __future__ import annotations

import base64
from collections.abc import Sequence

WIDTH = 40
"""Octets of a line before it is folded: short, so that names are folded too."""
END = "\r\n"


def version_21(name: str, numbers: Sequence[str], photo: bytes = b"") -> str:
    """One card as Outlook sends it: UTF-8 in quoted-printable with soft line breaks, the photo in base64."""
    coded = "ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8"
    lines = ["BEGIN:VCARD", "VERSION:2.1"]
    lines += [_quoted(f"N;{coded}:", _parts(name)), _quoted(f"FN;{coded}:", name)]
    lines += [f"TEL;{kind};VOICE:{number}" for kind, number in zip(_kinds(numbers), numbers, strict=True)]
    if photo:
        text = base64.b64encode(photo).decode()
        pieces = [text[at : at + WIDTH] for at in range(0, len(text), WIDTH)]
        lines += ["PHOTO;JPEG;ENCODING=BASE64:", *(f" {piece}" for piece in pieces), ""]
    return END.join([*lines, "REV:20110120T120000Z", "END:VCARD", ""])


def version_30(name: str, numbers: Sequence[str], photo: bytes = b"") -> str:
    """One card as RFC 2426 has it: UTF-8, long lines folded, the photo in binary encoding."""
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_parts(name)};;;", f"FN:{_escaped(name)}"]
    lines += [f"TEL;TYPE={kind},VOICE:{number}" for kind, number in zip(_kinds(numbers), numbers, strict=True)]
    if photo:
        lines.append(f"PHOTO;ENCODING=b;TYPE=JPEG:{base64.b64encode(photo).decode()}")
    return END.join([*map(_folded, lines), "END:VCARD", ""])


def _kinds(numbers: Sequence[str]) -> list[str]:
    return ["WORK", "CELL", *["HOME"] * len(numbers)][: len(numbers)]


def _parts(name: str) -> str:
    """Family name first, as N has it."""
    given, _, family = name.rpartition(" ")
    return f"{_escaped(family)};{_escaped(given)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")


def _quoted(head: str, text: str) -> str:
    """Quoted-printable with a soft line break in it, as all its lines are short (RFC 2045 section 6.7)."""
    plain = [chr(octet) if 0x20 <= octet < 0x7F and octet != 0x3D else f"={octet:02X}" for octet in text.encode()]
    half = len(plain) // 2
    return f"{head}{''.join(plain[:half])}={END}{''.join(plain[half:])}"


def _folded(line: str) -> str:
    """A line of at most so many octets, and those that continue it, which begin with a blank; no letter is cut."""
    lines, here = [], ""
    for letter in line:
        if len((here + letter).encode()) > WIDTH:
            lines.append(here)
            here = " "
        here += letter
    return END.join([*lines, here])
