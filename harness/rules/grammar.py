"""The base's messages are valid: fields by their grammar, a body with its length and type (RFC 3261)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from harness.capture.messages import SipMessage
from harness.rules.conversation import Conversation
from harness.rules.findings import Finding, broken, held_unless
from harness.rules.registry import rule


@rule("SIP-GRAMMAR")
def fields(conversation: Conversation) -> Iterator[Finding]:
    """Each field of a message is valid by its grammar; fields that an answer copies are not the base's."""
    for message in (m for m in conversation.sent if not m.resend):
        asked = None if message.is_request else conversation.request_of(message)
        yield from held_unless(_fields(message, asked.problems if asked else ()), message)


def _fields(message: SipMessage, copied: Collection[str]) -> Iterator[Finding]:
    described = message.sdp_or_none.problems if message.sdp_or_none else ()
    for problem in message.problems:
        if problem not in described and problem not in copied:
            field = problem.partition(":")[0]
            yield broken(message, expected="the form of RFC 3261 §25.1", seen=problem, claim=f"malformed: {field}")


@rule("SIP-BODY")
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
