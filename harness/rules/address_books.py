"""Whose number it is by the identity's address book: a display names a far end by it before SIP does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers
from harness.rules.acts import TEXT
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.reactions import over_at
from harness.rules.registry import rule

if TYPE_CHECKING:
    from harness.rules.acts import Shown
    from harness.rules.evidence import Evidence

SHOWN_S = 1.5
"""Seconds in which a display shows a name that the base has in its own memory."""
PRESENTED_BY = ("p-asserted-identity", "remote-party-id")
CUT = 8
"""The least number of letters of a name that is too long for its row."""


@dataclass(frozen=True)
class Entry:
    """One contact of an address book; `picture` names its photo, empty without one."""

    identity: int
    name: str
    number: str
    picture: str


@dataclass(frozen=True)
class FarEnd:
    """Whom a call is with, as SIP says: numbers by which it may be known, and a name."""

    numbers: frozenset[str]
    name: str


def entries_at(evidence: Evidence, at: float) -> list[Entry]:
    """What is in the address books at a moment, by the acts; none where no act filled them."""
    found: list[Entry] = []
    for act in evidence.acts_of("contacts"):
        if act.at > at:
            break
        added = [Entry(int(identity), *map(str, rest)) for identity, *rest in json.loads(act.detail.get(TEXT) or "[]")]
        found = added if act.detail.get("complete") else [*found, *added]
    return found


def far_end(call: CallEvidence) -> FarEnd:
    """The far end of a call: asserted before From, or the number that was dialled."""
    opening = call.opening
    assert opening is not None
    if not call.incoming:
        return FarEnd(frozenset({plain(unquote(opening.to.user))}), "")
    told = [headers.parse_address(value) for name in PRESENTED_BY for value in opening.header(name)][:1]
    address = told[0] if told else opening.from_
    return FarEnd(frozenset({plain(unquote(address.user))}) - {""}, address.display or opening.from_.display)


def known_as(call: CallEvidence) -> tuple[list[Entry], list[Entry]]:
    """The contacts with the far end's number: those of the call's identity, and those of others; none if unknown."""
    opening = call.opening
    identity = call.identity(opening.at) if opening is not None else 0
    if opening is None or not identity or not call.handset or call.begins_inside:
        return [], []
    numbers = far_end(call).numbers
    fitting = [one for one in entries_at(call.evidence, opening.at) if plain(one.number) in numbers]
    return [one for one in fitting if one.identity == identity], [one for one in fitting if one.identity != identity]


@rule("BOOK-NAME", reads=("sip", "acts", "shown"), timed=True)
def the_name_of_the_book_is_shown(call: CallEvidence) -> Iterator[Finding]:
    """In a call with a contact of its identity the handset shows the contact's name, and not the one that SIP tells."""
    own, _ = known_as(call)
    if not own or call.opening is None:
        return
    displays = _of_the_call(call)
    if displays is None:
        yield cannot_be_said(call.opening, why="a trace has no displays: it does not show what a handset made of it")
        return
    names, told = [one.name for one in own], far_end(call)
    others = [told.name, *sorted(told.numbers)]
    named = next((one for one in displays if any(shows(one.value, name) for name in names)), None)
    wrong = [
        one for one in displays
        if one.at > call.opening.at + SHOWN_S and any(other and other in one.value for other in others)
        and not any(shows(one.value, name) for name in names)
    ]  # fmt: skip
    if wrong:
        yield broken(call.opening, wrong[0], expected=" or ".join(dict.fromkeys(names)), seen=one_line(wrong[0].value))
    elif named is not None:
        yield held(call.opening, named)


@rule("BOOK-OTHER", reads=("sip", "acts", "shown"))
def the_book_of_another_identity_is_not_used(call: CallEvidence) -> Iterator[Finding]:
    """In a call with a contact of another identity alone the handset does not show the contact's name."""
    own, others = known_as(call)
    displays = _of_the_call(call)
    if own or not others or call.opening is None or displays is None:
        return
    told = far_end(call).name
    names = [one.name for one in others if one.name and one.name != told]
    wrong = [(one, name) for one in displays for name in names if shows(one.value, name)]
    if wrong:
        shown, name = wrong[0]
        yield broken(call.opening, shown, expected=f"not {name}", seen=one_line(shown.value))
    elif names and any(one.at > call.opening.at + SHOWN_S or _tells(one, call) for one in displays):
        yield held(call.opening)


def shows(display: str, name: str) -> bool:
    """Whether a row of a display has a name, or as much of it as it has room for."""
    wanted = " ".join(name.lower().split())
    rows = [" ".join(row.lower().split()) for row in display.splitlines()]
    return any(wanted in row or (len(row) >= CUT and wanted.startswith(row.rstrip(".…"))) for row in rows)


def plain(number: str) -> str:
    """A number without what is written between its digits."""
    return re.sub(r"[\s\-()/.]", "", number)


def one_line(text: str) -> str:
    """The rows of a display in one line."""
    return " / ".join(line.strip() for line in text.splitlines() if line.strip()) or "an empty display"


def _of_the_call(call: CallEvidence) -> list[Shown] | None:
    """The displays that were read during a call; None for a trace without any."""
    if call.evidence.shown is None or call.opening is None:
        return None
    over = over_at(call, call.opening.at) or float("inf")
    return [one for one in call.shown("display", call.handset) if call.opening.at <= one.at < over]


def _tells(shown: Shown, call: CallEvidence) -> bool:
    told = far_end(call)
    return any(text and text in shown.value for text in (told.name, *told.numbers))
