"""The subscription to a mailbox: made where one is set, kept, made anew when it is lost, given up when refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.reactions import SAVED_S
from harness.rules.registry import Expect, rule
from harness.rules.subscribing import LAST_WORDS, MAILBOX, SUMMARY, UNKNOWN, Subscribe, subscribes

UNSAID = "whether a mailbox is set for the identity is not known at this moment"


class SubscriptionExpect(Expect):
    """MWI-1: whether this unit subscribes where a mailbox is set; seconds until it does, and of silence after a no."""

    subscribes: bool
    within_s: float
    quiet_s: float


@rule("MWI-1", reads=("sip", "acts", "shown"))
def subscribed_where_a_mailbox_is_set(evidence: Evidence) -> Iterator[Finding]:
    """A subscription is asked for an account whose identity has a mailbox, at the account's own address."""
    for user, sent in subscribes(evidence).items():
        for one in (one for one in sent if one.begins):
            request = one.request
            names = {request.request_uri.partition(":")[2].partition("@")[0], request.to.user}
            if names != {user}:
                claim = "the mailbox is asked for at the address of the account"
                yield broken(request, expected=user, seen=" and ".join(sorted(names)), claim=claim)
            elif request.header("accept") and not request.has("accept", SUMMARY):
                claim = "the subscriber takes message summaries"
                yield broken(request, expected=SUMMARY, seen=", ".join(request.header("accept")), claim=claim)
            else:
                yield _asked_for(evidence, user, one)


def _asked_for(evidence: Evidence, user: str, one: Subscribe) -> Finding:
    known = [_mailbox(evidence, user, at) for at in (one.at, one.at + SAVED_S)]
    if any(known):
        return held(one.request)
    if None in known:
        return cannot_be_said(one.request, why=UNSAID)
    claim = "a mailbox is subscribed to only where one is set"
    return broken(one.request, expected=f"no SUBSCRIBE: {MAILBOX} is empty", seen=one.request.first_line, claim=claim)


@rule("MWI-1", reads=("sip", "acts", "shown"), timed=True)
def a_mailbox_that_is_set_is_subscribed_to(evidence: Evidence, expect: SubscriptionExpect) -> Iterator[Finding]:
    """Soon after a mailbox was set for an identity that is registered, a subscription is asked for."""
    every = subscribes(evidence)
    for identity in evidence.settings.identities if expect.subscribes else ():
        for act in evidence.settings.acts_on(identity, MAILBOX):
            user = next((b.user for b in evidence.bindings if _identity(evidence, b.user, act.at) == identity), "")
            due = act.ended + expect.within_s
            if not user or not act.detail.get("value", "") or act.detail.get("channel") != "web":
                continue
            first = next((one for one in every.get(user, ()) if one.begins and one.at >= act.at), None)
            if first is not None and first.at <= due:
                yield held(act, first.request)
            elif evidence.has_seen(act.at, due) and not evidence.settings.touched(identity, act.ended + 0.01, due):
                claim = "a mailbox that is set is subscribed to"
                yield broken(act, expected=f"SUBSCRIBE within {expect.within_s:g} s", seen="none", claim=claim)


@rule("MWI-1", reads=("sip", "acts", "shown"), timed=True)
def a_refused_subscription_is_given_up(evidence: Evidence, expect: SubscriptionExpect) -> Iterator[Finding]:
    """After a last word of the server it is not asked again soon, unless the identity is set up anew."""
    claim = "a server that refuses the subscription is left alone"
    for user, sent in subscribes(evidence).items():
        for place, one in enumerate(sent):
            if one.final is None or one.status not in LAST_WORDS or one.ends:
                continue
            until = one.final.at + expect.quiet_s
            again = sent[place + 1] if place + 1 < len(sent) else None
            if again is not None and again.at < until:
                if not evidence.settings.touched(_identity(evidence, user, one.at), one.final.at, again.at):
                    expected = f"no SUBSCRIBE for {expect.quiet_s:g} s"
                    seen = f"the next one after {again.at - one.final.at:.1f} s"
                    yield broken(one.final, again.request, expected=expected, seen=seen, claim=claim)
            elif evidence.has_seen(one.final.at, min(until, evidence.sight.ends)) and evidence.sight.ends >= until:
                yield held(one.final)


@rule("MWI-1", reads=("sip", "acts", "shown"), timed=True)
def a_lost_subscription_is_made_anew(evidence: Evidence, expect: SubscriptionExpect) -> Iterator[Finding]:
    """After 481 a new subscription is asked for, outside of the dialog that is no more."""
    claim = "a subscription that the server has lost is made anew"
    for user, sent in subscribes(evidence).items():
        for place, one in enumerate(sent):
            if one.final is None or one.status != UNKNOWN or one.begins or one.ends:
                continue
            due, again = one.final.at + expect.within_s, sent[place + 1] if place + 1 < len(sent) else None
            if again is not None and again.at <= due:
                good, seen = not again.request.to.tag, f"To tag {again.request.to.tag}"
                expected = "a SUBSCRIBE without a To tag"
                yield judged(good, one.final, again.request, expected=expected, seen=seen, claim=claim)
            elif _goes_on(evidence, user, one.final.at, due):
                seen = "none" if again is None else f"after {again.at - one.final.at:.1f} s"
                yield broken(one.final, expected=f"SUBSCRIBE within {expect.within_s:g} s", seen=seen, claim=claim)


@rule("MWI-1", reads=("sip", "acts", "shown"), timed=True)
def a_subscription_is_refreshed_in_time(evidence: Evidence) -> Iterator[Finding]:
    """Another SUBSCRIBE comes before a subscription runs out."""
    for user, sent in subscribes(evidence).items():
        for one, following in pairwise([*sent, None]):
            if one is None or one.final is None or not one.taken or one.ends:
                continue
            due = one.lasts_until
            if following is not None and following.at <= due:
                yield held(one.final, following.request)
            elif not _ended_by_the_server(evidence, one, due) and _goes_on(evidence, user, one.at, due):
                claim, wanted = "a subscription is refreshed before it runs out", f"{due - one.at:.0f} s"
                yield broken(one.final, expected=f"SUBSCRIBE within {wanted}", seen="none", claim=claim)


def _ended_by_the_server(evidence: Evidence, one: Subscribe, due: float) -> bool:
    """Whether a NOTIFY of this subscription has ended it (RFC 6665 section 4.4.1)."""
    return any(
        asked.request.method == "NOTIFY"
        and asked.request.call_id == one.request.call_id
        and one.at <= asked.request.at <= due
        and asked.request.has("subscription-state", "terminated")
        for asked in evidence.asked_of_base
    )


def _identity(evidence: Evidence, user: str, at: float) -> int:
    return evidence.settings.identity_of(user, at=at)


def _mailbox(evidence: Evidence, user: str, at: float) -> str | None:
    """The mailbox that is set for an account at a moment; None if it is not known."""
    identity = _identity(evidence, user, at)
    value = evidence.settings.value(MAILBOX, identity, at=at) if identity else None
    return None if value is None else value.strip()


def _goes_on(evidence: Evidence, user: str, start: float, end: float) -> bool:
    """Whether an identity was to be subscribed all the time: no restart, and no setting of it was touched."""
    identity = _identity(evidence, user, start)
    known = identity and not evidence.settings.touched(identity, start, end) and evidence.has_seen(start, end)
    return bool(known and _mailbox(evidence, user, start))
