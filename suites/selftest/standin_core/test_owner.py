"""The owner of tasks and callbacks: a failure is told, and what is at work goes on."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rigs.standin.core import owner as module
from rigs.standin.core.owner import Owner

STANDIN = Path(__file__).parents[3] / "rigs/standin"
MAKES_TASKS_ITSELF = {"core/owner.py", "supervisor.py"}
"""The owner, and the program that brings the rig up: nothing from outside comes into that."""


async def fails() -> None:
    raise KeyError("from outside")


def test_a_task_that_fails_is_told_and_clears_away() -> None:
    told: list[str] = []
    cleared: list[bool] = []

    async def work() -> None:
        await Owner(told.append).spawn(fails(), "the work", failed=lambda: cleared.append(True))

    asyncio.run(work())
    assert told[0].startswith("the work failed: KeyError: 'from outside' (test_owner.py:")
    assert cleared == [True]


def test_work_that_must_not_end_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.0)
    owner, times = Owner(lambda text: None), 0

    async def beats() -> None:
        nonlocal times
        times += 1
        if times < 4:
            raise ValueError(times)

    async def work() -> None:
        await owner.keep(beats, "beats")

    asyncio.run(work())
    assert (times, owner.failures) == (4, 3)


def test_timers_readers_and_forgotten_tasks_are_owned_by_the_loop() -> None:
    told: list[str] = []

    def bad() -> None:
        raise OverflowError("in a timer")

    async def work() -> None:
        Owner(told.append).take_over()
        loop = asyncio.get_running_loop()
        gone = loop.create_future()
        loop.call_soon(bad)
        loop.call_soon(gone.set_result, None)
        await gone

    asyncio.run(work())
    assert len(told) == 1
    assert "OverflowError: in a timer" in told[0]


def test_a_failure_of_each_beat_is_told_less_and_less() -> None:
    told: list[str] = []
    owner = Owner(told.append)
    for _ in range(100):
        with owner.minding("a beat"):
            raise ValueError("again")
    assert len(told) == 3 + 5
    assert told[-1].endswith("64 times now")


def test_no_task_of_the_stand_in_is_without_an_owner() -> None:
    """A task that is made elsewhere would fail in silence, or end the base."""
    without: list[str] = []
    for path in STANDIN.rglob("*.py"):
        name = path.relative_to(STANDIN).as_posix()
        if name in MAKES_TASKS_ITSELF or name.startswith(("defects/", "dead_rigs/")):
            continue
        without += [
            f"{name}:{node.lineno}"
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and _called(node.func) in ("create_task", "ensure_future", "Task")
        ]
    assert not without, f"made without core/owner.py: {without}"


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def test_a_part_that_cannot_start_keeps_no_other_from_it(base: Callable[..., Any]) -> None:
    from rigs.standin.base.boot import _start_part

    class Broken:
        async def start(self) -> None:
            raise ValueError("stored nonsense")

    device = base()
    device.components = {"web": Broken()}
    asyncio.run(_start_part(device, "web"))
    assert any("the start of web failed: ValueError: stored nonsense" in entry.text for entry in device.log.entries())
