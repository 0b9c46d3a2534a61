"""Law 2: harness and stand-in share nothing; each works in a tree without the other."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # `m9 check-isolation` takes them, as CI does

ROOT = Path(__file__).resolve().parents[3]


def _tree_without(tmp_path: Path, *left_out: str) -> Path:
    """A copy of the checkout's code without these folders."""
    tree = tmp_path / "tree"
    for name in ("harness", "rigs", "suites"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, tree / name)
    for name in left_out:
        shutil.rmtree(tree / name)
    return tree


def _run(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=tree, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.slow
def test_the_stand_in_lists_its_defects_without_the_harness(tmp_path: Path) -> None:
    tree = _tree_without(tmp_path, "harness", "suites")
    result = _run(tree, "-m", "rigs.standin", "defects", "--json")
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)) >= 40


def _segment() -> list[str]:
    """The words that put a command into a network, mount and process namespace of its own."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.mark.slow
def test_the_stand_in_comes_up_without_the_harness(tmp_path: Path) -> None:
    tree = _tree_without(tmp_path, "harness", "suites")
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"}
    with tempfile.TemporaryDirectory(prefix="m9-") as run:
        process = subprocess.Popen(
            [*_segment(), sys.executable, "-m", "rigs.standin", "--rig", "rigs/standin.yaml", "--run", run],
            cwd=tree,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        _, errors = process.communicate(timeout=30)  # its closed input ends it
        assert line, errors
        assert json.loads(line)["interface"] == "m9rig"


@pytest.mark.slow
def test_the_harness_collects_its_suites_without_the_stand_in(tmp_path: Path) -> None:
    tree = _tree_without(tmp_path, "rigs/standin")
    words = ["suites", "--rig", "rigs/standin.yaml", "--collect-only", "-q"]
    result = _run(tree, "-m", "pytest", *words)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "asterisk" in result.stdout


SIDES = [("harness", "rigs.standin"), ("suites", "rigs.standin"), ("rigs/standin", "harness")]


@pytest.mark.parametrize(("room", "forbidden"), SIDES)
def test_neither_imports_nor_reads_the_other(room: str, forbidden: str) -> None:
    for file in (ROOT / room).rglob("*.py"):
        if "selftest" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert not [n for n in names if n == forbidden or n.startswith(forbidden + ".")], f"{file} imports {names}"
