"""Keys that stand for a number: speed dial, and the message key that calls a mailbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.dialling import called_by, dialled, reaches
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, judged
from harness.rules.notify import Summary, summaries
from harness.rules.reactions import reaction, unfelt
from harness.rules.registry import rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act, ActKind

UNKNOWN = "not all settings that decide what is called are known at this moment"
_ACCOUNT = re.compile(r"^message-account\s*:\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


@rule("DIAL-SPEED", reads=("sip", "acts", "shown"), timed=True)
def a_speed_dial_key_calls(evidence: Evidence) -> Iterator[Finding]:
    """An INVITE of the base soon follows a speed dial key that has a number."""
    yield from _calls(evidence, "a key of speed dial calls", "speed-dial")


@rule("DIAL-SPEED", reads=("sip", "acts", "shown"))
def a_speed_dial_key_calls_its_number(evidence: Evidence) -> Iterator[Finding]:
    """A speed dial key calls the number that its tab of the identity has, by this identity."""
    for act, invite in dialled(evidence, "speed-dial"):
        account = act.detail.get("account", "")
        identity = evidence.settings.identity_of(account, at=act.at)
        number = evidence.settings.value(f"speed_dial{act.detail.get('key', '')}", identity, at=act.at)
        if invite is not None and number and act.felt is not False:
            yield _called(evidence, act, invite, account, number)


@rule("MWI-3", reads=("sip", "acts", "shown"), timed=True)
def the_message_key_calls(evidence: Evidence) -> Iterator[Finding]:
    """An INVITE of the base soon follows the message key."""
    yield from _calls(evidence, "the message key calls", "mailbox")


@rule("MWI-3", reads=("sip", "acts", "shown"))
def the_message_key_calls_the_mailbox(evidence: Evidence) -> Iterator[Finding]:
    """It calls the mailbox that is set, else Message-Account, else the account; of several identities, one whose
    messages wait comes first."""
    told: list[Summary] | None = None
    for act, invite in dialled(evidence, "mailbox"):
        if invite is None or act.felt is False:
            continue
        told = summaries(evidence) if told is None else told
        latest = {one.user: one for one in told if one.at <= act.at}
        waiting = (user for user in act.detail.get("users", "").split() if user in latest and latest[user].waiting)
        account = next(waiting, act.detail.get("account", ""))
        identity = evidence.settings.identity_of(account, at=act.at)
        number = evidence.settings.value("user_mailbox", identity, at=act.at)
        if number is None or not identity:
            yield cannot_be_said(act, why=UNKNOWN)
        else:
            yield _called(evidence, act, invite, account, number or _account_of(latest.get(account)) or account)


def _calls(evidence: Evidence, claim: str, kind: ActKind) -> Iterator[Finding]:
    for act, invite in dialled(evidence, kind):
        finding = unfelt(act) or reaction(evidence, act, invite, expected="INVITE of the base", claim=claim)
        if finding is not None and finding.result is not Result.HELD:
            yield finding


def _called(evidence: Evidence, act: Act, invite: SipMessage, account: str, number: str) -> Finding:
    """Whether the call is to a number and by an account."""
    if invite.from_.user != account:
        return broken(act, invite, expected=account, seen=invite.from_.user, claim="the identity that calls")
    wanted = called_by(evidence, act, number)
    if wanted is None:
        return cannot_be_said(act, why=UNKNOWN)
    return judged(reaches(wanted, invite), act, invite, expected=wanted.target, seen=invite.request_uri)


def _account_of(summary: Summary | None) -> str:
    """The mailbox that a message summary names."""
    found = _ACCOUNT.search(summary.notice.body.decode("utf-8", "replace").replace("\r", "")) if summary else None
    return found[1] if found else ""
