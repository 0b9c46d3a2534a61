"""The rules that the suites' tests are marked with: each is judged by its test, else the mark would prove nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SUITES = Path(__file__).parents[2]


def marked_tests() -> Iterator[tuple[str, list[str], ast.FunctionDef]]:
    """Each test with a mark of rules: where it stands, their ids, and itself."""
    for path in sorted(SUITES.glob("*/test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and (ids := [*rules_of(node)]):
                yield f"{path.parent.name}/{path.name}::{node.name}", ids, node


def rules_of(test: ast.FunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "rule":
            yield from (str(argument.value) for argument in mark.args if isinstance(argument, ast.Constant))


def judged_in(test: ast.FunctionDef) -> set[str]:
    """What the calls of `judge` in a test name; `rule` is the parameter."""
    calls = [node for node in ast.walk(test) if isinstance(node, ast.Call)]
    named = [c.args[0] for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr == "judge" and c.args]
    return {argument.value if isinstance(argument, ast.Constant) else ast.unparse(argument) for argument in named}


TESTS = [*marked_tests()]


@pytest.mark.parametrize(("ids", "test"), [t[1:] for t in TESTS], ids=[t[0] for t in TESTS])
def test_a_test_judges_the_rules_that_it_is_marked_with(ids: list[str], test: ast.FunctionDef) -> None:
    judged = judged_in(test)
    assert "rule" in judged or set(ids) <= judged


def test_the_marks_are_found() -> None:
    assert len(TESTS) > 50
