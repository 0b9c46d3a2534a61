"""The state of base and handsets between two tests: displays, lamps, call lists, status pages, log, settings.

A state is seen after a test has given everything back. Rules compare it with what the evidence explains.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from harness.capture.messages import clock_text
from harness.rules.intervals import between

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act, ActKind, Shown
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence


@dataclass(frozen=True)
class IdleHandset:
    """One handset. `accounts` are the users of its identities; None is for values that the dongle does not report.

    `rows` are those of its display but for clock and date; `missed` is how many missed calls they tell of. `dark_s` is
    how long its backlight may burn after a key. `lists` are the newest entries of its call lists, read only after a
    call; None where they were not.
    """

    number: int
    accounts: tuple[str, ...] = ()
    idle: bool = True
    rows: tuple[str, ...] = ()
    missed: int = 0
    ringing: bool | None = None
    off_hook: bool | None = None
    message_lamp: bool | None = None
    lit: bool | None = None
    dark_s: float = 30.0
    lists: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class ShownRegistration:
    """A row of the registration status; `expires` in seconds, None if the page shows none."""

    account: str
    registered: bool
    expires: int | None = None
    text: str = ""


@dataclass(frozen=True)
class LogLine:
    """A message of the base's own log; `category` is one of the twelve labels, `level` 0 the most important.

    `at` is on the host's clock, None where the message tells no time.
    """

    level: int
    category: str
    text: str
    at: float | None = None


@dataclass(frozen=True)
class IdleState:
    """The whole state after `test`; None for parts that could not be read.

    `up_since` is when the base started by its own account; `log` are its new messages since the state before;
    `settings` a sample of what its pages show, by page and field; `media` is whether RTP was still on the wire;
    `status` the rows of its status page. One that is `anew` has a fault of the rig before it: it is compared with
    nothing before.
    """

    at: float
    test: str = ""
    handsets: tuple[IdleHandset, ...] = ()
    registrations: tuple[ShownRegistration, ...] | None = None
    up_since: float | None = None
    log: tuple[LogLine, ...] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    media: bool | None = None
    status: Mapping[str, str] = field(default_factory=dict)
    anew: bool = False

    def __str__(self) -> str:
        return f"{clock_text(self.at)} idle, after {self.test}" if self.test else f"{clock_text(self.at)} idle"

    def handset(self, number: int) -> IdleHandset | None:
        """One handset of this state."""
        return next((one for one in self.handsets if one.number == number), None)


def as_state(told: Mapping[str, Any]) -> IdleState:
    """A state from its fields, as JSON has them; TypeError for others."""
    handsets = (
        {**one, "accounts": tuple(one["accounts"]), "rows": tuple(one["rows"]), "lists": _lists(one["lists"])}
        for one in told["handsets"]
    )
    rows, log = told["registrations"], told["log"]
    return IdleState(
        **{
            **told,
            "handsets": tuple(IdleHandset(**one) for one in handsets),
            "registrations": None if rows is None else tuple(ShownRegistration(**row) for row in rows),
            "log": None if log is None else tuple(LogLine(**line) for line in log),
        }
    )


def _lists(told: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]] | None:
    return None if told is None else {name: tuple(entries) for name, entries in told.items()}


RESTARTS: tuple[ActKind, ...] = ("power-off", "power-on", "reboot")


def asks_for_a_restart(evidence: Evidence, message: SipMessage) -> bool:
    """Whether a server's message to the base may restart it."""
    return message.method == "NOTIFY" and message.has("event", "check-sync") and evidence.is_base(message.dst)


@dataclass(frozen=True)
class Interval:
    """Two neighbouring states and what lies between them: one test."""

    evidence: Evidence
    before: IdleState
    after: IdleState

    def acts(self, *kinds: ActKind, handset: int = 0) -> list[Act]:
        """The acts of these kinds in between, of one handset if its number is given."""
        found = between(self.evidence.acts or (), self.before.at, self.after.at)
        return [act for act in found if act.kind in kinds and handset in (0, act.handset)]

    def shown(self, kind: str, handset: int) -> list[Shown]:
        """What a handset showed of this kind in between."""
        found = between(self.evidence.shown or (), self.before.at, self.after.at)
        return [one for one in found if one.kind == kind and one.handset == handset]

    @property
    def sip(self) -> Sequence[SipMessage]:
        """The SIP messages in between."""
        return between(self.evidence.sip, self.before.at, self.after.at)

    @property
    def calls(self) -> Sequence[CallEvidence]:
        """The base's calls that began in between."""
        calls = self.evidence.calls
        first = bisect_right(calls, self.before.at, key=lambda call: call.began_at)
        return calls[first : bisect_right(calls, self.after.at, key=lambda call: call.began_at)]

    @property
    def restarted(self) -> bool:
        """Whether something in between may have restarted the base: power, the button, a server's check-sync."""
        return bool(self.acts(*RESTARTS)) or any(asks_for_a_restart(self.evidence, message) for message in self.sip)


def intervals(evidence: Evidence) -> list[Interval]:
    """Each state with the one before, except after a fault of the rig."""
    return [Interval(evidence, before, after) for before, after in pairwise(evidence.idle) if not after.anew]
