"""Several rigs side by side: one folder, each result with its worker, and ends that leave what was found out."""

import html
import json
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

from harness.core import verdict
from harness.core.clock import wait_until
from harness.evidence.run_folder import RunFolder
from harness.plugin import workers
from harness.signoff import sheet
from suites.selftest.plugin.conftest import RIG

pytest_plugins = ["pytester"]

FACTS = """
from harness.plugin.plan import plan_of
@pytest.fixture(scope="session")
def rig_in_use(request):
    plan_of(request.config).facts["reboots"] = 2
    yield
    plan_of(request.config).facts["capture"] = {"packets": 7}
    open(f"given_back_{plan_of(request.config).worker}", "w").close()
"""
WAITS = """
import os, signal, time
def waits():
    open(f"waits_{os.environ['PYTEST_XDIST_WORKER']}", "w").close()
    while True:  # pause() would miss a signal that comes just before it
        signal.sigtimedwait((), 0.2)
"""


@pytest.fixture
def side_by_side(project):
    """The project with a second rig; returns pytest's words for a run on both."""
    (project.pytester.path / "other.yaml").write_text(RIG.replace("name: paper", "name: card"))
    return ["--rig", "other.yaml", "-n", "2", "--dist", "load", "--maxschedchunk", "1"]


def test_two_rigs_leave_one_record_in_which_each_result_names_its_own(project, side_by_side):
    project.write(FACTS + "".join(f"def test_{one}(rig_in_use): pass\n" for one in "abcdef"))
    assert project.run(*side_by_side).ret == 0
    result = project.result
    assert result["counts"]["passed"] == 6
    rigs = {test["worker"]: test["rig"] for test in result["tests"]}
    assert set(rigs.values()) <= {"paper", "card"}
    assert {name: own["rig"] for name, own in result["workers"].items()}.items() >= rigs.items()
    shown = [json.loads(path.read_text()) for path in (project.run_dir / "allure-results").glob("*-result.json")]
    assert sorted(one["name"] for one in shown) == [f"test_{one}" for one in "abcdef"]
    assert result["jobs"] == 2
    assert 0 <= result["efficiency"] <= 1
    assert not any(path.name == "run.json" for path in project.run_dir.glob("*/run.json"))


def test_what_workers_found_adds_up(project, side_by_side):
    # Each waits for the other, so that both have a test.
    project.write(
        FACTS
        + """
from pathlib import Path
from harness.core.clock import wait_until
@pytest.mark.parametrize("number", range(4))
def test_meets(rig_in_use, number, request):
    Path(f"here_{plan_of(request.config).worker}").touch()
    wait_until(lambda: len(list(Path().glob("here_*"))) == 2, what="the other", within=30)
"""
    )
    assert project.run(*side_by_side).ret == 0
    result = project.result
    assert result["reboots"] == 4
    assert [own["capture"] for own in result["workers"].values()] == [{"packets": 7}] * 2
    assert [own["rig"] for own in result["workers"].values()] == ["paper", "card"]


def test_what_is_slow_begins_first_and_the_record_keeps_the_order_of_the_suites(project, side_by_side):
    body = "def test_{0}():\n    print('x', file=open('order', 'a'), end='{0}')\n"
    project.write("".join(body.format(one) for one in "abcdefgh"), "test_quick.py")
    project.write("@pytest.mark.slow\n" + body.format("z"), "test_slow.py")
    assert project.run(*side_by_side).ret == 0
    begun = (project.pytester.path / "order").read_text().split("x")
    assert "z" in "".join(begun[:4])
    assert [test["id"].rpartition("_")[2] for test in project.result["tests"]] == [*"abcdefgh", "z"]


