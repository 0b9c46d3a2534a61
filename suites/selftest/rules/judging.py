"""What the rules say of messages on paper and of the small captures with a right answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.capture import trace
from harness.capture.messages import SipMessage
from harness.capture.sdp import parse
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge
from harness.rules.rows import rows_of
from suites.selftest.rules.healthy_call import BASE

CAPTURES = Path(__file__).parents[1] / "cases" / "captures"
CAPTURED_BASE = "192.0.2.50"
Change = Callable[[SipMessage], SipMessage]


def judged(evidence: Evidence) -> dict[str, Judgement]:
    """What each rule says, by its row; rules that nothing exercised are left out."""
    found = judge(evidence, "asterisk")
    return {one.rule.id: one for one in found if one.result is not Result.NOT_EXERCISED}


def of_messages(messages: Sequence[SipMessage]) -> dict[str, Judgement]:
    """The same of messages on paper."""
    return judged(Evidence([BASE], sip=messages))


def of_capture(name: str, base: str = CAPTURED_BASE) -> dict[str, Judgement]:
    """The same of one of the captures."""
    return judged(evidence_of_capture(name, base))


def evidence_of_capture(name: str, base: str = CAPTURED_BASE) -> Evidence:
    """What one of the captures shows; no act is known."""
    found = trace.read(CAPTURES / f"{name}.pcap")
    return Evidence([base], sip=found.sip, streams=lambda: found.streams, rtcp=found.rtcp, sight=found.sight)


def broken(judgements: dict[str, Judgement]) -> dict[str, list[str]]:
    """The rules that are broken with the claims that say what broke."""
    return {
        row: [found.claim or one.rule.claim for found in one.broken] for row, one in judgements.items() if one.broken
    }


def unsaid(judgements: dict[str, Judgement]) -> dict[str, list[str]]:
    """The rules of which something cannot be said, with the reasons."""
    return {row: [found.seen for found in one.unsaid] for row, one in judgements.items() if one.unsaid}


def unsaid_of_signalling(judgements: dict[str, Judgement]) -> dict[str, list[str]]:
    """The same of rules that need neither media nor acts."""
    rows = rows_of("asterisk")
    return {
        row: reasons
        for row, reasons in unsaid(judgements).items()
        if row.startswith(("SIP-", "SDP-")) and not rows[row].reads & {"rtp", "acts"}
    }


def without(name: str) -> Change:
    """A message without one of its headers."""
    return lambda m: replace(m, headers=tuple(pair for pair in m.headers if pair[0].lower() != name))


def with_header(name: str, value: str) -> Change:
    """A message with another value of one header."""

    def change(message: SipMessage) -> SipMessage:
        kept = tuple(pair for pair in message.headers if pair[0].lower() != name.lower())
        return replace(message, headers=(*kept, (name, value)))

    return change


def described(old: str, new: str) -> Change:
    """A message with another text in its description."""

    def change(message: SipMessage) -> SipMessage:
        text = message.sdp.text.replace(old, new)
        assert text != message.sdp.text
        body = message.body.replace(old.encode(), new.encode())
        length = with_header("Content-Length", str(len(body)))
        return length(replace(message, body=body, sdp_or_none=parse(text)))

    return change


def spoiled(messages: Sequence[SipMessage], method: str, status: int, change: Change) -> list[SipMessage]:
    """The base's messages of this method, or of this status to it, with a fault."""

    def one(message: SipMessage) -> SipMessage:
        meant = message.src == BASE and message.cseq.method == method and message.status == status
        return change(message) if meant and (status or message.method == method) else message

    return [one(message) for message in messages]
