"""Rules whose subject is a source of the base's media instead of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, cannot_be_said
from harness.rules.registry import rule
from harness.rules.sources import Source

Judge = Callable[[Source], Iterator[Finding]]


def media_rule(row: str, *, timed: bool = False, of_one_packet: bool = False) -> Callable[[Judge], Judge]:
    """Declare a rule about each source of each call, and in a foreign trace about sources without a call."""

    def declare(judge: Judge) -> Judge:
        def of_call(call: CallEvidence) -> Iterator[Finding]:
            for source in call.sources:
                yield from judge(source)

        def of_no_call(evidence: Evidence) -> Iterator[Finding]:
            for source in evidence.sources_of_no_call:
                yield from judge(source)

        for function, name in ((of_call, judge.__name__), (of_no_call, f"{judge.__name__} of no call")):
            function.__name__ = name
            rule(row, reads=("sip", "rtp"), timed=timed, of_one_packet=of_one_packet)(function)
        return judge

    return declare


def unless_protected(source: Source, findings: Iterator[Finding], needs: Any) -> Iterator[Finding]:
    """The findings, if the payload lengths give the samples; `needs` names the packets concerned."""
    if source.protected and needs.any():
        yield cannot_be_said(source.occasion(), why=f"the payload cannot be read: {source.protected}")
    elif needs.any():
        yield from findings
