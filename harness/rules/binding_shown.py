"""The registration page's row of an identity that is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.rules.challenges import ASKED_AGAIN
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, judged
from harness.rules.registry import rule

NOT_BOUND = re.compile(r"\b401\b|\b403\b|\b407\b|fail|not registered|refused|error", re.IGNORECASE)
"""The words of a page for a failed registration."""


@rule("REG-SHOWN", reads=("sip", "shown"))
def page_tells_of_a_refusal(evidence: Evidence) -> Iterator[Finding]:
    """An identity whose last REGISTER was refused permanently is not shown as registered."""
    for shown in evidence.shown or ():
        binding = evidence.binding_of(shown.detail.get("user", "")) if shown.kind == "binding" else None
        before = [one for one in binding.transactions if one.at <= shown.at] if binding is not None else []
        final = before[-1].final if before else None
        if final is not None and (final.status in ASKED_AGAIN or final.status == 403) and final.at < shown.at:
            told = NOT_BOUND.search(shown.value) is not None
            yield judged(told, final, shown, expected="a failure", seen=shown.value or "no row")
