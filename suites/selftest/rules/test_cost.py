"""Rules cost time in proportion to what they judge: a night of calls, and one call that lasts all night."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from harness.capture.messages import CSeq, SipMessage
from harness.capture.sip_reader import sip_message
from harness.rules.evidence import Evidence
from harness.rules.judge import judge
from harness.rules.rows import rows_of
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE

LIMIT_S = 4.0
"""For 1,000 calls of 20 messages, in seconds of the processor."""
TRIES = 3
TIMES, GROWTH = 4, 10
"""So many times the messages may cost so many times as much: less than the square, with room for a busy machine."""


def call(number: int, holds: int) -> list[SipMessage]:
    """A call with so many holds, read from octets; `number` makes it another one."""
    one = healthy_call.messages()
    messages = list(one[:4])
    for turn in range(holds):
        moved = [replace(m, at=5 + turn, cseq=CSeq(1 + turn, m.cseq.method)) for m in one[4:7]]
        messages += [replace(m, headers=_headers(m, f"t{turn}")) for m in moved]
    messages += [replace(m, at=m.at + holds, cseq=CSeq(1 + holds, "BYE")) for m in one[7:]]
    return [_read(m, number) for m in messages]


def _headers(message: SipMessage, mark: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{value}{mark}" if name == "Via" else value) for name, value in message.headers)


def _read(m: SipMessage, number: int) -> SipMessage:
    said = {"Call-ID": f"call-{number}", "CSeq": str(m.cseq)}
    lines = [f"{name}: {said.get(name, value)}{f'n{number}' if name == 'Via' else ''}" for name, value in m.headers]
    octets = "\r\n".join([m.first_line, *lines]).encode() + b"\r\n\r\n" + m.body
    return sip_message(m.frame, 100 * number + m.at / 10, m.src, m.sport, m.dst, m.dport, "udp", octets)


def cost(messages: list[SipMessage]) -> float:
    """Seconds of the processor that all rules take."""
    rows_of("asterisk")
    began = time.process_time()
    judgements = judge(Evidence([BASE], sip=messages, acts=[]), "asterisk")
    took = time.process_time() - began
    assert not [one.rule.id for one in judgements if one.broken and one.rule.id != "SDP-ORIGIN"]
    assert sum(one.held for one in judgements) > len(messages)
    return took


def least_cost(messages: list[SipMessage]) -> float:
    """The least of some tries: the first fills caches, and one may be slow on a machine that others use."""
    return min(cost(messages) for _ in range(TRIES))


def test_the_cost_of_calls_is_linear() -> None:
    few, many = ([m for number in range(count) for m in call(number, 5)] for count in (40, 40 * TIMES))
    assert least_cost(many) < max(least_cost(few), 0.02) * GROWTH


def test_the_cost_of_a_long_call_is_linear() -> None:
    short, long = call(1, 250), call(2, 250 * TIMES)
    assert least_cost(long) < max(least_cost(short), 0.02) * GROWTH


@pytest.mark.slow
def test_a_thousand_calls_are_judged_in_time() -> None:
    took = []
    for _ in range(TRIES):  # on a machine that others use one try may be slow
        messages = [m for number in range(1000) for m in call(number, 5)]
        assert len(messages) >= 20000
        took.append(cost(messages))
    assert min(took) < LIMIT_S
