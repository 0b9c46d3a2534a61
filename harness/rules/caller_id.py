"""Who the far end of a call is, as the handset shows it (RFC 3325, RFC 5876)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.headers import parse_address
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Shown

HIDING = frozenset({"id", "user", "header"})
CUT = 8
"""The least number of letters of a name that is too long for its row."""
FURTHER = ("INVITE", "UPDATE")
FOREVER = float("inf")


class Party(NamedTuple):
    """Name and number of a far end; the name is empty where only the number is told."""

    name: str
    number: str

    def __str__(self) -> str:
        return f"{self.name} {self.number}".strip()

    @property
    def shown_as(self) -> str:
        """What a display shows of it, whatever else it has no room for."""
        return self.name or self.number


class Change(NamedTuple):
    """A message that names another far end than was known before."""

    message: SipMessage
    before: Party | None
    now: Party


class ConnectedLineExpect(Expect):
    """CID-2: the headers that name the far end, the strongest first; seconds within which the display follows."""

    headers: tuple[str, ...]
    within_s: float


@rule("CID-2", reads=("sip", "acts", "shown"), timed=True)
def a_new_name_is_shown(call: CallEvidence, expect: ConnectedLineExpect) -> Iterator[Finding]:
    """What the server says of the far end within the call takes the place of what stood on the display."""
    changes = list(_changes(call, expect))
    for place, change in enumerate(changes):
        message = change.message
        ends = changes[place + 1].message.at if place + 1 < len(changes) else FOREVER
        if call.evidence.shown is None:
            yield cannot_be_said(message, why="a trace has no displays: it does not show what a handset made of it")
        elif not call.handset or _has_other_call(call, message.at):
            yield cannot_be_said(message, why="the handset had several calls, or none is known to have this one")
        else:
            yield _followed(call, change, ends, expect)


def _followed(call: CallEvidence, change: Change, ends: float, expect: ConnectedLineExpect) -> Finding:
    """What the displays say that were read before anything else may have changed them."""
    message = change.message
    until = min(ends, _left_alone_until(call, message.at))
    seen = [one for one in call.shown("display", call.handset) if message.at <= one.at < until]
    fitting = next((one for one in seen if follows(one.value, change)), None)
    late = message.at + expect.within_s
    if fitting is not None and fitting.at <= late:
        return held(message, fitting)
    last = fitting or next((one for one in reversed(seen) if one.at >= late), None)
    if last is None:
        return cannot_be_said(message, why="the display was not read in time after the new name")
    wanted = f"{change.now.shown_as} on the display within {expect.within_s:g} s"
    return broken(message, last, expected=wanted, seen=_rows(last))


def _changes(call: CallEvidence, expect: ConnectedLineExpect) -> Iterator[Change]:
    """The server's messages that name another far end than the ones before them."""
    if not any(message.header(name) for message in call.heard for name in expect.headers):
        return  # of thousands of calls few have one
    servers = {one.request.dst for one in call.evidence.asked_by_base if one.request.method == "REGISTER"}
    known: Party | None = _dialled(call)
    for message in call.heard:
        if message.resend or (message.method not in FURTHER and not _is_answer(message)) or _is_refused(call, message):
            continue
        told = named_by(message, expect.headers) if message.src in servers else None
        first = message is call.opening
        if told is None and first:
            told = Party(message.from_.display, message.from_.user)
        if told is None:
            continue
        if not first and told != known:
            yield Change(message, known, told)
        known = told


def named_by(message: SipMessage, names: tuple[str, ...]) -> Party | None:
    """Whom a message names by the strongest of these headers; None if by none, or if it may not be shown."""
    if HIDING & {part.strip().lower() for value in message.header("privacy") for part in value.split(";")}:
        return None
    for name in names:
        for value in message.header(name):
            address = parse_address(value)
            if address.params.get("privacy", "off").lower() in ("off", "none") and address.user:
                return Party(" ".join(address.display.split()), address.user)
    return None


def follows(display: str, change: Change) -> bool:
    """Whether the display has the new name, or the number where there is none.

    A new number beside a name that is not the old one is as good: the phone's own address book names it.
    """
    before, now = change.before, change.now
    if _shows(display, now.shown_as):
        return True
    is_new = before is not None and before.number != now.number
    return is_new and _shows(display, now.number) and not (before and before.name and _shows(display, before.name))


def _shows(display: str, text: str) -> bool:
    """Whether a row of the display has a text, or as much of it as it has room for."""
    wanted = text.lower()
    rows = [" ".join(row.lower().split()) for row in display.splitlines()]
    return any(wanted in row or (len(row) >= CUT and wanted.startswith(row.rstrip(".…"))) for row in rows)


def _dialled(call: CallEvidence) -> Party | None:
    """Whom an outgoing call was meant for: a number without a name."""
    opening = call.opening
    return Party("", opening.to.user) if opening is not None and not call.incoming else None


def _is_answer(message: SipMessage) -> bool:
    return message.cseq.method in FURTHER and 101 <= message.status < 300


def _is_refused(call: CallEvidence, message: SipMessage) -> bool:
    """Whether the base has refused this request of the far end, by a rule that others judge."""
    final = call.final(message) if message.is_request else None
    return final is not None and final.status >= 300


def _left_alone_until(call: CallEvidence, at: float) -> float:
    """When the handset's next key, the next call or the end of this one may change the display."""
    evidence = call.evidence
    keys = [act.at for act in evidence.index.of_handset(call.handset, "key") if act.at > at]
    others = [one.began_at for one in evidence.calls if one is not call and one.began_at > at]
    over = [end for end in (call.bye.at if call.bye else None, call.ended_at) if end is not None]
    return min([*keys, *others, *over], default=FOREVER)


def _has_other_call(call: CallEvidence, at: float) -> bool:
    return any(
        other is not call and other.began_at <= at and (other.ended_at is None or other.ended_at >= at)
        for other in call.evidence.calls
        if other.handset in (0, call.handset)
    )


def _rows(shown: Shown) -> str:
    return " / ".join(row.strip() for row in shown.value.splitlines() if row.strip()) or "an empty display"
