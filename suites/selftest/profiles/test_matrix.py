"""The matrix of platforms: each of its cells has a test of its row, or says why it has none."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.core.errors import UsageError
from harness.profiles import matrix, model
from suites.selftest.profiles.test_rules_judged import judged

KNOWN = matrix.load()
OF_THE_PRODUCT = {"XFR-6"}
"""Rules of a platform's file that no platform asks for: the product has them at any server."""
CELLS = [(row, platform) for row in KNOWN.rows for platform in KNOWN.platforms]


def test_it_has_every_platform_and_the_rows_of_the_shared_notes() -> None:
    assert sorted(KNOWN.platforms) == model.names()
    assert (len(KNOWN.rows), sum(row.core for row in KNOWN.rows.values())) == (62, 47)
    documented = Counter(platform for row, platform in CELLS if KNOWN.evidence(row, platform) == "documented")
    assert documented == {
        "lync": 31,
        "cisco": 39,
        "broadsoft": 7,
        "asterisk": 38,
        "snom_one": 9,
        "metaswitch": 12,
        "avaya": 3,
    }


def test_every_rule_of_a_platform_is_a_row_of_it() -> None:
    rules = {rule.id for name in model.names() for rule in model.load(name).rules.values() if not rule.of_all_traffic}
    assert rules - OF_THE_PRODUCT <= set(KNOWN.rows)


def test_a_row_without_a_test_says_why_at_each_platform() -> None:
    tested = judged()
    silent = [
        f"{row} {platform}"
        for row, platform in CELLS
        if row not in tested
        and not KNOWN.rows[row].reason("untested", platform)
        and not KNOWN.rows[row].reason("not_applicable", platform)
    ]
    assert silent == []


def test_what_is_not_applicable_to_all_others_says_nothing_of_one_that_is_untested() -> None:
    row = KNOWN.rows["FEA-4"]
    assert row.reason("not_applicable", "cisco")
    assert not row.reason("not_applicable", "broadsoft")
    assert row.reason("untested", "broadsoft")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("platforms: [a]\nrows: {X-1: {title: t, area: a, evidence: DRIDRIDRX}}", "evidence"),
        ("platforms: [a]\nrows: {X-1: {title: t, area: a, evidence: DRIDRIDRI, untested: {b: c}}}", "X-1: b: no such"),
    ],
)
def test_a_mistake_names_its_place(tmp_path, monkeypatch, text, said):
    file = tmp_path / "matrix.yaml"
    file.write_text(text)
    monkeypatch.setattr(matrix, "FILE", file)
    matrix.load.cache_clear()
    try:
        with pytest.raises(UsageError, match=said):
            matrix.load()
    finally:
        matrix.load.cache_clear()
