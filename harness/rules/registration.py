"""How a binding is kept: refreshed in time, under one Call-ID, with rising CSeq numbers (RFC 3261 section 10.2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.capture.equality import canonical, folded, is_copy
from harness.capture.messages import SipMessage
from harness.rules.binding import BindingEvidence, Grant, asks_for_a_binding, same_binding
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.registration_refusal import retry_after
from harness.rules.registry import rule
from harness.rules.transactions import Transaction

RETRY_WITHIN_S = 120.0
"""A refresh that failed temporarily is tried again while the binding lasts, or within these seconds."""
FOR_A_TIME = (408, 480, 500, 502, 503, 504, 600)
"""Temporary refusals: the binding has to be renewed as soon as they end."""
HURRY = 0.25
"""The share of the granted time before which a refresh is too early."""
AT_ONCE_S = 5.0
RANOUT = "the binding is refreshed before it runs out"


@rule("REG-8", reads=("sip", "acts", "dhcp"), timed=True)
def granted_time_is_obeyed(binding: BindingEvidence) -> Iterator[Finding]:
    """The occasion is the end of the granted time: before it the base refreshed or removed the binding, or tried to."""
    for grant in binding.grants:
        tries = []
        for one in binding.after(grant.at):
            if one.at > grant.ends:
                break
            tries.append(one)
            if not asks_for_a_binding(one.request) or _granted(one):
                break
        if not tries:
            yield from _never_refreshed(binding, grant)
        elif _granted(tries[-1]) is not None:
            yield held(grant.response, tries[-1].request)
        elif asks_for_a_binding(tries[-1].request):
            yield from _in_vain(binding, grant, tries[-1])


def _granted(one: Transaction) -> int | None:
    return one.final.status if one.final is not None and 200 <= one.final.status < 300 else None


def _never_refreshed(binding: BindingEvidence, grant: Grant) -> Iterator[Finding]:
    evidence = binding.evidence
    if evidence.sight.ends < grant.ends or binding.touched(grant.at, grant.ends):
        return
    late = binding.next_after(grant.at)
    expected = f"a REGISTER within {grant.seconds} s of the 200"
    if not evidence.saw_all(grant.at, grant.ends):
        yield cannot_be_said(grant.response, why="the capture lost packets before the binding ran out", claim=RANOUT)
    elif late is not None and (evidence.settings.known or late.request.call_id == grant.request.call_id):
        seen = f"the next after {late.at - grant.at:.1f} s"
        yield broken(grant.response, late.request, expected=expected, seen=seen, claim=RANOUT)
    elif evidence.settings.known or (late is None and evidence.alive_after(grant.ends)):
        yield broken(grant.response, expected=expected, seen="none", claim=RANOUT)
    else:
        yield cannot_be_said(grant.response, why="the base may have lost power or restarted", claim=RANOUT)


def _in_vain(binding: BindingEvidence, grant: Grant, last: Transaction) -> Iterator[Finding]:
    """A refresh that was refused or not answered is tried again before the binding runs out."""
    final = last.final
    if final is not None and final.status not in FOR_A_TIME:
        return
    failed_at = last.sends[-1].at if final is None else final.at
    due = max(grant.ends, failed_at + RETRY_WITHIN_S, failed_at + 1.1 * (_pause(last) or 0))
    again = binding.next_after(last.at)
    if binding.evidence.sight.ends < due and (again is None or again.at <= due):
        return
    if (again is not None and again.at <= due) or binding.touched(grant.at, due):
        return
    if not binding.evidence.saw_all(grant.at, due):
        yield cannot_be_said(grant.response, last.request, why="the capture lost packets after the refresh")
        return
    what = f"a {final.status}" if final is not None else "no answer"
    expected = f"another REGISTER within {due - failed_at:.0f} s of {what}"
    seen = "none" if again is None else f"the next after {again.at - failed_at:.0f} s: the binding ran out"
    occasions = [grant.response, last.request, *([final] if final else []), *([again.request] if again else [])]
    yield broken(*occasions, expected=expected, seen=seen, claim=RANOUT, source="RFC 3261 §10.2.4")


def _pause(one: Transaction) -> int | None:
    return retry_after(one.final) if one.final is not None else None


@rule("REG-REFRESH", reads=("sip", "acts", "dhcp"), timed=True)
def refresh_is_not_hurried(binding: BindingEvidence) -> Iterator[Finding]:
    """A valid binding is not renewed more often than needed: each REGISTER loads the server."""
    for grant in binding.grants:
        again = binding.next_after(grant.request.at)
        if again is None or not asks_for_a_binding(again.request) or grant.request.transport.lower() != "udp":
            continue
        kept = again.request.call_id == grant.request.call_id
        moved = not same_binding(again.request.contact, grant.request.contact)
        if not kept or moved or again.at <= grant.at or binding.touched(grant.request.at, again.at):
            continue
        gap = again.at - grant.at
        if gap >= grant.seconds * HURRY:
            yield held(grant.response, again.request)
        elif binding.evidence.settings.known:
            expected = f"after {grant.seconds * HURRY:g} s or more"
            yield broken(grant.response, again.request, expected=expected, seen=f"after {gap:.1f} s")
        else:
            yield cannot_be_said(grant.response, again.request, why="the settings may have been saved in between")


@rule("REG-CSEQ", reads=("sip", "acts", "dhcp"))
def numbers_count_on(binding: BindingEvidence) -> Iterator[Finding]:
    """Each new REGISTER of a Call-ID has the next number, after any answer to the one before (section 10.2)."""
    for conversation in binding.by_call_id().values():
        for before, after in pairwise(conversation):
            was, now = before.request.cseq.number, after.request.cseq.number
            claim = f"the CSeq of a REGISTER is one higher after {_outcome(before)}"
            occasions = (before.request, *([before.final] if before.final else []), after.request)
            if now == was + 1 or (now > was and not _is_direct(before, after)):
                yield held(*occasions)  # a request that could not be sent (no address, no connection) counts too
            elif now > was and not binding.evidence.saw_all(before.at, after.at):
                yield cannot_be_said(*occasions, why="requests may be missing in the capture", claim=claim)
            else:
                yield broken(*occasions, expected=was + 1, seen=now, claim=claim)


def _is_direct(before: Transaction, after: Transaction) -> bool:
    """Whether a request is the corrected repetition of the one before it: none can have been lost between them."""
    final = before.final
    mends = final is not None and final.status in (401, 407, 420, 423) and after.at <= final.at + AT_ONCE_S
    return mends and before.over_udp and after.over_udp


def _outcome(one: Transaction) -> str:
    if one.final is None:
        return "a request without an answer"
    return "a grant" if one.final.status < 300 else f"a {one.final.status}"


@rule("REG-CALL-ID", reads=("sip", "acts", "dhcp"))
def one_call_id(binding: BindingEvidence) -> Iterator[Finding]:
    """All REGISTERs from one start of the base to the next have one Call-ID, also after a refusal."""
    for before, after in pairwise(binding.transactions):
        if not asks_for_a_binding(before.request) or not asks_for_a_binding(after.request):
            continue
        same = before.request.call_id == after.request.call_id
        claim = f"a REGISTER keeps its Call-ID after {_outcome(before)}"
        occasions = (before.request, *([before.final] if before.final else []), after.request)
        if same:
            yield held(*occasions)
        elif binding.touched(before.at, after.at):
            continue
        elif not binding.evidence.settings.known and after.at - before.sends[-1].at > AT_ONCE_S:
            yield cannot_be_said(*occasions, why="the base may have restarted in between", claim=claim)
        else:
            expected, seen = before.request.call_id, after.request.call_id
            yield broken(*occasions, expected=expected, seen=seen, claim=claim)


@rule("REG-CONTACT")
def contact_is_kept(binding: BindingEvidence) -> Iterator[Finding]:
    """A refresh has the Contact of the request before, with all its parameters."""
    for conversation in binding.by_call_id().values():
        asking = [one.request for one in conversation if asks_for_a_binding(one.request)]
        for before, after in pairwise(asking):
            if (before.src, before.sport, before.transport) != (after.src, after.sport, after.transport):
                continue
            was, now = (", ".join(request.header("contact")) for request in (before, after))
            same = is_copy(after.contact.uri, before.contact.uri) and _lasting(before) == _lasting(after)
            yield judged(same, before, after, expected=was, seen=now)


@rule("REG-CONTACT")
def one_binding(binding: BindingEvidence) -> Iterator[Finding]:
    """An identity has one binding at the server: a changed Contact replaces the one before it."""
    asked: dict[str, set[str]] = {}
    for one in binding.transactions:
        mine = asked.setdefault(one.request.call_id, set())
        if not asks_for_a_binding(one.request):
            mine.clear()
            continue
        mine.add(canonical(one.request.contact.uri))
        if one.final is not None and one.final.status < 300:
            listed = sorted({canonical(contact.uri) for contact in one.final.contacts} & mine)
            if len(listed) > 1:
                claim, source = "an identity has one binding", "RFC 3261 §10.2.2, RFC 5626 §4.2.1"
                seen = ", ".join(listed)
                yield broken(
                    one.request, one.final, expected="one Contact of the base", seen=seen, claim=claim, source=source
                )


def _lasting(request: SipMessage) -> dict[str, str]:
    """The parameters of a Contact that identify the binding: all but expiry and preference."""
    return folded({name: value for name, value in request.contact.params.items() if name not in ("expires", "q")})
