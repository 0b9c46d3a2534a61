"""Attended transfers by the base: REFER with Replaces, and the end of both calls (RFC 3891, RFC 5589 section 7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.capture.equality import canonical
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held, judged
from harness.rules.reactions import WITHIN_S, after, over_at, reaction, unfelt
from harness.rules.refer_target import Target, dialog_text, target_of
from harness.rules.refers import Refer, refers_of
from harness.rules.registry import rule
from harness.rules.second_calls import held_beside, joins_by_hanging_up, stands
from harness.rules.transfer import KEPT_S, ended_after, hung_up

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act
    from harness.rules.successors import Replaces

UNSEEN = "the call that Replaces names is not in the trace"


@rule("XFR-2", reads=("sip", "acts"), timed=True)
def a_key_joins_both(call: CallEvidence) -> Iterator[Finding]:
    """The key that joins refers the held far end to the other one; the occasion is the key.

    Where the other one talks, the REFER says by Replaces whose place is taken.
    """
    for act in call.acts("transfer"):
        other = _other_of(call, act)
        if other is None:
            continue
        refer, claim = after(call.requests, act.at, _is_refer), "joining two calls sends REFER to the held far end"
        over = over_at(call, 0.0)
        finding = unfelt(act) or reaction(call.evidence, act, refer, expected="REFER", over=over, claim=claim)
        if finding is not None and finding.result is Result.HELD and refer is not None and stands(other, act.at):
            claim = "a far end that is joined with another one is told whose place it takes"
            finding = judged(
                target_of(refer).replaces is not None, act, refer, expected="Replaces", seen="none", claim=claim
            )
        if finding is not None:
            yield finding


@rule("XFR-2")
def replaces_is_escaped(call: CallEvidence) -> Iterator[Finding]:
    """In the URI of Refer-To all characters of Replaces are escaped that the grammar does not allow there."""
    for request, target, _ in _with_replaces(call):
        claim, source = "Replaces in Refer-To is escaped", "RFC 3261 §19.1.1, §25.1 (hvalue)"
        expected = "only [ ] / ? : + $ - _ . ! ~ * ' ( ), letters, digits, and %HH for all else"
        yield judged(target.is_escaped, request, expected=expected, seen=target.raw, claim=claim, source=source)


@rule("XFR-2")
def replaces_names_the_other_call(call: CallEvidence) -> Iterator[Finding]:
    """Replaces has Call-ID and tags of the other call as its far end knows them: the to-tag is the far end's own."""
    for request, _, replaces in _with_replaces(call):
        claim, source = "Replaces names the dialog of the other call, as its far end knows it", "RFC 3891 §3"
        other, seen = _named(call, replaces), dialog_text(replaces.call_id, replaces.own_tag, replaces.far_tag)
        if replaces.call_id == call.call_id:
            expected = "another call than the one that the REFER is sent in"
            yield broken(request, expected=expected, seen=seen, claim=claim, source=source)
        elif other is None and call.evidence.acts is not None:
            yield broken(request, expected="the other call", seen=f"no call: {seen}", claim=claim, source=source)
        elif other is None:
            yield cannot_be_said(request, why=UNSEEN, claim=claim)
        else:
            expected = dialog_text(other.call_id, _far_tag(other), other.own_tag)
            yield judged(seen == expected, request, expected=expected, seen=seen, claim=claim, source=source)


@rule("XFR-2")
def the_other_far_end_is_called(call: CallEvidence) -> Iterator[Finding]:
    """Refer-To has the address that the other far end named last as its Contact, or by which the dialog knows it."""
    for request, target, replaces in _with_replaces(call):
        other = _named(call, replaces)
        if other is None or other is call:
            continue
        known = _addresses(other, request.at)
        claim, source = "Refer-To names the other far end", "RFC 5589 §7.1 to §7.3"
        good = canonical(target.uri) in {canonical(one) for one in known}
        yield judged(good, request, expected=" or ".join(known), seen=target.uri, claim=claim, source=source)


