"""Calls of the base that the server forks: each branch is a dialog of its own (RFC 3261 section 13.2.2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, judged
from harness.rules.reactions import after, over_at, reaction
from harness.rules.registry import rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


@rule("CAL-4")
def the_branch_that_answered_is_talked_to(call: CallEvidence) -> Iterator[Finding]:
    """If several far ends rang, the base's requests after the answer are for the branch that answered."""
    branches = _branches(call)
    answers = _answers(call)
    if len(branches) < 2 or len(answers) != 1:
        return
    answer = answers[0]
    for request in call.requests:
        if request.at < answer.at or not request.to.tag or request.method == "CANCEL":
            continue
        claim = f"the {request.method} is for the branch that answered: To tag"
        yield judged(
            request.to.tag == answer.to.tag,
            answer,
            request,
            expected=answer.to.tag,
            seen=request.to.tag,
            claim=claim,
        )


@rule("CAL-4", timed=True)
def a_second_answer_is_hung_up(call: CallEvidence) -> Iterator[Finding]:
    """Of several far ends that answer, all but one get BYE."""
    answers = _answers(call)
    if len(answers) < 2:
        return
    ended = {m.to.tag for m in call.requests if m.method == "BYE"} | {
        m.from_.tag for m in call.asked_of_the_base if m.method == "BYE"
    }
    left = [answer for answer in answers if answer.to.tag not in ended]
    bye = after(call.requests, answers[1].at, lambda m: m.method == "BYE")
    claim = "all branches but one that answered are hung up"
    finding = reaction(
        call.evidence,
        answers[1],
        bye if len(left) < len(answers) else None,
        expected="BYE to one of them",
        over=None if len(left) == len(answers) else over_at(call, answers[1].at),
        claim=claim,
    )
    if finding is not None:
        yield finding


def _branches(call: CallEvidence) -> set[str]:
    """The To tags of provisional and final answers to the base's opening INVITE."""
    return {m.to.tag for m in _told(call) if m.status > 100 and m.to.tag}


def _answers(call: CallEvidence) -> list[SipMessage]:
    """The 2xx to the base's opening INVITE, one for each branch."""
    found: dict[str, SipMessage] = {}
    for m in _told(call):
        if 200 <= m.status < 300:
            found.setdefault(m.to.tag, m)
    return list(found.values())


def _told(call: CallEvidence) -> list[SipMessage]:
    if call.opening is None or call.incoming:
        return []
    branches = {m.branch for m in call.requests if m.method == "INVITE" and not m.to.tag}
    return [m for m in call.heard if not m.is_request and m.cseq.method == "INVITE" and m.branch in branches]
