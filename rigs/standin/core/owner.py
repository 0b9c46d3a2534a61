"""The owner of a program's tasks and callbacks: what fails is told, and all the rest goes on.

A program has one. It makes the tasks, and as exception handler of the event loop it owns each timer, reader and
protocol callback. Nothing else here catches an exception that it does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

PAUSE_S = 1.0
"""Until work that must never end is started again, so that one which always fails is bearable."""
TOLD_IN_FULL = 3
"""Times that a failure at one place is told; from then on each doubling is, as a beat may fail fifty times a second."""


async def ended(task: asyncio.Task[None]) -> None:
    """Cancels a task and waits until it has ended, whatever comes of it."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _no_more() -> None:
    """Nothing has to be cleared away."""


class Owner:
    """Tells failures by `tell` in a line, and on standard error in full."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: Counter[str] = Counter()

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """Those that have not ended."""
        return list(self._tasks)

    @property
    def failures(self) -> int:
        """How much has failed so far."""
        return self._failures.total()

    @property
    def places(self) -> list[str]:
        """Where something failed, each place once."""
        return list(self._failures)

    def take_over(self) -> None:
        """Owns the callbacks of the running loop from now on, and the tasks that others make and forget."""
        asyncio.get_running_loop().set_exception_handler(self._failed_in_loop)

    def spawn(
        self, work: Coroutine[Any, Any, Any], name: str, *, failed: Callable[[], None] = _no_more
    ) -> asyncio.Task[None]:
        """Runs a task; `failed` is called if it fails, to clear away what it leaves behind."""
        task = asyncio.get_running_loop().create_task(self._run(work, name, failed), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # Cancelled before its first step it would never be awaited.
        task.add_done_callback(lambda _: work.close())
        return task

    def keep(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> asyncio.Task[None]:
        """Runs a task that has to live as long as the program: one that fails is started again."""
        return self.spawn(self.again(work, name), name)

    @contextlib.contextmanager
    def minding(self, what: str, failed: Callable[[], None] = _no_more) -> Iterator[None]:
        """What fails inside is told and ends there."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the one boundary of the program: see above
            self.note(what, error)
            failed()

    def note(self, what: str, error: BaseException) -> None:
        """Tells a failure."""
        frames = traceback.extract_tb(error.__traceback__)
        where = f" ({frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno})" if frames else ""
        place = f"{what}: {type(error).__name__}{where}"
        self._failures[place] += 1
        times = self._failures[place]
        if times > TOLD_IN_FULL and times & (times - 1):
            return
        again = f", {times} times now" if times > 1 else ""
        with contextlib.suppress(OSError):  # a log that cannot be written is no reason to end
            traceback.print_exception(error, file=sys.stderr)
            self._tell(f"{what} failed: {type(error).__name__}: {str(error)[:200]}{where}{again}")

    async def _run(self, work: Coroutine[Any, Any, Any], name: str, failed: Callable[[], None]) -> None:
        with self.minding(name, failed):
            await work

    async def again(self, work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """Does a work until it ends without a failure."""
        while True:
            with self.minding(name):
                await work()
                return
            await asyncio.sleep(PAUSE_S)

    def _failed_in_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        what = str(context.get("message") or "a callback").partition("\n")[0]
        if isinstance(error, Exception):
            self.note(what.partition("<")[0].strip()[:80], error)
        else:
            loop.default_exception_handler(context)
