"""Displays out of a run's timeline: whole ones, each once, with the keys before them."""

from __future__ import annotations

from typing import Any

from harness.evidence.stored_displays import displays_of

TEST = "suites/calls/test_x.py::test_it[asterisk]"


def lines(*texts: str, source: str = "serial", test: str = TEST, since: float = 1.0) -> list[dict[str, Any]]:
    return [
        {"at": since + place / 10, "source": source, "text": text, "test": test} for place, text in enumerate(texts)
    ]


def read(*rows: str, handset: int = 1) -> tuple[str, ...]:
    told = [
        f'< +DISP: {number},"{row}"' + (",INV*0A1B" if number == 3 else "*0A1B") for number, row in enumerate(rows, 1)
    ]
    return (f"> AT+DISP={handset}*0000", "< !91 BEEP 1 KEY*C4B1", *told, "< +ICON: SIGNAL CALL*0DE2", "< OK*F952")


def test_a_display_has_its_rows_icons_and_the_keys_that_led_to_it():
    told = lines(
        *read("snom", "", "Menu"),
        "> AT+KEY=1,5",
        "> AT+KEY=2,OK",
        "> AT+KEY=1,HOLD,900",
        *read("Held", "01:02", "Back"),
    )
    first, second = displays_of(told, "test_it")
    assert (first.keys, second.keys) == ((), ("5", "HOLD"))
    assert [(row.text, row.inverse) for row in second.display.rows] == [
        ("Held", False),
        ("01:02", False),
        ("Back", True),
    ]
    assert second.display.icons == ("SIGNAL", "CALL")


def test_a_display_on_which_only_the_clock_went_on_is_the_same():
    told = lines(*read("Held", "01:02", "Back"), *read("Held", "01:03", "Back"), *read("Held", "01:03", "Menu"))
    assert [one.display.rows[2].text for one in displays_of(told, "test_it")] == ["Back", "Menu"]
    assert len(displays_of(lines(*read("a", "b", "c"), *read("a", "b", "c", handset=2)), "test_it")) == 2


def test_what_was_not_told_whole_is_none():
    whole = read("a", "b", "c")
    assert displays_of(lines(*whole[:-1], "< ERROR 4 busy"), "test_it") == []
    assert displays_of(lines(whole[0], "< +DISP: damaged", "< OK"), "test_it") == []


def test_other_tests_and_the_idle_state_behind_a_test_are_left_out():
    told = lines(*read("talks", "", "")) + lines("the idle state after it", source="idle", since=5.0)
    told += lines(*read("Call lists", "", ""), since=5.0) + lines(
        *read("other", "", ""), test=TEST.replace("it[", "that[")
    )
    assert [one.display.rows[0].text for one in displays_of(told, "test_it")] == ["talks"]
