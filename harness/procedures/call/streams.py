"""The streams of a call as the wire shows them: how long they last, and their reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired, wait_until
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState

AFTER_S = 0.001
SENDER_REPORT, RECEIVER_REPORT, GOODBYE = 200, 201, 203
"""The packet types of RFC 3550 section 12.1."""


class Streams:
    """RTP and RTCP of the base; what they say is a rule's."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def expect_length(self, seconds: float) -> None:
        """The base has sent for so long."""

        def lasted() -> bool:
            streams = self._state.base_streams()
            passed = max((s.last_at for s in streams), default=0.0) - min((s.first_at for s in streams), default=0.0)
            return passed >= seconds

        limit = seconds + self._context.answer
        with self._state.rules_first():
            try:
                wait_until(lasted, what="a stream of that length", within=limit, poll=0.2)
            except WaitExpired:
                longest = max(self._state.base_streams(), key=lambda stream: stream.packets, default="no RTP packet")
                self._context.broken("the base goes on sending", f"a stream of {seconds:g} s", longest)

    def expect_reports(self, count: int = 1) -> None:
        """The base has sent so many sender reports."""
        since = self._state.began
        for _ in range(count):
            with self._state.rules_first():
                report = self._state.wire.rtcp.expect(
                    type=SENDER_REPORT,
                    source=self._state.base,
                    since=since,
                    timeout=limits().rtcp_report,
                    claim="a call reports what it sends",
                )
            since = report.at + AFTER_S

    def expect_report_while_held(self) -> None:
        """RTCP of the base comes again in a call that the far end holds; whether it comes in time is a rule's."""
        with self._state.rules_first():
            self._state.wire.rtcp.expect(
                type=(SENDER_REPORT, RECEIVER_REPORT),
                source=self._state.base,
                since=self._state.wire.mark(),
                timeout=limits().rtcp_report,
                what="an RTCP report of the base",
                claim="reports go on while the far end holds",
            )

    def expect_rtcp_bye(self) -> None:
        """The base's stream ends with an RTCP BYE; whose it is, is a rule's."""
        with self._state.rules_first():
            self._state.wire.rtcp.expect(
                type=GOODBYE,
                source=self._state.base,
                since=self._state.began,
                timeout=self._context.answer,
                claim="a stream that ends is taken leave of",
            )
