"""A wait that expired while the host stood still says nothing of the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from harness.core import clock, stall
from harness.core.clock import WaitExpired
from harness.core.errors import InvalidTest, ProductFailure
from harness.host.watch import HostWatch
from harness.plugin.plan import plan_of

LEAST_S = 0.2
SHARE = 0.1
"""The part of a wait's time for which the host must have stood still to be blamed: the limits have room for less."""
BEFORE_S = 5.0
"""Seconds before a wait in which a stall may have delayed what was waited for."""


def blame_the_host(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """A failed wait is a fault of the rig where the host stood still in it; rules have looked at that themselves."""
    host = plan_of(item.config).host
    return error if error is None or host is None else blamed(host, error)


@contextmanager
def blamed_in_set_up(host: HostWatch) -> Iterator[None]:
    """As the fixture of a session fails: pytest keeps its error for every test, and the stall is forgotten by then."""
    try:
        yield
    except (ProductFailure, InvalidTest) as error:
        fault = blamed(host, error)
        if fault is error:
            raise
        raise fault from error


def blamed(host: HostWatch, error: BaseException) -> BaseException:
    """The error, or the rig fault that takes its place."""
    if not isinstance(error, ProductFailure | InvalidTest):
        return error
    if isinstance(error, ProductFailure) and error.expectation.rule:
        return error
    longest = max((expired.within for expired in _waits(error)), default=None)
    if longest is None:
        return error
    began, ended = clock.now() - longest - BEFORE_S, clock.now()
    found = host.worst(began, ended)
    if found is None or sum(one.within(began, ended) for one in host.stalls) < max(LEAST_S, SHARE * longest):
        return error
    first = str(error).splitlines()[0]
    return stall.fault(f"{found}; a wait in that time expired: {first}")


def line(facts: Mapping[str, Any]) -> str:
    """The stalls of a run in a line, of all its workers; empty without any."""
    hosts = [one["host"] for one in (facts, *facts.get("workers", {}).values()) if "host" in one]
    stalls, longest = sum(one["stalls"] for one in hosts), max((one["longest_ms"] for one in hosts), default=0)
    if not stalls:
        return ""
    return f"the host stood still {stalls} times, at most {longest} ms: what rests on time was not judged then"


def _waits(error: BaseException) -> Iterator[WaitExpired]:
    """The waits that expired on the way to an error."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        one = left.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, WaitExpired):
            yield one
        left += [one.__cause__, one.__context__]
