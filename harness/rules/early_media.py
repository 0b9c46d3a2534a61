"""What comes before the answer: reliable provisional answers and early media (RFC 3262, RFC 3960)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, judged
from harness.rules.reactions import after, over_at, reaction
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


class ReliableExpect(Expect):
    """CAL-3: whether this unit knows reliable provisional answers."""

    prack: bool


@rule("CAL-3")
def reliable_ringing_is_confirmed(call: CallEvidence, expect: ReliableExpect) -> Iterator[Finding]:
    """Each reliable provisional answer to the base's INVITE is answered by a PRACK that names it."""
    if not expect.prack:
        return
    for ringing in _reliable(call):
        prack = after(call.requests, ringing.at, lambda m: m.method == "PRACK")
        claim = "a reliable 18x is answered by PRACK"
        finding = reaction(call.evidence, ringing, prack, expected="PRACK", over=over_at(call, ringing.at), claim=claim)
        if finding is not None and finding.result is Result.HELD and prack is not None:
            wanted = _rack_of(ringing)
            seen = " ".join(" ".join(prack.header("rack")).split())
            finding = judged(
                seen == wanted, ringing, prack, expected=wanted, seen=seen or "none", claim="RAck of PRACK"
            )
        if finding is not None:
            yield finding


@rule("CAL-3")
def own_ringing_is_reliable(call: CallEvidence, expect: ReliableExpect) -> Iterator[Finding]:
    """Where the caller requires it, the base's provisional answers want to be confirmed: Require: 100rel and RSeq."""
    invite = call.opening
    if not expect.prack or invite is None or not call.incoming or not invite.has("require", "100rel"):
        return
    for told in call.responses:
        if told.cseq.method == "INVITE" and 100 < told.status < 200:
            numbered = headers.number("".join(told.header("rseq")[:1])) is not None
            good = numbered and told.has("require", "100rel")
            claim, seen = "ringing is reliable where the caller requires it", f"{told.status} that wants no PRACK"
            yield judged(good, invite, told, expected="Require: 100rel and RSeq", seen=seen, claim=claim)


@rule("CAL-3")
def own_ringing_that_is_confirmed_is_accepted(call: CallEvidence) -> Iterator[Finding]:
    """The PRACK of the far end that names a reliable provisional answer of the base is answered by 200, if at all."""
    told = {_rack_of(m) for m in call.responses if 100 < m.status < 200 and m.header("rseq")}
    for prack in call.asked_of_the_base:
        if prack.method != "PRACK" or " ".join("".join(prack.header("rack")).split()) not in told:
            continue
        claim, answer = "a PRACK that confirms ringing is accepted", call.final(prack)
        if answer is not None:
            yield judged(answer.status == 200, prack, answer, expected=200, seen=answer.status, claim=claim)


def _rack_of(ringing: SipMessage) -> str:
    return f"{ringing.header('rseq')[0].strip()} {ringing.cseq.number} {ringing.cseq.method}"


def _reliable(call: CallEvidence) -> list[SipMessage]:
    """The reliable provisional answers to the base, each once by its dialog and RSeq."""
    found: dict[tuple[str, int, int], SipMessage] = {}
    for m in call.heard:
        number = headers.number("".join(m.header("rseq")[:1]))
        if 100 < m.status < 200 and m.has("require", "100rel") and number is not None:
            found.setdefault((m.to.tag, m.cseq.number, number), m)
    return list(found.values())
