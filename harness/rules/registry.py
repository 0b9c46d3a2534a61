"""The functions that judge, by the id of the row they read; the row in `harness/profiles` holds claim and parameters.

    class HoldExpect(Expect):
        direction: frozenset[str]

    @rule("HLD-1")
    def hold_offer(call: CallEvidence, expect: HoldExpect) -> Iterator[Finding]:
        ...

The first parameter says what the function is asked with: each call, each conversation (calls and what was said beside
them), each binding, or the evidence as a whole. A second one says which parameters of the row it reads. Both types are
looked up when the module is loaded: import them outside of `if TYPE_CHECKING`. Several functions may read one row: each
judges a claim of it.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from harness.rules.binding import BindingEvidence
from harness.rules.call_evidence import CallEvidence
from harness.rules.conversation import Conversation
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding

Function = TypeVar("Function", bound=Callable[..., Iterator[Finding]])
PROTOCOLS = frozenset({"sip", "rtp", "rtcp", "dns", "dhcp", "http", "icmp", "acts", "shown", "idle"})
_SCOPES = {CallEvidence: "call", Conversation: "conversation", BindingEvidence: "binding", Evidence: "evidence"}


class Expect(BaseModel):
    """What a rule reads of its row's `expect`; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class RuleFunction:
    """One function that judges: its row, what it is asked with, what it reads of row and evidence."""

    row: str
    name: str
    scope: str
    reads: frozenset[str]
    expect: type[Expect] | None
    judge: Callable[..., Iterator[Finding]]

    def subjects(self, evidence: Evidence) -> list[Any]:
        """What it is asked with, one after the other."""
        if self.scope == "call":
            return list(evidence.calls)
        if self.scope == "conversation":
            return list(evidence.conversations)
        return list(evidence.bindings) if self.scope == "binding" else [evidence]

    def findings(self, subject: Any, expect: Any = None) -> Iterator[Finding]:
        """What it finds in one subject; a finding in a call belongs to this call, even if its packet is outside."""
        call_id = getattr(subject, "call_id", "")
        for found in self.judge(subject) if expect is None else self.judge(subject, expect):
            yield replace(found, call_id=call_id) if call_id and not found.call_id else found


_functions: dict[str, list[RuleFunction]] = {}


def rule(row: str, *, reads: tuple[str, ...] = ("sip",)) -> Callable[[Function], Function]:
    """Declare a function that judges a row; `reads` names the protocols it looks at (see PROTOCOLS).

    A trace is read for no others. With `rtp` the rule is one of `judge_media`, else of `judge_signalling`.
    """

    def declare(function: Function) -> Function:
        if strange := sorted(set(reads) - PROTOCOLS):
            raise TypeError(f"{function.__name__}: reads {', '.join(strange)}: it is one of {sorted(PROTOCOLS)}")
        scope, expect = _asked_with(function)
        found = RuleFunction(row, function.__name__, scope, frozenset(reads), expect, function)
        _functions.setdefault(row, []).append(found)
        return function

    return declare


def _asked_with(function: Callable[..., object]) -> tuple[str, type[Expect] | None]:
    """What a function's parameters name: the subject it is asked with, and what it reads of its row."""
    try:
        hints = typing.get_type_hints(function)
    except NameError as error:
        raise TypeError(f"{function.__name__}: {error}: import it outside of `if TYPE_CHECKING`") from None
    names = list(inspect.signature(function).parameters)
    scope = _SCOPES.get(hints.get(names[0])) if names else None  # type: ignore[arg-type]  # no type is no scope
    if scope is None or len(names) > 2:
        known = ", ".join(kind.__name__ for kind in _SCOPES)
        raise TypeError(f"{function.__name__}: its first parameter is one of {known}, its second, if any, an Expect")
    return scope, hints.get(names[1]) if len(names) > 1 else None


def declared() -> dict[str, list[RuleFunction]]:
    """The functions by row that were declared so far; `all_rules.functions` are those of every module."""
    return _functions
