"""Call forwarding of the identity of a call: set on its page, at the handset, or by provisioning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.rules.forwarding import MODE, NUMBER, TIMEOUT, ForwardExpect

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState

ROW = "CAL-9"
OFF = "no_case"


class CallForwarding:
    """Acts on the settings; a case is `always`, `busy` or `no_answer`. All are put back after the test."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    # targets

    def number_of_peer(self, number: int) -> str:
        """What is dialled to reach another peer."""
        return self._context.peer_account(number).dialled

    def target(self, kind: str) -> str:
        """A `star code`, or the `SIP URI` of the second peer."""
        return {"star code": "*97", "SIP URI": f"sip:{self.number_of_peer(2)}@{self._context.pbx.registrar}"}[kind]

    @property
    def own_number(self) -> str:
        """The number of the identity itself."""
        return self._state.account.user

    # acts

    def set_on_page(self, case: str, to: str, seconds: int = 10) -> None:
        """On the Behavior tab of the identity."""
        idx = self._state.identity
        self._context.base.change_all({(NUMBER, idx): to, (TIMEOUT, idx): seconds, (MODE, idx): self._mode(case)})

    def end_on_page(self) -> None:
        """On the Behavior tab: no call is forwarded any more."""
        self._context.base.change(MODE, self._mode(OFF), idx=self._state.identity)

    def provision(self, case: str, to: str, seconds: int = 10) -> None:
        """By the base's document; the base restarts."""
        base, idx = self._context.base, self._state.identity
        base.change(NUMBER, to, idx, "provisioning", reboot=False)
        base.change(TIMEOUT, seconds, idx, "provisioning", reboot=False)
        base.change(MODE, self._mode(case), idx, "provisioning")

    def set_at_the_handset(self, case: str, to: str, seconds: int = 0) -> None:
        """By the handset's menu; the time is asked for in the case `no_answer`."""
        self._about_to_change()
        driver, rows, since = self._state.handset_driver, menus().forwarding, self._context.wire.mark()
        driver.menu.choose(*getattr(rows, case))
        driver.expect_display_any(list(rows.asks))
        driver.press(*to, rows.done)
        if seconds:
            driver.expect_display_any(list(rows.asks_time))
            driver.press(*str(seconds), rows.done)
        self._context.switched(MODE, self._mode(case), self._state.identity, at=since)
        driver.go_idle()

    def end_at_the_handset(self, case: str) -> None:
        """By the same row of the menu."""
        self._about_to_change()
        driver, since = self._state.handset_driver, self._context.wire.mark()
        driver.menu.choose(*getattr(menus().forwarding, case))
        self._context.switched(MODE, self._mode(OFF), self._state.identity, at=since)
        driver.go_idle()

    # what is expected

    def expect_on_page(self, case: str, to: str = "", seconds: int = 0) -> None:
        """The Behavior tab shows what was set at the handset; the case is `no_case` where nothing is forwarded."""
        wanted = {MODE: self._mode(case), NUMBER: to, TIMEOUT: str(seconds or "")}
        for name, value in wanted.items():
            if value:
                shown = self._context.setting(name, self._state.identity)
                self._context.same(f"{name} on the page is what was set at the handset", shown, [value])

    def _mode(self, case: str) -> str:
        return ForwardExpect.model_validate(self._context.profile.rule(ROW).expect).mode(case)

    def _about_to_change(self) -> None:
        idx = self._state.identity
        self._context.base.about_to_change([(MODE, idx), (NUMBER, idx), (TIMEOUT, idx)])
