"""Transfers that the far end asks for: REFER is obeyed or refused, its call made, and news of it told (RFC 3515)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, held, judged
from harness.rules.notify import event_of
from harness.rules.reactions import WITHIN_S, after, over_at, reaction
from harness.rules.refers import Refer, refers_of, status_of
from harness.rules.registry import rule
from harness.rules.successors import REFERRED_BY, REPLACES, wishes

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

SCHEMES = ("sip", "sips")
FRAGMENT = "message/sipfrag"
CHALLENGES = (401, 407)
RUNNING = ("active", "pending")
KEPT_S = 0.4
"""Seconds for which a call is watched after the one that was to take its place failed."""


@rule("XFR-CALLED")
def a_refer_is_accepted(call: CallEvidence) -> Iterator[Finding]:
    """A REFER within a call that talks is accepted; one while another is under way may be refused."""
    for refer in _good(call):
        if refer.final is not None:
            claim, seen = "a REFER of the far end is accepted", refer.final.status
            yield judged(refer.accepted, refer.request, refer.final, expected=202, seen=seen, claim=claim)


@rule("XFR-CALLED", reads=("sip", "acts"), timed=True)
def a_call_follows(call: CallEvidence) -> Iterator[Finding]:
    """A REFER that was accepted is followed by an INVITE, unless the handset ends its call first."""
    for refer in _obeyed(call):
        made = _call_of(call, refer)
        keys = [act.at for act in call.acts("hang-up") if act.at >= refer.request.at]
        finding = reaction(
            call.evidence,
            refer.request,
            made.opening if made is not None else None,
            expected="INVITE of the base",
            over=min(keys, default=None),
            claim="a REFER that is accepted makes the base call",
        )
        if finding is not None:
            yield finding


@rule("XFR-CALLED", reads=("sip", "acts"))
def who_is_named_is_called(call: CallEvidence) -> Iterator[Finding]:
    """The address in Refer-To is called."""
    for refer in _obeyed(call):
        made = _call_of(call, refer)
        if made is not None and made.opening is not None:
            wanted, seen = _target(refer), made.opening.request_uri
            claim = "the address in Refer-To is called"
            good = _reaches(wanted, made.opening)
            yield judged(good, refer.request, made.opening, expected=wanted.uri, seen=seen, claim=claim)


@rule("XFR-CALLED", reads=("sip", "acts"))
def the_call_says_what_it_is_for(call: CallEvidence) -> Iterator[Finding]:
    """The INVITE names who asked for it (RFC 3892), and the dialog that it is to replace (RFC 3891)."""
    for refer in _obeyed(call):
        made = _call_of(call, refer)
        if made is None or made.opening is None:
            continue
        invite = made.opening
        asked = {REFERRED_BY: refer.request.header(REFERRED_BY)[:1], REPLACES: _asked(refer, REPLACES)}
        for name, wanted in asked.items():
            seen = invite.header(name)
            if wanted or seen:
                claim = f"the INVITE of a transfer has the {name.title()} that it was asked with"
                told = ", ".join(seen) or "none"
                expected = ", ".join(wanted) or "none"
                good = _squeezed(seen) == _squeezed(wanted)
                yield judged(good, refer.request, invite, expected=expected, seen=told, claim=claim)


@rule("XFR-NEWS", timed=True)
def the_far_end_hears_at_once(call: CallEvidence) -> Iterator[Finding]:
    """An accepted REFER is soon followed by a NOTIFY, unless both sides agreed to do without (RFC 4488)."""
    for refer in refers_of(call, by_base=False):
        if not refer.accepted or refer.final is None:
            continue
        first = next(iter(refer.notices), None)
        if _does_without(refer.final):
            claim = "no NOTIFY follows a REFER that was accepted without a subscription"
            yield judged(first is None, refer.final, *refer.notices[:1], expected="none", seen="NOTIFY", claim=claim)
            continue
        claim = "the far end is told at once of the transfer it asked for"
        finding = reaction(call.evidence, refer.final, first, expected="NOTIFY of the base", claim=claim)
        if finding is not None:
            yield finding


@rule("XFR-NEWS")
def news_has_its_form(call: CallEvidence) -> Iterator[Finding]:
    """Each NOTIFY says how long its subscription lasts, and has the status line of the call in a fragment."""
    for refer in refers_of(call, by_base=False):
        for notice in refer.notices:
            status, state = status_of(notice), _state(notice)
            due = RUNNING if status < 200 else ("terminated",)
            kind = next(iter(notice.header("content-type")), "").partition(";")[0].strip().lower()
            wrong = [] if state in due else [f"Subscription-State {state or 'not there'}"]
            wrong += [] if kind == FRAGMENT else [f"Content-Type {kind or 'not there'}"]
            wrong += [] if status else ["no status line"]
            claim = "a NOTIFY of a transfer has a status line, and is the last one if that is final"
            expected = f"{FRAGMENT} with a status, and Subscription-State {' or '.join(due)}"
            yield judged(not wrong, notice, expected=expected, seen=", ".join(wrong), claim=claim)


@rule("XFR-NEWS", reads=("sip", "acts"), timed=True)
def the_outcome_is_told(call: CallEvidence) -> Iterator[Finding]:
    """When the other call was answered, a last NOTIFY follows."""
    for refer, final in _ended(call):
        claim = "the far end is told how the transfer ended"
        expected = f"NOTIFY with {final.status}"
        finding = reaction(call.evidence, final, refer.outcome, expected=expected, claim=claim)
        if finding is not None:
            yield replace(finding, call_id=call.call_id)


@rule("XFR-NEWS", reads=("sip", "acts"))
def the_outcome_is_told_as_it_is(call: CallEvidence) -> Iterator[Finding]:
    """The last NOTIFY has the status with which the other call was answered."""
    for refer, final in _ended(call):
        if refer.outcome is not None:
            claim, told = "the far end is told the truth of the transfer", status_of(refer.outcome)
            good, wanted = told == final.status, final.status
            yield judged(good, refer.request, final, refer.outcome, expected=wanted, seen=told, claim=claim)


@rule("XFR-REFUSED")
def what_cannot_be_called_is_refused(call: CallEvidence) -> Iterator[Finding]:
    """A REFER without one address is 400; one whose address is none of SIP is refused (RFC 3515 section 2.4.2)."""
    for refer in refers_of(call, by_base=False):
        if not _is_wrong(refer) or refer.final is None:
            continue
        targets = refer.request.header("refer-to")
        wanted = "400" if len(targets) != 1 else "a refusal"
        what = f"{len(targets)} Refer-To" if wanted == "400" else "an address that SIP cannot call"
        claim = f"a REFER with {what} is refused"
        seen = refer.final.status
        good = seen == 400 if wanted == "400" else seen >= 400
        yield judged(good, refer.request, refer.final, expected=wanted, seen=seen, claim=claim)


@rule("XFR-KEPT", reads=("sip", "acts"), timed=True)
def a_failed_transfer_leaves_the_call(call: CallEvidence) -> Iterator[Finding]:
    """If the other one does not come, the call with who asked for it goes on (RFC 5589 section 6.3)."""
    for refer in _obeyed(call):
        final = _final_of(_call_of(call, refer))
        if final is None or final.status < 300 or (over_at(call, 0.0) or final.at) < final.at:
            continue
        bye = after(call.requests, final.at, lambda m: m.method == "BYE")
        keys = [act for act in call.acts("hang-up") if bye is not None and refer.request.at <= act.at <= bye.at]
        until = final.at + KEPT_S
        if bye is not None and bye.at <= until and not keys:
            claim = "a call whose far end could not transfer it goes on"
            yield broken(refer.request, final, bye, expected="no BYE of the base", seen="BYE", claim=claim)
        elif call.evidence.has_seen(final.at, until):
            yield held(refer.request, final)


def _good(call: CallEvidence) -> Iterator[Refer]:
    """The REFERs that the base has no reason to refuse."""
    answered = call.answer.at if call.answer is not None else float("inf")
    pending_until = 0.0
    for refer in refers_of(call, by_base=False):
        alone, over = refer.request.at > pending_until, over_at(call, 0.0)
        if refer.accepted:
            pending_until = refer.outcome.at if refer.outcome is not None else float("inf")
        due = refer.request.at >= answered and (over is None or over > refer.request.at)
        if alone and due and not _is_wrong(refer) and not refer.request.header("require"):
            yield refer


def _obeyed(call: CallEvidence) -> Iterator[Refer]:
    return (refer for refer in refers_of(call, by_base=False) if refer.accepted and not _is_wrong(refer))


def _is_wrong(refer: Refer) -> bool:
    """Whether Refer-To is not there once, or names no address that SIP could call."""
    targets = refer.request.header("refer-to")
    return len(targets) != 1 or headers.parse_address(targets[0]).uri.partition(":")[0].lower() not in SCHEMES


def _target(refer: Refer) -> headers.Address:
    return headers.parse_address(refer.request.header("refer-to")[0])


def _asked(refer: Refer, name: str) -> list[str]:
    found = wishes(refer.request.header("refer-to")[0]).get(name)
    return [found] if found else []


def _reaches(wanted: headers.Address, invite: SipMessage) -> bool:
    seen = headers.parse_address(f"<{invite.request_uri}>")
    return (unquote(wanted.user), wanted.host.lower()) == (unquote(seen.user), seen.host.lower())


def _call_of(call: CallEvidence, refer: Refer) -> CallEvidence | None:
    """The base's call that followed a REFER: that to its address, else the first that no key began."""
    start, evidence = refer.request.at, call.evidence
    near = [
        one
        for one in evidence.calls
        if one.opening is not None and not one.incoming and start <= one.began_at <= start + WITHIN_S
    ]
    by_itself = [one for one in near if not one.acts("dial", "speed-dial", "mailbox", "intercom")]
    named = [one for one in by_itself if one.opening is not None and _reaches(_target(refer), one.opening)]
    return next(iter(named or by_itself), None)


