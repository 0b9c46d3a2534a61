"""The line= of a Contact, by which the base assigns a call to an identity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.binding import asks_for_a_binding
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, held, judged
from harness.rules.registry import Expect, rule

NOT_FOUND = (404, 410, 604)


class LineExpect(Expect):
    """REG-4: whether the platform may leave line= out of a call."""

    found_by_user: bool


@rule("REG-4")
def lines_differ(evidence: Evidence) -> Iterator[Finding]:
    """Each identity registers with a line= of its own, by which the base assigns calls to it."""
    owners: dict[str, SipMessage] = {}
    for request in _registers(evidence):
        line = request.contact.uri_params.get("line", "")
        if not line:
            continue
        other = owners.setdefault(line, request)
        if other.to.user != request.to.user:
            claim = "each identity registers with a line= of its own"
            expected = f"another line than that of {other.to.user}"
            yield broken(other, request, expected=expected, seen=line, claim=claim)
        elif other is request:
            yield held(request)


@rule("REG-4")
def the_line_of_a_call_is_of_one_identity(evidence: Evidence) -> Iterator[Finding]:
    """The line= in the Request-URI of a call is in the last registration of one account only."""
    invites = [call.opening for call in evidence.calls if call.opening is not None and call.incoming]
    registers = [request for request in _registers(evidence) if asks_for_a_binding(request)]
    last: dict[str, SipMessage] = {}
    for message in sorted([*registers, *invites], key=lambda one: one.at):
        if message.method == "REGISTER":
            last[message.to.user] = message
            continue
        line = headers.parse_address(f"<{message.request_uri}>").uri_params.get("line", "")
        owners = [one for one in last.values() if line and one.contact.uri_params.get("line", "") == line]
        if owners:
            seen, claim = " and ".join(one.to.user for one in owners), "the line= of a call is that of one identity"
            found = judged(len(owners) == 1, *owners, message, expected="one account", seen=seen, claim=claim)
            yield replace(found, call_id=message.call_id)


@rule("REG-4")
def a_call_without_a_line_is_found_by_its_user(evidence: Evidence, expect: LineExpect) -> Iterator[Finding]:
    """At a platform that may leave line= out of its Request-URI, a call finds the identity of this user."""
    if not expect.found_by_user:
        return
    bound = [(request.at, request.contact.uri) for request in _registers(evidence) if asks_for_a_binding(request)]
    for call in evidence.calls:
        invite = call.opening
        if invite is None or not call.incoming or ";line=" in invite.request_uri:
            continue
        user, _, _ = invite.request_uri.partition("@")
        answer = next((m for m in call.responses_to(invite) if m.status > 100), None)
        if answer is not None and any(at < invite.at and contact.startswith(f"{user}@") for at, contact in bound):
            claim = "a call without line= is for the identity of its user"
            found = answer.status not in NOT_FOUND
            yield replace(
                judged(found, invite, answer, expected="180 of the identity", seen=answer.status, claim=claim),
                call_id=call.call_id,
            )


def _registers(evidence: Evidence) -> Iterator[SipMessage]:
    return (one.request for one in evidence.asked_by_base if one.request.method == "REGISTER")
