"""A restart keeps what was set: pages and registrations show after it what was shown, given or written before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.rules.acts import Act, Shown
from harness.rules.document_settings import EXPIRY, NAME, first_registers, is_shown, settings_in
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Occasion, judged
from harness.rules.registry import rule
from harness.rules.settings import STARTS, WEB
from harness.rules.starts import Start

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

UNKNOWN = "unknown"
"""The channel of an act after which a value is not known until it is written or given again."""
STORED_S = 3.0
"""Seconds in which a document is stored; a base that has registered has stored what it started with."""
ON, OFF = ("on", "true", "1", "yes"), ("off", "false", "0", "no", "")


@rule("AFTER-RESTART", reads=("acts", "shown"))
def settings_are_kept(evidence: Evidence) -> Iterator[Finding]:
    """A setting that no document says anything of stays over a restart, as it was read or written on the pages."""
    restarts = evidence.acts_of(*STARTS)
    documents = evidence.acts_of("document")
    history: dict[tuple[str, str], list[Act | Shown]] = {}
    for act in evidence.acts_of("setting"):
        history.setdefault(_key(act), []).append(act)
    for shown in evidence.index.shown_between("setting", 0, 0.0, float("inf")):
        history.setdefault(_key(shown), []).append(shown)
    for (name, identity), told in history.items():
        if not any(isinstance(one, Act) and one.detail.get("channel") == "provisioning" for one in told):
            yield from _kept(name, identity, sorted(told, key=lambda one: one.at), restarts, documents)


def _kept(
    name: str, identity: str, told: list[Act | Shown], restarts: list[Act], documents: list[Act]
) -> Iterator[Finding]:
    for before, after in pairwise(told):
        if isinstance(after, Act) or (isinstance(before, Act) and "error" in before.detail):
            continue
        between = [act for act in restarts if before.at < act.at < after.at]
        changed = any(before.at < act.at < after.at for act in documents)
        if between and not changed:
            old = before.detail.get("value", "") if isinstance(before, Act) else before.value
            where = f"{name} of identity {identity}" if identity != "0" else name
            claim = f"{where} is kept over a restart"
            good = _same(old, after.value)
            yield judged(good, before, between[-1], after, expected=old, seen=after.value, claim=claim)


def _key(one: Act | Shown) -> tuple[str, str]:
    return one.detail.get("name", ""), one.detail.get("identity", "0")


def _same(one: str, other: str) -> bool:
    """Whether two values mean the same: a switch has several words."""
    words = one.lower(), other.lower()
    return one == other or all(word in ON for word in words) or all(word in OFF for word in words)


@dataclass(frozen=True)
class Known:
    """What a setting was made, and by what; a document that came just before power went may not be stored."""

    by: Occasion
    values: tuple[str, ...]
    is_stored: bool = True


@rule("PRV-KEPT", reads=("http", "sip", "dhcp", "acts"))
def kept_settings_are_used(evidence: Evidence) -> Iterator[Finding]:
    """Display name and time of an identity's first REGISTER are those before the start, if no document changes them."""
    given: dict[tuple[str, int], list[Known]] = {}
    hidden = 0.0
    for number, start in enumerate(evidence.starts):
        for identity, request in first_registers(evidence, start) if number else ():
            for name, seen in settings_in(request).items():
                if start.given(name, identity, request.at) or _is_written(evidence, name, identity, start, request.at):
                    continue
                known = _before(evidence, given.get((name, identity), []), name, identity, start.began)
                if known and known[0].by.at > hidden:
                    yield _compared(known, name, identity, seen, request)
        _note(given, start)
        hidden = start.ends if start.is_hidden(start.ends) else hidden


def _compared(known: Sequence[Known], name: str, identity: int, seen: str, request: SipMessage) -> Finding:
    values = tuple(value for one in known for value in one.values)
    claim = f"{name} of identity {identity} is kept over a restart"
    good, expected = is_shown(values, seen, request), " or ".join(map(repr, dict.fromkeys(values)))
    return judged(good, known[-1].by, request, expected=expected, seen=repr(seen), claim=claim)


def _is_written(evidence: Evidence, name: str, identity: int, start: Start, until: float) -> bool:
    return any(start.began < act.ended and act.at < until for act in evidence.settings.acts_on(identity, name))


def _before(evidence: Evidence, given: Sequence[Known], name: str, identity: int, until: float) -> Sequence[Known]:
    """The value of a setting at a moment, or the values that it may have; nothing where that is not known."""
    found = list(given)
    for act in evidence.settings.acts_on(identity, name):
        channel = act.detail.get("channel", WEB)
        if act.at < until and channel in (WEB, UNKNOWN):
            found.append(Known(act, (act.detail.get("value", ""),) if channel == WEB else ()))
    found.sort(key=lambda one: one.by.at)
    last = next((place for place in reversed(range(len(found))) if found[place].is_stored), len(found))
    return found[last:] if all(one.values for one in found[last:]) else []


def _note(given: dict[tuple[str, int], list[Known]], start: Start) -> None:
    """What the documents of a start gave; of older ones those stay that the base may still have."""
    for answer, document in start.documents:
        stored = answer.at < start.registers_at < start.ends or answer.at + STORED_S < start.ends
        for name in (NAME, EXPIRY):
            for identity, values in document.by_name.get(name, {}).items():
                older = [] if stored else given.get((name, identity), [])
                given[name, identity] = [*older, Known(answer, tuple(values), stored)]
