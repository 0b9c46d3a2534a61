"""Watches the host while a rig is in use: a verdict that rests on time is not given for a time that the host took."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Any

from harness.core import clock
from harness.core.stall import Stall, worst_between
from harness.host import scheduling
from harness.host.scheduling import Account, Thread

PERIOD_S = 0.1
"""Seconds from one sample to the next."""
SAMPLES = 5
"""Samples that are looked at together: half a second."""
LONGEST_S = 0.2
"""Seconds of these that a thread may wait for a processor; the shortest limit of a rule is of this order."""
SHARE = 2.0
"""It stood still if it waited so many times longer than it ran: one that works hard may well wait half of its time."""
LISTED_EVERY = 10
"""Samples after which new processes are looked for."""

Accounts = dict[Thread, Account]


class HostWatch:
    """The stalls of this process and of all that it started, from entering the context to leaving it."""

    def __init__(self) -> None:
        self._stalls: list[Stall] = []
        self._writing = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="host-watch", daemon=True)
        self._began = 0.0
        self._pressure_began: float | None = None

    def __enter__(self) -> HostWatch:
        self._began, self._pressure_began = clock.monotonic(), scheduling.pressure()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def stalls(self) -> tuple[Stall, ...]:
        """The stalls until now, in order of their beginning."""
        return tuple(self._stalls)

    def worst(self, since: float, until: float) -> Stall | None:
        """The longest stall that touches a span of time (epoch seconds); None without any."""
        return worst_between(self.stalls, since, until)

    def note(self, stall: Stall) -> None:
        """Add a stall; one that goes on from the last one makes it longer, whoever stands still then."""
        with self._writing:
            if self._stalls and stall.begins <= self._stalls[-1].ends:
                self._stalls[-1] = self._stalls[-1].longer_by(stall)
            else:
                self._stalls.append(stall)

    def record(self) -> dict[str, Any]:
        """The host in the run's record: its stalls, and the share of time in which a task waited for a processor."""
        now, passed = scheduling.pressure(), clock.monotonic() - self._began
        known = now is not None and self._pressure_began is not None and passed > 0
        longest = max((stall.seconds for stall in self.stalls), default=0.0)
        return {
            "stalls": len(self._stalls),
            "longest_ms": round(1000 * longest),
            "pressure": round((now - self._pressure_began) / passed, 2) if known else None,  # type: ignore[operator]
            "processors": os.cpu_count(),
        }

    # the thread

    def _run(self) -> None:
        processes = [os.getpid()]
        recent: deque[Accounts] = deque(maxlen=SAMPLES + 1)
        turn, due = 0, clock.monotonic()
        while not self._over.wait(max(0.0, due - clock.monotonic())):
            self._look_at_itself(clock.monotonic() - due)
            if turn % LISTED_EVERY == 0:
                processes = scheduling.descendants(os.getpid())
            recent.append(scheduling.accounts(processes))
            self._look_at(recent[0], recent[-1])
            turn, due = turn + 1, max(due, clock.monotonic()) + PERIOD_S

    def _look_at_itself(self, late: float) -> None:
        if late >= LONGEST_S:
            now = clock.now()
            self.note(Stall(now - late, now, late, "the harness itself"))

    def _look_at(self, before: Accounts, seen: Accounts) -> None:
        """Note the thread that stood still longest from the first to the last of the samples."""
        lately = {thread: account - before[thread] for thread, account in seen.items() if thread in before}
        still = {thread: one.waited for thread, one in lately.items() if stood_still(one)}
        if still:
            now, (pid, _) = clock.now(), max(still, key=lambda thread: still[thread])
            self.note(Stall(now - SAMPLES * PERIOD_S, now, max(still.values()), scheduling.name_of(pid)))


def stood_still(lately: Account) -> bool:
    """Whether a thread got so little of the time that it wanted that its answers came late."""
    return lately.waited >= max(LONGEST_S, SHARE * lately.ran)
