"""What a view finds among the packets of one protocol, whenever they are dissected."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from harness.capture.view import Stream, View
from harness.core import clock, errors
from harness.core.limits import Limits


@dataclass(frozen=True)
class Packet:
    """A packet with its time and nothing else."""

    at: float
    frame: int = 1


class CaptureControl:
    """A capture that is in order."""

    default_since = 0.0

    def fence(self) -> None: ...

    def settle(self) -> None: ...

    def check(self) -> None: ...

    def before(self) -> str:
        return ""


@pytest.fixture
def late() -> Stream[Packet]:
    """A stream in which a packet of 10 s ago and one of now are dissected while somebody waits."""
    stream: Stream[Packet] = Stream()
    now = clock.now()
    later = [Packet(now - 10.0, 1), Packet(now + 0.01, 2)]
    threading.Timer(0.1, lambda: [stream.append(packet) for packet in later]).start()
    return stream


def test_a_packet_from_before_that_is_dissected_late_is_not_taken_for_what_is_expected(late: Stream[Packet]) -> None:
    found = View(CaptureControl(), late, Packet).expect(since=clock.now() - 1.0, timeout=5.0)
    assert found.frame == 2


def test_nor_is_it_held_against_the_base(late: Stream[Packet]) -> None:
    with pytest.raises(errors.ProductFailure) as failure:
        View(CaptureControl(), late, Packet).never(since=clock.now() - 1.0, during=5.0)
    assert failure.value.expectation.frames == (2,)


def test_a_wait_without_a_limit_of_its_own_has_that_of_the_rig() -> None:
    stream: Stream[Packet] = Stream()
    view = View(CaptureControl(), stream, Packet, Limits(answer=0.2))
    with pytest.raises(errors.ProductFailure, match=r"within 0\.2 s"):
        view.expect(since=clock.now(), what="a packet")
    with pytest.raises(errors.InvalidTest):
        view.require(since=clock.now(), what="a packet")


@pytest.mark.parametrize("since", [0.5, 1.0, 1.5, 3.0, 8.5, 9.0, 9.5])
def test_a_mark_is_a_time_and_no_place_in_the_list(since: float) -> None:
    stream: Stream[Packet] = Stream()
    times = [1.0, 9.0, 2.0, 3.0, 8.0]
    for at in times:
        stream.append(Packet(at))
    assert [packet.at for packet in stream.from_on(since)] == [at for at in times if at >= since]
    assert [packet.at for packet in View(CaptureControl(), stream, Packet).all(since=since)] == [
        packet.at for packet in stream.from_on(since)
    ]
