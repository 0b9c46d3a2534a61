"""One call between a handset of the base and a peer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import wait_until
from harness.procedures import judging
from harness.procedures.call.connected_line import ConnectedLine
from harness.procedures.call.digits import Digits
from harness.procedures.call.expectations import CallExpectations
from harness.procedures.call.far_end import FarEnd
from harness.procedures.call.far_media import FarMedia
from harness.procedures.call.forwarding import CallForwarding
from harness.procedures.call.invite import Invite
from harness.procedures.call.media import CallMedia
from harness.procedures.call.near_end import NearEnd
from harness.procedures.call.quiet import CallQuiet
from harness.procedures.call.requirements import CallRequirements
from harness.procedures.call.screen import CallScreen
from harness.procedures.call.server import CallServer
from harness.procedures.call.shortcuts import Shortcuts
from harness.procedures.call.signalling import Signalling
from harness.procedures.call.state import CallState
from harness.procedures.call.streams import Streams
from harness.procedures.call.transferee import Transferee
from harness.procedures.call.transferor import Transferor
from harness.procedures.call.waiting import CallWaiting

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule

OVER_S = 0.6
"""Seconds: three times as long as late packets may come."""
AT_THE_END = ("CALL-BYE", "CALL-RELEASE", "RTP-STOP")
AS_BEFORE = ("AFTER-CODEC", "AFTER-SOURCE", "AFTER-NUMBERS", "AFTER-PTIME", "AFTER-LEVEL")


class Call:
    """A call: its ends act, `expect`, `screen` and `judge` say what came of it. Only `__init__` joins the parts."""

    def __init__(self, context: TestContext, handset: int = 1, peer: int = 1, identity: int | None = None) -> None:
        self.state = state = CallState(context, handset, peer, identity)
        self.invite = Invite(state)
        self.handset = NearEnd(state)
        self.shortcuts = Shortcuts(state, self.handset)
        self.peer = FarEnd(state, self.invite)
        self.peer_media = FarMedia(state)
        self.connected_line = ConnectedLine(state, self.peer)
        self.transferee = Transferee(state)
        self.transferor = Transferor(state)
        self.server = CallServer(state)
        self.require = CallRequirements(state)
        self.expect = CallExpectations(state, self.require)
        self.signalling = Signalling(state)
        self.screen = CallScreen(state, self.require)
        self.media = CallMedia(state)
        self.streams = Streams(state)
        self.digits = Digits(state)
        self.forwarding = CallForwarding(state)
        self.waiting = CallWaiting(state)
        self.quiet = CallQuiet(state)

    @property
    def identity(self) -> int:
        """The base's identity of this call."""
        return self.state.identity

    def establish(self, direction: str = "incoming") -> None:
        """A call that talks, `incoming` or `outgoing` as the base sees it."""
        if direction == "incoming":
            self.peer.call()
            self.handset.wait_for_ringing()
            self.handset.answer()
        else:
            self.handset.dial()
            self.peer.expect_call()
            self.peer.answer()

    def is_missed(self, display_name: str = "") -> None:
        """A call that rings, and whose caller gives up."""
        self.peer.call(display_name)
        self.expect.rings()
        self.peer.give_up()
        self.expect.cancel_answered()

    @contextlib.contextmanager
    def both_talking(self) -> Iterator[None]:
        """Handset and peer talk at the same time until the block ends."""
        with self.handset.talking(), self.peer.talking():
            yield

    def stay_over(self, seconds: float = OVER_S) -> None:
        """Watch the call a little longer, when it has ended or should go on; rules judge what the base still sends."""
        over = clock.Deadline(seconds)
        wait_until(lambda: over.expired, what="the time after the call", within=seconds + 1.0, poll=OVER_S / 4)

    # the rules' word

    def judge(self, rule: Rule | str) -> None:
        """This call by one rule of the profile, or its id: see `harness.procedures.judging.judge_rule`."""
        __tracebackhide__ = True
        judging.judge_rule(self.state.context, self._row(rule), call_id=self.state.dialog.call_id)

    def judge_signalling(self) -> None:
        """What the base has sent in this call keeps to every rule of the profile that needs no look at media."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.state.context, call_id=self.state.dialog.call_id, media=False)

    def judge_media(self) -> None:
        """What the base has sent by RTP in this call keeps to every rule of the profile that looks at media."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.state.context, call_id=self.state.dialog.call_id, media=True)

    def judge_every_rule(self) -> None:
        """What the base has sent in this call keeps to every rule of the profile."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.state.context, call_id=self.state.dialog.call_id)

    def judge_end(self) -> None:
        """The call has ended for both sides, and stays so a little longer."""
        __tracebackhide__ = True
        self.stay_over()
        self._judge_all(AT_THE_END)

    def judge_unchanged(self, *rules: str) -> None:
        """After a change of the session the call is the one that it was before it, by these rules or every one."""
        __tracebackhide__ = True
        self._judge_all(rules or AS_BEFORE)

    def judge_whole_test(self, rule: Rule | str) -> None:
        """Judge all evidence of the test, of every call, by one rule."""
        __tracebackhide__ = True
        judging.judge_rule(self.state.context, self._row(rule))

    def _judge_all(self, rules: Sequence[str]) -> None:
        """Judge this call by several rules over one reading of the evidence."""
        __tracebackhide__ = True
        judging.judge_rules(self.state.context, [self._row(rule) for rule in rules], call_id=self.state.dialog.call_id)

    def _row(self, rule: Rule | str) -> Rule:
        return self.state.context.profile.rule(rule) if isinstance(rule, str) else rule
