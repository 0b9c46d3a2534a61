"""What stands for the variables of an action URL, and that no call waits for the server of one.

The variables are those of the vendor's desk phones (facts sheet 7): where a base sends one as it is written, it does
not know it, and nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.action_events import ActionEvent
from harness.rules.action_urls import ActionRequest, Template, pairs, variable
from harness.rules.actions_told import told_in
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Occasion, cannot_be_said, judged
from harness.rules.reactions import after, unfelt
from harness.rules.registry import Expect, rule

ESCAPED = re.compile(r"(?:[A-Za-z0-9._~!$'()*+,;:@/?-]|%[0-9A-Fa-f]{2})*")
"""What a value in a query may be (RFC 3986 section 3.4); `&` and `=` would begin another."""
ASSERTED = ("p-asserted-identity", "remote-party-id")
ANONYMOUS = "anonymous"


class ValueExpect(Expect):
    """ACT-VALUES: seconds by which an event may be told late and is still known."""

    patience_s: float


class CallExpect(Expect):
    """ACT-WAIT: seconds within which a call goes on though a server does not answer."""

    call_within_s: float


@rule("ACT-VALUES", reads=("http", "sip", "dhcp", "acts", "shown"), timed=True)
def variables_have_the_values_of_the_event(evidence: Evidence, expect: ValueExpect) -> Iterator[Finding]:
    """Each pair of the query is there, escaped, and a variable stands for what it names."""
    for event, request, template in told_in(evidence, expect.patience_s).pairs:
        if any(variable(value) for _, value in template.query):
            yield from _values(evidence, event, request, template)


def _values(evidence: Evidence, event: ActionEvent, request: ActionRequest, template: Template) -> Iterator[Finding]:
    seen, wanted = pairs(request.request.uri.partition("?")[2]), template.query
    unknown = [value for _, value in seen if variable(value)]
    if unknown:
        yield cannot_be_said(request.request, why=f"this unit does not know {', '.join(unknown)}")
        return
    good = [name for name, _ in seen] == [name for name, _ in wanted]
    escaped = good and all(ESCAPED.fullmatch(value) for _, value in seen)
    expected = f"?{'&'.join(f'{name}=' for name, _ in wanted)} with escaped values"
    claim = "what stands for a variable is escaped"
    yield judged(escaped, event.cause, request.request, expected=expected, seen=request.request.uri, claim=claim)
    for (_, told), (_, value) in zip(seen, wanted, strict=True) if good else ():
        known = _expected(evidence, event, variable(value))
        if known is not None:
            claim, plain = f"${variable(value)} of {event.kind} is that of the event", unquote_plus(told)
            found = _user(plain) if variable(value) in ("remote", "local") else plain
            expected = " or ".join(map(repr, known))
            yield judged(found in known, event.cause, request.request, expected=expected, seen=repr(plain), claim=claim)


def _expected(evidence: Evidence, event: ActionEvent, name: str) -> list[str] | None:
    """What a variable may stand for; of an address its user. None where that is not known."""
    call, settings = event.call, evidence.settings
    if name == "local" or name == "active_user":
        account = call.account if call is not None else settings.value("user_name", event.identity, at=event.at)
        return [account] if account else None
    if name == "phone_ip":
        return sorted(evidence.base)
    if name == "mac":
        digits = [mac.replace(":", "") for mac in evidence.own_macs]
        return [form for one in digits for form in (one.upper(), one.lower())] or None
    if call is None or call.opening is None:
        return None
    if name == "call-id":
        return [call.call_id]
    if name == "remote":
        return _far_users(call, call.opening)
    return _far_names(call.opening) if name == "display_remote" and call.incoming else None


def _far_users(call: CallEvidence, opening: SipMessage) -> list[str] | None:
    """Whom the base calls, or who calls it; not where it is withheld."""
    if not call.incoming:
        called = headers.parse_address(f"<{opening.request_uri}>").user
        return list(dict.fromkeys(unquote(user) for user in (called, opening.to.user)))
    found = [opening.from_.user, *(headers.parse_address(v).user for name in ASSERTED for v in opening.header(name))]
    return None if _is_hidden(opening) else list(dict.fromkeys(unquote(user) for user in found))


def _far_names(opening: SipMessage) -> list[str] | None:
    found = [opening.from_.display, *(headers.parse_address(v).display for n in ASSERTED for v in opening.header(n))]
    return None if _is_hidden(opening) else list(dict.fromkeys(found))


def _is_hidden(opening: SipMessage) -> bool:
    """Whether the caller does not want to be known."""
    told = [*opening.header("privacy"), *opening.header(ASSERTED[1])]
    return opening.from_.user == ANONYMOUS or any(v == "id" or "privacy=full" in v.lower() for v in told)


def _user(text: str) -> str:
    return unquote(headers.parse_address(f"<{text}>").user)


@rule("ACT-WAIT", reads=("http", "sip", "acts", "shown"), timed=True)
def no_call_waits_for_a_server(evidence: Evidence, expect: CallExpect) -> Iterator[Finding]:
    """While a server of action URLs does not answer, calls go on as ever."""
    told = told_in(evidence, 0.0)
    for call in evidence.calls if told.requests else ():
        for cause, answer, wanted in _reactions(call):
            limit = cause.at + expect.call_within_s
            if not told.unanswered(cause.at, limit) or (answer is None and not evidence.has_seen(cause.at, limit)):
                continue
            seen = f"after {answer.at - cause.at:.1f} s" if answer is not None else "nothing"
            expected = f"{wanted} within {expect.call_within_s:g} s"
            good = answer is not None and answer.at <= limit
            yield judged(good, cause, *([answer] if answer is not None else []), expected=expected, seen=seen)


def _reactions(call: CallEvidence) -> Iterator[tuple[Occasion, SipMessage | None, str]]:
    """What happens to a call, with the base's reaction to it."""
    opening, bye = call.opening, call.bye
    if opening is not None and call.incoming:
        yield opening, next((m for m in call.responses_to(opening) if m.status > 100), None), "180"
        for act in call.acts("answer")[:1]:
            if unfelt(act) is None:
                yield act, after(call.responses_to(opening), act.at, lambda m: m.status == 200), "200"
    elif opening is not None and call.answer is not None:
        yield call.answer, after(call.requests, call.answer.at, lambda m: m.method == "ACK"), "ACK"
    for act in call.acts("hang-up") if call.answer is not None else ():
        if unfelt(act) is None and (bye is None or bye.at >= act.at):
            yield act, after(call.requests, act.at, lambda m: m.method == "BYE"), "BYE"
    if bye is not None and not call.evidence.is_base(bye.src):
        yield bye, call.final(bye), "200"
