"""Judges a session while it goes on: each look judges new evidence, and a second judgement replaces the first.

Nothing is lost and nothing counts twice: the result is the same as that of judging all evidence at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.rules.call_evidence import CallEvidence
from harness.rules.excuses import findings_of
from harness.rules.findings import Finding, Result
from harness.rules.growing import is_open
from harness.rules.rows import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.rules.conversation import Conversation
    from harness.rules.growing import GrowingEvidence
    from harness.rules.registry import RuleFunction

SETTLED_S = 6.0
"""Seconds without a message after which a call is judged: answers, repetitions, the last audio and the feedback of keys
have arrived by then."""
FEW_SAID, FEW = 100, 500
"""Up to this many messages, a conversation or all evidence is judged again for each added message."""
GROWTH = 1.25
"""Larger evidence is judged again when it has grown by this factor, so that the total cost stays linear."""
OF_ALL_S = 0.01
"""Seconds of a look for rules over all evidence, the longest waiting one first; the others wait for the next look."""

FIRST_S = 5e-6
"""The assumed cost for each packet of a rule over all evidence that was not called yet."""


@dataclass
class Found:
    """The results of one rule: how often it held, and every other finding."""

    held: int = 0
    findings: list[Finding] = field(default_factory=list)


@dataclass
class OfAll:
    """A rule function over all evidence: the amount of evidence at its last call, and the seconds that it took."""

    rule: str
    function: RuleFunction
    expect: Any
    size: int = 0
    cost: float = 0.0

    def estimate(self, size: int) -> float:
        """The estimated seconds of the next call."""
        return self.cost * size / self.size if self.size else FIRST_S * size


class SessionJudge:
    """All rules of a profile over growing evidence; findings before `since` do not count."""

    def __init__(
        self,
        evidence: GrowingEvidence,
        rows: Mapping[str, Row],
        since: float = 0.0,
        worked: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.evidence = evidence
        self.rows = rows
        self.since = since
        self._worked = worked
        self.faults: dict[str, str] = {}
        functions = [(row.id, function, expect) for row in rows.values() for function, expect in row.functions]
        self._of_talk = [one for one in functions if one[1].scope in ("call", "conversation")]
        self._of_all = [OfAll(*one) for one in functions if one[1].scope not in ("call", "conversation")]
        self._found: dict[str, dict[str, Found]] = {rule: {} for rule in rows}
        self._touched: dict[str, None] = {}
        self._unsaid: set[str] = set()
        """Call-IDs with a finding that cannot be said yet: the missing packet may come late."""
        self._judged: dict[str, int] = {}
        """The number of messages at the last judgement, by Call-ID."""

    def look(self, now: float, touched: Iterable[str] = (), *, final: bool = False) -> None:
        """Judge calls that are over, and all evidence if enough of it is new; with `final` everything.

        `touched` are the Call-IDs that have new messages since the last look.
        """
        self._touched |= dict.fromkeys(sorted(touched))
        if final:
            self._touched |= dict.fromkeys(sorted(self._unsaid))
        for call_id in list(self._touched):
            talk = self.evidence.with_call_id(call_id)
            length = sum(len(one.messages) for one in talk)
            grown = has_grown(self._judged.get(call_id, 0), length, FEW_SAID)
            if final or (grown and all(is_settled(one, now) for one in talk)):
                del self._touched[call_id]
                self._judged[call_id] = length
                self._judge_talk(call_id, talk)
        self._judge_all(final)

    def found(self, rule: str) -> Found:
        """The results of a rule so far; findings in the order of time."""
        kept = self._found[rule].values()
        findings = sorted((one for found in kept for one in found.findings), key=lambda one: one.at)
        return Found(sum(found.held for found in kept), findings)

    def broken(self, until: float) -> Iterator[tuple[str, Finding]]:
        """Every broken occasion up to a moment with its rule, in no particular order."""
        for rule, kept in self._found.items():
            for found in kept.values():
                yield from ((rule, f) for f in found.findings if f.result is Result.BROKEN and f.at <= until)

    def _judge_all(self, final: bool) -> None:
        """Call the rules over all evidence: all of them at the end, before it as many as the time allows."""
        size, left = self.evidence.size, OF_ALL_S
        for one in sorted(self._of_all, key=lambda one: one.size):
            if not final and not (has_grown(one.size, size, FEW) and one.estimate(size) <= left):
                continue
            began = self._worked()
            subjects = one.function.subjects(self.evidence)
            self._keep(one.rule, _name(one.function), self._asked(one.rule, one.function, one.expect, subjects))
            one.size, one.cost = size, self._worked() - began
            left -= one.cost

    def _judge_talk(self, call_id: str, talk: Sequence[Conversation]) -> None:
        calls = [one for one in talk if isinstance(one, CallEvidence)]
        self._unsaid.discard(call_id)
        for rule, function, expect in self._of_talk:
            found = self._asked(rule, function, expect, calls if function.scope == "call" else talk)
            self._keep(rule, f"{_name(function)} {call_id}", found)
            if any(one.result is Result.CANNOT_BE_SAID for one in found.findings):
                self._unsaid.add(call_id)

    def _asked(self, rule: str, function: RuleFunction, expect: Any, subjects: Sequence[Any]) -> Found:
        """The findings of a function in some subjects; its own error is noted and is no finding."""
        found = Found()
        for subject in subjects:
            try:
                for one in findings_of(function, subject, expect, self.evidence):
                    if one.at < self.since:
                        continue
                    if one.result is Result.HELD:
                        found.held += 1
                    else:
                        found.findings.append(one)
            except Exception as error:  # noqa: BLE001 - a rule that fails is reported, and the others go on
                self.faults.setdefault(rule, f"{function.name} failed on {subject}: {type(error).__name__}: {error}")
        return found

    def _keep(self, rule: str, subject: str, found: Found) -> None:
        if found.held or found.findings:
            self._found[rule][subject] = found
        else:
            self._found[rule].pop(subject, None)


def is_settled(one: Conversation, now: float) -> bool:
    """Whether no message came for a while, and the call, if it is one, is over."""
    return not is_open(one) and one.last_at <= now - SETTLED_S


def has_grown(before: int, now: int, few: int) -> bool:
    """Whether enough is new to judge again; with `few` messages one new message is enough."""
    return now > before * (1.0 if now <= few else GROWTH)


def _name(function: RuleFunction) -> str:
    return f"{function.judge.__module__}.{function.name}"
