"""After a challenge: credentials, once, with the given nonce; after a refusal of credentials, a pause."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.binding import BindingEvidence, asks_for_a_binding
from harness.rules.digest import Challenge, challenges_of, credentials_of
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.registry import Expect, rule
from harness.rules.transactions import Transaction

ASKED_AGAIN = (401, 407)
ANSWER_WITHIN_S = 5.0
"""Seconds for the answer: it needs only a computation, but the base may be busy with other tasks."""
PAUSE_S = 5.0
"""Seconds of pause after refused credentials: sent again at once, they are refused again."""
FORBIDDEN = 403
MOST_STALE = 3
"""The number of tries at a server that calls each nonce stale."""


class ChallengeExpect(Expect):
    """REG-2."""

    scheme: str


@rule("REG-2", reads=("sip", "acts"), timed=True)
def challenge_answered(evidence: Evidence, expect: ChallengeExpect) -> Iterator[Finding]:
    """A challenge that the phone can answer is answered; one that says `stale` once more, with the new nonce."""
    for conversation in evidence.asked_in_turn:
        stale_before = 0
        for number, asked in enumerate(conversation):
            challenges = _answerable(asked)
            if not challenges:
                stale_before = 0
                continue
            again = conversation[number + 1] if number + 1 < len(conversation) else None
            before = conversation[number - 1] if number else None
            if refused_at_once(asked, before):
                continue
            stale_before += any(one.stale for one in challenges)
            yield from _judged(evidence, expect.scheme, asked, challenges, again, lenient=stale_before > MOST_STALE)


def _judged(
    evidence: Evidence,
    scheme: str,
    asked: Transaction,
    challenges: list[Challenge],
    again: Transaction | None,
    *,
    lenient: bool,
) -> Iterator[Finding]:
    """One challenge; `lenient` if the base may give up."""
    final = asked.final
    assert final is not None  # it has challenges
    stale = any(one.stale for one in challenges)
    claim = "a stale nonce means one more try" if stale else "a challenge is answered"
    source = "RFC 2617 §3.2.1" if stale else "RFC 3261 §22.2, §22.3"
    due = final.at + ANSWER_WITHIN_S
    if again is None or again.at > due:
        signed_before = bool(credentials_of(asked.request))
        if lenient or (signed_before and not stale) or _explained(evidence, asked, final.at, due):
            return
        if evidence.saw_all(final.at, due):
            expected = f"the {asked.request.method} again, with credentials, within {ANSWER_WITHIN_S:g} s"
            seen = "no such request" if again is None else f"the next after {again.at - final.at:.1f} s"
            yield broken(asked.request, final, expected=expected, seen=seen, claim=claim, source=source)
        elif again is not None:
            yield cannot_be_said(final, again.request, why="the capture has a gap after the challenge")
        return
    given = credentials_of(again.request)
    nonces = {one.nonce for one in challenges}
    if not given:
        expected = f"the {asked.request.method} again, with credentials"
        yield broken(final, again.request, expected=expected, seen="no credentials", claim=claim, source=source)
    elif not any(one.scheme == scheme for one in given):
        schemes = ", ".join(one.scheme for one in given)
        yield broken(final, again.request, expected=scheme, seen=schemes, claim="the scheme is the one asked for")
    elif not any(one.nonce in nonces for one in given):
        claim = "the new nonce is used" if stale else "the nonce of the challenge is used"
        expected = " or ".join(sorted(nonces))
        yield broken(final, again.request, expected=expected, seen=given[0].nonce, claim=claim, source=source)
    elif left := {(one.answer, one.realm) for one in challenges} - {(one.place, one.realm) for one in given}:
        expected = ", ".join(f"{place} for {realm}" for place, realm in sorted(left))
        claim = "every realm that asks for credentials gets some"
        yield broken(final, again.request, expected=expected, seen="none", claim=claim, source="RFC 3261 §22.3")
    else:
        yield held(final, again.request)


def _answerable(asked: Transaction) -> list[Challenge]:
    final = asked.final
    if final is None or final.status not in ASKED_AGAIN:
        return []
    return [one for one in challenges_of(final) if one.can_be_answered]


def refused_at_once(asked: Transaction, before: Transaction | None) -> bool:
    """Whether credentials that answered a challenge were refused, and not because their nonce was old.

    Some servers refuse them with 403 in place of another challenge.
    """
    final = asked.final
    if final is None or final.status not in (*ASKED_AGAIN, FORBIDDEN) or before is None or before.final is None:
        return False
    if any(one.stale for one in challenges_of(final)):
        return False
    offered = {(one.answer, one.nonce) for one in challenges_of(before.final)}
    return any((one.place, one.nonce) in offered for one in credentials_of(asked.request))


def _explained(evidence: Evidence, asked: Transaction, start: float, end: float) -> bool:
    """Whether something may have stopped the base from trying again: the caller hung up, or an identity was changed."""
    request = asked.request
    settings = evidence.settings
    if request.method == "INVITE":
        hung_up = any(start - 1 <= act.at <= end for act in evidence.acts_of("hang-up", "key"))
        if hung_up or not settings.known:
            return True
    identity = settings.identity_of(request.from_.user, at=start)
    return settings.touched(identity, start, end)


@rule("REG-REFUSED-PASSWORD", reads=("sip", "acts"), timed=True)
def refused_password(binding: BindingEvidence) -> Iterator[Finding]:
    """Credentials that were refused are not sent again at once (RFC 3261 section 22.2)."""
    before: Transaction | None = None
    for one in binding.transactions:
        final = one.final
        if final is not None and asks_for_a_binding(one.request) and refused_at_once(one, before):
            again = next((late for late in binding.after(one.at) if asks_for_a_binding(late.request)), None)
            end = final.at + PAUSE_S
            if again is not None and again.at < end:
                if not binding.touched(final.at, again.at):
                    seen = f"after {again.at - final.at:.1f} s"
                    expected = f"not within {PAUSE_S:g} s"
                    yield broken(one.request, final, again.request, expected=expected, seen=seen)
            elif binding.evidence.saw_all(final.at, end):
                yield held(one.request, final)
        before = one


@rule("SIP-CREDENTIALS-KEPT", reads=("sip", "acts", "dhcp"))
def refresh_is_signed(binding: BindingEvidence) -> Iterator[Finding]:
    """A refresh carries credentials for the challenge that the binding was made with (RFC 3261 section 22.3)."""
    for grant in binding.grants:
        again = binding.next_after(grant.request.at)
        if again is None or not credentials_of(grant.request) or not asks_for_a_binding(again.request):
            continue
        if again.request.call_id != grant.request.call_id or binding.touched(grant.request.at, again.at):
            continue
        expected = "credentials in the refresh"
        signed = bool(credentials_of(again.request))
        yield judged(signed, grant.request, again.request, expected=expected, seen="none")
