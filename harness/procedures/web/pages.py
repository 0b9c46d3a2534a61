"""The base's web pages by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.web.access import WebAccess
from harness.procedures.web.landing_page import LandingPage
from harness.procedures.web.log import Log
from harness.procedures.web.login import Login
from harness.procedures.web.network_page import NetworkPage
from harness.procedures.web.registrations import RegistrationPage
from harness.procedures.web.sessions import Sessions
from harness.procedures.web.status import Status
from harness.procedures.web.strangers import Strangers
from harness.procedures.web.tabs import Tabs

if TYPE_CHECKING:
    from harness.procedures.context import TestContext


class Pages:
    """The web UI of one base; joins the topics."""

    def __init__(self, context: TestContext) -> None:
        self._context = context
        self._access = access = WebAccess(context)
        self.login = Login(access)
        self.sessions = Sessions(access)
        self.strangers = Strangers(access)
        self.landing_page = LandingPage(access)
        self.status = Status(access)
        self.registrations = RegistrationPage(access)
        self.tabs = Tabs(access)
        self.network = NetworkPage(access)
        self.log = Log(access)

    def press_reboot(self) -> float:
        """The reboot button of the update page is pressed; returns the moment."""
        pressed = self._access.wire.mark()
        self._access.web.reboot()
        return pressed

    def expect_setting(self, name: str, value: str) -> None:
        """The page of a setting shows this value."""
        self._context.same(f"the page shows {name} as it was set", self._context.setting(name), value)

    def expect_answer(self, path: str, status: int) -> None:
        """A page requested with a session is answered with this status."""
        answer = self._access.answer_to(path)
        self._context.same(f"status of {path}", answer.status, status, answer)
