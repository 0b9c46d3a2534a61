"""Requests of the server's own within a call: a new name, a description asked for anew, whatever a test writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dialect import sdp, values
from harness.dialect.message import Message
from harness.dialect.transactions import LIFE

if TYPE_CHECKING:
    from harness.dialect.core import Core
    from harness.dialect.legs import Leg

SDP_TYPE = "Content-Type: application/sdp"


class OwnRequests:
    """Sent in the latest call of a user, to that user; the other end hears nothing of them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(self, user: str, method: str, headers: str = "", body: str = "") -> None:
        """Any request but INVITE; each of `headers` ends in CR LF. Raises LookupError where no call stands."""
        lines = [line for line in headers.split("\r\n") if line]
        self._core.originate(*self._core.within(self._leg(user), method, *lines, body=body.encode()), _unheard, LIFE)

    def reinvite(self, user: str, *lines: str, late: bool = False) -> None:
        """A re-INVITE that changes nothing: with the far end's last description, or without one."""
        leg = self._leg(user)
        far = leg.pair.described if leg.pair is not None else b""
        lines = (*lines, *([] if late else [SDP_TYPE]))
        message, flow = self._core.within(leg, "INVITE", *lines, body=b"" if late else far)

        def answered(answer: Message) -> None:
            if 200 <= answer.status < 300:
                leg.learn(answer)
                body = sdp.answered(far, answer.body) if late and answer.body else b""
                said = [SDP_TYPE] if body else []
                ack = self._core.within(leg, "ACK", *said, number=message.cseq[0], body=body)
                self._core.transmit(*ack)

        self._core.originate(message, flow, answered, LIFE)

    def rename(self, user: str, display: str, number: str) -> None:
        """The user talks to another from now on: told in the platform's way, in none where it has none."""
        leg, platform = self._leg(user), self._core.platform
        home = values.bracketed(self._core.options.hosts[0])
        who = f'"{display}" <sip:{number}@{home}>'
        lines = [f"{name}: {who}{self._core.dress.remark(name, 'called')}" for name in platform.names]
        lines += platform.lines("rename")
        if platform.name_update == "re-INVITE":
            self.reinvite(user, *lines)
        elif platform.name_update == "UPDATE":
            self._core.originate(*self._core.within(leg, "UPDATE", *lines), _unheard, LIFE)
        elif platform.name_update == "INFO":
            body = f"From: {who}\r\nTo: <sip:{user}@{home}>\r\n"
            self.send(user, "INFO", "Content-Type: message/sipfrag\r\n", body)

    def _leg(self, user: str) -> Leg:
        legs = self._core.dialogs.of_user(user)
        if not legs:
            raise LookupError(f"{user} is in no call")
        return legs[-1]


def _unheard(answer: Message) -> None:
    """The wire's judges read the answer."""
