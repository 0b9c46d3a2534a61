"""The host watch tells of a host that keeps processes waiting, and is silent on one that does not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import Expectation, InvalidTest, ProductFailure, RigFault
from harness.core.stall import Stall
from harness.host import scheduling
from harness.host.scheduling import Account
from harness.host.watch import HostWatch, stood_still
from harness.plugin import host

BUSY = "import os, sys\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nprint(flush=True)\nwhile True: pass"


@contextmanager
def busy(processes: int) -> Iterator[list[int]]:
    """So many processes that share one processor and never rest."""
    with ExitStack() as stack:
        found = []
        for _ in range(processes):
            one = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
            stack.callback(one.communicate)
            stack.callback(one.kill)
            assert one.stdout is not None
            one.stdout.readline()
            found.append(one.pid)
        yield found


def test_processes_that_share_a_processor_wait_for_it() -> None:
    with HostWatch() as watch, busy(4):
        wait_until(lambda: watch.stalls, what="a stall", within=10)
        since = clock.now()
        wait_until(lambda: watch.worst(since, clock.now()), what="one that goes on", within=10)
    found = watch.stalls[0]
    assert found.seconds >= 0.2
    assert found.ends > found.begins
    assert watch.record()["stalls"] == len(watch.stalls)


@pytest.mark.parametrize(
    ("ran", "waited", "still"),
    [(0.0, 0.25, True), (0.05, 0.25, True), (0.25, 0.25, False), (0.0, 0.15, False)],
    ids=["got nothing", "got little", "got its half", "waited a short time"],
)
def test_a_thread_stood_still_if_it_got_little_of_what_it_wanted(ran, waited, still) -> None:
    assert stood_still(Account(ran, waited)) is still


def test_a_process_that_has_ended_is_passed_over() -> None:
    with busy(1) as (pid,):
        assert pid in scheduling.descendants(os.getpid())
        assert any(one == pid for one, _ in scheduling.accounts([pid]))
    assert pid not in scheduling.descendants(os.getpid())
    assert scheduling.accounts([pid]) == {}
    assert scheduling.name_of(pid) == f"process {pid}"


def test_a_stall_that_goes_on_is_one_stall() -> None:
    watch = HostWatch()
    for place in range(6):
        begins = 10.0 + place / 10
        watch.note(Stall(begins, begins + 0.5, 0.4, "tshark" if place % 2 else "rigs.standin"))
    watch.note(Stall(20.0, 20.5, 0.2, "tshark"))
    first, second = watch.stalls
    assert (first.begins, first.ends, first.who) == (10.0, 11.0, "rigs.standin")
    assert first.seconds == pytest.approx(0.8), "four fifths of the whole second"
    assert first.within(10.0, 10.5) == pytest.approx(0.4)
    assert second == Stall(20.0, 20.5, 0.2, "tshark")
    assert watch.worst(10.95, 11.5) == first
    assert watch.worst(11.5, 12.0) is None


def _stood_still(*stalls: Stall) -> HostWatch:
    watch = HostWatch()
    for one in stalls:
        watch.note(one)
    return watch


def _failure(*, rule: str = "", waited: bool = True) -> ProductFailure:
    try:
        try:
            if waited:
                raise WaitExpired("the display shows Connected", 5.0)
            raise ValueError
        except (WaitExpired, ValueError):
            raise ProductFailure(Expectation("the display", "Connected", "Ringing", rule=rule)) from None
    except ProductFailure as failure:
        return failure


@pytest.mark.parametrize(
    ("error", "ago", "seconds", "blamed"),
    [
        (_failure(), 2.0, 0.6, True),
        (_failure(), 2.0, 0.4, False),
        (_failure(), 60.0, 0.6, False),
        (_failure(waited=False), 2.0, 0.6, False),
        (_failure(rule="asterisk-REG-2"), 2.0, 0.6, False),
    ],
    ids=["in the wait", "for a short time", "long before", "no wait", "a rule decides itself"],
)
def test_a_wait_that_expired_while_the_host_stood_still_blames_the_host(error, ago, seconds, blamed) -> None:
    now = clock.now()
    found = host.blamed(_stood_still(Stall(now - ago - 0.7, now - ago, seconds, "rigs.standin")), error)
    assert isinstance(found, RigFault) is blamed
    if blamed:
        assert "rigs.standin stood still for 600 ms" in str(found)
        assert "stop what else takes the host's processors" in str(found)
    else:
        assert found is error


def test_an_invalid_test_whose_wait_expired_blames_the_host_too() -> None:
    now = clock.now()
    invalid = InvalidTest("the far end rings", "nothing")
    invalid.__context__ = WaitExpired("a ringing far end", 3.0)
    stalled = _stood_still(Stall(now - 1, now, 0.5, "softphone"))
    assert isinstance(host.blamed(stalled, invalid), RigFault)


def test_a_set_up_that_failed_in_a_stall_is_told_so_at_once() -> None:
    now = clock.now()
    with pytest.raises(RigFault, match=r"rigs\.standin stood still"):
        with host.blamed_in_set_up(_stood_still(Stall(now - 2, now - 1, 0.9, "rigs.standin"))):
            raise _failure()
    with pytest.raises(ProductFailure), host.blamed_in_set_up(HostWatch()):
        raise _failure()


def test_the_last_lines_of_a_run_sum_up_the_stalls_of_its_workers() -> None:
    one, other = {"stalls": 2, "longest_ms": 300}, {"stalls": 1, "longest_ms": 900}
    assert host.line({"host": {"stalls": 0, "longest_ms": 0}}) == ""
    assert host.line({"workers": {"gw0": {"host": one}, "gw1": {"host": other}}}).startswith(
        "the host stood still 3 times, at most 900 ms"
    )
