"""The functions that judge, by the id of the row they read; the row in `harness/profiles` holds claim and parameters.

    class HoldExpect(Expect):
        direction: frozenset[str]

    @rule("HLD-1")
    def hold_offer(call: CallEvidence, expect: HoldExpect) -> Iterator[Finding]:
        ...

The type of the first parameter is the subject: each call, each conversation (calls and requests outside calls), each
binding, or the whole evidence. The type of the second one names the parameters of the row. Both types are looked up
when the module is loaded: import them outside of `if TYPE_CHECKING`. Several functions may read one row: each judges
one claim of it.
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
PROTOCOLS = frozenset({"sip", "rtp", "rtcp", "dns", "dhcp", "http", "icmp", "ldap", "acts", "shown", "idle"})
_SCOPES = {CallEvidence: "call", Conversation: "conversation", BindingEvidence: "binding", Evidence: "evidence"}


class Expect(BaseModel):
    """The parameters of a row's `expect` that a rule reads; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class RuleFunction:
    """One function that judges: its row, its subject, its parameters and the protocols that it reads."""

    row: str
    name: str
    scope: str
    reads: frozenset[str]
    expect: type[Expect] | None
    judge: Callable[..., Iterator[Finding]]
    timed: bool = False
    of_one_packet: bool = False

    def subjects(self, evidence: Evidence) -> list[Any]:
        """Its subjects in the evidence."""
        if self.scope == "call":
            return list(evidence.calls)
        if self.scope == "conversation":
            return list(evidence.conversations)
        return list(evidence.bindings) if self.scope == "binding" else [evidence]

    def findings(self, subject: Any, expect: Any = None) -> Iterator[Finding]:
        """Its findings in one subject; a finding in a call belongs to this call, even if its packet is outside."""
        call_id = getattr(subject, "call_id", "")
        for found in self.judge(subject) if expect is None else self.judge(subject, expect):
            yield replace(found, call_id=call_id) if call_id and not found.call_id else found


_functions: dict[str, list[RuleFunction]] = {}


def rule(
    row: str, *, reads: tuple[str, ...] = ("sip",), timed: bool = False, of_one_packet: bool = False
) -> Callable[[Function], Function]:
    """Declare a function that judges a row; `reads` names the protocols it looks at (see PROTOCOLS).

    Only these are dissected from a trace. With `rtp` the rule is one of `judge_media`, else of `judge_signalling`.
    `timed` is one that measures a time or a level, or waits for something that may come late: a host that stood still
    is no fault of the base. A break that `of_one_packet` is seen in this packet alone: a gap of the capture beside it
    explains nothing.
    """

    def declare(function: Function) -> Function:
        if strange := sorted(set(reads) - PROTOCOLS):
            raise TypeError(f"{function.__name__}: reads {', '.join(strange)}: it is one of {sorted(PROTOCOLS)}")
        scope, expect = _asked_with(function)
        found = RuleFunction(row, function.__name__, scope, frozenset(reads), expect, function, timed, of_one_packet)
        _functions.setdefault(row, []).append(found)
        return function

    return declare


def _asked_with(function: Callable[..., object]) -> tuple[str, type[Expect] | None]:
    """The types of a function's parameters: its subject, and the parameters of its row."""
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
    """The functions declared so far, by row; `all_rules.functions` has those of all modules."""
    return _functions
