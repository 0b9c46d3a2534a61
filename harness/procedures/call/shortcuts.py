"""Keys that call without a number, and the line by which a handset calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.dialling import Dialling
    from harness.procedures.call.state import CallState

SILENCE_S = 2.5
"""Seconds in which a key that calls a number would have called it."""


class Shortcuts:
    """What the user of the near end does instead of dialling; an act that calls returns the base's INVITE."""

    def __init__(self, state: CallState, dialling: Dialling) -> None:
        self._state = state
        self._driver = state.handset_driver
        self._dialling = dialling

    def speed_dial(self, key: str) -> SipMessage:
        """A digit key is held."""
        self._hold(key)
        return self._dialling.await_invite("speed-dial", key=key)

    def try_speed_dial(self, key: str) -> None:
        """A digit key is held to which no number belongs: the base calls nobody."""
        self._hold(key)
        self._state.wire.sip.never(
            method="INVITE",
            source=self._state.base,
            since=self._state.began,
            during=SILENCE_S,
            claim="a key without a number calls nobody",
        )

    def call_mailbox(self, identities: Sequence[int] = ()) -> SipMessage:
        """The message key is pressed at a handset of these identities, by default one."""
        self._driver.go_idle()
        self._state.begin_by_key()
        self._driver.press(menus().dialling.mailbox)
        accounts = [self._state.context.account(number) for number in identities or [self._state.identity]]
        return self._dialling.await_invite("mailbox", users=" ".join(account.user for account in accounts))

    def choose_next_line(self) -> None:
        """The menu's row of the line is chosen: the handset calls by its next identity from now on."""
        self._driver.menu.choose(menus().lines.row)
        self._driver.go_idle()

    def call_hit(self, number: str) -> SipMessage:
        """Off hook on the marked hit of the directory, whose first number this is."""
        self._state.begin_by_key()
        self._driver.press(menus().directory.dial)
        return self._dialling.await_invite(number=number)

    def call_contact(self, number: str) -> SipMessage:
        """Off hook on the marked contact of the address book, whose number this is."""
        self._state.begin_by_key()
        self._driver.press(menus().address_book.dial)
        return self._dialling.await_invite(number=number)

    def _hold(self, key: str) -> None:
        self._driver.go_idle()
        self._state.begin_by_key()
        self._driver.press(key, hold_ms=menus().dialling.speed_dial)
