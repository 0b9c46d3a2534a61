"""Whose fault it is when the far end is the wrong one, or does not tell of what reached it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.errors import InvalidTest, RigFault
from harness.pbx.protocol import PbxAccount
from harness.procedures import lists
from harness.procedures.digits import DigitActs


def test_another_peer_is_another_where_the_number_is_not_the_user(monkeypatch):
    accounts = [PbxAccount(f"line-{n}", "secret", number=f"20{n}") for n in (1, 2)]
    wire = SimpleNamespace(sip=SimpleNamespace(all=lambda **conditions: []))
    desk = SimpleNamespace(
        handset=lambda number: None,
        peer_account=lambda number: accounts[number - 1],
        pbx=SimpleNamespace(peer_accounts=accounts),
        wire=wire,
        base_addresses=(),
        began=0.0,
    )
    monkeypatch.setattr(lists, "Call", lambda desk, handset, peer: SimpleNamespace(peer=peer))
    acts = lists.ListActs(desk)
    assert acts.another(SimpleNamespace(peer_number="201")).peer == 2
    monkeypatch.setattr(acts, "_entries", lambda which: ["201 10:20"])
    assert acts.somebody_else_than_in("missed").peer == 2


class _Deaf(DigitActs):
    """A call whose digits are right on the wire, and whose peer tells of none."""

    def __init__(self):
        self.desk = SimpleNamespace(judge=lambda broken: None)
        self._leg = SimpleNamespace(name="peer1/1", digits="", expect_digits=self._nothing)

    def _nothing(self, digits, within):
        raise InvalidTest(f"DTMF {digits}", "nothing")

    def sent_telephone_events(self, digits, end_packets=None):
        pass

    def base_streams(self):
        return []

    def _wanted_events(self):
        return 101


def test_digits_that_were_on_the_wire_and_not_told_are_the_peers_fault():
    with pytest.raises(RigFault, match="tells of no digit, the base's RTP carries 12"):
        _Deaf().peer_got_digits("12")