def _final_of(made: CallEvidence | None) -> SipMessage | None:
    """The last answer to the INVITE of a call; a challenge is none, nor the end of one that was cancelled."""
    if made is None or any(m.method == "CANCEL" for m in made.requests):
        return None
    finals = (m for m in made.heard if m.cseq.method == "INVITE" and m.status >= 200 and not m.resend)
    return next((m for m in finals if not 300 <= m.status < 400 and m.status not in (*CHALLENGES, 422)), None)


def _ended(call: CallEvidence) -> Iterator[tuple[Refer, SipMessage]]:
    """The REFERs whose call was answered, with that answer, if the far end is to hear of it."""
    for refer in _obeyed(call):
        final = _final_of(_call_of(call, refer))
        if final is not None and refer.final is not None and not _does_without(refer.final):
            yield refer, final


def _does_without(final: SipMessage) -> bool:
    """Whether a REFER was accepted without a subscription."""
    return any(value.strip().lower() == "false" for value in final.header("refer-sub"))


def _state(notice: SipMessage) -> str:
    assert event_of(notice)[0] == "refer"
    return next(iter(notice.header("subscription-state")), "").partition(";")[0].strip().lower()


def _squeezed(values: list[str]) -> list[str]:
    return ["".join(value.split()) for value in values]
