"""What the base's RTCP blocks say of the packets that reached it: loss, highest number, jitter (RFC 3550 §6.4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.capture.rtp_figures import jitter_ms
from harness.rules.call_evidence import CallEvidence
from harness.rules.counted import Received, came_between, numbers_jump, received
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.reactions import LOST
from harness.rules.registry import rule
from harness.rules.sources import Source, sources_of

if TYPE_CHECKING:
    from harness.capture.messages import ReportBlock, RtcpReport

SLACK = 2
"""Packets that may overtake the report on the wire."""
RECEIVED_LATE = 5
"""Packets that may have reached the base and are not yet counted."""
FEWEST_IN_A_FRACTION = 50
"""A fraction of fewer packets is too coarse: the packets that overtake the report are a large part of it."""
JITTER_TIMES, JITTER_MS = 2.0, 20.0
"""A phone that reads its packets late adds to the jitter; none can take away more than half of it."""
JITTER_READ_EARLY_MS = 3.0
LARGEST_STEP_MS = 1000.0
CHANGED = "a PBX that joins two calls let another source send in between: a receiver may count anew"
JUMPED = "the far end counts its events apart from its audio, or began anew: a receiver may count anew, too"
ELSEWHERE = "packets are spaced otherwise at the phone than where they were captured"
MIXED = "events, or a pause whose time the far end does not count, are no measure of the path"


@dataclass(frozen=True)
class Block:
    """A block of a report, and the packets that it is about; `why` nothing can be said of it, if that is so."""

    report: RtcpReport
    told: ReportBlock
    source: Source
    why: str

    @cached_property
    def came(self) -> Received:
        """What had come until the report."""
        return received(self.source, self.report.at)


@rule("RTCP-BLOCK", reads=("sip", "rtp", "rtcp"), timed=True)
def a_block_tells_what_was_received(call: CallEvidence) -> Iterator[Finding]:
    """Loss and highest sequence number of a report block are right for the packets that reached the base."""
    for block in _blocks(call):
        if block.why:
            yield cannot_be_said(block.report, why=block.why)
            continue
        came, told = block.came, block.told
        behind = (came.highest - told.highest + 0x8000) % 0x10000 - 0x8000
        if not -RECEIVED_LATE <= behind <= RECEIVED_LATE:
            claim = "the highest number of a block is that of the last packet"
            expected, seen = came.highest & 0xFFFF, told.highest & 0xFFFF
            yield broken(block.report, expected=expected, seen=seen, claim=claim)
            continue
        slack = SLACK + came.just_now
        good = came.missing - came.repeated - slack <= told.lost <= came.missing + slack
        claim = "the loss of a block is that of the packets"
        yield judged(good, block.report, expected=_lost(came), seen=f"{told.lost} lost", claim=claim)


@rule("RTCP-BLOCK", reads=("sip", "rtp", "rtcp"), timed=True)
def a_block_tells_the_loss_since_the_last_one(call: CallEvidence) -> Iterator[Finding]:
    """The fraction of a block is the share of the packets since the block before that were lost."""
    last: dict[int, Block] = {}
    for block in _blocks(call):
        before, last[block.told.ssrc] = last.get(block.told.ssrc), block
        if before is None or before.why or block.why:
            continue
        old, new = before.came, block.came
        expected = new.expected - old.expected
        if expected < FEWEST_IN_A_FRACTION:
            continue
        missing, repeated = new.missing - old.missing, new.repeated - old.repeated
        slack = SLACK + old.just_now + new.just_now
        seen = block.told.fraction * expected / 256
        good = max(0, missing - repeated) - slack <= seen <= max(0, missing) + slack
        share = f"{max(0, missing)} of {expected} packets lost since the block before"
        claim = "the fraction of a block is the loss since the block before"
        yield judged(good, before.report, block.report, expected=share, seen=f"{seen:.0f} of {expected}", claim=claim)


@rule("RTCP-JITTER", reads=("sip", "rtp", "rtcp"), timed=True)
def a_block_tells_the_jitter(call: CallEvidence) -> Iterator[Finding]:
    """The jitter of a block is that of the packets as they reached the base (RFC 3550 appendix A.8)."""
    for block in _blocks(call):
        if block.why or call.evidence.acts is None:
            yield cannot_be_said(block.report, why=block.why or ELSEWHERE)
            continue
        jitter = _jitter(block)
        if jitter is None:
            yield cannot_be_said(block.report, why=MIXED)
            continue
        seen = block.told.jitter * 1000 / block.source.rate
        least, most = jitter / JITTER_TIMES - JITTER_READ_EARLY_MS, jitter * JITTER_TIMES + JITTER_MS
        if least <= seen <= most:
            yield held(block.report)
        else:
            expected = f"{max(0.0, least):.0f} to {most:.0f} ms; the packets have {jitter:.1f} ms"
            yield broken(block.report, expected=expected, seen=f"{seen:.1f} ms")


def _blocks(call: CallEvidence) -> Iterator[Block]:
    """The blocks of the base's reports about sources of which packets had come."""
    far = [stream for stream in call.streams or () if call.evidence.is_base(stream.dst)]
    heard = {source.streams[0].ssrc: source for source in sources_of(call.evidence, call, far)}
    for report in (one for one in call.reports if not one.encrypted):
        for told in report.blocks:
            source = heard.get(told.ssrc)
            if source is not None and float(source.at[0]) <= report.at:
                others = [one for one in heard.values() if one is not source]
                yield Block(report, told, source, _why(call, source, others, report.at))


def _why(call: CallEvidence, source: Source, others: list[Source], until: float) -> str:
    """Why it cannot be said what the base received of a source; empty if it can."""
    if call.begins_inside or call.evidence.has_lost(float(source.at[0]), until):
        return LOST
    if any(came_between(source, other, until) for other in others):
        return CHANGED
    return JUMPED if numbers_jump(source, until) else ""


def _lost(came: Received) -> str:
    if not came.repeated:
        return f"{came.missing} lost"
    return f"{came.missing - came.repeated} to {came.missing} lost ({came.repeated} packets came twice)"


def _jitter(block: Block) -> float | None:
    """The interarrival jitter in ms; None where the packets do not tell it."""
    import numpy as np

    source = block.source
    last = int(np.searchsorted(source.at, block.report.at, side="right"))
    audio = source.audio[:last]
    if last < FEWEST_IN_A_FRACTION or not audio[-FEWEST_IN_A_FRACTION:].all():
        return None
    at, stamps = source.at[:last][audio], source.timestamp[:last][audio]
    steps = np.abs(np.diff(at) - np.diff(stamps) / source.rate) * 1000
    if (steps[-4 * FEWEST_IN_A_FRACTION :] > LARGEST_STEP_MS).any():
        return None
    return jitter_ms(at, stamps, np.full(len(at), source.rate))
