"""Makes the report of evidence and judgements."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.core import verdict
from harness.trace_report import calls, model, parties, registrations, remarks, rules, streams, unseen
from harness.trace_report.model import CallLine, Report, RuleLine, StreamLine, TraceFacts
from harness.trace_report.wording import count

if TYPE_CHECKING:
    from harness.profiles.model import Profile
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence
    from harness.rules.judge import Judgement
    from harness.trace_report.stored_run import StoredRun


@dataclass(frozen=True)
class Material:
    """What a report is made of. `window` and `call` choose a part of it; numbers of calls stay those of the file."""

    file: str
    frames: int
    evidence: Evidence
    profile: Profile
    judgements: Sequence[Judgement]
    window: tuple[float, float] | None = None
    call: int = 0
    run: StoredRun | None = None

    @cached_property
    def calls(self) -> list[CallEvidence]:
        """The calls of the whole file: the number of one is its place here, from 1."""
        return self.evidence.calls

    @cached_property
    def numbers(self) -> rules.CallNumbers:
        """Finds the call of a finding."""
        return rules.CallNumbers(self.calls)

    def test_at(self, at: float) -> str:
        """The test of an m9 run at a moment."""
        return self.run.test_at(at) if self.run is not None else ""

    def chosen(self, number: int) -> bool:
        """Whether this call belongs to the chosen part."""
        if self.call:
            return number == self.call
        if self.window is None:
            return True
        one = self.calls[number - 1]
        return one.last_at >= self.window[0] and one.began_at <= self.window[1]

    def chosen_at(self, at: float) -> bool:
        """Whether this moment belongs to it."""
        return not self.call and (self.window is None or self.window[0] <= at <= self.window[1])


def report(material: Material) -> Report:
    """The whole report."""
    evidence = material.evidence
    known = parties.parties(evidence.sip, evidence.base)
    every = streams.lines(evidence, material.calls)
    of_call = streams.by_call(every)
    judged = [_of_part(material, rules.line(one, material.numbers, material.test_at)) for one in material.judgements]
    judged = rules.told_once(judged, {one.rule.id: one.rule.covers for one in material.judgements})
    booked = [registrations.line(binding) for binding in evidence.bindings]
    chosen = [n for n in range(1, len(material.calls) + 1) if material.chosen(n)]
    lines = [calls.line(n, material.calls[n - 1], streams.codec_of_call(material.calls[n - 1], of_call.get(n, ())))
             for n in chosen]  # fmt: skip
    kind, code = _verdict(judged)
    return Report(
        trace=_facts(material, every),
        base=tuple(sorted(evidence.base)),
        profile=material.profile.name,
        title=material.profile.title,
        note=material.profile.note,
        verdict=kind,
        exit_code=code,
        summary=_summary(judged),
        unseen=tuple(unseen.sentences(material.frames, evidence, material.calls, known, every, judged)),
        parties=tuple(known),
        calls=tuple(_marked(lines, judged, material)),
        rules=tuple(judged),
        streams=tuple(_streams(material, every)),
        registrations=() if material.call else tuple(booked),
        remarks=tuple(_remarks(material, of_call, booked)),
    )


def _of_part(material: Material, line: RuleLine) -> RuleLine:
    """The same of one call, where one was asked for; a window was laid on the findings before."""
    if not material.call:
        return line
    call = material.calls[material.call - 1]
    judgement = next(one for one in material.judgements if one.rule.id == line.id).of_call(call.call_id)
    mine = rules.line(judgement, material.numbers, material.test_at)
    faults = tuple(fault for fault in mine.faults if fault.call == material.call)
    return dataclasses.replace(mine, faults=faults, broken=len(faults))


def _facts(material: Material, every: Sequence[StreamLine]) -> TraceFacts:
    sight = material.evidence.sight
    packets = sum(stream.packets for stream in every)
    messages = len(material.evidence.sip)
    run = material.run.words if material.run is not None else ""
    return TraceFacts(material.file, sight.begins, sight.ends, material.frames, messages, packets, run, material.window)


def _verdict(judged: Sequence[RuleLine]) -> tuple[str, int]:
    """A rule that was inferred only warns, as in a night (design, section 2)."""
    if any(rule.broken and not rule.warns_only for rule in judged):
        return model.BROKEN, verdict.EXIT_PRODUCT
    if any(rule.broken for rule in judged):
        return model.WARNING, verdict.EXIT_GOOD
    if any(rule.held for rule in judged):
        return model.GOOD, verdict.EXIT_GOOD
    return model.NOTHING, verdict.EXIT_NOTHING_JUDGED


def _summary(judged: Sequence[RuleLine]) -> str:
    results = Counter(rule.result for rule in judged if not rule.told_as)
    return (
        f"{count(results['broken'], 'rule')} broken, {results['held']} held, "
        f"{results['cannot be said']} cannot be said, {results['not exercised']} not exercised"
    )


def _marked(lines: Sequence[CallLine], judged: Sequence[RuleLine], material: Material) -> list[CallLine]:
    """The lines with the rules that each call broke, and how often rules held in it."""
    broke: dict[int, list[str]] = {}
    for rule in judged:
        for number in () if rule.told_as else dict.fromkeys(fault.call for fault in rule.faults):
            broke.setdefault(number, []).append(rule.id)
    held: Counter[str] = Counter()
    unsaid: Counter[str] = Counter()
    for judgement in material.judgements:
        held.update(judgement.held_in)
        unsaid.update(finding.call_id for finding in judgement.unsaid)
    return [
        dataclasses.replace(
            line, faults=tuple(broke.get(line.number, ())), held=held[line.call_id], unsaid=unsaid[line.call_id]
        )
        for line in lines
    ]


def _streams(material: Material, every: Sequence[StreamLine]) -> list[StreamLine]:
    return [s for s in every if (material.chosen(s.call) if s.call else material.chosen_at(s.first_at))]


def _remarks(
    material: Material,
    of_call: Mapping[int, Sequence[StreamLine]],
    booked: Sequence[model.RegistrationLine],
) -> list[model.Remark]:
    found = remarks.remarks(material.evidence, material.calls, of_call, booked)
    kept = []
    for remark in found:
        where = tuple(w for w in remark.where if (material.chosen(w.call) if w.call else material.chosen_at(w.at)))
        if where:
            kept.append(dataclasses.replace(remark, where=where))
    return kept
