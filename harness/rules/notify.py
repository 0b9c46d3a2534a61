"""NOTIFYs without a subscription: they are answered, refused if their event is unknown, and shown for a mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.capture.messages import SipMessage
from harness.rules.acts import Shown
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.options import answered
from harness.rules.registry import rule
from harness.rules.transactions import Transaction

WITHIN_S = 5.0
REGISTERED = frozenset(
    """calling-name certificate call-completion call-info conference consent-pending-additions credential dialog
    eventlist http-monitor kpml load-control message-summary poc-settings presence refer reg spirits-INDPs
    spirits-user-prof talk hold ua-profile vq-rtcpxr winfo xcap-diff check-sync sync keep-alive line-seize
    as-feature-event uaCSTA device-status resync reboot""".lower().split()
)
"""Event packages of the registry of RFC 6665, and those of vendors: a base may know any of them."""
SHOWN_WITHIN_S = 4.0
"""Seconds from the NOTIFY to icon and lamp, over the air."""
ICON, LAMP = "MESSAGE", "MESSAGE"
_YES = re.compile(r"^messages-waiting\s*:\s*(yes|no)\s*$", re.IGNORECASE | re.MULTILINE)


def event_of(request: SipMessage) -> tuple[str, dict[str, str]]:
    """The event package in lower case, and the parameters of the Event header."""
    text = next(iter(request.header("event")), "")
    package, *rest = (part.strip().lower() for part in text.split(";"))
    return package, {name: value for name, _, value in (part.partition("=") for part in rest)}


def _notices(evidence: Evidence) -> Iterator[Transaction]:
    """NOTIFYs outside of any subscription."""
    for one in evidence.asked_of_base:
        if one.request.method == "NOTIFY" and not one.request.to.tag:
            yield one


@rule("SIP-NOTIFY", reads=("sip", "acts", "dhcp"), timed=True)
def notices_are_answered(evidence: Evidence) -> Iterator[Finding]:
    """Every NOTIFY gets a final answer: without one a server repeats it."""
    for one in _notices(evidence):
        yield from answered(evidence, one, WITHIN_S, welcome=False)


@rule("SIP-UNKNOWN-EVENT")
def unknown_events_are_refused(evidence: Evidence) -> Iterator[Finding]:
    """A NOTIFY of an event package that is in no standard and of no vendor is refused."""
    for one in _notices(evidence):
        package, final = event_of(one.request)[0], one.final
        if final is None or package.partition(".")[0] in REGISTERED:
            continue
        if final.status >= 400:
            yield held(one.request, final)
        else:
            yield broken(one.request, final, expected="489 Bad Event", seen=final.status)


@rule("MWI-2")
@rule("MWI-UNSOLICITED")
def mailbox_notices_are_taken(evidence: Evidence) -> Iterator[Finding]:
    """An unsolicited message summary for a Contact of the base is accepted."""
    for one in _notices(evidence):
        final = one.final
        if final is None or event_of(one.request)[0] != "message-summary":
            continue
        if final.status < 300:
            yield held(one.request, final)
        elif final.status not in (401, 407):
            yield broken(one.request, final, expected="200 OK", seen=final.status)


@dataclass(frozen=True)
class Summary:
    """The message summary of an account's mailbox, at a moment."""

    notice: SipMessage
    user: str
    waiting: bool

    @property
    def at(self) -> float:
        """When the base received it."""
        return self.notice.at


def summaries(evidence: Evidence) -> list[Summary]:
    """The message summaries that the base accepted, in order."""
    found = []
    for one in evidence.asked_of_base:
        if one.request.method != "NOTIFY" or event_of(one.request)[0] != "message-summary":
            continue
        says = _YES.search(one.request.body.decode("utf-8", "replace").replace("\r", ""))
        if says is not None:
            found.append(Summary(one.request, _user_of(one.request), says[1].lower() == "yes"))
    return found


def _user_of(request: SipMessage) -> str:
    return request.request_uri.partition(":")[2].partition("@")[0]


@rule("MWI-2", reads=("sip", "acts", "dhcp", "shown"), timed=True)
@rule("MWI-SHOWN", reads=("sip", "acts", "dhcp", "shown"), timed=True)
def handsets_show_whether_messages_wait(evidence: Evidence) -> Iterator[Finding]:
    """Icon and lamp of a handset burn while messages wait for one of its identities, and for no other."""
    told = summaries(evidence)
    position = 0
    latest: dict[str, Summary] = {}
    for shown in evidence.shown or ():
        if shown.kind not in ("icons", "lamps"):
            continue
        while position < len(told) and told[position].at <= shown.at:
            latest[told[position].user] = told[position]
            position += 1
        yield from _shows(evidence, shown, latest)


def _shows(evidence: Evidence, shown: Shown, latest: dict[str, Summary]) -> Iterator[Finding]:
    """One look at a handset; `users` are the accounts of its identities."""
    users = shown.detail.get("users", "").split()
    about = [latest[user] for user in users if user in latest]
    cause = max((*about, *latest.values()), key=lambda one: (one in about, one.at), default=None)
    if cause is None or not users or evidence.settings.restarted(cause.at, shown.at):
        return
    waiting = [one for one in about if one.waiting]
    burns = (ICON if shown.kind == "icons" else LAMP) in shown.value.split()
    if burns == bool(waiting):
        yield held(cause.notice, shown)
        return
    if shown.at < max(one.at for one in (*about, cause)) + SHOWN_WITHIN_S:
        return  # the change may still come
    if burns and shown.detail.get("missed"):
        yield cannot_be_said(cause.notice, shown, why="a missed call lights the same lamp")
        return
    what = "icon" if shown.kind == "icons" else "lamp"
    claim = f"handset {shown.handset} shows whether messages wait"
    expected = f"{what} {'on' if waiting else 'off'}"
    yield broken(cause.notice, shown, expected=expected, seen=shown.value or f"no {what}", claim=claim)
