"""A call from one handset of the base to another, by star code and number; no server takes part."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.handset.menus import menus
from harness.procedures import judging
from harness.procedures.call.expectations import ring_back_at
from harness.procedures.call.media import WINDOW_MS, Ear
from harness.procedures.call.voices import LEVEL_DBM0, TONE_MS, voices_of
from harness.procedures.limits import limits
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext

PREFIX = "user_starcode_prefix"


class Intercom:
    """The handset that calls, and the one that is called, by their numbers."""

    def __init__(self, context: TestContext, caller: int = 1, called: int = 2) -> None:
        self._context = context
        self.caller: Handset = context.handset(caller)
        self.called: Handset = context.handset(called)
        self._identity = next(one.identity for one in context.rig.handsets if one.number == caller)
        self._voices = voices_of(10 * caller + called)
        self._began = clock.now()
        self._number = ""

    # acts

    def change_star_code(self, prefix: str) -> None:
        """On the Behavior tab of the caller's identity."""
        self._context.base.change(PREFIX, prefix, idx=self._identity)

    def dial(self, number: int | None = None) -> None:
        """The star code and the number of a handset, by default of the other one, and off hook."""
        self._number = f"{self._context.setting(PREFIX, self._identity)}{number or self.called.number}"
        self._began = self._context.wire.mark()
        self.caller.dial(self._number)
        told = {"number": self._number, "called": str(number or self.called.number)}
        self._context.did("intercom", at=self._began, handset=self.caller.number, **told)

    def answer(self) -> None:
        """Off hook at the called handset."""
        self.called.press("OFFHOOK")

    def establish(self) -> None:
        """A call that talks."""
        self.dial()
        self.expect_ringing()
        self.answer()
        self.expect_shown("talking", self.caller, self.called)

    def hang_up(self, handset: Handset) -> None:
        """On hook at one of the two."""
        handset.press("ONHOOK")

    def switch_called_off(self) -> None:
        """The called handset is switched off, and on again after the test."""
        self._context.addfinalizer(lambda: self._switch_on())
        self.called.power(False)

    @contextlib.contextmanager
    def both_talking(self) -> Iterator[None]:
        """Each says a tone of its own until the block ends."""
        self.caller.tone(self._voices.to_peer_hz, LEVEL_DBM0, TONE_MS)
        self.called.tone(self._voices.to_handset_hz, LEVEL_DBM0, TONE_MS)
        yield
        self.caller.mute()
        self.called.mute()

    # what is expected

    def expect_ringing(self) -> None:
        """The called handset rings."""
        with judging.rules_first(self._context):
            self.called.ringer.expect_ring(within=self._context.answer, since=self._began)

    def expect_ringing_end(self) -> None:
        """The called handset rings no longer."""
        self.called.ringer.expect_ring_end(within=self._context.answer, since=self._began)

    def expect_no_ringing(self) -> None:
        """The called handset has not rung."""
        self.called.ringer.stays_silent(since=self._began)

    def expect_shown(self, state: str, *handsets: Handset) -> None:
        """The display of these handsets, by default of the caller, is in this state of a call."""
        for handset in handsets or (self.caller,):
            handset.expect_display_any(texts(state))

    def expect_over(self, *handsets: Handset) -> None:
        """The displays of these handsets say, without a key, that the call is over, or are idle again."""
        for handset in handsets:
            handset.expect_display_any([*texts("ended"), *menus().idle.texts])

    def expect_not_reachable(self) -> None:
        """The caller is told that the other handset is not there, once the base has looked for it."""
        self.caller.expect_display_any(texts("not_reachable"), within=self._context.answer + self._context.display)

    def expect_number_shown(self) -> None:
        """The caller sees what was dialled, the called handset by which number it can call back."""
        self.caller.expect_display(self._number)
        back = self._number[: -len(str(self.called.number))] + str(self.caller.number)
        self.called.expect_display(back)

    def expect_idle(self, *handsets: Handset) -> None:
        """These handsets, after a key, show the idle screen."""
        for handset in handsets:
            handset.go_idle()
            handset.expect_idle()

    def expect_ring_back(self) -> None:
        """The caller hears that the other handset rings."""
        heard = ring_back_at(self.caller)
        if not heard.tones:
            self._context.broken("ring-back is heard", f"a tone at the ear within {limits().ring_back:g} s", heard)

    def expect_both_ways(self) -> None:
        """Each hears the tone of the other at its level."""
        for listener, hz in ((self.caller, self._voices.to_handset_hz), (self.called, self._voices.to_peer_hz)):
            ear, deadline = Ear(f"handset {listener.number}", listener.listen, hz), clock.Deadline(limits().heard)
            while not ear.hears(heard := ear.listen(WINDOW_MS).result()):
                if deadline.expired:
                    self._context.broken(f"{ear.who} hears the other one", f"{ear} within {limits().heard:g} s", heard)

    def expect_not_heard(self, handset: Handset) -> None:
        """A handset that has no part in the call hears nothing of it."""
        heard = handset.listen(WINDOW_MS).result()
        if heard.tones:
            self._context.broken(f"handset {handset.number} hears nothing of the others' call", "silence", heard)

    def judge_no_server_was_asked(self) -> None:
        """By the rule CALL-INTERCOM."""
        __tracebackhide__ = True
        judging.judge_rule(self._context, self._context.profile.rule("CALL-INTERCOM"))

    def _switch_on(self) -> None:
        self.called.power(True)
        with contextlib.suppress(WaitExpired):
            limit = self._context.rig.timing.subscribe
            wait_until(lambda: self.called.link.state() == "LOCKED", what="LOCKED", within=limit, poll=0.1)
