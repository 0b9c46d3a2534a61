"""Readings of handsets and pages: evidence for rules, beside the capture."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired, wait_until
from harness.handset.menus import menus
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.procedures.registration.state import RegistrationState

MESSAGE_ICON = "MESSAGE"


class Readings:
    """Readings without a judgement."""

    def __init__(self, state: RegistrationState) -> None:
        self._state = state
        self._context = state.context

    def version(self) -> None:
        """The version on the status page, which User-Agent names too."""
        self._context.saw("version", self._context.base.version(), {"product": "snom-m9"})

    def display_name(self, identity: int) -> None:
        """The display name of the identity on its account page."""
        self._context.setting("user_realname", identity)

    def binding(self, identity: int) -> None:
        """The row of the identity on the registration page."""
        user = self._context.account(identity).user
        self._context.saw("binding", self._context.registration_row(identity), {"user": user})

    def uptime(self) -> None:
        """The uptime on the status page, once the web server answers; no reading without an answer or an uptime."""
        web = self._context.base.web
        with contextlib.suppress(WaitExpired):  # the rules judge a base that does not come back
            web.answers(self._context.rig.timing.boot)
            seconds = web.uptime()
            if seconds is not None:
                self._context.saw("uptime", str(seconds))

    def messages(self, handset: int, *, waiting: bool) -> None:
        """Icons and lamp of a handset, once they show the expected state, or after the limit."""
        display = self._context.handset(handset).display
        with contextlib.suppress(WaitExpired):  # the rule judges another state
            wait_until(
                lambda: (MESSAGE_ICON in display().icons) == waiting,
                what="the message icon",
                within=self._context.answer,
            )
        owned = [number for number, one in self._state.handset_of.items() if one == handset]
        users = " ".join(self._context.account(number).user for number in owned)
        self._context.saw("icons", " ".join(display().icons), {"users": users}, handset=handset)
        self._lamp(handset, users, waiting=waiting)

    def _lamp(self, handset: int, users: str, *, waiting: bool) -> None:
        """The message lamp, if the dongle sees lamps; missed calls may light it too."""
        part, lamp = self._context.handset(handset), menus().lamps.messages
        missed = "yes" if any(part.display().has(text) for text in texts("missed")) else ""
        if part.lamps() == {}:
            return
        with contextlib.suppress(WaitExpired):
            wait_until(lambda: part.lamps().get(lamp, False) == waiting, what="the lamp", within=self._context.answer)
        value = MESSAGE_ICON if part.lamps().get(lamp) else ""
        self._context.saw("lamps", value, {"users": users, "missed": missed}, handset=handset)
