"""Calls that the base forwards by 302 (RFC 3261 section 8.1.3.4): when, and to where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers
from harness.rules.acts import REJECTING
from harness.rules.call_evidence import CallEvidence
from harness.rules.call_refusal import CALL_WAITING, EARLY_S, LATE_S, account_talks, is_off
from harness.rules.called_setting import called_setting
from harness.rules.findings import Finding, Result, broken, judged
from harness.rules.reactions import WITHIN_S, reaction
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

MODE, NUMBER, TIMEOUT = "user_forward_mode", "user_forward_number", "user_forward_timeout"
MOVED = 302
REASONS = {"always": "unconditional", "busy": "user-busy", "no_answer": "no-answer"}
"""Of a Diversion header (RFC 5806 section 4.1)."""


class ForwardExpect(Expect):
    """CAL-9: the values of the setting that chooses a case, and headers that a 302 carries beside its Contact."""

    no_case: str
    always: str
    busy: str
    no_answer: str
    carries: tuple[str, ...]

    def mode(self, case: str) -> str:
        """The value of a case."""
        return str(getattr(self, case))


@rule("CAL-9", reads=("sip", "acts"))
def all_calls_are_forwarded(call: CallEvidence, expect: ForwardExpect) -> Iterator[Finding]:
    """With forwarding of all calls an INVITE is answered by 302 at once, without ringing."""
    invite = call.opening
    if invite is None or not _set(call, expect, "always"):
        return
    answer = next((m for m in call.responses_to(invite) if m.status > 100), None)
    yield from _moved(call, invite, answer, "a call is forwarded at once")


@rule("CAL-9", reads=("sip", "acts"))
def a_busy_identity_forwards(call: CallEvidence, expect: ForwardExpect) -> Iterator[Finding]:
    """Where calls are forwarded when busy, a second one is without call waiting; a free identity forwards none."""
    invite = call.opening
    if invite is None or not _set(call, expect, "busy"):
        return
    final, talks = call.final(invite), account_talks(call, invite)
    if talks and is_off(called_setting(call, CALL_WAITING, factory="on")):
        yield from _moved(call, invite, final, "a call to a busy identity is forwarded")
    elif final is not None and not talks:
        claim = "an identity that is free forwards no call"
        yield judged(final.status != MOVED, invite, final, expected=f"no {MOVED}", seen=final.status, claim=claim)


@rule("CAL-9", reads=("sip", "acts"), timed=True)
def an_unanswered_call_is_forwarded(call: CallEvidence, expect: ForwardExpect) -> Iterator[Finding]:
    """A call that rings without an answer is forwarded when the time that is set is over."""
    invite, ringing = call.opening, next((m for m in call.responses if m.status == 180), None)
    seconds = _seconds(call, expect)
    if invite is None or ringing is None or seconds is None:
        return
    final = call.final(invite)
    over = final.at if final is not None else call.last_at
    keys = (act.detail.get("key") for act in call.evidence.acts_of("key") if ringing.at <= act.at <= over)
    ended = any(m.method == "CANCEL" for m in call.heard) or call.acts("hang-up", "answer")
    if ended or any(key in REJECTING for key in keys):
        return
    claim = "a call without an answer is forwarded when its time is over"
    yield from _moved(call, ringing, final, claim, within=seconds + LATE_S)


@rule("CAL-9", reads=("sip", "acts"))
def no_call_is_forwarded_too_early(call: CallEvidence, expect: ForwardExpect) -> Iterator[Finding]:
    """A call that is forwarded without an answer could be answered for the time that is set."""
    invite, seconds = call.opening, _seconds(call, expect)
    final = call.final(invite) if invite is not None else None
    if invite is None or final is None or seconds is None or final.status != MOVED:
        return
    if any(m.status == 180 for m in call.responses):
        rung = final.at - invite.at
        claim = "a call is not forwarded before its time is over"
        expected, seen = f"{MOVED} after {seconds} s", f"after {rung:.1f} s"
        yield judged(rung >= seconds - EARLY_S, invite, final, expected=expected, seen=seen, claim=claim)


@rule("CAL-9", reads=("sip", "acts"))
def the_target_is_named(call: CallEvidence, expect: ForwardExpect) -> Iterator[Finding]:
    """A 302 names one Contact: the number that is set, at the registrar, or the address that is set."""
    invite = call.opening
    final = call.final(invite) if invite is not None and call.incoming else None
    if invite is None or final is None or final.status != MOVED:
        return
    if len(final.contacts) != 1:
        yield broken(invite, final, expected="one Contact", seen=len(final.contacts), claim="a 302 names its target")
        return
    if number := called_setting(call, NUMBER):
        user, host = _address(call, number)
        target = final.contact
        good = unquote(target.user.partition(";")[0]) == user and host in ("", target.host.lower())
        claim = "the target of a forwarded call is the one that is set"
        yield judged(good, invite, final, expected=f"{user}@{host or '…'}", seen=target.uri, claim=claim)
    yield from _carries(call, invite, final, expect)


@rule("CAL-9", reads=("sip", "acts"))
def nothing_else_is_forwarded(call: CallEvidence, expect: ForwardExpect) -> Iterator[Finding]:
    """No call is forwarded where nothing is set, nor to the identity itself, which would call itself for ever."""
    invite, mode = call.opening, called_setting(call, MODE)
    final = call.final(invite) if invite is not None and call.incoming else None
    if invite is None or final is None or mode is None:
        return
    if mode in ("", expect.no_case):
        if final.status == MOVED:
            claim = "a call is not forwarded where nothing is set"
            yield broken(invite, final, expected=f"no {MOVED}", seen=final.status, claim=claim)
    elif _is_own(call):
        claim = "an identity does not forward to itself"
        yield judged(final.status != MOVED, invite, final, expected=f"no {MOVED}", seen=final.status, claim=claim)


def _seconds(call: CallEvidence, expect: ForwardExpect) -> int | None:
    """How long a call like this one rings before it is forwarded; None if it is not, or the time is not known."""
    text = called_setting(call, TIMEOUT, factory="10") or ""
    known = _set(call, expect, "no_answer") and text.isascii() and text.isdigit()
    return int(text) if known else None


def _moved(
    call: CallEvidence, cause: SipMessage, answer: SipMessage | None, claim: str, within: float = WITHIN_S
) -> Iterator[Finding]:
    finding = reaction(call.evidence, cause, answer, expected=f"{MOVED}", within=within, claim=claim)
    if finding is not None and finding.result is Result.HELD and answer is not None:
        finding = judged(answer.status == MOVED, cause, answer, expected=MOVED, seen=answer.status, claim=claim)
    if finding is not None:
        yield finding


def _carries(call: CallEvidence, invite: SipMessage, final: SipMessage, expect: ForwardExpect) -> Iterator[Finding]:
    """Who was called first and why it goes elsewhere, in the header that the platform reads (RFC 5806, RFC 7044)."""
    for name in expect.carries:
        values = [headers.parse_address(value) for value in final.header(name)]
        who = values[0].user if values else "none"
        seen = ", ".join(final.header(name)) or "none"
        claim = f"{name} of a forwarded call names who was called"
        yield judged(who == call.account, invite, final, expected=call.account, seen=seen, claim=claim)
        wanted = next((REASONS[case] for case in REASONS if called_setting(call, MODE) == expect.mode(case)), "")
        reason = values[0].params.get("reason", "").strip('"').lower() if values else ""
        if wanted and reason:
            claim = f"{name} of a forwarded call says why"
            yield judged(reason == wanted, invite, final, expected=wanted, seen=seen, claim=claim)


def _set(call: CallEvidence, expect: ForwardExpect, case: str) -> bool:
    """Whether calls like this one are to be forwarded in this case."""
    if not call.incoming or called_setting(call, MODE) != expect.mode(case):
        return False
    return bool(called_setting(call, NUMBER)) and not _is_own(call)


def _is_own(call: CallEvidence) -> bool:
    number = called_setting(call, NUMBER) or ""
    user, host = _address(call, number)
    return bool(number) and user == call.account and host in ("", _registrar(call))


def _address(call: CallEvidence, number: str) -> tuple[str, str]:
    """User and host that a number or address means; no host where the registrar is not known."""
    if "@" not in number:
        return number, _registrar(call)
    uri = number if number.lower().startswith(("sip:", "sips:")) else f"sip:{number}"
    found = headers.parse_address(f"<{uri}>")
    return unquote(found.user), found.host.lower()


def _registrar(call: CallEvidence) -> str:
    host = called_setting(call, "user_host") or ""
    return headers.parse_address(f"<sip:{host}>").host.lower() if host else ""
