"""A session that is judged while it goes on: nothing is lost, nothing counts twice, a call over two tests is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from harness.capture.messages import SipMessage
from harness.capture.sight import Sight
from harness.profiles.model import Rule
from harness.rules import tally
from harness.rules.acts import Act
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held
from harness.rules.growing import GrowingEvidence
from harness.rules.judge import judge
from harness.rules.registry import RuleFunction
from harness.rules.rows import Row, rows_of
from harness.rules.session_judge import OF_ALL_S, SETTLED_S, Found, SessionJudge
from harness.rules.tally import Tally
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE
from suites.selftest.rules.judging import without

EVER = 10_000.0
ODD = Rule(id="ODD-1", claim="odd", level="standard", source="here", means="Odd.", look="Look.")


def call(number: int, at: float, fault: bool = False) -> list[SipMessage]:
    """The healthy call, from `at` on and under its own Call-ID; with the fault, its BYE has no Max-Forwards."""

    def spoiled(m: SipMessage) -> SipMessage:
        return without("max-forwards")(m) if fault and m.method == "BYE" else m

    return [
        replace(spoiled(m), at=at + m.at, frame=1000 * number + m.frame, call_id=f"call{number}")
        for m in healthy_call.messages()
    ]


class Session:
    """Evidence that grows and its judge, as the watch uses them."""

    def __init__(self, rows: dict[str, Row] | None = None, since: float = 0.0) -> None:
        self.evidence = GrowingEvidence([BASE], begins=0.0)
        self.judge = SessionJudge(self.evidence, rows if rows is not None else rows_of("asterisk"), since)

    def look(self, messages: Sequence[SipMessage], now: float, acts: Sequence[Act] = (), final: bool = False) -> None:
        """A look after a test that left these messages."""
        touched = self.evidence.add(messages, acts=acts, shown=[], until=now)
        self.judge.look(now, touched, final=final)

    def broken(self, rule: str = "SIP-MAX-FORWARDS") -> list[str]:
        """The Call-IDs of the rule's broken occasions."""
        return [one.call_id for one in self.judge.found(rule).findings if one.result is Result.BROKEN]


def row_of(function: object, scope: str = "call") -> dict[str, Row]:
    """One row that one function judges."""
    judging = RuleFunction("ODD-1", "odd", scope, frozenset({"sip"}), None, function)  # type: ignore[arg-type]
    return {"ODD-1": Row(ODD, ((judging, None),))}


@pytest.mark.parametrize("step", [1, 2, 5, 7, 100])
def test_whatever_the_looks_all_is_found_as_if_judged_at_once(step: int) -> None:
    messages = [m for n in range(6) for m in call(n, 30.0 * n, fault=n % 2 == 1)]
    messages += call(7, 100.5)  # two calls at a time
    messages.sort(key=lambda m: m.at)
    session = Session()
    for place in range(0, len(messages), step):
        part = messages[place : place + step]
        session.look(part, part[-1].at)
    session.look([], EVER, final=True)
    at_once = {one.rule.id: one for one in judge(at_once_of(messages), "asterisk")}
    for rule, found in ((rule, session.judge.found(rule)) for rule in session.judge.rows):
        assert found.held == at_once[rule].held, rule
        assert [f for f in found.findings if f.result is Result.BROKEN] == list(at_once[rule].broken), rule
        assert sum(f.result is Result.CANNOT_BE_SAID for f in found.findings) == len(at_once[rule].unsaid), rule
    assert session.broken() == ["call1", "call3", "call5"]


def at_once_of(messages: Sequence[SipMessage]) -> Evidence:
    """All of it, as if it had been looked at once, at the end of all looks."""
    sight = replace(Sight.whole(messages), ends=EVER)
    return Evidence([BASE], sip=messages, acts=[], shown=[], sight=sight)


def test_a_call_is_judged_when_it_is_over_and_settled() -> None:
    messages = call(1, 0.0, fault=True)
    session = Session()
    session.look(messages[:-1], 8.5)  # BYE is not yet answered
    session.look([], 60.0)
    assert session.broken() == []
    session.look(messages[-1:], messages[-1].at + SETTLED_S / 2)
    assert session.broken() == []
    session.look([], messages[-1].at + SETTLED_S)
    assert session.broken() == ["call1"]


def test_a_call_that_is_touched_again_is_judged_again_and_counts_once() -> None:
    messages = call(1, 0.0, fault=True)
    session = Session()
    session.look(messages, 20.0)
    held_before = session.judge.found("SIP-VIA").held
    session.look([replace(messages[-1], at=25.0, frame=99, resend=True)], 60.0)
    assert session.broken() == ["call1"]
    assert session.judge.found("SIP-VIA").held == held_before


def test_an_open_call_is_judged_at_the_end_of_the_profile() -> None:
    session = Session()
    session.look(call(1, 0.0, fault=True)[:-1], 1000.0)
    assert session.broken() == []
    session.look([], 1000.0, final=True)
    assert session.broken() == ["call1"]


def test_a_power_cut_ends_a_call_without_a_message() -> None:
    session = Session()
    session.look(call(1, 0.0, fault=True)[:-1], 20.0)
    session.look([], 30.0, acts=[Act("power-off", 21.0)])
    assert session.broken() == ["call1"]


