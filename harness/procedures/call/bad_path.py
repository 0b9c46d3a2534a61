"""A call whose far end is reached over a path that loses, repeats and delays packets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import wait_until
from harness.procedures.call.media import WINDOW_MS
from harness.services.impairment import Impairment

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.capture.rtp import RtpStream
    from harness.procedures.call.state import CallState
    from harness.services.lossy_path import LossyPath

TELLING_HZ = 1025.0
"""20 ms hold a number and a half of its periods: a packet that is repeated or put elsewhere turns its phase around."""
UNEVEN_MS = 5.0
"""The jitter of packets that a path of this host delays by some ten ms; without it they have less than one."""
BEFORE_S = 0.2
"""A time without packets is seen by the last one before it."""
POLL_S = 0.1


class BadPath:
    """The peer's way to the base; each act says what happens to its RTP packets from then on."""

    def __init__(self, state: CallState, driver: LossyPath) -> None:
        self._state = state
        self._driver = driver
        self._shows: dict[str, Callable[[RtpStream], bool]] = {}
        self._since = state.wire.mark()
        state.voices = replace(state.voices, to_handset_hz=TELLING_HZ)

    # acts

    def lose(self, one_in: int, together: int = 1) -> None:
        """One packet of so many is lost, or several together."""
        self._impair(Impairment(lose_one_in=one_in, together=together))
        self._shows = {"lost packets": lambda stream: stream.lost > 0}

    def repeat(self, one_in: int) -> None:
        """One packet of so many comes twice."""
        self._impair(Impairment(repeat_one_in=one_in))
        self._shows = {"repeated packets": lambda stream: stream.duplicates > 0}

    def shake(self, ms: int) -> None:
        """Each packet is delayed by up to so many ms, so that some overtake others."""
        self._impair(Impairment(jitter=ms / 1000))
        self._shows = {
            "packets at uneven times": lambda stream: stream.jitter_ms > UNEVEN_MS,
            "packets that overtook others": lambda stream: stream.reordered > 0,
        }

    def hold_back(self, seconds: float) -> None:
        """For so long no packet comes, then all at once."""
        self._since = self._state.mark_act() - BEFORE_S
        self._driver.hold_back()
        over = clock.Deadline(seconds)
        try:
            wait_until(lambda: over.expired, what="the time without packets", within=seconds + 1.0, poll=POLL_S)
        finally:
            self._driver.release()
        self._shows = {"a time without packets": lambda stream: stream.max_gap_ms > seconds * 900}

    def recover(self) -> None:
        """The path is a good one again."""
        self._driver.impair(Impairment())

    def listen(self, seconds: float) -> None:
        """The handset is at the ear for so long; required: the packets that reached the base show what the path did."""
        state, lasts = self._state, clock.Deadline(seconds)
        with state.blames_who_ends_it():
            while not lasts.expired:
                state.handset_driver.listen(WINDOW_MS).result()
        state.wire.fence()
        self._require_shown()

    def _impair(self, impairment: Impairment) -> None:
        self._since = self._state.mark_act()
        self._driver.impair(impairment)

    def _require_shown(self) -> None:
        """Required: a path that leads by a server of the lab may hide it, or mend it."""
        state = self._state
        came = [one for one in state.wire.rtp(state.dialog, since=self._since) if one.dst in state.base]
        for what, shows in self._shows.items():
            with state.context.needs_server_support(what):
                if not any(shows(stream) for stream in came):
                    seen = "; ".join(map(str, came)) or "none"
                    state.context.missing(f"{what} in the RTP towards the base", seen)
