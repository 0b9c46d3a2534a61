"""The ways in which a user of a handset begins a call. Each returns when the base has sent its INVITE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import ProductFailure
from harness.handset.menus import menus
from harness.handset.text_entry import keys_for
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState
    from harness.rules.acts import ActKind


class Dialling:
    """The keys that call; what was dialled, and as whom, is noted as an act on the call."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._driver = state.handset_driver

    def dial(self, number: str = "") -> SipMessage:
        """A number is dialled, by default the peer's; returns the base's INVITE."""
        number = number or self._state.peer_number
        self._await_end_of_attempt()
        self._state.begin_by_key()
        self._driver.dial(number)
        return self.await_invite(number=number)

    def type_and_dial(self, text: str) -> SipMessage:
        """An address or number is typed, and called when it stands on the display; returns the base's INVITE."""
        self._await_end_of_attempt()
        self._driver.go_idle()
        self._driver.press(*keys_for(text))
        shown = f'"{text}" as it was typed'
        self._driver.expect_shown(lambda d: text in "".join(row.text.strip() for row in d.rows), shown)
        self._state.begin_by_key()
        self._driver.press("OFFHOOK")
        return self.await_invite(number=text)

    def dial_off_hook(self, number: str = "") -> SipMessage:
        """Off hook first, then the number: a pause makes it complete; returns the base's INVITE."""
        number = number or self._state.peer_number
        self._await_end_of_attempt()
        self._driver.press("OFFHOOK")
        self._state.begin_by_key()
        self._driver.press(*number)
        self._state.key_at = self._state.mark_act()
        return self.await_invite(number=number, pause=f"{menus().dialling.pause:g}")

    def redial(self, number: str = "") -> SipMessage:
        """The redial gesture calls the last number again, by default the peer's; returns the base's INVITE."""
        self._await_end_of_attempt()
        self._state.begin_by_key()
        self._driver.redial()
        return self.await_invite(number=number or self._state.peer_number)

    def await_invite(self, kind: ActKind = "dial", **dialled: str) -> SipMessage:
        """The base's INVITE; what was dialled, and as whom, is noted as an act on its call."""
        state = self._state
        detail = {**dialled, "account": state.account.user}
        try:
            invite = state.wire.sip.expect(
                method="INVITE",
                source=state.base,
                since=state.began,
                timeout=state.context.answer + float(dialled.get("pause", 0)),
                claim="a dialled number is called",
            )
        except ProductFailure:
            state.context.did(kind, at=state.key_at, handset=state.handset_number, **detail)
            with state.rules_first():
                raise
        state.begin_dialog(invite)
        state.did(kind, **detail)
        return invite

    def _await_end_of_attempt(self) -> None:
        """The attempt before is gone from the display: a handset takes no digits while it calls."""
        if self._state.call_id:
            words = texts("calling")
            self._driver.expect_shown(
                lambda display: not any(display.has(word) for word in words), "no attempt to call"
            )
