"""The server's part in a registration test: only the embedded server of a profile can be steered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import NotApplicable
from harness.pbx.protocol import PbxAccount

if TYPE_CHECKING:
    from harness.pbx.kamailio import Kamailio
    from harness.procedures.desk import Desk

SUMMARY_TYPE = "Content-Type: application/simple-message-summary\r\n"


class Registrar:
    """Knobs of the server; all are back as they were after the test."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.wire = desk.wire
        self._steered: Kamailio | None = None

    @property
    def server(self) -> Kamailio:
        """The steerable server of this profile."""
        from harness.pbx.kamailio import Kamailio

        if self._steered is None:
            if not isinstance(self.desk.pbx, Kamailio):
                raise NotApplicable("an external PBX is not steered")
            self._steered = self.desk.pbx
            self.desk.afterwards(self._steered.reset_knobs)
        return self._steered

    def makes_nonces_stale(self) -> None:
        """The next answer to a challenge is told that its nonce has grown stale."""
        self.server.knob("stale", 1)

    def protects_its_nonces(self) -> None:
        """Challenges carry qop="auth": each use of a nonce is counted (RFC 2617 section 3.2.2)."""
        self.server.knob("qop", 1)

    def wants_at_least(self, seconds: int) -> None:
        """Shorter times are answered 423 with Min-Expires."""
        self.server.knob("min_expires", seconds)

    def grants(self, seconds: int) -> None:
        """No binding lasts longer."""
        self.server.grant(seconds)

    def goes_away(self) -> None:
        """No answer to anything of the base."""
        self.server.knob("gone", 1)

    def is_out_of_service(self, pause: int = 1) -> None:
        """REGISTER is refused with 503; a pause above 1 s is asked for in Retry-After."""
        self.server.knob("unavailable", pause)

    def is_back(self) -> None:
        """It answers as it should; from here on events count."""
        self.server.knob("gone", 0)
        self.server.knob("unavailable", 0)
        self.wire.mark()

    def knows_the_login(self, identity: int, login: str) -> None:
        """The account's password goes with this login only, not with its number."""
        account, server = self.desk.account(identity), self.server

        def as_before() -> None:
            server.forget_account(login)
            server.set_account(account)

        self.desk.afterwards(as_before)
        server.forget_account(account.user)
        server.set_account(PbxAccount(account.user, account.password, account.display, login))

    def pings(self, identity: int) -> None:
        """OPTIONS to the binding."""
        self._send("OPTIONS", identity)

    def tells_of_messages(self, identity: int, new: int) -> None:
        """An unasked message summary (RFC 3842) with so many new messages."""
        waiting = "yes" if new else "no"
        body = f"Messages-Waiting: {waiting}\r\nVoice-Message: {new}/0 (0/0)\r\n"
        self._send("NOTIFY", identity, f"Event: message-summary\r\n{SUMMARY_TYPE}", body)

    def asks_for_a_new_fetch(self, identity: int) -> None:
        """NOTIFY check-sync without a reboot."""
        self._send("NOTIFY", identity, "Event: check-sync;reboot=false\r\n")

    def _send(self, method: str, identity: int, headers: str = "", body: str = "") -> None:
        server, user = self.server, self.desk.account(identity).user
        server.wait_registered(user, self.desk.rig.timing.register_)
        self.wire.mark()
        server.send(method, user, headers, body)