@rule("XFR-3", reads=("sip", "acts"), timed=True)
def one_that_rings_is_given_up(call: CallEvidence) -> Iterator[Finding]:
    """Where the other far end has not answered yet, its call is cancelled and its number called; or it is replaced."""
    for act in call.acts("transfer"):
        other, refer = _other_of(call, act), after(call.requests, act.at, _is_refer)
        if other is None or refer is None or (other.answer is not None and other.answer.at <= act.at):
            continue
        target = target_of(refer)
        if target.replaces is not None:
            continue
        claim, asked = "the far end is sent to the number that was dialled", Target(_addresses(other, act.at)[-1])
        yield judged(asked.user == target.user, act, refer, expected=asked.uri, seen=target.uri, claim=claim)
        cancel = after(other.requests, act.at, lambda m: m.method == "CANCEL")
        claim = "a call that has not been answered is given up when its number is transferred to"
        finding = reaction(call.evidence, act, cancel, expected="CANCEL", over=other.ended_at, claim=claim)
        if finding is not None:
            yield finding


@rule("XFR-3", timed=True)
def success_ends_the_other_call(call: CallEvidence) -> Iterator[Finding]:
    """Once both far ends talk to each other, the call whose place was taken is ended, too."""
    for refer, other in _joined(call):
        outcome = refer.outcome
        if outcome is None or refer.failure is not None or not stands(other, outcome.at):
            continue
        yield from ended_after(outcome, other, claim="the call whose place was taken is ended")


@rule("XFR-3", reads=("sip", "acts"))
def the_other_call_waits_for_the_outcome(call: CallEvidence) -> Iterator[Finding]:
    """The base does not end the other call before its place was taken: there would be nothing to take."""
    for refer, other in _joined(call):
        bye = next((m for m in other.requests if m.method == "BYE"), None)
        failed = refer.failure is not None and bye is not None and refer.failure.at <= bye.at
        if bye is None or failed:
            continue
        known = refer.outcome is not None and refer.outcome.at <= bye.at
        claim, seen = "a call is not ended before its place was taken", "BYE before any final NOTIFY"
        yield judged(known, refer.request, bye, expected="a NOTIFY with 2xx before BYE", seen=seen, claim=claim)


@rule("XFR-5", reads=("sip", "acts"), timed=True)
def failure_keeps_the_other_call(call: CallEvidence) -> Iterator[Finding]:
    """If the transfer fails, the other call goes on as well, unless its user has hung up."""
    for refer, other in _joined(call):
        failure = refer.failure
        if failure is None or not stands(other, failure.at):
            continue
        until, claim = failure.at + KEPT_S, "both calls go on when joining them has failed"
        if other in _left(refer, call, other, until):
            continue
        bye = after(other.requests, failure.at, lambda m: m.method == "BYE")
        if bye is not None and bye.at <= until:
            yield broken(failure, bye, expected="no BYE of the base", seen="BYE", claim=claim)
        elif call.evidence.has_seen(failure.at, until):
            yield held(failure)


@rule("XFR-6", reads=("sip", "acts"), timed=True)
def hanging_up_joins(call: CallEvidence) -> Iterator[Finding]:
    """Hanging up in a call that talks, with another one on hold, joins the two where the setting says so."""
    for act, held_call in _hung_up_beside(call, joins=True):
        refer = after(held_call.requests, act.at, _is_refer)
        over = over_at(held_call, 0.0)
        claim = "hanging up joins two calls where the setting says so"
        finding = unfelt(act) or reaction(call.evidence, act, refer, expected="REFER", over=over, claim=claim)
        if finding is not None:
            yield finding


@rule("XFR-6", reads=("sip", "acts"))
def hanging_up_only_ends(call: CallEvidence) -> Iterator[Finding]:
    """Where the setting does not say so, hanging up leaves the held call as it is."""
    for act, held_call in _hung_up_beside(call, joins=False):
        claim = "hanging up keeps the held call, and joins none where the setting does not say so"
        until = act.at + KEPT_S
        refer = after(held_call.requests, act.at, lambda m: m.method in ("REFER", "BYE"))
        if finding := unfelt(act):
            yield finding
        elif refer is not None and refer.at <= until:
            yield broken(act, refer, expected="no REFER and no BYE in the held call", seen=refer.method, claim=claim)
        elif held_call.evidence.has_seen(act.at, until):
            yield held(act)


