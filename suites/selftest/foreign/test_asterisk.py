"""The suites at a real Asterisk, old and new, with direct media or without: no wrong blame, no pass without a cause.

The PBX is neither steered nor transparent: what it keeps to itself is not applicable, with the reason.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from suites.selftest.foreign import asterisk, debian_tree
from suites.selftest.pbx.lab_pbx import Played

WHOLE_WITHIN_S = 2400.0
EXPECTED: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("asterisk_expected.yaml").read_text())
SERVERS = [tuple(name.split("-", 1)) for name in EXPECTED["kept"]]


def _rig(folder: Path, version: str, media: str, defects: Sequence[str] = ()) -> Path:
    debian_tree.required(asterisk.SUITES[version], "asterisk")
    return asterisk.rig_file(folder / "rig.yaml", version, media, defects)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_smoke_selection_passes(tmp_path: Path) -> None:
    played = Played(tmp_path, _rig(tmp_path, "22", "relayed"), ["suites", "-m", "smoke"], jobs=1)
    assert played.verdicts == {"passed"}, played.output


@pytest.mark.slow
@pytest.mark.timeout(WHOLE_WITHIN_S)
@pytest.mark.parametrize(("version", "media"), SERVERS)
def test_a_healthy_base_is_blamed_for_nothing(version: str, media: str, tmp_path: Path) -> None:
    played = Played(tmp_path, _rig(tmp_path, version, media), ["suites"])
    assert played.verdicts == {"passed", "not_applicable"}, played.output
    passed_without_occasion = {*EXPECTED["everywhere"], *EXPECTED["kept"][f"{version}-{media}"]} - played.kept
    assert not passed_without_occasion, played.output


@pytest.mark.slow
@pytest.mark.timeout(WHOLE_WITHIN_S)
@pytest.mark.parametrize(("version", "media"), [("22", "relayed"), ("16", "direct")])
def test_ten_defects_are_seen(version: str, media: str, tmp_path: Path) -> None:
    seen: dict[str, str] = EXPECTED["defects"]
    rig = _rig(tmp_path, version, media, list(seen))
    played = Played(tmp_path, rig, ["suites", "-k", " or ".join(dict.fromkeys(seen.values()))])
    failed = {name.partition("[")[0] for name in played.ended("product failure")}
    assert set(seen.values()) <= failed, played.output


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_one_wrong_account_of_nine_and_one_missing_cost_their_own_tests_only(tmp_path: Path) -> None:
    file = _rig(tmp_path, "22", "relayed")
    rig = json.loads(file.read_text())
    accounts = rig["pbx"]["asterisk"]["accounts"]
    accounts[3]["password"] = {"env": "M9_WRONG", "default": "no-password-of-104"}
    del accounts[8]
    file.write_text(json.dumps(rig))
    played = Played(
        tmp_path,
        file,
        ["suites", "-k", "carries_audio_both_ways or four_calls or each_identity"],
        jobs=1,
    )
    assert played.verdicts == {"passed", "not_applicable", "rig_faults"}, played.output
    assert played.ended("rig fault") == {"test_four_calls_talk_and_the_fifth_is_refused"}, played.output
    assert "went on without 104" in played.output


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", asterisk.SUITES)
def test_one_that_is_steered_makes_more_applicable(version: str, tmp_path: Path) -> None:
    debian_tree.required(asterisk.SUITES[version], "asterisk")
    rig = asterisk.steered_rig_file(tmp_path / "rig.yaml", version, "relayed")
    played = Played(tmp_path, rig, EXPECTED["steered_selection"].split())
    assert played.verdicts <= {"passed", "not_applicable"}, played.output
    assert set(EXPECTED["steered"]) <= played.ended("passed"), played.output
