"""Calls between handsets of one base, which no server takes part in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from urllib.parse import unquote

from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, judged
from harness.rules.reactions import WITHIN_S, unfelt
from harness.rules.registry import rule


@rule("CALL-INTERCOM", reads=("sip", "acts"))
def no_server_is_asked(evidence: Evidence) -> Iterator[Finding]:
    """The number of another handset is not called at a server."""
    sent = [m for m in evidence.sip if m.method == "INVITE" and evidence.is_base(m.src)]
    times = [m.at for m in sent]
    for act in evidence.acts_of("intercom"):
        if not evidence.has_seen(act.at, act.at + WITHIN_S) and not evidence.saw_all(act.at, act.at):
            continue
        soon = sent[bisect_left(times, act.at) : bisect_left(times, act.at + WITHIN_S)]
        number = act.detail.get("number", "")
        asked = next((m for m in soon if unquote(m.request_uri.partition(":")[2].partition("@")[0]) == number), None)
        seen = f"an INVITE of {number}" if asked else "none"
        yield unfelt(act) or judged(asked is None, act, *([asked] if asked else []), expected="no INVITE", seen=seen)
