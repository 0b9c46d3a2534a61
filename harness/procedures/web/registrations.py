"""Identities switched off and on by their web pages, and their rows on the registration page."""

from __future__ import annotations

import re
from typing import Any

from harness.base.pages import expected
from harness.capture.messages import SipMessage
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable
from harness.procedures.idle.pages import seconds_left
from harness.procedures.limits import limits
from harness.procedures.web.access import WebAccess


class RegistrationPage:
    """The registrations of one base on its web pages."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._since = 0.0

    # acts

    def switch_off(self, identity: int) -> None:
        """The identity is switched off on its account tab; it is switched on again after the test."""
        self._since = self._access.wire.mark()
        self._access.base.change("user_active", False, identity)

    def switch_on(self, identity: int) -> None:
        """The identity is switched on on its account tab."""
        self._since = self._access.wire.mark()
        self._access.base.change("user_active", True, identity)

    # what is expected

    def expect_signed_out(self, identity: int) -> None:
        """The server has removed the binding of an identity that was switched off."""
        self._expect_200(identity, "an identity that is switched off de-registers")

    def expect_signed_in(self, identity: int) -> None:
        """The server has accepted the identity that was switched on: its password is unchanged."""
        self._expect_200(identity, "an identity still has its password after the save")

    def expect_request(self, identity: int, *, name: str, seconds: int) -> None:
        """The identity registers with the saved name and expiry."""
        request = self._expect(
            identity,
            method="REGISTER",
            source=self._context.base_addresses,
            where=lambda m: m.expires != 0,
            claim="an identity that is switched on registers",
        )
        self._context.same("the display name that was saved, in From", request.from_.display, name, request)
        self._context.same("the expiry that was saved, asked for", request.expires, seconds, request)

    def expect_shown(self, identity: int, *, registered: bool) -> None:
        """The row of the identity shows that it is registered, or that it is not."""
        row = self._context.registration_row(identity)
        if bool(re.search(expected().messages["registered"], row, re.IGNORECASE)) != registered:
            state = "registered" if registered else "anything but registered"
            self._context.broken(f"registration status of identity {identity}", state, row or "no row with its account")

    def expect_seconds_to_run_down(self, identity: int) -> None:
        """The seconds in a registration's row count down to its end."""
        if self._context.profile.rule("IDLE-REGISTRATION").expect.get("expires") != "left":
            raise NotApplicable("the page of this base shows what was granted, not what is left")
        first, within = self._seconds(identity), limits().registration_runs_down
        try:
            wait_until(lambda: self._seconds(identity) < first, what="fewer seconds", within=within, poll=0.5)
        except WaitExpired:
            self._context.broken(
                f"the seconds beside the registration of identity {identity} run down",
                f"fewer than {first} within {within:g} s",
                self._seconds(identity),
            )

    def _seconds(self, identity: int) -> int:
        seconds = seconds_left(self._context.registration_cells(identity))
        if seconds is None:
            raise NotApplicable("the registration status shows no seconds")
        return seconds

    def _expect_200(self, identity: int, claim: str) -> None:
        """The registrar has said 200 to a REGISTER of the identity since it was switched."""
        with self._context.registering(identity, self._since):
            self._expect(identity, status=200, cseq_method="REGISTER", dest=self._context.base_addresses, claim=claim)

    def _expect(self, identity: int, **conditions: Any) -> SipMessage:
        return self._access.wire.sip.expect(
            to_user=self._context.account(identity).user,
            since=self._since,
            timeout=self._context.rig.timing.register_,
            **conditions,
        )
