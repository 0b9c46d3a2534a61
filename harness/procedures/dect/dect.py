"""The handsets of a rig and their base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.dect.base_list import BaseList
from harness.procedures.dect.dect_link import DectLink
from harness.procedures.dect.locator import Locator
from harness.procedures.dect.registration_mode import RegistrationMode
from harness.procedures.dect.state import DectState
from harness.procedures.dect.subscription import Subscription

if TYPE_CHECKING:
    from harness.procedures.context import TestContext


class Dect:
    """How handsets come to their base, stay with it and are found; this only joins the parts."""

    def __init__(self, context: TestContext) -> None:
        state = DectState(context)
        self.window = RegistrationMode(state)
        self.subscription = Subscription(state)
        self.link = DectLink(state)
        self.list = BaseList(state)
        self.locator = Locator(state)
