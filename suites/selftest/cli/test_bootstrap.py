"""The set-up of a bare checkout: once, whole, and with one clear word where it cannot go on."""

from __future__ import annotations

import ast
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from harness.cli import bootstrap
from harness.cli.progress import StepFailed
from harness.core.clock import wait_until
from suites.selftest.cli.miniature import ROOT, Miniature

slow = pytest.mark.slow  # makes environments


@pytest.fixture
def checkout(tmp_path: Path) -> Miniature:
    return Miniature.made(tmp_path / "checkout")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    checkout = Miniature.made(tmp_path_factory.mktemp("ready") / "checkout")
    code, out, said = checkout.run()
    assert (code, out) == (0, "m9 ran\n"), said
    assert [line.split()[1] for line in said.splitlines() if "✓" in line] == [
        "environment",
        "python",
        "this",
        "report",
        "ready",
    ]
    return checkout


@slow
def test_a_second_run_says_nothing_and_spends_less_than_two_seconds(ready: Miniature) -> None:
    began = time.monotonic()
    assert ready.run() == (0, "m9 ran\n", "")
    assert time.monotonic() - began < 2
    assert ready.pip_runs == 1


@slow
def test_a_checkout_that_was_moved_is_looked_at_again(ready: Miniature, tmp_path: Path) -> None:
    shutil.copytree(ready.root, tmp_path / "moved", symlinks=True)
    moved = Miniature(tmp_path / "moved")
    code, out, said = moved.run()
    assert (code, out) == (0, "m9 ran\n"), said
    assert moved.pip_runs == 2


