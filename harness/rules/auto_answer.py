"""Calls that the phone answers by itself, and calls that it must not (RFC 5373, and forms of vendors)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.call_refusal import DND, FORWARDING, ON, account_talks
from harness.rules.called_setting import called_setting
from harness.rules.findings import Finding, Result, judged
from harness.rules.reactions import reaction
from harness.rules.registry import Expect, rule
from harness.rules.successors import is_successor

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

ALLOWED, CONNECTS = "allow_intercom_calls", "user_auto_connect"
EARLY_S = 0.1
_AFTER = re.compile(r";\s*answer-after\s*=\s*\"?(\d+)", re.IGNORECASE)
_ALERT = re.compile(r";\s*info\s*=\s*\"?alert-autoanswer\b", re.IGNORECASE)
_DELAY = re.compile(r";\s*delay\s*=\s*\"?(\d+)", re.IGNORECASE)


class AutoAnswerExpect(Expect):
    """CAL-11: seconds within which a call that is due is answered, and the forms that this platform uses."""

    within_s: float
    forms: frozenset[str]


@rule("CAL-11", reads=("sip", "acts"), timed=True)
def answered_where_it_is_allowed(call: CallEvidence, expect: AutoAnswerExpect) -> Iterator[Finding]:
    """Where the identity allows it, a call that asks for it is answered by itself; with auto connect every call is."""
    invite, due = call.opening, _due(call, expect)
    if invite is None or due is None or due < 0 or account_talks(call, invite):
        return
    final, claim = call.final(invite), "a call is answered by itself"
    if call.acts("answer", "hang-up") or (_may_be_sent_away(call) and (final is None or final.status != 200)):
        return
    gone = next((m.at for m in call.heard if m.method == "CANCEL"), None)
    limit = due + expect.within_s
    finding = reaction(call.evidence, invite, final, expected="200", within=limit, over=gone, claim=claim)
    if finding is not None and finding.result is Result.HELD and final is not None:
        finding = judged(final.status == 200, invite, final, expected=200, seen=final.status, claim=claim)
    if finding is not None:
        yield finding


@rule("CAL-11", reads=("sip", "acts"), timed=True)
def never_answered_elsewhere(call: CallEvidence, expect: AutoAnswerExpect) -> Iterator[Finding]:
    """Without permission, in another call, or before its time no call that asks for it is answered without a key."""
    invite, due = call.opening, _due(call, expect)
    if invite is None or due is None or not (_asks(invite, expect) is not None or due >= 0):
        return
    first = next((m for m in call.responses_to(invite) if m.status > 100), None)
    if first is None or call.acts("answer"):
        return
    final = call.final(invite)
    answered = final is not None and final.status == 200
    at = final.at - invite.at if final is not None else 0.0
    if due < 0 or account_talks(call, invite):
        claim = "no call is answered by itself without permission, or in another call"
        yield judged(not answered, invite, final or first, expected="180, no 200 without a key", seen=200, claim=claim)
    elif answered and due:
        claim = "a call that is to be answered later rings until then"
        expected, seen = f"200 after {due} s", f"after {at:.1f} s"
        yield judged(at >= due - EARLY_S, invite, first, expected=expected, seen=seen, claim=claim)


def _may_be_sent_away(call: CallEvidence) -> bool:
    """Whether do not disturb or forwarding is, or may be, on: it comes first."""
    quiet, forwards = called_setting(call, DND, "off"), called_setting(call, FORWARDING, "0")
    return quiet is None or quiet.lower() in ON or forwards not in ("", "0")


def _due(call: CallEvidence, expect: AutoAnswerExpect) -> int | None:
    """Seconds after which a call is answered by itself, -1 for never; None where the settings are not known."""
    invite = call.opening
    if invite is None or not call.incoming or is_successor(call):
        return None
    connects, allowed = called_setting(call, CONNECTS, "off"), called_setting(call, ALLOWED, "on")
    if connects is None or allowed is None:
        return None
    if connects.lower() in ON:
        return 0
    asked = _asks(invite, expect)
    return asked if asked is not None and allowed.lower() in ON else -1


def _asks(invite: SipMessage, expect: AutoAnswerExpect) -> int | None:
    """Seconds after which the caller asks to be answered; None if it does not, or not in a form of this platform."""
    if "Answer-Mode" in expect.forms and any(v.strip().lower() == "auto" for v in invite.header("answer-mode")):
        return 0
    for value in invite.header("call-info"):
        if "Call-Info" in expect.forms and (after := _AFTER.search(value)):
            return int(after[1])
    for value in invite.header("alert-info"):
        if "Alert-Info" in expect.forms and _ALERT.search(value):
            delay = _DELAY.search(value)
            return int(delay[1]) if delay else 0
    return None
