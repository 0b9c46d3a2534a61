"""The run's folder, the price of the plugin, and ends that come from outside."""

import json
import os
import signal
import subprocess
import sys

import pytest

from harness.core import verdict
from harness.core.clock import wait_until
from harness.evidence import new_run
from harness.signoff import results

pytest_plugins = ["pytester"]


def test_without_a_rig_no_part_of_the_harness_but_the_entry_is_loaded(pytester):
    pytester.makepyfile("""
import sys
def test_one():
    loaded = {name for name in sys.modules if name.startswith("harness")}
    assert loaded <= {"harness", "harness.plugin", "harness.plugin.entry"}, loaded
    assert not {"pydantic", "yaml", "serial", "selenium", "pyshark", "pysnmp", "numpy"} & set(sys.modules)
""")
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = [sys.executable, "-m", "pytest", "-q", "-p", "harness.plugin.entry"]
    done = subprocess.run(words, cwd=pytester.path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_sigterm_ends_a_run_in_order_and_leaves_its_record(project):
    project.write("""
import signal
@pytest.fixture(scope="session")
def rig_in_use():
    yield
    open("given_back", "w")
def test_done(rig_in_use): pass
def test_waits(rig_in_use):
    open("waiting", "w")
    import json; assert json.load(open("run/run.json"))["exit_code"] == 70  # so it stays if this process is killed
    while True:  # pause() would miss a signal that comes just before it
        signal.sigtimedwait((), 0.2)
""")
    words = [sys.executable, "-m", "pytest", "suites", "--rig", "rig.yaml", "--run-dir", str(project.run_dir)]
    process = subprocess.Popen(words, cwd=project.pytester.path, stdout=subprocess.DEVNULL)
    wait_until((project.pytester.path / "waiting").exists, what="the test runs", within=20)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 2
    assert (project.pytester.path / "given_back").exists()
    assert project.result["interrupted"] is True
    assert project.result["exit_code"] == 130
    assert project.result["counts"]["passed"] == 1


def test_of_a_killed_run_the_finished_tests_are_known(tmp_path):
    test = {"id": "t", "verdict": "passed", "features": [], "stimuli": []}
    (tmp_path / "results.jsonl").write_text(json.dumps(test) + '\n{"id": "half')
    content = results.read(tmp_path)
    assert content["cut_off"]
    assert content["counts"]["passed"] == 1


def test_old_runs_are_pruned_by_age_and_by_size(tmp_path):
    for number, name in enumerate(["20200101-a", "20260101-b", "20260102-c", "20260103-d"]):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "capture.pcap").write_bytes(b"x" * 1000)
        if number == 0:
            os.utime(folder, (0, 0))
    removed = new_run.prune(tmp_path, days=30, size=2500)
    assert [path.name for path in removed] == ["20200101-a", "20260101-b"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["20260102-c", "20260103-d"]


@pytest.mark.slow
def test_the_plugin_costs_less_than_a_tenth_of_a_second():
    from harness.bench import plugin_cost

    row = plugin_cost.measure()
    assert row.met, row.line()


STARTS = """
@pytest.fixture(scope="session")
def rig_session():
    print("rig", file=open("starts", "a"))
    yield

@pytest.fixture(scope="session")
def profile_session(rig_session, profile):
    print(profile.name, file=open("starts", "a"))
    if open("starts").read().count(profile.name) <= FAULTS.get(profile.name, 0):
        raise errors.RigFault("switch", "no answer", remedy="mend it")
    yield

@pytest.fixture(scope="session")
def pbx(profile_session): return "PBX"

@pytest.mark.parametrize("number", range(4))
def test_it(pbx, profile, number): assert pbx == "PBX"
"""


@pytest.mark.parametrize(
    ("faults", "lost", "starts"),
    [({}, 0, 1), ({"asterisk": 1}, 1, 2), ({"asterisk": 9}, 4, 2)],
    ids=["none", "once", "always"],
)
def test_a_profile_that_did_not_start_is_started_once_more_by_the_next_test(project, faults, lost, starts):
    project.write(STARTS.replace("FAULTS", repr(faults)))
    project.run("--profile", "asterisk")
    assert project.result["counts"] == {**verdict.counted([]), "passed": 4 - lost, "rig_faults": lost}
    started = (project.pytester.path / "starts").read_text().split()
    assert (started.count("rig"), started.count("asterisk")) == (1, starts)


def test_each_profile_has_a_second_start_of_its_own(project):
    project.write(STARTS.replace("FAULTS", repr({"asterisk": 1, "broadsoft": 1})))
    project.run("--profile", "all")
    assert project.result["counts"] == {**verdict.counted([]), "passed": 6, "rig_faults": 2}
