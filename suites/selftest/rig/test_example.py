"""Every alternative that the annotated example has as a comment is one that a rig file may have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.rig.file import load

EXAMPLE = Path(__file__).parents[3] / "rigs" / "lab.example.yaml"
LINES = EXAMPLE.read_text().splitlines()
ALTERNATIVE = re.compile(r"(?P<margin> *)# (?P<text>(?: *)(?:- )?(?:[a-z][a-z0-9_]*:(?: .*)?|- [a-z0-9]+(?: +#.*)?))")
"""A commented line that is a key or an item; sentences have blanks or capitals before a colon."""


def alternatives() -> dict[str, range]:
    """The commented blocks by their first line."""
    found, begins = {}, None
    for number, line in enumerate([*LINES, ""]):
        is_one = ALTERNATIVE.fullmatch(line) is not None
        if is_one and begins is None:
            begins = number
        joins = is_one and begins is not None and _joins(_plain(line), _plain(LINES[begins]))
        if begins is not None and number > begins and not joins:
            found[_plain(LINES[begins]).strip()] = range(begins, number)
            begins = number if is_one else None
    return found


def _joins(line: str, first: str) -> bool:
    """Whether it is a part of the first line's value, or a key beside it: keys are chosen together, items alone."""
    beside = _indent(line) == _indent(first) and not line.lstrip().startswith("- ")
    return _indent(line) > _indent(first) or beside


def _plain(line: str) -> str:
    """The line as it is without its comment sign."""
    return re.sub(r"^( *)# ", r"\1", line)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _key(line: str) -> str:
    return line.split(":")[0].strip()


def chosen(block: range) -> str:
    """The example with one alternative in the place of what it replaces."""
    first = _plain(LINES[block.start])
    keys = {_key(_plain(LINES[number])) for number in block if _indent(_plain(LINES[number])) == _indent(first)}
    kept: list[str] = []
    dropping = False
    for number, line in enumerate(LINES):
        if number in block:
            kept.append(_plain(line))
            continue
        ends = bool(line.strip()) and _indent(line) <= _indent(first)
        dropping = (dropping and not ends) or (
            _key(line) in keys and _indent(line) == _indent(first) and _is_near(number, block.start)
        )
        if not dropping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _is_near(number: int, other: int) -> bool:
    """Whether no line between both is less indented: they are keys of one mapping."""
    low, high = sorted((number, other))
    between = [line for line in LINES[low:high] if line.strip() and not line.lstrip().startswith("#")]
    return all(_indent(line) >= _indent(_plain(LINES[other])) for line in between)


def test_the_alternatives_are_found() -> None:
    keys = {_key(name) for name in alternatives()}
    assert {"bringup", "port", "survey", "version", "power", "address6", "start", "peer"} <= keys
    assert any(name.startswith("- vlan") for name in alternatives())


@pytest.mark.parametrize("name", alternatives())
def test_each_alternative_loads(name: str, tmp_path: Path) -> None:
    (tmp_path / "surveys").mkdir()
    (tmp_path / "surveys" / "9.2.45.yaml").write_text("version: 9.2.45-a\n")
    path = tmp_path / "lab7.yaml"
    path.write_text(chosen(alternatives()[name]))
    rig = load(path, secrets=False)
    assert rig != load(EXAMPLE, secrets=False)


def test_the_power_bar_has_its_values() -> None:
    name = next(name for name in alternatives() if name.startswith("power: {kind: pdu"))
    assert "on: 1, off: 2" in name
