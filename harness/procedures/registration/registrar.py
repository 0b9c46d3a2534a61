"""The server's part in a registration test: only the embedded server of a profile can be steered."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.capture.headers import parse_address
from harness.pbx.protocol import PbxAccount

if TYPE_CHECKING:
    from harness.pbx.protocol import SteerablePbx
    from harness.procedures.context import TestContext

GARBAGE = (
    b"\x00\xff" * 40,
    b"SIP/2.0\r\n\r\n",
    b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP\r\nCSeq: x\r\nContent-Length: -1\r\n\r\n",
    b"OPTIONS sip:" + b"a" * 4000 + b" SIP/2.0\r\n\r\n",
)
"""Datagrams that are no SIP, incomplete SIP, and too long (compare RFC 4475)."""
ANOTHER_EXPIRES = 1800
"""Expiry of another phone's binding of the same account."""
SUMMARY_TYPE = "Content-Type: application/simple-message-summary\r\n"


class Registrar:
    """Controls of the server; they are reset after the test."""

    def __init__(self, context: TestContext) -> None:
        self._context = context
        self._wire = context.wire
        self._steered: SteerablePbx | None = None

    @property
    def server(self) -> SteerablePbx:
        """The steerable server of this profile."""
        if self._steered is None:
            self._steered = self._context.server
        return self._steered

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return self.server.address

    def make_nonces_stale(self) -> None:
        """The next credentials are answered with stale=true."""
        self.server.fault("stale", 1)

    def protect_nonces(self) -> None:
        """Challenges carry qop="auth": each use of a nonce is counted (RFC 2617 section 3.2.2)."""
        self.server.fault("qop", 1)

    def challenge_strangely(self) -> None:
        """Challenges have an opaque, and one of an unknown algorithm comes before them (RFC 3261 section 22)."""
        self.server.fault("strange", 1)

    def forbid(self) -> None:
        """REGISTER is refused with 403."""
        self.server.fault("refuse", 403)

    def require_at_least(self, seconds: int) -> None:
        """Shorter times are answered 423 with Min-Expires."""
        self.server.fault("min_expires", seconds)

    def grant(self, seconds: int) -> None:
        """Longer expiries are reduced to this."""
        self.server.fault("grant", seconds)

    def list_another_phone_first(self) -> None:
        """The 200 lists the binding of another phone of the account before the base's own, and it lasts longer."""
        self.server.fault("another_first", ANOTHER_EXPIRES)

    def go_away(self) -> None:
        """The server answers nothing."""
        self.server.fault("gone", 1)

    def refuse_service(self, pause: int = 1) -> None:
        """REGISTER is refused with 503; a pause above 1 s is put into Retry-After."""
        self.server.fault("unavailable", pause)

    def come_back(self) -> None:
        """The server answers normally; from here on events count."""
        self.server.fault("gone", 0)
        self.server.fault("unavailable", 0)
        self.server.fault("refuse", 0)
        self._wire.mark()

    def set_login(self, identity: int, login: str) -> None:
        """The account's password is valid with this login only, not with its number."""
        account, server = self._context.account(identity), self.server

        def as_before() -> None:
            server.forget_account(login)
            server.set_account(account)

        self._context.addfinalizer(as_before)
        server.forget_account(account.digest_user)
        server.set_account(PbxAccount(account.user, account.password, account.display, login))
        self._context.other_passwords.setdefault(login, set()).add(account.password)

    def ping(self, identity: int) -> None:
        """OPTIONS to the binding."""
        self._send("OPTIONS", identity)

    def tell_of_messages(self, identity: int, new: int, old: int = 0) -> None:
        """An unsolicited message summary (RFC 3842) with these numbers of new and old messages."""
        waiting = "yes" if new else "no"
        self.tell(identity, f"Messages-Waiting: {waiting}", f"Voice-Message: {new}/{old} (0/0)")

    def tell(self, identity: int, *lines: str) -> None:
        """An unsolicited message summary with these lines."""
        body = "".join(f"{line}\r\n" for line in lines)
        self._send("NOTIFY", identity, f"Event: message-summary\r\n{SUMMARY_TYPE}", body)

    def tell_in_the_form_of(self, platform: Mapping[str, Any], identity: int) -> None:
        """A message summary with the `headers` and `lines` of a platform."""
        body = "".join(f"{line}\r\n" for line in platform["lines"])
        self._send("NOTIFY", identity, f"Event: message-summary\r\n{SUMMARY_TYPE}{_text(platform['headers'])}", body)

    def ask_what_only_a_platform_asks(self, platform: Mapping[str, Any], identity: int) -> None:
        """A request of this `method`, with `headers` and `body`, outside any dialog."""
        self._send(platform["method"], identity, _text(platform["headers"]), platform.get("body", ""))

    def notify_in_a_batch(self, identity: int) -> None:
        """BENOTIFY (MS-SIP) of a mailbox: a NOTIFY that wants no answer."""
        headers = f"Event: message-summary\r\nSubscription-State: active\r\n{SUMMARY_TYPE}"
        self._send("BENOTIFY", identity, headers, "Messages-Waiting: no\r\n")

    def ask_for_a_new_fetch(self, identity: int, event: str = "check-sync;reboot=false") -> None:
        """NOTIFY check-sync, by default without a reboot."""
        self._send("NOTIFY", identity, f"Event: {event}\r\n")

    def tell_of_an_unknown_event(self, identity: int) -> None:
        """NOTIFY of an unknown event package."""
        self._send("NOTIFY", identity, "Event: x-m9-unknown\r\n")

    def send_garbage(self, identity: int) -> None:
        """Datagrams that are no SIP, to the address of the identity's Contact."""
        contact = self.server.wait_registered(self._context.account(identity).user, self._context.rig.timing.register_)
        address = parse_address(f"<{contact['Address']}>")
        port = re.search(r":(\d+)(?:;|$)", address.uri.rpartition("@")[2])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            for text in GARBAGE:
                line.sendto(text, (address.host, int(port[1]) if port else 5060))

    def _send(self, method: str, identity: int, headers: str = "", body: str = "") -> None:
        server, user = self.server, self._context.account(identity).user
        server.wait_registered(user, self._context.rig.timing.register_)
        self._wire.mark()
        server.send(method, user, headers, body)


def _text(headers: Mapping[str, Any]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())
