"""The presence that the base publishes: only where it is asked for, by the rules of RFC 3903, true to its user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.publications import PUBLISHES, REFUSALS, YES, Publication, entity_of, publications, state_in
from harness.rules.reactions import SAVED_S
from harness.rules.registry import Expect, rule

WITHIN_S = 5.0
"""Seconds from what a user does to the PUBLISH that says so, and from a 412 to the publication made anew."""
NONE_WITHIN_S = 2.0
"""Seconds after an identity is told to publish in which it would have done so."""
UNKNOWN = "whether the identity publishes is not known at this moment"


class PublishExpect(Expect):
    """FEA-1: whether the platform knows PUBLISH at all."""

    publishes: bool


@rule("FEA-1", reads=("sip", "acts", "shown"))
def published_where_it_is_asked_for(evidence: Evidence, expect: PublishExpect) -> Iterator[Finding]:
    """PUBLISH is sent for an identity whose setting asks for it, and for a platform that knows it."""
    for user, sent in publications(evidence).items():
        for one in sent:
            if not expect.publishes:
                yield broken(one.request, expected="no PUBLISH", seen=one.request.first_line)
            elif not one.withdraws:
                yield _asked_for(evidence, user, one)


@rule("FEA-1", reads=("sip", "acts"), timed=True)
def a_platform_without_presence_gets_none(evidence: Evidence, expect: PublishExpect) -> Iterator[Finding]:
    """Where the platform knows no PUBLISH, the setting that asks for it has no effect; one sent is another's break."""
    for act in () if expect.publishes else evidence.acts_of("setting"):
        due = act.ended + NONE_WITHIN_S
        asks = act.detail.get("name") == PUBLISHES and act.detail.get("value", "").lower() in YES
        if asks and evidence.saw_all(act.ended, due) and not _published(evidence, act.at, due):
            yield held(act)


def _published(evidence: Evidence, start: float, end: float) -> bool:
    return any(start <= one.at <= end for sent in publications(evidence).values() for one in sent)


def _asked_for(evidence: Evidence, user: str, one: Publication) -> Finding:
    known = [_publishes(evidence, user, at) for at in (one.at, one.at + SAVED_S)]
    if True in known:
        return held(one.request)
    if None in known:
        return cannot_be_said(one.request, why=UNKNOWN)
    return broken(one.request, expected=f"no PUBLISH: {PUBLISHES} is off", seen=one.request.first_line)


@rule("FEA-1", reads=("sip", "acts", "shown"), timed=True)
def the_state_follows_the_user(evidence: Evidence) -> Iterator[Finding]:
    """Soon after a call begins or ends, or do not disturb is switched, what is published is what the user does."""
    for user, sent in publications(evidence).items():
        calls = [call for call in evidence.calls if _account_of(call) == user]
        causes = sorted([*_turns(calls), *_switches(evidence, user)])
        for number, at in enumerate(causes):
            due = at + WITHIN_S
            alone = number + 1 == len(causes) or causes[number + 1] > due
            if alone and sent[0].at < at and _steady(evidence, user, sent, at, due):
                yield from _follows(evidence, user, sent, calls, due)


def _follows(
    evidence: Evidence, user: str, sent: Sequence[Publication], calls: Sequence[CallEvidence], at: float
) -> Iterator[Finding]:
    """What was published until a moment beside what the user does then."""
    documents = [one for one in sent if one.at <= at and one.taken and one.request.body]
    expected = _expected(evidence, user, calls, at)
    if not documents or expected is None:
        return
    seen = state_in(documents[-1].request.body)
    if seen == "away" and expected == "online":
        return  # the handset may be away: whose it is no packet shows
    claim = "what is published is what the user does"
    yield judged(seen == expected, documents[-1].request, expected=expected, seen=seen or "nothing", claim=claim)


@rule("SIP-PUBLISH")
def each_publication_names_the_one_before(evidence: Evidence) -> Iterator[Finding]:
    """A PUBLISH carries the SIP-ETag of the last answer as SIP-If-Match; one that begins anew has a document."""
    for sent in publications(evidence).values():
        for before, now in pairwise(sent):
            lives = before.taken and before.etag and not before.withdraws and now.at < before.lasts_until
            wanted = before.etag if lives else ""
            if not evidence.settings.restarted(before.at, now.at) and before.final is not None:
                claim = "SIP-If-Match is the SIP-ETag of the last answer"
                yield judged(
                    now.condition == wanted, before.final, now.request,
                    expected=wanted or "none", seen=now.condition or "none", claim=claim,
                )  # fmt: skip
        for one in sent:
            if not one.condition and not one.withdraws:
                claim = "a publication that begins anew has a document of the account"
                good = bool(state_in(one.request.body)) and one.request.from_.user == entity_of(one.request.body)
                seen = entity_of(one.request.body) or "no document that can be read"
                yield judged(good, one.request, expected=one.request.from_.user, seen=seen, claim=claim)