def test_a_worker_that_is_killed_costs_its_test_and_no_other(project, side_by_side):
    project.write(
        FACTS
        + """
import os
@pytest.mark.feature("hold")
def test_killed(rig_in_use): os.kill(os.getpid(), 9)
"""
        + "".join(f"def test_{one}(): pass\n" for one in "abcd")
    )
    result = project.run(*side_by_side)
    assert result.ret == 1
    assert project.verdict("test_killed") == "harness fault"
    assert project.result["counts"] == {**verdict.counted([]), "passed": 4, "harness_faults": 1}
    (killed,) = [test for test in project.result["tests"] if "test_killed" in test["id"]]
    assert killed["reason"].startswith(f"the worker {killed['worker']} ended while it ran this test")
    assert killed["features"] == ["hold"]
    shown = [json.loads(path.read_text()) for path in (project.run_dir / "allure-results").glob("*-result.json")]
    (lost,) = [one for one in shown if one["name"] == "test_killed"]
    assert lost["status"] == "broken"
    assert lost["statusDetails"]["message"] == killed["reason"]
    assert project.result["exit_code"] == 70
    assert all(test["rig"] in ("paper", "card") for test in project.result["tests"])
    sheet.write([project.run_dir], project.run_dir)
    page = RunFolder(project.run_dir).sheet.read_text()
    assert "harness fault" in page
    assert killed["reason"].partition("\n")[0] in html.unescape(page)


SICK = """
from harness.core.clock import wait_until
from harness.plugin.plan import plan_of

@pytest.fixture(scope="session")
def rig_session(request):
    name = plan_of(request.config).rig.name
    print(name, file=open("starts", "a"))
    if name == "card" and open("starts").read().count("card") <= int(open("sick").read()):
        raise errors.RigFault("switch", "no answer", remedy="mend it")
    yield name
    open(f"given_back_{name}", "w").close()

@pytest.fixture
def part(rig_session): return rig_session

@pytest.mark.parametrize("number", range(12))
def test_it(part, number):
    wait_until(lambda: number < 6 or open("starts").read().count("card") > 1, what="card is tried twice", within=30)
"""


@pytest.mark.parametrize(("sick", "lost"), [(1, 1), (9, 2)])
def test_a_sick_rig_gives_its_tests_to_a_healthy_one(project, side_by_side, sick, lost):
    (project.pytester.path / "sick").write_text(str(sick))
    project.write(SICK)
    ended = project.run(*side_by_side)
    assert project.result["counts"] == {**verdict.counted([]), "passed": 12 - lost, "rig_faults": lost}
    assert project.result["exit_code"] == 11
    assert len(project.result["tests"]) == 12
    gave_up = [own["rig"] for own in project.result["workers"].values() if "sick" in own]
    assert gave_up == ["card"] * lost
    ended.stdout.fnmatch_lines(["m9: gw1 gave card up, other rigs ran its tests: rig fault: switch: no answer"])
    faults = [test for test in project.result["tests"] if test["verdict"] == "rig fault"]
    assert {test["rig"] for test in faults} == {"card"}


def test_rigs_that_are_all_sick_still_give_each_test_its_verdict(project, side_by_side):
    (project.pytester.path / "sick").write_text("99")
    project.write(SICK.replace('name == "card" and ', "").replace('.count("card") <=', '.count("a") <='))
    project.run(*side_by_side)
    assert project.result["counts"]["rig_faults"] == 12


@pytest.mark.parametrize("faults", [1, 2])
def test_two_rig_faults_in_a_row_show_a_sick_rig(project, side_by_side, faults):
    project.write(
        "import os\nfrom pathlib import Path\nfrom harness.plugin.plan import plan_of\n"
        '@pytest.mark.parametrize("number", range(12))\n'
        "def test_it(request, number):\n"
        "    bad = plan_of(request.config).rig.name == 'card'\n"
        f"    if bad and sum(1 for _ in Path().glob('bad*')) < {faults}:\n"
        "        Path(f'bad{number}').touch()\n"
        "        raise errors.RigFault('dongle', 'silent', remedy='replug')\n"
        "    from time import sleep; sleep(0.1)\n"
    )
    project.run(*side_by_side)
    assert project.result["counts"]["rig_faults"] == faults
    assert project.result["counts"]["passed"] == 12 - faults
    assert ["sick" in own for own in project.result["workers"].values()].count(True) == (faults == 2)


