"""Rows and functions belong together: a row without a rule, a rule without a row and an unread parameter are errors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.core.errors import UsageError
from harness.profiles import model
from harness.profiles.model import Profile
from harness.rules import registry, rows  # rows loads every module of rules
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding


@pytest.fixture
def profile_with(monkeypatch: pytest.MonkeyPatch):
    """A profile named `odd` of one row, and only the functions that the test declares."""

    def make(**row: object) -> None:
        rule = {"id": "ODD-1", "claim": "a", "level": "standard", "source": "b", "means": "c", "look": "d", **row}
        profile = Profile.model_validate({"name": "odd", "title": "Odd", "web": {}, "rules": {"ODD-1": rule}})
        monkeypatch.setattr(model, "load", lambda name: profile)

    monkeypatch.setattr(registry, "_functions", {})
    rows.rows_of.cache_clear()  # type: ignore[attr-defined]  # the cache of learned.cached
    yield make
    rows.rows_of.cache_clear()  # type: ignore[attr-defined]


class OddExpect(registry.Expect):
    step: int


def odd(call: CallEvidence, expect: OddExpect) -> Iterator[Finding]:
    yield from ()


@pytest.mark.parametrize("name", model.names())
def test_the_rows_of_every_profile_fit_their_functions(name):
    assert rows.rows_of(name)


def test_a_row_that_no_rule_judges_is_an_error_that_names_it(profile_with):
    profile_with()
    with pytest.raises(UsageError, match="ODD-1"):
        rows.rows_of("odd")


def test_a_parameter_that_no_rule_reads_is_an_error_that_names_it(profile_with):
    profile_with(expect={"step": 1, "stride": 2})
    registry.rule("ODD-1")(odd)
    with pytest.raises(UsageError, match=r"expect\.stride: no rule reads it") as error:
        rows.rows_of("odd")
    assert "step" in error.value.remedy


def test_a_row_that_covers_one_that_is_not_there_is_an_error_that_names_both(profile_with):
    profile_with(covers=["SIP-ODD"])
    registry.rule("ODD-1")(odd)
    with pytest.raises(UsageError, match=r"ODD-1: covers SIP-ODD: no such row"):
        rows.rows_of("odd")


def test_a_parameter_that_is_missing_is_an_error_that_names_it(profile_with):
    profile_with()
    registry.rule("ODD-1")(odd)
    with pytest.raises(UsageError, match=r"expect\.step"):
        rows.rows_of("odd")


def test_a_rule_whose_row_no_profile_has_is_an_error_that_names_it(profile_with):
    profile_with(expect={"step": 1})
    registry.rule("ODD-1")(odd)
    registry.rule("ODD-2")(odd)
    with pytest.raises(UsageError, match=r"ODD-2 \(odd\)"):
        rows.rows_of("odd")


def test_a_rule_that_is_asked_with_something_else_is_refused_where_it_is_declared():
    def wrong(message: str) -> Iterator[Finding]:
        yield from ()

    with pytest.raises(TypeError, match="its first parameter is one of CallEvidence"):
        registry.rule("ODD-3")(wrong)


def test_a_protocol_that_nobody_reads_is_named_with_those_there_are():
    with pytest.raises(TypeError, match=r"odd: reads tcp: it is one of .*'rtcp'"):
        registry.rule("ODD-3", reads=("sip", "tcp"))(odd)


def test_a_type_that_is_imported_for_the_type_checker_only_is_told_so():
    def late(call: OnlyForTheTypeChecker) -> Iterator[Finding]:  # type: ignore[name-defined]  # noqa: F821
        yield from ()

    with pytest.raises(TypeError, match=r"late: .*OnlyForTheTypeChecker.* outside of `if TYPE_CHECKING`"):
        registry.rule("ODD-3")(late)
