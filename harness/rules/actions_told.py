"""Action URLs: each event is told once, in order, for its identity, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.rules.action_events import ANY, ActionEvent, events_of
from harness.rules.action_urls import ActionRequest, Template, is_secure
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.reactions import LOST
from harness.rules.registry import Expect, rule

EARLY_S = 0.5
"""How much before its cause is seen an event may be told: the base knows of a key before it signals it."""
APART_S = 0.2
"""Causes that are closer together come by different ways to the base: their order is not judged."""
WAITED_S = 0.5
"""A request that was answered sooner kept nobody waiting."""


class ToldExpect(Expect):
    """ACT-TOLD: seconds from an event to its request, and those by which a server that does not answer may delay it."""

    within_s: float
    patience_s: float


@dataclass(frozen=True)
class Told:
    """All events and requests of a session, each event with the request that tells of it."""

    events: Sequence[ActionEvent]
    requests: Sequence[ActionRequest]
    pairs: Sequence[tuple[ActionEvent, ActionRequest, Template]]
    extra: Sequence[ActionRequest]

    def request_of(self, event: ActionEvent) -> ActionRequest | None:
        """The request that tells of an event."""
        return next((request for known, request, _ in self.pairs if known is event), None)

    def unanswered(self, start: float, end: float) -> bool:
        """Whether a request that was sent until `end` got no answer for a while behind `start`."""
        return any(one.at <= end and one.answered_at > max(one.at, start) + WAITED_S for one in self.requests)


def told_in(evidence: Evidence, patience: float) -> Told:
    """Joins events and requests, each with the first one of its kind and identity."""
    if evidence.acts is None or not evidence.action_urls.used:
        return Told([], [], [], [])
    events, requests = events_of(evidence), evidence.action_urls.requests()
    left, pairs, extra = list(events), [], []
    for request in requests:
        found = _meant(evidence, left, request, patience)
        if found is None:
            extra.append(request)
        else:
            left.remove(found[0])
            pairs.append((found[0], request, found[1]))
    return Told(events, requests, pairs, extra)


def _meant(
    evidence: Evidence, events: Sequence[ActionEvent], request: ActionRequest, patience: float
) -> tuple[ActionEvent, Template] | None:
    """The first event that a request may tell of, one that is due before all others."""
    for due in (True, False):
        for event in events:
            if event.at - EARLY_S > request.at:
                break
            if _can_be_told(evidence, event) is not due or event.until + max(patience, event.unsure_s) < request.at:
                continue
            for identity, kind, template in request.meant:
                fits = event.kind == kind and event.identity in (identity, ANY)
                if fits and evidence.action_urls.at(kind, identity, event.at) in (None, template):
                    return event, template
    return None


def _can_be_told(evidence: Evidence, event: ActionEvent) -> bool:
    """Whether an event is due, and the server of its URL is there."""
    template = evidence.action_urls.at(event.kind, event.identity, event.at) if event.due else None
    return template is not None and evidence.action_urls.is_served(template.authority, event.at)


@rule("ACT-TOLD", reads=("http", "sip", "acts", "shown"), timed=True)
def each_event_is_told(evidence: Evidence, expect: ToldExpect) -> Iterator[Finding]:
    """An event whose URL is set has its request, in time; behind a server that does not answer it may take longer."""
    told = told_in(evidence, expect.patience_s)
    for event in told.events:
        template = evidence.action_urls.at(event.kind, event.identity, event.at) if event.due else None
        if template is None or not template.text or not evidence.action_urls.is_served(template.authority, event.at):
            continue
        limit = event.until + (expect.patience_s if _is_delayed(evidence, told, event, expect) else expect.within_s)
        finding = _told(evidence, event, told.request_of(event), limit)
        if finding is not None:
            yield finding


def _told(evidence: Evidence, event: ActionEvent, request: ActionRequest | None, limit: float) -> Finding | None:
    claim = f"{event.kind} of identity {event.identity} is told"
    expected = f"GET of its action URL within {limit - event.until:.3g} s"
    if request is not None and request.at <= limit:
        return held(event.cause, request.request)
    if evidence.settings.restarted(event.at, limit):
        return None
    if request is not None:
        seen = f"after {request.at - event.until:.1f} s"
        return broken(event.cause, request.request, expected=expected, seen=seen, claim=claim)
    if evidence.has_lost(event.at, limit):
        return cannot_be_said(event.cause, why=LOST)
    if not evidence.has_seen(event.at, limit):
        return None
    return broken(event.cause, expected=expected, seen="no GET", claim=claim)


def _is_delayed(evidence: Evidence, told: Told, event: ActionEvent, expect: ToldExpect) -> bool:
    """Whether a server did not answer at that time, or one before it was not there."""
    limit = event.until + expect.within_s
    if told.unanswered(event.at, limit):
        return True
    return any(
        template.text and not evidence.action_urls.is_served(template.authority, other.at)
        for other in told.events
        if event.at - expect.patience_s <= other.at <= limit
        for template in [evidence.action_urls.at(other.kind, other.identity, other.at)]
        if template is not None
    )


@rule("ACT-TOLD", reads=("http", "sip", "acts", "shown"), timed=True)
def events_are_told_in_their_order(evidence: Evidence, expect: ToldExpect) -> Iterator[Finding]:
    """The requests of an identity come in the order of its events."""
    told = told_in(evidence, expect.patience_s)
    pairs = sorted(((e, r) for e, r, _ in told.pairs if e.due), key=lambda one: one[0].at)
    for place, (event, request) in enumerate(pairs):
        before = [r for e, r in pairs[:place] if e.identity == event.identity and e.until <= event.at - APART_S]
        if before:
            last = before[-1]
            claim = "events are told in the order in which they happened"
            expected, seen = f"{event.kind} after {_kind(last)}", f"{event.kind} before it"
            yield judged(
                last.at <= request.at, request.request, last.request, expected=expected, seen=seen, claim=claim
            )


def _kind(request: ActionRequest) -> str:
    return request.meant[0][1]


@rule("ACT-ONLY", reads=("http", "sip", "acts", "shown"), timed=True)
def nothing_else_is_told(evidence: Evidence, expect: ToldExpect) -> Iterator[Finding]:
    """Each request tells of an event of its identity that was not told before; where no URL is set there is none."""
    told = told_in(evidence, expect.patience_s)
    extra = {id(one) for one in told.extra}
    hooks = any(event.kind == "off hook" for event in told.events)
    for request in told.requests:
        if id(request) not in extra:
            yield held(request.request)
        elif not request.meant:
            claim = "where no URL is set, nothing is requested"
            yield broken(request.request, expected="no GET", seen=request.request.uri, claim=claim)
        elif hooks or not request.meant[0][1].endswith("hook"):  # a dongle may tell of no hook
            yield _extra(told, request)


def _extra(told: Told, request: ActionRequest) -> Finding:
    identity, kind, _ = request.meant[0]
    twins = [
        other.request
        for event, other, _ in told.pairs
        if (event.kind, other.meant[:1]) == (kind, request.meant[:1]) and other.at <= request.at
    ]
    others = [e for e in told.events if e.kind == kind and e.at - EARLY_S <= request.at <= e.at + 5.0]
    if twins and not any(e.identity != identity for e in others):
        claim = "an event is told once"
        return broken(twins[-1], request.request, expected=f"one GET for {kind}", seen="a second one", claim=claim)
    of_others = ", ".join(f"{e.kind} of identity {e.identity}" for e in others[-1:])
    claim = "only what happened to an identity is told of it"
    expected = f"no GET for {kind} of identity {identity}"
    return broken(request.request, expected=expected, seen=f"one, {of_others or 'without such an event'}", claim=claim)


@rule("ACT-HTTPS", reads=("http", "acts"), of_one_packet=True)
def https_urls_are_requested_over_tls(evidence: Evidence) -> Iterator[Finding]:
    """A request for a URL that begins with https goes over TLS, whatever it tells."""
    for get in evidence.gets if evidence.action_urls.used else ():
        meant = evidence.action_urls.meant_by(get.request)
        if meant and all(template.secure for _, _, template in meant):
            yield judged(is_secure(get.request), get.request, expected="GET over TLS", seen="GET in clear")
