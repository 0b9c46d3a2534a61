"""Evidence that grows is put together from what is added as if all of it had been seen at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.rules.evidence import Evidence
from harness.rules.growing import GrowingEvidence
from harness.rules.transactions import Transaction
from suites.selftest.rules.registrations import BASE, Room

OTHER = "198.18.9.77"


def room() -> Room:
    """Two starts of the base with refreshes, a repetition, a ping and an answer that comes late."""
    told = Room()
    told.binds(600).passes(300)
    told.binds(600)
    told.is_asked("OPTIONS")
    told.answers(200)
    first = told.asks()
    told.passes(0.5).asks(again=True)
    told.says(401, 'WWW-Authenticate: Digest realm="m9.example", nonce="n2"', to=first)
    told.signed(nonce="n2")
    told.grants(600)
    told.call_id, told.user = "r2@snom", "42"
    return told.passes(100).binds(3600)


def frames(asked: Sequence[Transaction]) -> list[tuple[list[int], list[int]]]:
    """Each transaction as the frames of its requests and of its responses."""
    return [([m.frame for m in one.sends], [m.frame for m in one.responses]) for one in asked]


def content(evidence: Evidence) -> object:
    """What the rules find of transactions and registrations."""
    bindings = [(one.record, frames(one.transactions), [g.seconds for g in one.grants]) for one in evidence.bindings]
    signed = [(one.request.frame, one.given.nonce, one.direct) for one in evidence.signed_requests]
    return frames(evidence.asked_by_base), frames(evidence.asked_of_base), bindings, signed


@pytest.mark.parametrize("step", [1, 2, 5, 100])
def test_transactions_and_registrations_grow(step: int) -> None:
    told = room()
    growing = GrowingEvidence([BASE], begins=0.0)
    for place in range(0, len(told.sip), step):
        part = told.sip[: place + step]
        growing.add(part[place:], acts=[], shown=[], until=part[-1].at)
        assert content(growing) == content(Evidence([BASE], sip=part))
    assert len(growing.bindings) == 2
    assert any(one.sends[1:] for one in growing.asked_by_base)


def test_transactions_of_an_address_that_is_told_later_are_found() -> None:
    told = Room(address=OTHER).binds()
    growing = GrowingEvidence([BASE], begins=0.0)
    growing.add(told.sip, acts=[], shown=[], until=told.now)
    assert growing.asked_by_base == []
    growing.know_base([OTHER])
    assert content(growing) == content(Evidence([BASE, OTHER], sip=told.sip))
    assert len(growing.asked_by_base) == 2
