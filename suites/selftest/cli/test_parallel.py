"""`--jobs`: its default, what a physical rig makes of it, and what is said of the gain."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from harness.bench import frame
from harness.cli import parallel
from harness.cli.main import application
from harness.core.errors import UsageError
from harness.plugin import pace
from harness.plugin.pace import Pace
from harness.rig import file as rig_files

ROOT = Path(__file__).parents[3]
STANDIN = rig_files.load(ROOT / "rigs" / "standin.yaml")
PLENTY = 64 * 2**30


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """The file of a rig that exists once: no command brings it up."""
    content = yaml.safe_load((ROOT / "rigs" / "standin.yaml").read_text())
    del content["bringup"], content["standin"]
    content["network"]["address"], content["power"]["host"] = "192.0.2.1/24", "192.0.2.2"
    content |= {"name": "lab7", "kind": "physical", "dongle": {"port": "/dev/ttyUSB0"}}
    path = tmp_path / "lab7.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_the_stand_in_is_multiplied_as_often_as_asked_for() -> None:
    assert parallel.jobs_of(STANDIN, 1) == 1
    assert parallel.jobs_of(STANDIN, 5) == 5
    assert parallel.jobs_of(STANDIN, None) == parallel.default() >= 1


def test_a_physical_rig_is_one_job_and_more_are_a_usage_error(lab: Path) -> None:
    rig = rig_files.load(lab)
    assert parallel.jobs_of(rig, None) == parallel.jobs_of(rig, 1) == 1
    with pytest.raises(UsageError, match="--jobs 2: lab7 is one rig"):
        parallel.jobs_of(rig, 2)


@pytest.mark.parametrize("number", ["0", "many", "2"])
def test_wrong_numbers_of_jobs_start_nothing(number: str, lab: Path) -> None:
    words = ["nightly", "--rig", str(lab), "--jobs", number]
    result = CliRunner().invoke(application(words), words, env={"COLUMNS": "200"})
    assert result.exit_code == 2, result.output
    assert "--jobs" in result.output


@pytest.mark.parametrize("cores", [1, 2, 4, 16])
def test_more_cores_never_mean_fewer_jobs_and_little_memory_does(cores: int) -> None:
    assert parallel.fastest(cores, PLENTY) >= max(2, cores)
    assert parallel.fastest(cores + 1, PLENTY) >= parallel.fastest(cores, PLENTY)
    assert parallel.fastest(cores, 2 * parallel.RIG_BYTES) <= 2
    assert parallel.fastest(cores, 0) == 1


def test_free_memory_is_what_the_system_says() -> None:
    assert 2**20 < parallel.free_memory() < 2**50


def test_one_job_needs_no_workers() -> None:
    assert parallel.words(1) == []
    assert parallel.words(3)[:2] == ["-n", "3"]


def test_the_gain_is_told_against_one_test_after_the_other() -> None:
    night = Pace(jobs=3, tests=308, seconds=288.0, test_seconds=641.0)
    assert night.line() == "3 jobs: 308 tests in 288 s; 2.2 times as fast as one after the other (efficiency 74%)"
    assert night.as_json() == {"jobs": 3, "seconds": 288.0, "test_seconds": 641.0, "efficiency": 0.742}


def test_a_run_that_did_nothing_has_no_gain() -> None:
    assert Pace(2, 0, 0.0, 0.0).efficiency == 0.0
    assert pace.together([]) == {"jobs": 1, "seconds": 0.0, "test_seconds": 0.0, "efficiency": 0.0}


def test_several_runs_are_weighed_by_the_rigs_that_they_had() -> None:
    alone, four = Pace(1, 10, 100.0, 90.0), Pace(4, 10, 50.0, 100.0)
    assert pace.together([alone, four]) == {"jobs": 4, "seconds": 150.0, "test_seconds": 190.0, "efficiency": 0.633}


def test_a_record_of_one_job_says_so_too() -> None:
    record = {"seconds": 10.0, "test_seconds": 9.0, "tests": [{}, {}]}
    assert Pace.of(record) == Pace(1, 2, 10.0, 9.0)


def test_the_bench_measures_a_night_only_when_asked_to() -> None:
    assert [one.name for one in frame.measurements() if one.on_request] == ["night_jobs"]
