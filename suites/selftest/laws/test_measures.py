"""The tree's own measures (`.ci/measures.py`): they count what they say, and the tree keeps to them."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[3] / ".ci" / "measures.py"
_spec = importlib.util.spec_from_file_location("measures", FILE)
assert _spec is not None
assert _spec.loader is not None
measures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(measures)


class _Wide:
    """Three that count: a method, a property and a static one, and none of its fields."""

    field: object = None

    def method(self) -> None: ...

    @property
    def property_(self) -> int: ...

    @staticmethod
    def static() -> None: ...

    def _private(self) -> None: ...


class _Deep(_Wide):
    def method(self) -> None: ...

    def another(self) -> None: ...


def test_a_class_is_as_wide_as_what_it_inherits_and_as_deep_as_its_bases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "OURS", ("suites",))
    assert measures._public(_Wide) == {"method", "property_", "static"}
    assert measures._public(_Deep) == {"method", "property_", "static", "another"}
    assert [measures._depth(one) for one in (_Wide, _Deep)] == [1, 2]


@pytest.mark.parametrize(
    ("below", "circles"),
    [
        ({"a": ["b"], "b": ["c"], "c": []}, []),
        ({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}, [["a", "b", "c"]]),
        ({"a": ["b"], "b": ["a", "c"], "c": ["d"], "d": ["c"]}, [["c", "d"], ["a", "b"]]),
    ],
)
def test_modules_that_need_one_another_are_a_circle(below: dict[str, list[str]], circles: list[list[str]]) -> None:
    assert measures._strongly_connected(below) == circles


@pytest.mark.parametrize(
    ("body", "idle"),
    [
        ('"""Says what it is for."""', True),
        ("return True", True),
        ("return given", True),
        ("return self.FIELD, -1", True),
        ("return not given", False),
        ("return given or 1", False),
        ("return given[:1]", False),
        ("given += 1; return given", False),
    ],
)
def test_a_choice_decides_something(body: str, idle: bool) -> None:
    text = f"class Choice(Strategy):\n    def made(self, given):\n        {body}\n"
    here, elsewhere = (measures.Source(place, text, ast.parse(text)) for place in ("rigs/standin/a.py", "harness/a.py"))
    assert measures._idle_choices([elsewhere]) == []
    assert measures._idle_choices([here]) == (["rigs/standin/a.py:2 Choice.made"] if idle else [])


SIX = (
    "import os\n\ndef one(x):\n    a = 1\n    b = 2\n    # why\n    c = 3\n    return (\n        a + b + c + x\n    )\n"
)


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ((SIX, SIX.replace("# why", "")), ["suites/selftest/b.py:3 repeats harness/a.py:3"]),
        ((SIX, SIX.replace("b = 2", "b = 3")), []),
        ((f"{SIX}\n\n{SIX}", ""), ["harness/a.py:15 repeats harness/a.py:3"]),
    ],
)
def test_six_equal_lines_are_found_and_imports_and_comments_do_not_count(
    texts: tuple[str, str], found: list[str]
) -> None:
    places = ("harness/a.py", "suites/selftest/b.py")
    sources = [measures.Source(place, text, ast.parse(text)) for place, text in zip(places, texts, strict=True)]
    assert measures._repeated_lines(sources) == found


@pytest.mark.slow  # CI counts the tree's measures by themselves
def test_the_tree_keeps_to_its_measures() -> None:
    done = subprocess.run([sys.executable, str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
