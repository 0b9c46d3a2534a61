"""States between tests on paper, and what the rules of the idle state say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.capture.messages import HttpMessage, SipMessage
from harness.capture.rtp import RtpStream
from harness.rules.acts import Act, Shown
from harness.rules.evidence import Evidence
from harness.rules.idle_state import IdleHandset, IdleState, LogLine, ShownRegistration
from harness.rules.judge import Judgement, judge
from suites.selftest.rules.healthy_call import BASE, PROXY, message, messages

HANDSET = IdleHandset(
    1, ("41",), rows=("snom", "Handset 1", "", ""), ringing=False, off_hook=False, message_lamp=False, lit=False
)
BEFORE, AFTER = 0.5, 20.0
"""The healthy call on paper lies in between."""


def state(at: float, handset: IdleHandset = HANDSET, **fields: object) -> IdleState:
    """One state of a base with one handset."""
    return replace(IdleState(at, f"test until {at:g}", (handset,)), **fields)  # type: ignore[arg-type]


def rule(
    row: str,
    *states: IdleState,
    sip: Sequence[SipMessage] = (),
    http: Sequence[HttpMessage] = (),
    acts: Sequence[Act] = (),
    shown: Sequence[Shown] = (),
    streams: Sequence[RtpStream] = (),
) -> Judgement:
    """What one row says."""
    evidence = Evidence([BASE], sip=sip, streams=lambda: streams, http=http, acts=acts, shown=shown, idle=states)
    (found,) = judge(evidence, "asterisk", [row])
    return found


def seen(judgement: Judgement) -> list[str]:
    """The first lines of what was seen where it is broken."""
    return [found.seen.splitlines()[0] for found in judgement.broken]


def registered(at: float, seconds: int, asked: int = 600) -> list[SipMessage]:
    """A REGISTER of identity 41 and its 200."""
    ends = ("From: <sip:41@198.18.9.11>;tag=base", "To: <sip:41@198.18.9.11>", f"Contact: <sip:41@{BASE}:5060>")
    branch, granted = f"r{at:g}", f"Expires: {seconds}"
    return [
        message(at, "REGISTER sip:198.18.9.11 SIP/2.0", "1 REGISTER", branch, *ends, f"Expires: {asked}"),
        message(at + 0.1, "SIP/2.0 200 OK", "1 REGISTER", branch, *ends, granted, ours=False),
    ]


def row(expires: int | None, *, registered: bool = True) -> tuple[ShownRegistration, ...]:
    """The registration status of identity 41."""
    text = f"1 | 41 | {'Registered' if registered else 'Failed'} | {expires}"
    return (ShownRegistration("41", registered, expires, text),)


def mailbox(at: float, body: str) -> SipMessage:
    """A server's notice of the mailbox of identity 41."""
    ends = ("From: <sip:mail@198.18.9.11>;tag=m", "To: <sip:41@198.18.9.11>;tag=base", "Event: message-summary")
    found = message(at, f"NOTIFY sip:41@{BASE} SIP/2.0", "1 NOTIFY", f"n{at:g}", *ends, ours=False)
    return replace(found, body=body.encode())


def logged(level: int, category: str, at: float | None = None) -> tuple[LogLine, ...]:
    """One new message of the log."""
    return (LogLine(level, category, f"[{level}] {category}: trouble", at),)


def listed(number: int = 1, **lists: Sequence[str]) -> IdleHandset:
    """The handset with these call lists; those not named are empty."""
    found: Mapping[str, tuple[str, ...]] = {
        name: tuple(lists.get(name, ())) for name in ("missed", "received", "dialed")
    }
    return replace(HANDSET, number=number, lists=found)


def missed() -> list[SipMessage]:
    """The healthy call, given up by its caller while it rang."""
    ringing = messages()[:2]
    known = ("From: <sip:301@198.18.9.11>;tag=peer", "To: <sip:41@198.18.9.11>")
    uri = ringing[0].request_uri
    ends = [
        message(3, f"CANCEL {uri} SIP/2.0", "1 CANCEL", "a", *known, ours=False),
        message(3.1, "SIP/2.0 200 OK", "1 CANCEL", "a", *known),
        message(3.2, "SIP/2.0 487 Request Terminated", "1 INVITE", "a", known[0], known[1] + ";tag=base"),
    ]
    return [*ringing, *ends]


def web(at: float, method: str = "POST") -> HttpMessage:
    """A form that was sent to the pages."""
    return HttpMessage(1, at, PROXY, 40000, BASE, 80, "http", method=method, uri="/index.htm")
