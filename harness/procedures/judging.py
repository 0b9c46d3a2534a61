"""Judges what a test saw by the rules of its profile: acts and packets become evidence, findings become a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from harness.capture.sight import Sight
from harness.core import clock, stall
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import Expectation, InvalidTest, ProductFailure
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge
from harness.rules.rows import rows_of

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule

KEY_S = 0.001
"""A key is pressed right after the moment that its procedure notes."""


def evidence_of(context: TestContext) -> Evidence:
    """All that the session has seen until now, fenced; calls that were over before the test began are left out.

    Media are those of the test: the capture is asked for them when a rule wants them.
    """
    seen_until = clock.now()
    context.wire.fence()
    if any(act.at >= context.began and act.handset for act in context.log.acts):
        context.fence_handsets()

    def streams() -> Sequence[RtpStream]:
        return context.wire.rtp(since=context.began)

    sip = context.wire.messages()
    return Evidence(
        context.base_addresses,
        sip=sip,
        streams=streams,
        rtcp=context.wire.rtcp.all(since=context.began, fenced=False),
        dns=list(context.wire.dns),
        dhcp=list(context.wire.dhcp),
        http=list(context.wire.http),
        icmp=list(context.wire.icmp),
        ldap=list(context.wire.ldap),
        acts=context.log.acts,
        shown=context.log.shown,
        sight=replace(Sight.whole(sip), ends=seen_until, gaps=tuple(context.wire.gaps), stalls=tuple(context.stalls())),
        since=context.began,
        passwords=context.known_passwords,
    )


@contextmanager
def rules_first(context: TestContext) -> Iterator[None]:
    """A wait inside that expires says what did not come; a rule that broke says why, and is the failure then."""
    __tracebackhide__ = True
    try:
        yield
    except ProductFailure:
        judge_every_rule(context, media=False)
        raise


def judge_rule(context: TestContext, rule: Rule, *, call_id: str = "") -> None:
    """One rule over the test, or over one call of it; see judge_rules."""
    __tracebackhide__ = True
    judge_rules(context, [rule], call_id=call_id)


def judge_rules(context: TestContext, rules: Sequence[Rule], *, call_id: str = "") -> None:
    """Some rules over the test, or over one call of it.

    Raises ProductFailure where one is broken, and InvalidTest where nothing exercised it or it cannot be said;
    NotApplicable instead where an external PBX may have kept the occasion to itself: see `Rule.by_far_end`.
    """
    __tracebackhide__ = True
    judgements = judge(evidence_of(context), context.profile.name, [rule.id for rule in rules], since=context.began)
    if call_id:
        judgements = [one.of_call(call_id) for one in judgements]
    raise_if_broken(context, judgements)
    for judgement in judgements:
        if judgement.result is not Result.HELD:
            _not_judged(context, judgement)


def await_occasions(context: TestContext, rules: Sequence[Rule], times: int, within: float) -> None:
    """Return when each of the rules was exercised so often in the test, one is broken, or the time is over."""
    names = [rule.id for rule in rules]

    def decided() -> bool:
        found = judge(evidence_of(context), context.profile.name, names, since=context.began)
        return any(one.broken for one in found) or all(one.occasions + len(one.unsaid) >= times for one in found)

    with suppress(WaitExpired):
        wait_until(decided, what=f"occasions of {', '.join(names)}", within=within, poll=0.2)


def judge_every_rule(context: TestContext, *, call_id: str = "", media: bool | None = None) -> None:
    """Every rule of the profile over the test, or over one call of it; what nothing exercised is passed over.

    With `media` only those that read RTP, or only those that do not: these cost no look at the stored packets.
    """
    __tracebackhide__ = True
    raise_if_broken(context, judgements_of(context, call_id=call_id, media=media))


def judgements_of(
    context: TestContext, *, call_id: str = "", media: bool | None = None, since: float | None = None
) -> list[Judgement]:
    """What is said of each rule, see `judge_every_rule`; of what was found from a moment on, by default of the test."""
    rows = rows_of(context.profile.name).values()
    only = [row.id for row in rows if media is None or ("rtp" in row.reads) is media]
    found = judge(evidence_of(context), context.profile.name, only, since=context.began if since is None else since)
    return [one.of_call(call_id) for one in found] if call_id else found


def last_key_gave_no_feedback(context: TestContext, at: float) -> bool:
    """Whether the key that was pressed at a moment, and all after it, gave no feedback where a handset tells of it."""
    keys = [act for act in context.log.acts if act.kind == "key" and act.at >= at - KEY_S]
    return bool(keys) and all(act.felt is False for act in keys)


def raise_if_broken(context: TestContext, judgements: Sequence[Judgement]) -> None:
    """The first broken rule is the failure, an inferred one after all others; how many more there are is told too.

    Raises RigFault instead where only rules that rest on time broke, and the host stood still then.
    """
    __tracebackhide__ = True
    found: list[Expectation] = [
        replace(expectation, rule=f"{context.profile.name}-{expectation.rule}")
        for judgement in judgements
        for expectation in judgement.expectations
    ]
    if not found:
        _blame_the_host(judgements)
        return
    found.sort(key=lambda expectation: expectation.level == "inferred")
    more = f"\n            and {len(found) - 1} more: {found[1].claim}" if len(found) > 1 else ""
    raise ProductFailure(replace(found[0], seen=found[0].seen + more, before=context.wire.before())) from None


def _blame_the_host(judgements: Sequence[Judgement]) -> None:
    for judgement in judgements:
        excused = [finding for finding in judgement.unsaid if finding.stalled]
        if excused and judgement.rule.level != "inferred":
            text = f"{judgement.rule.id} rests on time and is not judged: {excused[0].seen}"
            raise stall.fault(text)


def _not_judged(context: TestContext, judgement: Judgement) -> NoReturn:
    unsaid = "; ".join(dict.fromkeys(finding.seen for finding in judgement.unsaid))
    occasion = f"an occasion of {judgement.rule.id} at the base: {judgement.rule.claim}"
    if not unsaid and judgement.rule.by_far_end and not context.has_transparent_pbx:
        context.not_passed_on(occasion)
    raise InvalidTest(occasion, unsaid or "none", remedy="check in the ladder whether the stimulus reached the base")
