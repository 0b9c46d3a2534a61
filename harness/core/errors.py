"""The four families of errors: product, rig, harness and usage; and the two verdicts that are not errors.

Every message has a remedy: the reader learns what to do and not only what broke.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class M9Error(Exception):
    """Base of all errors of the harness: a text of one clear line and a remedy."""

    family = "harness"

    def __init__(self, text: str, *, remedy: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.text}\n  remedy    {self.remedy}" if self.remedy else self.text


@dataclass(frozen=True)
class Expectation:
    """What a failed rule expected and what was seen instead; `frames` are capture frame numbers to mark.

    A claim that is no rule is named by the `features` of its test.
    `level` says how sure the rule is (standard, documented, inferred): an inferred one that broke only warns.
    """

    claim: str
    expected: str
    seen: str
    rule: str = ""
    source: str = ""
    before: str = ""
    level: str = ""
    features: str = ""
    frames: tuple[int, ...] = field(default_factory=tuple)


class ProductFailure(M9Error, AssertionError):
    """The device under test broke a rule; the first lines say expected, seen, rule and source."""

    family = "product"

    def __init__(self, expectation: Expectation, *, remedy: str = "") -> None:
        super().__init__(expectation.claim, remedy=remedy)
        self.expectation = expectation

    def __str__(self) -> str:
        e = self.expectation
        named = e.rule or e.features
        rule = f"   [{named}]" if named else ""
        lines = [f"product failure: {e.claim}{rule}"]
        source = f"   ({e.source})" if e.source else ""
        lines.append(f"  expected  {e.expected}{source}")
        lines.append(f"  seen      {e.seen}")
        if e.before:
            lines.append(f"  before    {e.before}")
        if self.remedy:
            lines.append(f"  remedy    {self.remedy}")
        return "\n".join(lines)


class RigFault(M9Error):
    """A part of the rig (dongle, PBX, switch, capture, softphone, network) is dead or wrong; never the firmware."""

    family = "rig"

    def __init__(self, part: str, text: str, *, remedy: str) -> None:
        super().__init__(f"rig fault: {part}: {text}", remedy=remedy)
        self.part = part


class HarnessFault(M9Error):
    """The harness itself is broken: a defect of this program."""

    family = "harness"


class UsageError(M9Error):
    """What the user typed or wrote is wrong: a rig file, an option, a name."""

    family = "usage"


class InvalidTest(M9Error):
    """A precondition of the test was not seen, so the product was not judged."""

    family = "invalid"

    def __init__(self, requirement: str, seen: str, *, remedy: str = "") -> None:
        super().__init__(f"invalid: not seen: {requirement}\n  seen      {seen}", remedy=remedy)
        self.requirement = requirement


class NotApplicable(M9Error):
    """The rig or the PBX cannot do what the test needs; the reason is the text."""

    family = "not applicable"
