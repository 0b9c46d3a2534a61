"""How sure the line of a rule is: as its row, or less where all that broke it is less sure."""

from __future__ import annotations

import pytest

from harness.profiles.model import Rule
from harness.rules.findings import Finding, Result
from harness.rules.judge import Judgement
from harness.trace_report.model import RuleLine
from harness.trace_report.rules import CallNumbers, line


def line_of(*levels: str) -> RuleLine:
    """A standard rule that was broken so often, each time at this level."""
    rule = Rule(id="RTP-X", claim="media come", level="standard", source="RFC 1", means="silence", look="at it")
    broken = tuple(Finding(Result.BROKEN, float(at), level=level) for at, level in enumerate(levels))  # type: ignore[arg-type]
    return line(Judgement(rule, broken=broken, broken_count=len(broken)), CallNumbers([]), lambda at: "")


@pytest.mark.parametrize(
    ("levels", "warns", "of_faults"),
    [
        (("",), False, ["standard"]),
        (("inferred", "inferred"), True, ["inferred", "inferred"]),
        (("inferred", ""), False, ["inferred", "standard"]),
        ((), False, []),
    ],
)
def test_what_is_less_sure_only_warns(levels, warns, of_faults):
    found = line_of(*levels)
    assert found.warns_only is warns
    assert [fault.level for fault in found.faults] == of_faults
