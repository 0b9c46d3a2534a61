"""The type of service in the IP header of the base's packets: the byte that the network page names (RFC 2474)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.call_evidence import CallEvidence
from harness.rules.conversation import Conversation
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Occasion, broken, cannot_be_said, held
from harness.rules.registry import Expect, rule

SIGNALLING, MEDIA = "tos_sip", "tos_rtp"
UNKNOWN = "the setting {name} is not known: it was written and the base has not started anew, or no act is known"


class TosExpect(Expect):
    """SIP-TOS and RTP-TOS: the byte of a base on which the setting was never written."""

    factory: int


@rule("SIP-TOS", reads=("sip", "acts"), of_one_packet=True)
def signalling_is_marked(conversation: Conversation, expect: TosExpect) -> Iterator[Finding]:
    """All SIP packets of a conversation carry the byte of `tos_sip`."""
    sent = [m for m in conversation.sent if "tos" in m.fields]
    if not sent:
        return
    wanted = _in_force(conversation.evidence, SIGNALLING, sent[0].at, sent[-1].at, expect.factory)
    odd = next((m for m in sent if m.fields["tos"] != wanted), None)
    yield _finding(SIGNALLING, wanted, odd or sent[0], (odd or sent[0]).fields["tos"])


@rule("RTP-TOS", reads=("sip", "rtp", "acts"), of_one_packet=True)
def media_are_marked(call: CallEvidence, expect: TosExpect) -> Iterator[Finding]:
    """All packets of a source carry the byte of `tos_rtp`."""
    import numpy as np

    for source in call.sources:
        seen = np.flatnonzero(source.tos >= 0)
        if not len(seen):
            continue
        wanted = _in_force(call.evidence, MEDIA, float(source.at[0]), float(source.at[-1]), expect.factory)
        odd = seen if wanted is None else seen[source.tos[seen] != wanted]
        place = int(odd[0]) if len(odd) else int(seen[0])
        yield _finding(MEDIA, wanted, source.occasion(place), int(source.tos[place]))


def _finding(name: str, wanted: int | None, occasion: Occasion, seen: int) -> Finding:
    if wanted is None:
        return cannot_be_said(occasion, why=UNKNOWN.format(name=name))
    return held(occasion) if seen == wanted else broken(occasion, expected=wanted, seen=seen)


def _in_force(evidence: Evidence, name: str, begins: float, ends: float, factory: int) -> int | None:
    """The byte that is set from one moment to another; a new one is used from the next start on."""
    text = evidence.settings.value_since_start(name, at=begins, until=ends, factory=str(factory))
    return int(text) if text and text.isdigit() else None
