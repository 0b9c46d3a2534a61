"""What a server asks of a phone outside calls that a phone of another make does not know."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, judged
from harness.rules.notify import event_of
from harness.rules.options import answered, is_whole
from harness.rules.registry import Expect, rule
from harness.rules.transactions import Transaction

WITHIN_S = 5.0
NO_ANSWER_S = 3.0
"""Seconds after a BENOTIFY in which an answer would have come."""
BATCHED = "BENOTIFY"
OF_CALLS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE", "REFER", BATCHED)
KNOWN_EVENTS = ("message-summary", "check-sync", "refer")


class BatchedExpect(Expect):
    """FEA-3: whether the platform wants an answer to a BENOTIFY; 0 is none."""

    answered: int


class ForeignExpect(Expect):
    """FEA-8: the statuses of a phone that knows a request, or does not."""

    status: frozenset[int]


@rule("FEA-3", reads=("sip", "acts", "dhcp"), timed=True)
def a_batched_notice_is_answered_as_the_platform_has_it(evidence: Evidence, expect: BatchedExpect) -> Iterator[Finding]:
    """BENOTIFY is refused as an unknown method, or gets no answer of any kind where the platform invented it."""
    for one in evidence.asked_of_base:
        if one.request.method != BATCHED:
            continue
        if expect.answered:
            yield from answered(evidence, one, WITHIN_S, welcome=False)
        if one.final is None and not expect.answered and evidence.saw_all(one.at, one.at + NO_ANSWER_S):
            yield judged(True, one.request, expected="no answer", seen="none")
        elif one.final is not None:
            wanted = str(expect.answered or "no answer")
            good = one.final.status == expect.answered
            yield judged(good, one.request, one.final, expected=wanted, seen=one.final.status)


@rule("FEA-8", reads=("sip", "acts", "dhcp"), timed=True)
def what_only_a_platform_knows_is_answered(evidence: Evidence) -> Iterator[Finding]:
    """A request outside calls that a plain phone does not know gets an answer."""
    for one in _foreign(evidence):
        yield from answered(evidence, one, WITHIN_S, welcome=False)


@rule("FEA-8", reads=("sip",))
def what_only_a_platform_knows_is_refused_politely(evidence: Evidence, expect: ForeignExpect) -> Iterator[Finding]:
    """Its status says whether the phone knows such a request."""
    for one in _foreign(evidence):
        if one.final is not None:
            wanted = " or ".join(map(str, sorted(expect.status)))
            good = one.final.status in expect.status
            yield judged(good, one.request, one.final, expected=wanted, seen=one.final.status)


def _foreign(evidence: Evidence) -> Iterator[Transaction]:
    """The requests outside calls that a plain phone does not know."""
    for one in evidence.asked_of_base:
        method, package = one.request.method, event_of(one.request)[0]
        if method in OF_CALLS or one.request.to.tag or not is_whole(one.request):
            continue
        if method != "NOTIFY" or package not in KNOWN_EVENTS:
            yield one
