"""The whole stand-in as a program, inside a segment of its own: up, fed, cut off, up again, killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
SEGMENT = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.fixture(scope="module")
def life() -> Iterator[dict[str, Any]]:
    """What rig_in_segment saw; its folder has a short path for the sockets in it."""
    folder = tempfile.mkdtemp(prefix="m9-")
    words = [sys.executable, "-m", "suites.selftest.standin_core.rig_in_segment", "rigs/standin.yaml", folder]
    done = subprocess.run([*SEGMENT, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout)
    shutil.rmtree(folder)


@pytest.mark.slow
def test_a_rig_comes_up_fetches_and_forgets_nothing_but_its_network(life: dict[str, Any]) -> None:
    assert life["ready"]["interface"] == "m9rig"
    assert life["ready_after"] < 5
    expected = ["/provisioning/snom-m9-000413300121.xml", "Mozilla/4.0 (compatible; snom m9 9.2.45-a)"]
    assert life["first_fetch"] == life["second_fetch"] == expected
    assert life["settings"]["base_name#0"] == ["lobby", "R"]


@pytest.mark.slow
def test_power_off_is_a_dead_base_and_a_dead_wire(life: dict[str, Any]) -> None:
    assert life["off"]["powered"] is False
    assert life["base_alive_after_off"] is False
    assert life["link_after_off"] is False
    assert life["fetched_after"] < 2
    assert (life["status"]["boots"], life["status"]["crashes"]) == (2, 0)


@pytest.mark.slow
def test_nonsense_in_flash_is_told_and_keeps_no_base_from_its_network(life: dict[str, Any]) -> None:
    refused = [line for line in life["log"].split("\n") if "Stored setting not taken" in line]
    assert {
        name for name in ("gateway", "gmt_offset", "base_name", "http_port") for line in refused if name in line
    } == {*("gateway", "gmt_offset", "base_name", "http_port")}
    assert "DHCP is asked for one" in life["log"]


@pytest.mark.slow
def test_kill_9_of_the_supervisor_leaves_nothing(life: dict[str, Any]) -> None:
    assert life["all_gone"]
    assert life["interfaces"] == ["lo"]
