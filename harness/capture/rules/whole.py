"""All rules of signalling over one call."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.capture.messages import SipMessage
from harness.capture.rules.descriptions import broken_descriptions
from harness.capture.rules.requests import broken_requests
from harness.capture.rules.responses import broken_contacts, broken_responses
from harness.capture.rules.talk import Talk
from harness.errors import Expectation


def broken_signalling(messages: Sequence[SipMessage], base: Collection[str]) -> list[Expectation]:
    """Everything that the base broke in one call, in the order of what matters most."""
    talk = Talk(messages, base)
    return [*broken_requests(talk), *broken_responses(talk), *broken_contacts(talk), *broken_descriptions(talk)]
