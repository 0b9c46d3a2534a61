"""A conference that the base mixes, or has a server mix (RFC 4579)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.capture.headers import parse_address
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, judged
from harness.rules.hold import offers_after
from harness.rules.reactions import after, over_at, reaction, unfelt
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act

SETTING = "conference_uri"
WITHIN_S = 15.0
"""Seconds from the answer of the server to the last REFER; the second may wait for what becomes of the first."""


class ConferenceExpect(Expect):
    """CNF-1."""

    direction: frozenset[str]


@rule("CNF-1", reads=("sip", "acts"), timed=True)
def the_held_party_is_brought_back(call: CallEvidence, expect: ConferenceExpect) -> Iterator[Finding]:
    """The held far end that a conference takes in is offered a session in which both talk; the occasion is the key.

    So it is where the base mixes: where no conference URI is set.
    """
    if any(conference_uri(call, act.at) for act in call.acts("conference")):
        return
    yield from offers_after(call, "conference", expect.direction)


@rule("CNF-1", reads=("sip", "acts"), timed=True)
def the_conference_uri_is_called(call: CallEvidence) -> Iterator[Finding]:
    """Where a conference URI is set, the key has it called, and both far ends sent to it once it answers."""
    for act in call.acts("conference"):
        uri = conference_uri(call, act.at)
        if not uri:
            continue
        focus = _focus(call, act, uri)
        claim, over = "the conference URI is called", over_at(call, act.at)
        invite = focus.opening if focus is not None else None
        found = unfelt(act) or reaction(
            call.evidence, act, invite, expected="INVITE of the URI", over=over, claim=claim
        )
        if found is not None:
            yield found
        if focus is not None and found is not None and found.result is Result.HELD:
            yield from _referred(call, act, focus, uri)


def _referred(call: CallEvidence, act: Act, focus: CallEvidence, uri: str) -> Iterator[Finding]:
    """After the answer of the server each far end is sent there; after a refusal neither is."""
    for one in (call, *_others(call, act, focus)):
        refer = after(one.requests, act.at, lambda m: m.method == "REFER")
        if focus.answer is None:
            refusal = focus.final(focus.opening) if focus.opening is not None else None
            if refusal is not None and refer is not None:
                claim = "who talks stays in the call when the server has no conference"
                yield broken(refusal, refer, expected="no REFER", seen=refer.first_line, claim=claim)
            continue
        if refer is not None and refer.at < focus.answer.at:
            claim = "far ends are sent to a conference that stands"
            yield broken(refer, focus.answer, expected="REFER after the 200", seen="before it", claim=claim)
            continue
        claim = "each far end is sent to the conference"
        bye = _own_bye(one, focus.answer.at)
        if refer is None and bye is not None:
            yield broken(focus.answer, bye, expected="REFER", seen="BYE without one", claim=claim)
            continue
        finding = reaction(
            call.evidence,
            focus.answer,
            refer,
            expected="REFER",
            within=WITHIN_S,
            over=over_at(one, act.at),
            claim=claim,
        )
        if finding is not None and finding.result is Result.HELD and refer is not None:
            places = {_place(f"<{uri}>"), _place(f"<{focus.answer.contact.uri}>")}
            target = next(iter(refer.header("refer-to")), "")
            finding = judged(
                _place(target) in places, focus.answer, refer, expected=uri, seen=target or "no Refer-To", claim=claim
            )
        if finding is not None:
            yield finding


def _own_bye(call: CallEvidence, at: float) -> SipMessage | None:
    """The base's BYE in a call after a moment, if no key of its handset asked for it."""
    bye = call.bye
    if bye is None or bye.at < at or not call.evidence.is_base(bye.src):
        return None
    hung_up = any(at <= act.at <= bye.at for act in call.evidence.index.of_handset(call.handset, "hang-up"))
    return None if hung_up else bye


def conference_uri(call: CallEvidence, at: float) -> str:
    """The conference URI of the call's identity at a moment; empty where none is known to be set."""
    identity = call.identity(at)
    found = call.evidence.settings.value(SETTING, identity, at=at) if identity else None
    return (found or "").strip()


def calls_a_conference(call: CallEvidence) -> bool:
    """Whether the base made this call to the conference URI of its identity."""
    return not call.incoming and _calls(call.opening, conference_uri(call, call.began_at))


def _focus(call: CallEvidence, act: Act, uri: str) -> CallEvidence | None:
    """The call to the conference URI after the key."""
    later = (one for one in call.evidence.calls if not one.incoming and one.began_at >= act.at)
    return next((one for one in later if _calls(one.opening, uri)), None)


def _others(call: CallEvidence, act: Act, focus: CallEvidence) -> list[CallEvidence]:
    """The other calls of the handset that talked when the key was pressed."""
    return [
        one
        for one in call.evidence.calls
        if one not in (call, focus)
        and one.handset == act.handset
        and one.answer is not None
        and one.answer.at <= act.at
        and (one.ended_at is None or one.ended_at > act.at)
    ]


def _calls(invite: SipMessage | None, uri: str) -> bool:
    return bool(uri) and invite is not None and _place(f"<{invite.request_uri}>") == _place(f"<{uri}>")


def _place(value: str) -> tuple[str, str]:
    address = parse_address(value)
    return address.user, address.host
