"""What stands around the results for Allure."""

from __future__ import annotations

from harness.plugin.run_record import as_properties


def test_no_key_of_the_environment_is_cut_short_at_a_blank_or_a_colon() -> None:
    text = as_properties({"rig": "standin", "check all parts": "well", "a: b": "c = d"})
    assert text == "rig = standin\ncheck-all-parts = well\na-b = c = d\n"