@slow
def test_an_environment_whose_pip_was_killed_is_made_anew(checkout: Miniature) -> None:
    process = checkout.start(HOLD="1")
    wait_until(lambda: checkout.pip_runs == 1, what="pip builds", within=60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (checkout.root / ".venv" / "left-over").touch()
    code, out, said = checkout.run()
    assert (code, out) == (0, "m9 ran\n"), said
    assert not (checkout.root / ".venv" / "left-over").exists()


@slow
def test_an_environment_without_pip_is_made_anew(checkout: Miniature) -> None:
    binaries = checkout.root / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(os.path.realpath(sys.executable))
    code, out, said = checkout.run()
    assert (code, out) == (0, "m9 ran\n"), said


@slow
def test_two_set_ups_wait_for_each_other_and_the_second_has_nothing_to_do(checkout: Miniature) -> None:
    first = checkout.start(HOLD="1")
    wait_until(lambda: checkout.pip_runs == 1, what="pip builds", within=60)
    second = checkout.start()
    assert second.stderr is not None
    assert second.stderr.readline() == "m9: another set-up of this checkout is running; waiting for it\n"
    (checkout.root / "go").touch()
    assert first.communicate(timeout=60)[0] == "m9 ran\n"
    assert second.communicate(timeout=60) == ("m9 ran\n", "")
    assert checkout.pip_runs == 1


@slow
def test_no_service_starts_while_packages_are_installed_and_all_may_afterwards(checkout: Miniature) -> None:
    policy = checkout.wants_a_package()
    code, out, said = checkout.run()
    assert (code, out) == (0, "m9 ran\n"), said
    assert (checkout.root / "policy-seen").read_text().endswith("\nexit 101\n")
    assert not policy.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_set_up_that_is_told_to_end_waits_for_apt_and_lets_services_start_again(
    checkout: Miniature, number: signal.Signals
) -> None:
    policy = checkout.wants_a_package()
    process = checkout.start(HOLD_APT="1")
    wait_until((checkout.root / "apt-began").exists, what="packages are installed", within=60)
    process.send_signal(number)
    wait_until(lambda: _heard(process.pid), what="the signal is delivered", within=10)
    assert policy.exists()
    (checkout.root / "go").touch()
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert (checkout.root / "installed").exists()
    assert not policy.exists()


@slow
def test_what_a_killed_set_up_left_does_not_keep_services_down(checkout: Miniature) -> None:
    policy = checkout.wants_a_package()
    process = checkout.start(HOLD_APT="1")
    wait_until((checkout.root / "apt-began").exists, what="packages are installed", within=60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert policy.exists()
    left = policy.read_text()
    code, out, said = checkout.run()
    assert (code, out) == (0, "m9 ran\n"), said
    assert not policy.exists()
    policy.write_text(left)
    code, out, said = checkout.run()
    assert (code, out) == (0, "m9 ran\n"), said
    assert "setting up" in said, "it is no ready machine"
    assert not policy.exists()


def test_an_administrators_own_policy_stands(checkout: Miniature) -> None:
    policy = checkout.wants_a_package()
    policy.write_text("#!/bin/sh\nexit 101\n")
    process = checkout.start()
    wait_until((checkout.root / "installed").exists, what="packages are installed", within=60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert policy.read_text() == "#!/bin/sh\nexit 101\n"


def failed(said: str) -> dict[str, str]:
    """What a set-up that stopped says: at, why, remedy, log."""
    lines = said[said.index("m9: set-up stopped at: ") :].splitlines()
    found = {"at": lines[0].removeprefix("m9: set-up stopped at: ")}
    for line in lines[1:]:
        if line[:2] == "  " and line[2:3] != " ":
            found[line.split()[0]] = line[12:]
        else:
            found["why"] += "\n" + line.strip()
    return found


@slow
def test_without_a_network_it_says_which_step_why_and_what_to_type(checkout: Miniature) -> None:
    checkout.locks("no-such-package")
    code, _, said = checkout.run()
    told = failed(said)
    assert code == 70
    assert told["at"] == "python packages"
    assert "no-such-package" in told["why"]
    assert told["remedy"].startswith(f"check the network, then: cd {checkout.root} && ")
    assert "no-such-package" in Path(told["log"]).read_text()
    checkout.locks()
    assert checkout.run()[0] == 0, "with what can be had it goes on"


@slow
def test_a_report_generator_that_cannot_be_had_is_named_and_the_rest_is_not_done_again(checkout: Miniature) -> None:
    code, _, said = checkout.run(NPM_FAILS="1")
    assert code == 70
    assert failed(said)["at"] == "report generator"
    assert "no route to the registry" in failed(said)["why"]
    assert failed(said)["remedy"] == f"check the network, then: cd {checkout.root / 'reports'} && npm ci"
    assert checkout.run()[:2] == (0, "m9 ran\n")


def test_a_checkout_that_cannot_be_written_to_is_named(checkout: Miniature) -> None:
    (checkout.root / "reports" / "runs").touch()
    code, _, said = checkout.run()
    assert code == 70
    assert failed(said)["at"] == "checkout"
    assert failed(said)["why"].startswith(str(checkout.root / "reports" / "runs"))


def test_a_python_of_another_version_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 13, 0, "final", 0))
    monkeypatch.setattr(sys, "version", "3.13.0 (main)")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(StepFailed) as stopped:
        bootstrap.find_python()
    assert stopped.value.why == "this Python is 3.13.0, and there is no python3.11 or python3.12 on the path"
    assert "python3.11" in stopped.value.remedy


@slow
def test_a_control_c_while_it_loads_ends_it_without_a_word(ready: Miniature) -> None:
    main = ready.root / "harness" / "cli" / "main.py"
    kept = main.read_text()
    main.write_text("import pathlib, time\npathlib.Path('loading').touch()\ntime.sleep(60)\n")
    try:
        process = ready.start()
        wait_until((ready.root / "loading").exists, what="it loads", within=30)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "")
        assert process.returncode == 130
    finally:
        main.write_text(kept)


def test_a_python_too_old_to_read_the_harness_can_still_read_its_first_words() -> None:
    source = (ROOT / "harness" / "__main__.py").read_text()
    ast.parse(source, feature_version=(3, 4))
    assert not [name for name in ('f"', "f'", "from __future__") if name in source]


def _heard(pid: int) -> bool:
    """Whether no signal waits for a process any more (proc(5), status: ShdPnd)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("ShdPnd")).split()[1], 16) == 0
