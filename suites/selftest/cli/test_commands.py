"""The command line: wrong use, what is installed, and the standard library only before anything is."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from harness.cli import bootstrap
from harness.cli.main import application

ROOT = Path(__file__).parents[3]
app = application()
run = CliRunner().invoke


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["nightly", "--rig", "/nowhere.yaml"], "No such file"),
        (["nightly", "--profile", "asterix"], "did you mean asterisk?"),
        (["nightly", "--firmware", "/nowhere.bin"], "no such file"),
        (["nightly", "--select", "smoke and"], "--select smoke and: "),
        (["nightly", "--select", ""], "--select is empty"),
        (["nightly", "--select", "smok and not slow"], "no test has the mark smok (did you mean smoke?)"),
        (["nightly", "--profile", ","], "--profile names no profile: standin has asterisk"),
        (["nightly", "--wait", "-5"], "greater than or equal to 0"),
        (["nightly", "--json", "/proc/no/x.json"], "there is no folder"),
        (["nightly", "--json", "/etc/passwd/x.json"], "cannot be written"),
        (["nightly", "--json", "/"], "is a folder"),
        (["survey", "--output", "/proc/no/x.yaml"], "cannot be written"),
        (["doctor", "--profile", "asterix"], "did you mean asterisk?"),
        (["standin", "up", "--port", "99999"], "less than or equal to 65535"),
        (["nightli"], "Did you mean 'nightly'?"),
        (["standin", "u"], "Did you mean 'up'?"),
        (["frobnicate"], "No such command 'frobnicate'"),
        (["nightly", "--frobnicate"], "No such option"),
        (["doctor", "--rig", "/nowhere.yaml"], "No such file"),
        (["prove"], "nothing to prove"),
        (["prove", "--all", "--share", "8/8"], "K/N with K from 0 to N-1"),
        (["prove", "--all", "--turn", "3"], "--turn chooses what is proven"),
        (["signoff", "/"], "is not the folder of a run"),
        (["profile", "show", "asterix"], "asterisk"),
        (["profile", "diff", "asterisk", "avya"], "no profile 'avya'"),
        (["bench", "--row", "plugn"], "did you mean"),
        (["standin", "exec"], "what shall run?"),
        (["standin", "up", "--rig", "rigs/lab.example.yaml"], ""),
    ],
)
def test_wrong_use_is_told_and_exits_with_two(words, text, monkeypatch):
    monkeypatch.chdir(ROOT)
    result = run(app, words, env={"COLUMNS": "200"})
    assert result.exit_code == 2, result.output
    assert text in result.output.replace("\n", " ")
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('{"schema": 99}', "run.json has schema 99, known: 1"),
        ("{nope", "its record cannot be read"),
        ("", "its record cannot be read"),
        ("[]", "its run.json is not a mapping"),
        ('{"schema": 1, "tests": [[]]}', "its record is not that of a run"),
        ('{"schema": 1, "tests": [{"id": "a", "verdict": "fine"}]}', "its record is not that of a run"),
        ('{"schema": 1, "started": "yesterday"}', "its record is not that of a run"),
    ],
)
def test_a_record_that_is_no_runs_is_told_and_exits_with_two(tmp_path, content, text):
    (tmp_path / "run.json").write_text(content)
    result = run(app, ["signoff", str(tmp_path)])
    assert result.exit_code == 2, result.output
    assert text in result.output


def test_a_sheet_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "run.json").write_text('{"schema": 1}')
    result = run(app, ["signoff", str(tmp_path), "--output", "/proc/no"])
    assert result.exit_code == 2, result.output
    assert "the sheet cannot be written" in result.output


def test_a_full_disk_is_the_rigs_and_told_in_one_line(capsys):
    import errno

    import typer

    from harness.cli import console

    def command():
        raise OSError(errno.ENOSPC, "No space left on device", "/reports/runs/x")

    with pytest.raises(typer.Exit) as ended:
        console.run(command)
    assert ended.value.exit_code == 11
    assert "rig fault: disk: /reports/runs/x: No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize("select", ["smoke", "not (slow or reboots)", "needs(handsets=2)"])
def test_a_good_selection_is_let_through(select):
    from harness.cli import arguments

    arguments.check_selection(select)


def test_profile_show_prints_rules_and_writes_json(tmp_path):
    path = tmp_path / "profile.json"
    result = run(app, ["profile", "show", "asterisk", "--json", str(path)])
    assert result.exit_code == 0
    assert "HLD-1" in result.output
    assert "HLD-1" in [rule["id"] for rule in json.loads(path.read_text())["rules"]]


def test_what_runs_before_the_installation_needs_the_standard_library_only():
    allowed = {*sys.stdlib_module_names, "__future__"}
    own = {
        "harness",
        "harness.cli",
        "harness.cli.progress",
        "harness.cli.main",
        "harness.cli.bootstrap",
        "harness.core",
        "harness.core.layout",
    }
    early = ("bootstrap", "progress", "policy_rc_d")
    for name in (
        "__main__.py",
        "__init__.py",
        "core/__init__.py",
        "core/layout.py",
        "core/signals.py",
        "cli/__init__.py",
        *(f"cli/{one}.py" for one in early),
    ):
        for node in ast.walk(ast.parse((ROOT / "harness" / name).read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for module in modules:
                assert module.split(".")[0] in allowed or module in own, f"{name} imports {module}"


def test_every_package_that_the_project_names_is_locked_at_one_version_with_hashes():
    locked = {}
    for entry in re.split(r"\n(?=\S)", bootstrap.PACKAGES.read_text().strip()):
        name, version = re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", entry).groups()
        locked.setdefault(name, []).append(version)
        assert "--hash=sha256:" in entry, name
        assert "://" not in entry, name
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["develop"]]
    for word in [*named, *project["build-system"]["requires"]]:
        requirement = Requirement(word)
        found = locked.get(canonicalize_name(requirement.name), [])
        assert any(requirement.specifier.contains(version) for version in found), f"{word}: locked {found}; run m9 lock"


def test_a_second_start_spends_less_than_two_seconds_on_checking():
    if not bootstrap.ready():
        pytest.skip("this environment was not made by m9 set-up")
    code = "import time; t = time.time(); from harness.cli import bootstrap; bootstrap.ready(); print(time.time() - t)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert float(done.stdout) < 2, done.stderr


def test_a_step_that_fails_says_which_why_and_what_to_type(tmp_path, capsys):
    progress = bootstrap.Progress(tmp_path / "setup.log")
    with pytest.raises(bootstrap.StepFailed) as caught:
        progress.run(
            "system packages", "nothing", ["sh", "-c", "echo no route to mirror; exit 100"], "check the network"
        )
    assert caught.value.step == "system packages"
    assert "no route to mirror" in caught.value.why
    assert caught.value.remedy == "check the network"
    assert "no route to mirror" in (tmp_path / "setup.log").read_text()
    with pytest.raises(bootstrap.StepFailed, match="No such file"):
        progress.run("node", "nothing", ["/nowhere/npm"], "install it")


def test_packages_that_are_missing_are_those_that_dpkg_does_not_know(monkeypatch):
    monkeypatch.setattr(bootstrap, "_data", lambda: {"debian": {"coreutils": "", "no-such-package-m9": ""}})
    assert bootstrap.missing_packages() == ["no-such-package-m9"]