def test_what_was_before_the_profile_was_ready_is_evidence_and_not_judged() -> None:
    session = Session(since=10.0)
    session.look([*call(1, 0.0, fault=True), *call(2, 20.0, fault=True)], EVER)
    assert session.broken() == ["call2"]


def test_a_base_that_gets_another_address_is_still_the_base() -> None:
    moved = [
        replace(
            m,
            src="198.18.9.77" if m.src == BASE else m.src,
            dst="198.18.9.77" if m.dst == BASE else m.dst,
        )
        for m in call(1, 0.0, fault=True)
    ]
    session = Session()
    session.evidence.add(moved, acts=[], shown=[], until=20.0)
    session.evidence.know_base(["198.18.9.77"])
    session.judge.look(20.0, ["call1"], final=True)
    assert session.broken() == ["call1"]


def test_rules_over_everything_share_the_time_of_a_look_and_are_all_asked_at_the_end() -> None:
    asked: dict[str, list[int]] = {}
    clock = [0.0]

    def taking(name: str, each: float) -> RuleFunction:
        def judge(evidence: Evidence) -> Iterator[Finding]:
            asked.setdefault(name, []).append(len(evidence.sip))
            clock[0] += each * len(evidence.sip)
            yield held(evidence.sip[-1])

        return RuleFunction("ODD-1", name, "evidence", frozenset({"sip"}), None, judge)

    functions = tuple((taking(name, each), None) for name, each in (("a", 1e-5), ("b", 1e-5), ("slow", 1e-3)))
    row = Row(ODD, functions)
    session = Session({"ODD-1": row})
    session.judge = SessionJudge(session.evidence, {"ODD-1": row}, worked=lambda: clock[0])
    for number in range(200):
        before = clock[0]
        session.look(call(number, 20.0 * number), 20.0 * number + 15.0)
        assert clock[0] - before <= OF_ALL_S or number == 0
    session.look([], EVER, final=True)
    assert {name: sizes[-1] for name, sizes in asked.items()} == {"a": 1800, "b": 1800, "slow": 1800}
    assert len(asked["slow"]) < 10
    assert 55 < len(asked["a"]) < 70
    assert abs(len(asked["a"]) - len(asked["b"])) <= 1
    assert session.judge.found("ODD-1").held == 3


def test_a_rule_that_fails_is_noted_and_the_others_go_on() -> None:
    def fails(call: CallEvidence) -> Iterator[Finding]:
        yield held(call.messages[0])
        raise KeyError("ours")

    session = Session({**row_of(fails), "SIP-MAX-FORWARDS": rows_of("asterisk")["SIP-MAX-FORWARDS"]})
    session.look(call(1, 0.0, fault=True), EVER)
    assert session.judge.faults == {"ODD-1": "odd failed on call call1: KeyError: 'ours'"}
    assert session.broken() == ["call1"]


def finding(at: float, why: str = "") -> Finding:
    act = Act("key", at)
    return cannot_be_said(act, why=why) if why else broken(act, expected="a", seen="b")


def test_what_could_not_be_said_is_asked_again_at_the_end() -> None:
    def late(call: CallEvidence) -> Iterator[Finding]:
        last = call.messages[-1]
        if call.evidence.sight.ends < last.at + 30:
            yield cannot_be_said(last, why="the trace ends too early")
        else:
            yield held(last)

    session = Session(row_of(late))
    session.look(call(1, 0.0), 20.0)
    assert [one.seen for one in session.judge.found("ODD-1").findings] == ["the trace ends too early"]
    session.look([], 60.0, final=True)
    assert session.judge.found("ODD-1") == Found(held=1)


def test_tallies_of_workers_and_runs_add_up_and_the_first_is_the_first_of_all() -> None:
    one, other = Tally(held=3, features=("hold",)), Tally(held=2, features=("hold", "resume"))
    one.take(finding(20.0), "t_b", provoked=False)
    one.take(finding(21.0), "t_c", provoked=True)
    other.take(finding(10.0), "t_a", provoked=False)
    other.take(finding(11.0, why="the trace ends inside"), "t_a", provoked=False)
    read = [tally.read({"rules": tally.as_json({"asterisk": {"HLD-1": each}})}) for each in (one, other)]
    (found,) = tally.total(read)["asterisk"].values()
    assert (found.held, found.broken, found.unsaid, found.provoked) == (5, 2, 1, 1)
    assert found.first is not None
    assert (found.first.test, found.first.finding.at) == ("t_a", 10.0)
    assert found.tests == {"t_b": 1, "t_a": 1}
    assert found.reasons == {"the trace ends inside": 1}
    assert found.features == ("hold", "resume")
    assert tally.by_test(tally.total(read)) == {"t_b": ["HLD-1"], "t_a": ["HLD-1"]}


def test_many_reasons_are_kept_as_a_few() -> None:
    found = Tally()
    for number in range(50):
        found.take(finding(1.0, why=f"reason {number}"), "t", provoked=False)
    assert found.unsaid == 50
    assert len(found.reasons) == tally.MOST_REASONS + 1
    assert found.reasons["other reasons"] == 50 - tally.MOST_REASONS