def test_a_replacement_has_the_dead_workers_rig_and_no_other(project):
    """Two rigs for three workers, so that none is free; the one that dies is on either."""
    (project.pytester.path / "other.yaml").write_text(RIG.replace("name: paper", "name: card"))
    private = "bringup: {command: [true], segment: private}\n"
    for name in ("rig.yaml", "other.yaml"):
        path = project.pytester.path / name
        path.write_text(path.read_text() + private)
    for name in ("gw0", "gw1"):
        plugin = workers.Workers(_Plan(project.run_dir), _Config(["a", "b"]))
        nodes = {one: _Node(one) for one in ("gw0", "gw1", "gw2", "gw3")}
        for node in nodes.values():
            plugin.pytest_configure_node(node)
        assert [node.workerinput["m9"]["rig"] for node in nodes.values()] == [0, 1, 0, 1]
        plugin.pytest_testnodedown(nodes.pop("gw3"), None)  # has ended well: its rig is free
        plugin.pytest_testnodedown(nodes[name], "died")
        replacement = _Node("gw4")
        plugin.pytest_configure_node(replacement)
        assert replacement.workerinput["m9"]["rig"] == nodes[name].workerinput["m9"]["rig"]


class _Node:
    def __init__(self, worker):
        self.gateway = SimpleNamespace(id=worker)
        self.workerinput = {}


def _Plan(run):
    return SimpleNamespace(run=run, jobs=4, facts={})


def _Config(rigs):
    return SimpleNamespace(option=SimpleNamespace(rig=rigs), getvalue={"dist": "load"}.get)


def test_a_worker_that_dies_outside_its_tests_is_a_harness_fault_too(project, side_by_side):
    with (project.suites / "conftest.py").open("a") as file:
        file.write("import os\ndef pytest_sessionfinish(session):\n")
        # Not by the environment: these self-tests may themselves run in a worker of that name.
        file.write(
            "    if getattr(session.config, 'workerinput', {}).get('workerid') == 'gw0': os.kill(os.getpid(), 9)\n"
        )
    project.write("def test_a(): pass\ndef test_b(): pass\n")
    project.run(*side_by_side)
    assert project.verdict("test_a") == project.verdict("test_b") == "passed"
    assert project.verdict("worker[gw0]") == "harness fault"
    assert project.result["exit_code"] == 70


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_told_to_end_lets_each_worker_put_back_what_it_changed(project, side_by_side, end):
    project.write(FACTS + WAITS + "def test_done(rig_in_use): pass\n")
    project.write(FACTS + WAITS + "".join(f"def test_{one}(rig_in_use): waits()\n" for one in "abcd"), "test_then.py")
    folder = project.pytester.path
    words = [sys.executable, "-m", "pytest", "suites", "--rig", "rig.yaml", "--run-dir", str(project.run_dir)]
    process = subprocess.Popen([*words, *side_by_side], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: len(list(folder.glob("waits_*"))) == 2, what="both workers wait", within=60)
        process.send_signal(end)
        assert process.wait(timeout=60) == 2
    finally:
        process.kill()
    assert len(list(folder.glob("given_back_*"))) == 2
    assert project.result["interrupted"] is True
    assert project.result["counts"]["passed"] == 1
    assert [own["capture"] for own in project.result["workers"].values()] == [{"packets": 7}] * 2


def test_facts_of_workers_add_up_and_what_is_one_s_own_stays_apart():
    found = workers.added_up(
        {
            "gw10": {"rig": "b", "firmware": "9.2", "reboots": 1, "capture": {"packets": 1}},
            "gw2": {"rig": "a", "firmware": "9.2", "reboots": 3},
        }
    )
    assert found["reboots"] == 4
    assert found["firmware"] == "9.2"
    assert "capture" not in found
    assert found["workers"] == {
        "gw2": {"rig": "a", "firmware": "9.2", "reboots": 3},
        "gw10": {"rig": "b", "firmware": "9.2", "reboots": 1, "capture": {"packets": 1}},
    }


def test_the_facts_of_a_single_worker_are_those_of_the_run(project):
    project.write(FACTS + "def test_a(rig_in_use): pass\n")
    assert project.run("-n", "1").ret == 0
    assert project.result["workers"]["gw0"]["rig"] == "paper"
