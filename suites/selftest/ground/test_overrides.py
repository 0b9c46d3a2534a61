"""What a lab learned of its unit is laid over every data file, checked as these are, and gone with the rig."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.base import pages, setting_definitions, survey
from harness.core import overrides
from harness.core.errors import UsageError
from harness.handset.menus import menus
from harness.procedures import texts
from harness.procedures.limits import limits
from harness.profiles import model as profiles


@pytest.fixture(autouse=True)
def as_shipped() -> Iterator[None]:
    yield
    overrides.use(None)


@pytest.fixture
def survey_file(tmp_path: Path) -> Path:
    return tmp_path / "survey.yaml"


LEARNED = """
version: 9.2.45-a
learned:
  settings:
    choices: {user_authname: user_pname, codec_numbers: index}
    settings: {dnd_msg: {page: behavior}}
  pages: {home_text: Start, messages: {reboot_needed: Neustart}}
  menus: {call_lists: {rows: {missed: [Lost]}}}
  texts: {talking: [In call]}
  limits: {ring_back: 9.5}
  tones: {ring_back: {"3": [430]}}
  rules: {baseline: {HLD-1: {expect: {direction: [sendonly, inactive]}}}}
"""


def test_every_data_file_is_corrected_and_comes_back(survey_file: Path) -> None:
    survey_file.write_text(LEARNED)
    overrides.use(survey_file)
    known = setting_definitions.load()
    assert known["user_authname"].wire_name == "user_pname"
    assert known.encoded("codec1_name", "G722") == "4"
    assert known["dnd_msg"].page == "behavior"
    assert pages.expected().home_text == "Start"
    assert pages.expected().messages["reboot_needed"] == "Neustart"
    assert "pin_warning" in pages.expected().messages
    assert menus().call_lists.rows["missed"] == ("Lost",)
    assert menus().call_lists.rows["received"] == ("Received",)
    assert texts.texts("talking") == ["In call"]
    assert texts.ring_back("3") == [430]
    assert (limits().ring_back, limits().heard) == (9.5, 3.0)
    assert profiles.load("asterisk").rule("HLD-1").expect["direction"] == ["sendonly", "inactive"]
    overrides.use(None)
    assert setting_definitions.load()["user_authname"].wire_name == "user_authname"
    assert texts.texts("talking") == ["Connected"]
    assert profiles.load("asterisk").rule("HLD-1").expect["direction"] == ["sendonly"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("learned: {textx: {}}", r"survey\.yaml: learned\.textx: no such key \(did you mean texts\?\)"),
        ("learned: {texts: [a]}", "learned.texts is not a mapping"),
        ("learned: yes", "learned is not a mapping"),
        ("learned: {texts: {talkin: [x]}}", r"learned\.texts\.talkin: no such key \(did you mean talking\?\)"),
        ("learned: {menus: {idle: {hom: X}}}", r"learned\.menus: idle\.hom: Extra"),
        ("learned: {pages: {pages: {sip: {tap: SIP}}}}", r"learned\.pages: pages\.sip\.tap: Extra"),
        ("learned: {settings: {settings: {dnd_msg: {pge: x}}}}", r"learned\.settings: pge: Extra"),
        ("learned: {rules: {asterix: {}}}", r"learned\.rules\.asterix: no such key \(did you mean asterisk\?\)"),
        ("learned: {rules: {baseline: {HLD-1: {levl: x}}}}", r"learned\.rules: asterisk: rules\.HLD-1\.levl"),
        ("learned: [", "not a survey"),
    ],
)
def test_a_wrong_correction_is_one_line_that_says_where(survey_file: Path, text: str, said: str) -> None:
    survey_file.write_text(text)
    with pytest.raises(UsageError, match=said):
        _read_everything(survey_file)


def _read_everything(survey_file: Path) -> None:
    overrides.use(survey_file)
    setting_definitions.load()
    pages.expected()
    menus()
    texts.texts("talking")
    profiles.load("asterisk")


def test_a_new_survey_keeps_what_was_learned(survey_file: Path) -> None:
    survey_file.write_text("learned: {texts: {talking: [In call]}}\n")
    survey.Survey(version="9.3").save(survey_file)
    assert survey.load(survey_file).version == "9.3"
    assert survey.load(survey_file).learned == {"texts": {"talking": ["In call"]}}


@pytest.mark.parametrize(("value", "says"), [("0", "greater than 0"), ("[]", "valid number")])
def test_a_limit_that_is_no_time_is_named(survey_file: Path, value: str, says: str) -> None:
    survey_file.write_text(f"learned: {{limits: {{heard: {value}}}}}\n")
    overrides.use(survey_file)
    with pytest.raises(UsageError, match=rf"learned\.limits: heard: .*{says}"):
        limits()
