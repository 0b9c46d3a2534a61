"""The base's messages are valid: fields by their grammar, a body with its length and type (RFC 3261)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.capture.messages import SipMessage
from harness.rules.conversation import Conversation
from harness.rules.findings import Finding, broken, held_unless
from harness.rules.registry import rule

COPIED = {"via", "from", "to", "call-id", "cseq"}
"""Fields that an answer has from its request (RFC 3261 section 8.2.6.2); it adds a tag to To."""


@rule("SIP-GRAMMAR", of_one_packet=True)
def fields(conversation: Conversation) -> Iterator[Finding]:
    """Each field of a message is valid by its grammar; fields that an answer copies are not the base's."""
    for message in (m for m in conversation.sent if not m.resend):
        asked = None if message.is_request else conversation.request_of(message)
        yield from held_unless(_fields(message, asked.problems if asked else ()), message)


def _fields(message: SipMessage, of_request: Collection[str]) -> Iterator[Finding]:
    described = message.sdp_or_none.problems if message.sdp_or_none else ()
    copied = {_field(problem).lower() for problem in of_request} & COPIED
    for problem in message.problems:
        field = _field(problem)
        if problem not in described and problem not in of_request and field.lower() not in copied:
            yield broken(message, expected="the form of RFC 3261 §25.1", seen=problem, claim=f"malformed: {field}")


def _field(problem: str) -> str:
    return problem.partition(":")[0]


@rule("SIP-BODY", of_one_packet=True)
def body(conversation: Conversation) -> Iterator[Finding]:
    """A body has its length and its type."""
    for message in (m for m in conversation.sent if not m.resend):
        if message.body or message.header("content-length"):
            yield from held_unless(_body(message), message)


def _body(message: SipMessage) -> Iterator[Finding]:
    lengths = message.header("content-length")
    counted = len(message.body) + message.surplus
    if lengths and lengths != [str(counted)]:
        claim, seen = "Content-Length counts the body", ", ".join(lengths)
        yield broken(message, expected=counted, seen=seen, claim=claim, source="RFC 3261 §20.14")
    kinds = [value.partition(";")[0].strip().lower() for value in message.header("content-type")]
    seen = ", ".join(kinds) or "none"
    if message.body and len(kinds) != 1:
        claim = "a body has a Content-Type"
        yield broken(message, expected="one", seen=seen, claim=claim, source="RFC 3261 §20.15")
    if message.body.startswith(b"v=0") and kinds and kinds != ["application/sdp"]:
        claim = "a session description is named so"
        yield broken(message, expected="application/sdp", seen=seen, claim=claim, source="RFC 3264 §5")
