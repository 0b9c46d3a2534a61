"""Judges what a test saw by the rules of its profile: acts and packets become evidence, findings become a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from harness.capture.sight import Sight
from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import Expectation, InvalidTest, ProductFailure
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge
from harness.rules.rows import rows_of

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.procedures.desk import Desk
    from harness.profiles.model import Rule

KEY_S = 0.001
"""A key is pressed right after the moment that its procedure notes."""


def evidence_of(desk: Desk) -> Evidence:
    """All that the session has seen until now, fenced; calls that were over before the test began are left out.

    Media are those of the test: the capture is asked for them when a rule wants them.
    """
    seen_until = clock.now()
    desk.wire.fence()
    if any(act.at >= desk.began and act.handset for act in desk.log.acts):
        desk.fence_handsets()

    def streams() -> Sequence[RtpStream]:
        return desk.wire.rtp(since=desk.began)

    sip = desk.wire.messages()
    return Evidence(
        desk.base_addresses,
        sip=sip,
        streams=streams,
        rtcp=desk.wire.rtcp.all(since=desk.began, fenced=False),
        dns=list(desk.wire.dns),
        dhcp=list(desk.wire.dhcp),
        http=list(desk.wire.http),
        icmp=list(desk.wire.icmp),
        acts=desk.log.acts,
        shown=desk.log.shown,
        sight=replace(Sight.whole(sip), ends=seen_until, gaps=tuple(desk.wire.gaps)),
        since=desk.began,
        passwords=desk.known_passwords,
    )


@contextmanager
def rules_first(desk: Desk) -> Iterator[None]:
    """A wait inside that expires says what did not come; a rule that broke says why, and is the failure then."""
    __tracebackhide__ = True
    try:
        yield
    except ProductFailure:
        judge_every_rule(desk, media=False)
        raise


def judge_rule(desk: Desk, rule: Rule, *, call_id: str = "") -> None:
    """One rule over the test, or over one call of it; see judge_rules."""
    __tracebackhide__ = True
    judge_rules(desk, [rule], call_id=call_id)


def judge_rules(desk: Desk, rules: Sequence[Rule], *, call_id: str = "") -> None:
    """Some rules over the test, or over one call of it.

    Raises ProductFailure where one is broken, and InvalidTest where nothing exercised it or it cannot be said;
    NotApplicable instead where an external PBX may have kept the occasion to itself.
    """
    __tracebackhide__ = True
    judgements = judge(evidence_of(desk), desk.profile.name, [rule.id for rule in rules], since=desk.began)
    if call_id:
        judgements = [one.of_call(call_id) for one in judgements]
    raise_if_broken(desk, judgements)
    for judgement in judgements:
        if judgement.result is not Result.HELD:
            _not_judged(desk, judgement)


def await_occasions(desk: Desk, rules: Sequence[Rule], times: int, within: float) -> None:
    """Return when each of the rules was exercised so often in the test, one is broken, or the time is over."""
    names = [rule.id for rule in rules]

    def decided() -> bool:
        found = judge(evidence_of(desk), desk.profile.name, names, since=desk.began)
        return any(one.broken for one in found) or all(one.occasions + len(one.unsaid) >= times for one in found)

    with suppress(WaitExpired):
        wait_until(decided, what=f"occasions of {', '.join(names)}", within=within, poll=0.2)


def judge_every_rule(desk: Desk, *, call_id: str = "", media: bool | None = None) -> None:
    """Every rule of the profile over the test, or over one call of it; what nothing exercised is passed over.

    With `media` only those that read RTP, or only those that do not: these cost no look at the stored packets.
    """
    __tracebackhide__ = True
    raise_if_broken(desk, judgements_of(desk, call_id=call_id, media=media))


def judgements_of(
    desk: Desk, *, call_id: str = "", media: bool | None = None, since: float | None = None
) -> list[Judgement]:
    """What is said of each rule, see `judge_every_rule`; of what was found from a moment on, by default of the test."""
    rows = rows_of(desk.profile.name).values()
    only = [row.id for row in rows if media is None or ("rtp" in row.reads) is media]
    found = judge(evidence_of(desk), desk.profile.name, only, since=desk.began if since is None else since)
    return [one.of_call(call_id) for one in found] if call_id else found


def last_key_was_not_felt(desk: Desk, at: float) -> bool:
    """Whether the key that was pressed at a moment, and all after it, gave no feedback where a handset tells of it."""
    keys = [act for act in desk.log.acts if act.kind == "key" and act.at >= at - KEY_S]
    return bool(keys) and all(act.felt is False for act in keys)


def raise_if_broken(desk: Desk, judgements: Sequence[Judgement]) -> None:
    """The first broken rule is the failure; how many more there are stands at its end."""
    __tracebackhide__ = True
    found: list[Expectation] = [
        replace(expectation, rule=f"{desk.profile.name}-{expectation.rule}")
        for judgement in judgements
        for expectation in judgement.expectations
    ]
    if not found:
        return
    more = f"\n            and {len(found) - 1} more: {found[1].claim}" if len(found) > 1 else ""
    raise ProductFailure(replace(found[0], seen=found[0].seen + more, before=desk.wire.before())) from None


def _not_judged(desk: Desk, judgement: Judgement) -> NoReturn:
    unsaid = "; ".join(dict.fromkeys(finding.seen for finding in judgement.unsaid))
    occasion = f"an occasion of {judgement.rule.id} at the base: {judgement.rule.claim}"
    if not unsaid and not desk.is_steerable:
        desk.kept(occasion)
    raise InvalidTest(occasion, unsaid or "none", remedy="look at the ladder: did the stimulus reach the base?")
