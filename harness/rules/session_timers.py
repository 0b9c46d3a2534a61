"""Session timers that are asked for and granted (RFC 4028 sections 4 to 9)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, held_unless
from harness.rules.registry import rule
from harness.rules.values import squeezed

SHORTEST_S = 90


@rule("SIP-TIMER")
def session_timer(call: CallEvidence) -> Iterator[Finding]:
    """Offer and answer name the refresher and the interval."""
    for message in (m for m in [*call.requests, *call.responses] if m.header("session-expires")):
        yield from held_unless(_timer(call, message), message)


def _timer(call: CallEvidence, message: SipMessage) -> Iterator[Finding]:
    seconds, named = _interval(message)
    least = max([SHORTEST_S, *_numbers(message.header("min-se"))])
    if seconds < least:
        claim = "Session-Expires is not below Min-SE"
        text = ", ".join(message.header("session-expires"))
        yield broken(message, expected=f"{least} s at least", seen=text, claim=claim, source="RFC 4028 §4, §5")
    if message.is_request:
        if "timer" not in _tags(message, "supported"):
            claim = "who asks for a session timer supports it"
            seen = ", ".join(message.header("supported")) or "none"
            yield broken(message, expected="timer in Supported", seen=seen, claim=claim, source="RFC 4028 §7.1")
    elif named not in ("uac", "uas"):
        claim = "the answer names the refresher"
        yield broken(message, expected="uac or uas", seen=named or "none", claim=claim, source="RFC 4028 §9")
    else:
        yield from _granted(call, message, seconds, named)


def _granted(call: CallEvidence, response: SipMessage, seconds: int, named: str) -> Iterator[Finding]:
    request = call.request_of(response)
    if request is None:
        return
    asked, wish = _interval(request)
    if asked and seconds > asked:
        claim = "a session interval is not raised"
        yield broken(
            request, response, expected=f"{asked} s at most", seen=f"{seconds} s", claim=claim, source="RFC 4028 §9"
        )
    if wish and named != wish:
        claim = "the refresher that was asked for is taken"
        yield broken(request, response, expected=wish, seen=named, claim=claim, source="RFC 4028 §9 (table 2)")
    if named == "uac" and "timer" not in _tags(response, "require"):
        claim = "Require: timer, where the far end is to refresh"
        seen = ", ".join(response.header("require")) or "none"
        yield broken(response, expected="timer in Require", seen=seen, claim=claim, source="RFC 4028 §9")


def _interval(message: SipMessage) -> tuple[int, str]:
    """Seconds and refresher of Session-Expires; 0 without a number."""
    text = squeezed("".join(message.header("session-expires")))
    seconds, _, rest = text.partition(";")
    return headers.number(seconds) or 0, headers.parameters(rest).get("refresher", "").lower()


def _tags(message: SipMessage, name: str) -> list[str]:
    return [tag.lower() for tag in message.header(name)]


def _numbers(values: list[str]) -> list[int]:
    found = (headers.number(value.partition(";")[0].strip()) for value in values)
    return [one for one in found if one is not None]
