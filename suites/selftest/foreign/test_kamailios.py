"""The embedded server under the Kamailio of other Debian suites: its configuration and its commands are understood."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from suites.selftest.foreign import debian_tree
from suites.selftest.pbx import lab_pbx
from suites.selftest.pbx.lab_pbx import Played

CHOSEN = "smoke or mailbox or redirect or refused or record or route or session_timer or busy or transport"
"""What the server is steered to do, beside the smoke tests."""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("suite", "version"), [("trixie", "6.0"), ("sid", "6.1")])
def test_the_embedded_server_works_with_another_kamailio(
    suite: str, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = debian_tree.required(suite, "kamailio")
    start = shlex.join([*debian_tree.entered(tree, "/tmp", lab_pbx.ROOT), "/usr/sbin/kamailio"])
    (tmp_path / "kamailio").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    (tmp_path / "kamailio").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    told = subprocess.run(["kamailio", "-v"], capture_output=True, text=True, check=True).stdout
    assert f"kamailio {version}." in told
    smoke = Played(tmp_path / "smoke", lab_pbx.STANDIN, ["suites", "-m", "smoke"], jobs=1)
    assert smoke.verdicts == {"passed"}, smoke.output
    steered = Played(tmp_path / "steered", lab_pbx.STANDIN, ["suites", "-k", CHOSEN], jobs=1)
    assert steered.verdicts <= {"passed", "not_applicable"}, steered.output
    assert steered.record["counts"]["passed"] > 10
