"""The limits of a trace, in words: a reader must know them before any verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.trace_report import parties
from harness.trace_report.wording import count, joined, sentence

if TYPE_CHECKING:
    from harness.capture.sight import Sight
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence
    from harness.trace_report.model import Party, RuleLine, StreamLine

_LISTED = 4
DIGEST_ROW = "SIP-DIGEST-RESPONSE"


def sentences(
    frames: int,
    evidence: Evidence,
    calls: Sequence[CallEvidence],
    known: Sequence[Party],
    streams: Sequence[StreamLine],
    rules: Sequence[RuleLine],
) -> list[str]:
    """One or two sentences each, the most important first; a file without packets has only one."""
    if not frames:
        return ["The file is a capture, and it holds no packets."]
    return [
        *_file(evidence.sight),
        *_encrypted(evidence.sight),
        *map(sentence, evidence.sight.notes),
        *_edges(calls),
        *_media(evidence, calls, streams),
        *_side_of_nat(known),
        *_other_phones(known),
        *_passwords(rules),
        *_acts(evidence),
    ]


def _file(sight: Sight) -> Iterator[str]:
    if sight.damaged:
        yield f"The file is damaged: {sight.damaged}. What comes after that place is not judged."
    if sight.lost_packets:
        yield (
            f"The capture itself dropped {count(sight.lost_packets, 'packet')}: a message that is missing here may "
            "have been sent all the same."
        )
    if sight.lost_segments:
        where = joined(dict.fromkeys(flow for flow, _ in sight.lost_segments[:_LISTED]))
        missing = count(len(sight.lost_segments), "TCP segment is", "TCP segments are")
        yield f"{missing} missing ({where}): no message that needs it is read."
    if sight.short_snaplen:
        yield (
            f"Packets were cut at {sight.short_snaplen} octets: the end of long messages and all audio are missing. "
            "Capture with -s 0."
        )
    if sight.unsorted:
        yield "The packets were not in the order of time; they were sorted."
    if sight.mirror:
        yield "Packets stand in the file twice, as from a mirror port that sees both sides: each is judged once."


def _encrypted(sight: Sight) -> Iterator[str]:
    media = [flow for flow in sight.encrypted if flow.startswith("SRTP")]
    others = [flow for flow in sight.encrypted if flow not in media]
    if others:
        yield f"{_listed(others)}: encrypted, so nothing in it is judged. With --keylog FILE it can be read."
    if media:
        yield f"{_listed(media)}: encrypted media, so only its headers are judged, not what is heard."


def _listed(flows: Sequence[str]) -> str:
    if len(flows) > _LISTED:
        return f"{', '.join(flows[:_LISTED])} and {len(flows) - _LISTED} more"
    return joined(flows)


def _edges(calls: Sequence[CallEvidence]) -> Iterator[str]:
    begun = [n for n, call in enumerate(calls, 1) if call.begins_inside]
    open_ = [n for n, call in enumerate(calls, 1) if call.ends_inside]
    if begun:
        yield f"{_of_calls('The trace begins inside', begun)}: how it was set up was not seen."
    if open_:
        yield f"{_of_calls('The trace ends inside', open_)}: how it ended was not seen."


def _of_calls(what: str, numbers: Sequence[int]) -> str:
    if len(numbers) > _LISTED:
        return f"{what} {len(numbers)} calls (the first is {numbers[0]})"
    return f"{what} {'call' if len(numbers) == 1 else 'calls'} {joined(map(str, numbers))}"


def _media(evidence: Evidence, calls: Sequence[CallEvidence], streams: Sequence[StreamLine]) -> Iterator[str]:
    answered = sum(call.answer is not None for call in calls)
    if evidence.streams is None or (answered and not streams):
        yield "There is no RTP of the base in the file: audio is not judged. Was it captured where media pass?"


def _side_of_nat(known: Sequence[Party]) -> Iterator[str]:
    for party in known:
        if party.role == parties.BASE and party.sent_by:
            yield (
                f"The trace is from outside of a NAT: {party.address} calls itself {joined(party.sent_by[:_LISTED])} "
                "in its Via. What was changed between base and NAT is not in it."
            )


def _other_phones(known: Sequence[Party]) -> Iterator[str]:
    others = [p.address for p in known if p.role == parties.PHONE]
    if others:
        more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
        yield (
            f"{joined(others[:_LISTED])}{more} {'looks' if len(others) == 1 else 'look'} like a phone too and "
            f"{'is' if len(others) == 1 else 'are'} not judged. One base with several addresses: --base A,B."
        )


def _passwords(rules: Sequence[RuleLine]) -> Iterator[str]:
    if any(rule.id == DIGEST_ROW and rule.unsaid and not rule.held and not rule.broken for rule in rules):
        yield "Passwords are not known: whether digests fit them is judged with --password [USER=]env:NAME."


def _acts(evidence: Evidence) -> Iterator[str]:
    if evidence.acts is None:
        yield (
            "A trace holds no key presses, displays or sounds: what a key should have led to is not judged. "
            "Of HTTP only what the base fetches is read."
        )
