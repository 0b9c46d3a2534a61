"""Law 2: harness and stand-in share nothing; each works in a tree without the other."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.slow
def test_the_harness_collects_its_suites_without_the_stand_in(tmp_path: Path) -> None:
    tree = _tree_without(tmp_path, "rigs/standin")
    result = _run(
        tree, "-m", "pytest", "suites", "--rig", "rigs/standin.yaml", "--collect-only", "-q", "-p", "harness.plugin.entry"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "asterisk" in result.stdout


@pytest.mark.parametrize(("room", "forbidden"), [("harness", "rigs.standin"), ("suites", "rigs.standin"), ("rigs/standin", "harness")])
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
