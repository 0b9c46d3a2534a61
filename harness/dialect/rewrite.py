"""Carries a message from one leg to the other: what belongs to a hop or to a dialog is replaced where it stands.

All other headers and the body go through in their order and spelling.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from harness.dialect.message import Header, Message

Changes = Mapping[str, Sequence[str]]
"""The new values of headers by canonical name, one for each line; no value takes a header away."""
SPELT = {"call-id": "Call-ID", "cseq": "CSeq", "rack": "RAck"}
AT_THE_TOP = ("via", "record-route", "route")
OF_A_HOP = ("content-length", "authorization", "proxy-authorization", "proxy-authenticate", "www-authenticate")
"""What never goes from one leg to the other."""


def spelt(name: str) -> str:
    """The usual spelling of a canonical name."""
    return SPELT.get(name, name.title())


def in_latin1(message: Message) -> None:
    """Write the name in P-Asserted-Identity as old servers do; letters that Latin-1 has not stay as they are."""
    for value in message.all("p-asserted-identity"):
        with contextlib.suppress(UnicodeEncodeError):
            written = value.encode("latin-1").decode("utf-8", "surrogateescape")
            message.replace("p-asserted-identity", [f"P-Asserted-Identity: {written}"])


def passed_on(message: Message, start: str, changes: Changes) -> Message:
    """The message as it goes on, under this start line and with these changes."""
    kept: list[Header] = []
    placed: set[str] = set()
    for header in message.headers:
        if header.name in OF_A_HOP:
            continue
        if header.name not in changes:
            kept.append(header)
        elif header.name not in placed:
            placed.add(header.name)
            written = header.line.partition(":")[0]
            kept += [Header(f"{written}: {value}") for value in changes[header.name]]
    missing = [name for name in changes if name not in placed]
    top = [Header(f"{spelt(name)}: {value}") for name in AT_THE_TOP if name in missing for value in changes[name]]
    rest = [Header(f"{spelt(n)}: {value}") for n in missing if n not in AT_THE_TOP for value in changes[n]]
    at = 1 + max((n for n, header in enumerate(kept) if header.name == "via"), default=-1)
    return Message(start, [*kept[:at], *top, *kept[at:], *rest], message.body)