@rule("XFR-6", reads=("sip", "acts"), timed=True)
def who_hung_up_is_out_of_it(call: CallEvidence) -> Iterator[Finding]:
    """If joining fails after the user has hung up, the calls end in which he did: nobody is at the handset for them."""
    for refer, other in _joined(call):
        failure = refer.failure
        if failure is None:
            continue
        for one in _left(refer, call, other, failure.at):
            if not stands(one, failure.at):
                continue
            bye = after(one.requests, failure.at, lambda m: m.method == "BYE")
            claim, over = "a call in which the user hung up ends when joining has failed", over_at(one, 0.0)
            finding = reaction(call.evidence, failure, bye, expected="BYE of the base", over=over, claim=claim)
            if finding is not None:
                yield finding


def _left(refer: Refer, call: CallEvidence, other: CallEvidence, until: float) -> list[CallEvidence]:
    """The calls that the user has left: the other one where its hanging up began it, both where he did so later."""
    since = refer.request.at
    if hung_up(call, since, until):
        return [call, other]
    return [other] if hung_up(other, since - WITHIN_S, since) else []


def _hung_up_beside(call: CallEvidence, *, joins: bool) -> Iterator[tuple[Act, CallEvidence]]:
    """The keys that hang up in this call with the one on hold beside it, where this joins the two, or does not."""
    for act in call.acts("hang-up"):
        held_call = held_beside(call, act)
        if held_call is not None and joins_by_hanging_up(call, act) is joins:
            yield act, held_call


def _is_refer(message: SipMessage) -> bool:
    return message.method == "REFER"


def _with_replaces(call: CallEvidence) -> Iterator[tuple[SipMessage, Target, Replaces]]:
    """The base's REFERs that say whose place is taken."""
    for request in filter(_is_refer, call.requests):
        target = target_of(request)
        if target.replaces is not None:
            yield request, target, target.replaces


def _joined(call: CallEvidence) -> Iterator[tuple[Refer, CallEvidence]]:
    """The REFERs of a call with the call whose place is taken."""
    for refer in refers_of(call, by_base=True):
        replaces = target_of(refer.request).replaces
        other = _named(call, replaces) if replaces is not None else None
        if other is not None and other is not call:
            yield refer, other


def _named(call: CallEvidence, replaces: Replaces) -> CallEvidence | None:
    """The call of this Call-ID; of two ends of one the base has, the one whose tag is named."""
    found = [one for one in call.evidence.calls if one.call_id == replaces.call_id]
    tags = (replaces.own_tag, replaces.far_tag)
    return next((one for one in found if one.own_tag in tags), found[0] if found else None)


def _other_of(call: CallEvidence, act: Act) -> CallEvidence | None:
    """The call that an act joins this one with."""
    name = act.detail.get("other", "")
    return next((one for one in call.evidence.calls if one.call_id == name), None) if name else None


def _far_tag(call: CallEvidence) -> str:
    """The tag of the far end that talks: the one that called, or that answered."""
    if call.answer is None:
        return call.far_tags[0] if call.far_tags else ""
    return _far(call, call.answer).tag


def _addresses(call: CallEvidence, at: float) -> list[str]:
    """The Contact that the far end named last before a moment, and its address of record."""
    told = [m for m in call.heard if m.at <= at and m.cseq.method in ("INVITE", "UPDATE") and m.status < 300]
    contacts = [m.contact.uri for m in told if m.header("contact")]
    return [*contacts[-1:], _far(call, call.opening or call.messages[0]).uri]


def _far(call: CallEvidence, message: SipMessage) -> headers.Address:
    """The far end as a message of its dialog names it."""
    return message.to if message.from_.tag == call.own_tag else message.from_
