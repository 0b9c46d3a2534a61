"""No rule of a profile is decoration: a test judges it by what it expects, or it stands here as untested."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.profiles import model

SUITES = Path(__file__).resolve().parents[2]

#: Rules that no test judges yet; the sign-off sheet names them too.
UNTESTED: set[str] = set()


def rows(name: str) -> list[model.Rule]:
    """The rules of a profile that want a test; the others are judged over all traffic."""
    return [rule for rule in model.load(name).rules.values() if not rule.of_all_traffic]


def judged() -> dict[str, set[str]]:
    """The rules that tests are marked with, each with the keys of `expect` that its tests read."""
    found: dict[str, set[str]] = {}
    for path in SUITES.rglob("test_*.py"):
        if "selftest" in path.parts:
            continue
        for test in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(test, ast.FunctionDef):
                for name in marks(test):
                    found.setdefault(name, set()).update(keys(test))
    return found


def marks(test: ast.FunctionDef) -> list[str]:
    """The arguments of @rule."""
    calls = [mark for mark in test.decorator_list if isinstance(mark, ast.Call) and name_of(mark.func) == "rule"]
    return [arg.value for call in calls for arg in call.args if isinstance(arg, ast.Constant)]


def keys(test: ast.FunctionDef) -> list[str]:
    """The keys in `rule.expect[...]`."""
    return [
        node.slice.value
        for node in ast.walk(test)
        if isinstance(node, ast.Subscript) and name_of(node.value) == "expect" and isinstance(node.slice, ast.Constant)
    ]


def name_of(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


@pytest.mark.parametrize("name", model.names())
def test_every_rule_has_a_test_or_stands_in_the_list_of_untested_ones(name: str) -> None:
    assert {rule.id for rule in rows(name)} - set(judged()) == UNTESTED


def test_every_rule_that_a_test_names_stands_in_a_profile() -> None:
    known = {rule for name in model.names() for rule in model.load(name).rules}
    assert set(judged()) <= known
