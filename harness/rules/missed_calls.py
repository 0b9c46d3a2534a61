"""Which calls a handset counts as missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, judged
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Shown


class MissedExpect(Expect):
    """CAL-10: the words for missed calls on an idle screen."""

    missed_words: tuple[str, ...]


@rule("CAL-10", reads=("sip", "acts", "shown"))
def taken_elsewhere_is_not_missed(call: CallEvidence, expect: MissedExpect) -> Iterator[Finding]:
    """A call that another device of the account answered is in no list of missed calls and on no screen."""
    cancel = next((m for m in call.heard if m.method == "CANCEL" and taken_elsewhere(m)), None)
    if cancel is None or not call.handset:
        return
    index, far = call.evidence.index, float("inf")
    before = [one for one in index.shown_between("list", call.handset, 0.0, cancel.at) if _of_missed(one)]
    after = [one for one in index.shown_between("list", call.handset, cancel.at, far) if _of_missed(one)]
    if before and after:
        expected, seen = _rows(before[-1]), _rows(after[0])
        claim = "rows of the missed list"
        yield judged(expected == seen, cancel, after[0], expected=expected, seen=seen, claim=claim)
    keys = [act.at for act in index.of_handset(call.handset, "key") if act.at > cancel.at]
    until = min([cancel.at + 5.0, *keys[:1]])
    for screen in index.shown_between("display", call.handset, cancel.at, until):
        told = [word for word in expect.missed_words if word.lower() in screen.value.lower()]
        claim = "a call answered elsewhere is no missed call"
        expected = f"no {' or '.join(expect.missed_words)} on the display"
        yield judged(not told, cancel, screen, expected=expected, seen=_rows(screen), claim=claim)


def taken_elsewhere(cancel: SipMessage) -> bool:
    """Whether a CANCEL says that the call was completed elsewhere (RFC 3326 section 3.1)."""
    for value in cancel.header("reason"):
        protocol, *parameters = [part.strip().lower() for part in value.split(";")]
        if protocol == "sip" and "cause=200" in parameters:
            return True
    return False


def _of_missed(one: Shown) -> bool:
    return one.detail.get("which") == "missed"


def _rows(one: Shown) -> str:
    return " / ".join(line.strip() for line in one.value.splitlines() if line.strip())
