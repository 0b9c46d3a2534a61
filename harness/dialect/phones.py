"""What a platform sends a phone unasked: pings, a summary of its messages, requests of its own at each registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dialect import values
from harness.dialect.message import Message, request

if TYPE_CHECKING:
    from harness.dialect.core import Core
    from harness.dialect.mailbox import Mailboxes
    from harness.dialect.platform import Platform
    from harness.dialect.registrar import Binding
    from harness.dialect.transactions import OnAnswer

PING_ANSWER = 2.0
"""Seconds after which a phone that does not answer a ping is late."""
UNANSWERED = ("BENOTIFY",)
"""Methods that must have no answer at all: they are sent once, without a transaction."""


class Phones:
    """Requests to the bindings of users, outside any dialog."""

    def __init__(self, core: Core, platform: Platform, mailboxes: Mailboxes) -> None:
        self._core, self._platform, self._mailboxes = core, platform, mailboxes
        mailboxes.changed.append(self.tell_of_messages)

    def send(self, method: str, user: str, headers: str = "", body: str = "") -> int:
        """Send a request to each binding of a user; how many these are."""
        bound = self._core.registrar.bound(user)
        for binding in bound:
            self._send(method, user, binding, [line for line in headers.split("\r\n") if line], body.encode())
        return len(bound)

    def registered(self, user: str, binding: Binding) -> None:
        """A phone of the base has a new or a refreshed binding."""
        is_new = not binding.greeted
        binding.greeted = True
        if self._platform.mailbox.at_registration or (is_new and self._platform.mailbox.unasked):
            self.tell_of_messages(user)
        for sent in self._platform.after_registration if is_new else ():
            self._send(sent.method, user, binding, list(sent.lines), sent.body.encode())
        if is_new and self._platform.ping:
            self._core.later(self._platform.ping, lambda: self._ping(user, binding))

    def tell_of_messages(self, user: str) -> None:
        """A summary that nobody subscribed to, where the platform sends one."""
        mailbox = self._platform.mailbox
        if mailbox.unasked:
            state = ["Subscription-State: active"] if mailbox.state else []
            lines = ["Event: message-summary", *state, "Content-Type: application/simple-message-summary"]
            for binding in self._core.registrar.bound(user):
                self._send("NOTIFY", user, binding, lines, self._mailboxes.summary(user))

    def _ping(self, user: str, binding: Binding) -> None:
        if all(one is not binding for one in self._core.registrar.bound(user)):
            return

        def answered(answer: Message) -> None:
            binding.reachable = answer.status != 408

        self._send("OPTIONS", user, binding, [], b"", answered)
        self._core.later(self._platform.ping, lambda: self._ping(user, binding))

    def _send(
        self, method: str, user: str, binding: Binding, lines: list[str], body: bytes, on_answer: OnAnswer | None = None
    ) -> None:
        core = self._core
        target = core.target(binding, user)
        message = request(
            method,
            target.uri,
            f"Via: {core.via(target.flow)}",
            "Max-Forwards: 70",
            f"From: <sip:{core.options.realm}>;tag={values.token()}",
            f"To: <sip:{user}@{values.bracketed(core.options.hosts[0])}>",
            f"Call-ID: {values.token()}",
            f"CSeq: 10 {method}",
            f"Contact: <{core.own_uri(target.flow)}>",
            *lines,
            body=body,
        )
        if self._platform.agent:
            message.add(f"User-Agent: {self._platform.agent}")
        if method in UNANSWERED:
            core.transmit(message, target.flow)
        else:
            core.originate(message, target.flow, on_answer or _unheard, PING_ANSWER if on_answer else 0.0)


def _unheard(answer: Message) -> None:
    """What a phone answers to the rest decides nothing here: the wire's judges read it."""
