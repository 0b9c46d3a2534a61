"""The rig's parts that are processes of their own: started in their namespace, dying with the supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rigs.standin.core import kernel


class BringUpFailed(RuntimeError):
    """A part of the rig did not start; the text says which and what it said."""


def entering(namespace: int | None) -> Callable[[], None]:
    """What a child does before it runs its program: tie its life to ours and move to its network namespace."""
    parent = os.getpid()

    def enter() -> None:
        kernel.die_with_parent(parent)
        if namespace is not None:
            kernel.enter_network_namespace(namespace)

    return enter


class Parts:
    """Child processes by name, each with a log in the run folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(
        self,
        name: str,
        words: Sequence[str],
        *,
        namespace: int | None = None,
        environment: dict[str, str] | None = None,
    ) -> asyncio.subprocess.Process:
        """Starts a program; its standard error goes to NAME.log. BringUpFailed if it cannot be run."""
        log = os.open(self._folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                preexec_fn=entering(namespace),
            )
        except OSError as error:
            raise BringUpFailed(f"{name}: {words[0]}: {error.strerror}") from error
        finally:
            os.close(log)
        self._processes[name] = process
        return process

    async def start_module(self, module: str, *words: str, namespace: int | None = None) -> dict[str, Any]:
        """Starts a module of the stand-in; returns its JSON line when ready; BringUpFailed if it ends without one."""
        name = module.rpartition(".")[2]
        process = await self.start(name, [sys.executable, "-m", module, *words], namespace=namespace)
        assert process.stdout
        line = await process.stdout.readline()
        if not line:
            raise BringUpFailed(f"{name} ended with {await process.wait()}{self.last_words(name)}")
        return dict(json.loads(line))

    def tell(self, name: str, message: dict[str, Any]) -> None:
        """Sends a part one JSON line on its standard input; nothing happens if it is not running."""
        process = self._processes.get(name)
        if process and process.returncode is None and process.stdin:
            process.stdin.write(json.dumps(message).encode() + b"\n")

    def last_words(self, name: str) -> str:
        """The last line of a part's log, for an error text."""
        lines = (self._folder / f"{name}.log").read_text(errors="backslashreplace").split("\n")
        said = [line for line in lines if line.strip()]
        return f": {said[-1][:200]}" if said else ""

    def pids(self) -> dict[str, int]:
        """The parts that run, by name."""
        return {name: process.pid for name, process in self._processes.items() if process.returncode is None}

    async def stop(self, limit: float = 2.0) -> None:
        """Asks every part to end, and ends those that do not within `limit` seconds."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in self._processes.values():
            try:
                await asyncio.wait_for(process.wait(), limit)
            except TimeoutError:
                process.kill()
                await process.wait()
