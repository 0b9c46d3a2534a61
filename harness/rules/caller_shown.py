"""Whom a ringing handset shows: the party that the server asserts goes before From (RFC 3325)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import Expect, rule

SHOWN_WITHIN_S = 2.0
"""Seconds from the INVITE to the display, over the air."""


class CallerExpect(Expect):
    """CID-1: the headers that name the caller before From does, the first one first."""

    headers: tuple[str, ...]


@rule("CID-1", reads=("sip", "acts", "shown"), timed=True)
def the_asserted_caller_is_shown(call: CallEvidence, expect: CallerExpect) -> Iterator[Finding]:
    """While it rings, the handset shows the number that the server asserts, and not that of From."""
    invite = call.opening
    if invite is None or not call.incoming or not call.handset:
        return
    asserted = _asserted(invite, expect.headers)
    if not asserted or asserted == invite.from_.user or _is_private(invite):
        return
    over = min((m.at for m in call.messages if m.cseq.method == "INVITE" and m.status >= 200), default=call.last_at)
    seen = [one for one in call.shown("display", call.handset) if invite.at <= one.at <= over + SHOWN_WITHIN_S]
    right = next((one for one in seen if asserted in one.value), None)
    wrong = [one for one in seen if invite.from_.user in one.value and one.at >= invite.at + SHOWN_WITHIN_S]
    if right is not None:
        yield held(invite, right)
    elif wrong:
        yield broken(invite, wrong[0], expected=f"{asserted} on the display", seen=invite.from_.user)
    elif call.evidence.shown is None:
        yield cannot_be_said(invite, why="a trace has no displays: it does not show what a handset made of it")


def _asserted(invite: SipMessage, names: tuple[str, ...]) -> str:
    """The number of the first of these headers that is there."""
    values = [value for name in names for value in invite.header(name)]
    return headers.parse_address(values[0]).user if values else ""


def _is_private(invite: SipMessage) -> bool:
    """Whether the caller, or the server for it, withholds the number."""
    hidden = [headers.parse_address(v).params.get("privacy", "off") for v in invite.header("remote-party-id")]
    return any(value != "off" for value in hidden) or bool(invite.header("privacy"))