@rule("SIP-PUBLISH", reads=("sip", "acts", "shown"), timed=True)
def a_publication_is_refreshed_in_time(evidence: Evidence) -> Iterator[Finding]:
    """Another PUBLISH comes before a publication runs out, and soon after a 412."""
    for user, sent in publications(evidence).items():
        for number, one in enumerate(sent):
            following = sent[number + 1] if number + 1 < len(sent) else None
            unknown = one.final is not None and one.final.status == 412
            if one.final is None or one.withdraws or not (one.taken or unknown):
                continue
            due = one.final.at + WITHIN_S if unknown else one.lasts_until
            claim = "a publication that the server has forgotten is made anew" if unknown else ""
            if following is not None and following.at <= due:
                yield held(one.final, following.request)
            elif evidence.has_seen(one.at, due) and _goes_on(evidence, user, one.at, due):
                seen = "none" if following is None else f"after {following.at - one.at:.1f} s"
                yield broken(one.final, expected=f"PUBLISH within {due - one.at:.1f} s", seen=seen, claim=claim)


@rule("SIP-PUBLISH", reads=("sip", "acts", "shown"))
def a_server_without_presence_is_left_alone(evidence: Evidence) -> Iterator[Finding]:
    """After 405, 489 or 501 the identity publishes no more, until it is set up anew or the base restarts."""
    for user, sent in publications(evidence).items():
        for before, now in pairwise(sent):
            if before.final is None or before.final.status not in REFUSALS:
                continue
            identity = evidence.settings.identity_of(user, at=now.at)
            if not evidence.settings.touched(identity, before.at, now.at):
                claim = "a server that takes no presence is not asked again"
                yield broken(before.final, now.request, expected="no PUBLISH", seen=now.request.first_line, claim=claim)
        last = sent[-1]
        if last.final is not None and last.final.status in REFUSALS:
            yield held(last.final)


def _expected(evidence: Evidence, user: str, calls: Sequence[CallEvidence], at: float) -> str | None:
    """What the user of an account does at a moment; None if it is not known."""
    identity = evidence.settings.identity_of(user, at=at)
    quiet = evidence.settings.value("user_dnd", identity, at=at)
    waiting = evidence.settings.value("user_allow_call_waiting", identity, at=at, factory="true")
    if quiet is None or waiting is None:
        return None
    if quiet.lower() in YES:
        return "dnd"
    if not any(_begins(call) <= at < (call.ended_at or float("inf")) for call in calls):
        return "online"
    return "in-call" if waiting.lower() in YES else "busy"


def _begins(call: CallEvidence) -> float:
    """From when on a user takes part in a call: one that is dialled at once, one that comes in with its answer."""
    begun = call.answer if call.incoming else call.opening
    return begun.at if begun is not None else float("inf")


def _account_of(call: CallEvidence) -> str:
    return call.account if call.opening is not None else ""


def _turns(calls: Sequence[CallEvidence]) -> Iterator[float]:
    """When calls began and ended."""
    for call in calls:
        if _begins(call) < float("inf"):
            yield _begins(call)
            if call.ended_at is not None:
                yield call.ended_at


def _switches(evidence: Evidence, user: str) -> Iterator[float]:
    """When do not disturb of an account was switched by its page."""
    for identity in evidence.settings.identities:
        for act in evidence.settings.acts_on(identity, "user_dnd"):
            if evidence.settings.identity_of(user, at=act.at) == identity:
                yield act.ended


def _publishes(evidence: Evidence, user: str, at: float) -> bool | None:
    identity = evidence.settings.identity_of(user, at=at)
    value = evidence.settings.value(PUBLISHES, identity, at=at) if identity else None
    return None if value is None else value.strip().lower() in YES


def _goes_on(evidence: Evidence, user: str, start: float, end: float) -> bool:
    """Whether an identity was to publish all the time: no restart, and no setting of it was touched."""
    identity = evidence.settings.identity_of(user, at=start)
    known = identity and not evidence.settings.touched(identity, start, end) and not evidence.has_lost(start, end)
    return bool(known and _publishes(evidence, user, start) and _publishes(evidence, user, end))


def _steady(evidence: Evidence, user: str, sent: Sequence[Publication], at: float, due: float) -> bool:
    """Whether a change of state must have been published: all was seen, and the server takes what it is sent."""
    seen = evidence.has_seen(at, due) and not evidence.has_lost(at, due) and not evidence.settings.restarted(at, due)
    asked = _publishes(evidence, user, at) and _publishes(evidence, user, due)
    return bool(seen and asked) and all(one.taken for one in sent if at - WITHIN_S <= one.at <= due)
