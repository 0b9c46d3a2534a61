"""The state of a dialog at each request of the base: who opened it, and the far end's tags, route and target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.call_evidence import CallEvidence

TARGET_METHODS = ("INVITE", "UPDATE")
"""The methods whose Contact refreshes the remote target (RFC 3261 section 12.2, RFC 3311 section 5.1)."""


@dataclass(frozen=True)
class Told:
    """The base's knowledge of a dialog.

    `opening` is the message of the far end that made it: its INVITE, or its first answer with that tag, the 2xx before
    a 1xx (RFC 3261 section 13.2.2.4). `target` is the message with the Contact that it named last.
    """

    opening: SipMessage | None = None
    target: SipMessage | None = None


class _Listener:
    """Reads a call once, in order; one entry for each tag of the far end."""

    def __init__(self, call: CallEvidence) -> None:
        self._call = call
        self._openings: dict[str, SipMessage] = {}
        self._targets: dict[str, SipMessage] = {}
        self._asked: dict[str, SipMessage] = {}

    def before(self, request: SipMessage) -> Told:
        opening = self._openings.get(request.to.tag) if request.from_.tag == self._call.own_tag else None
        return Told(opening, self._targets.get(request.to.tag))

    def heard_request(self, m: SipMessage) -> None:
        if m.method in TARGET_METHODS:
            self._asked.setdefault(m.branch, m)

    def heard_response(self, m: SipMessage) -> None:
        if not 100 < m.status < 300 or m.cseq.method not in TARGET_METHODS or not m.to.tag:
            return
        if m.header("contact"):
            self._targets[m.to.tag] = m
        request = self._call.request_of(m)
        if m.cseq.method != "INVITE" or request is None or request.to.tag:
            return
        first = self._openings.setdefault(m.to.tag, m)
        if first.status < 200 <= m.status and first.branch == m.branch:
            self._openings[m.to.tag] = m

    def sent_response(self, m: SipMessage) -> None:
        request = self._asked.get(m.branch)
        if request is None or request.method != m.cseq.method:
            return
        names_target = bool(request.header("contact"))
        if request.to.tag:
            if names_target and 200 <= m.status < 300:
                self._targets[request.from_.tag] = request
        elif request.method == "INVITE" and m.to.tag == self._call.own_tag:
            self._openings.setdefault(request.from_.tag, request)
            if names_target:
                self._targets.setdefault(request.from_.tag, request)


def told(call: CallEvidence) -> Mapping[int, Told]:
    """The base's knowledge before each of its requests within a dialog, by the `id` of the message."""
    listener, found = _Listener(call), {}
    for m in call.messages:
        if m.resend:
            continue
        own = call.evidence.is_base(m.src)
        if own and m.is_request:
            found[id(m)] = listener.before(m)
        elif own:
            listener.sent_response(m)
        elif m.is_request:
            listener.heard_request(m)
        else:
            listener.heard_response(m)
    return found
