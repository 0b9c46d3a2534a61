"""A handset that is not subscribed when a test asks for it: what is tried, and whose fault it is."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import InvalidTest, NotApplicable, RigFault
from harness.rig.pools import Handsets, Peers


class Unsubscribed:
    """A handset that subscribes once `opened` holds as much as it wants."""

    number = 1

    def __init__(self, opened: list[str], wants: int) -> None:
        self.opened, self.wants = opened, wants
        self.link = self

    def state(self) -> str:
        return "UNREGISTERED"

    def display(self) -> str:
        return "Registration failed"

    def try_register(self, pin: str, within: float) -> bool:
        return len(self.opened) >= self.wants


def attach(wants: int, *, button: bool = True) -> list[str]:
    opened: list[str] = []

    def open_window() -> None:
        if not button:
            raise InvalidTest("a button", "none")
        opened.append("opened")

    pin = SimpleNamespace(value=lambda: "0000")
    rig = SimpleNamespace(base=SimpleNamespace(pin=pin), timing=SimpleNamespace(subscribe=1.0))
    rig_session: Any = SimpleNamespace(rig=rig)
    handset: Any = Unsubscribed(opened, wants)
    Handsets(rig_session, open_window)._attach(handset)
    return opened


def test_the_window_is_opened_only_for_a_handset_that_needs_it() -> None:
    assert attach(wants=0) == []
    assert attach(wants=1) == ["opened"]


@pytest.mark.parametrize("button", [True, False])
def test_a_handset_that_does_not_subscribe_is_a_rig_fault_with_a_remedy(button: bool) -> None:
    with pytest.raises(RigFault, match=r"handset 1 does not subscribe.*Registration failed") as fault:
        attach(wants=9, button=button)
    assert fault.value.part == "handsets"
    assert "base.pin" in fault.value.remedy


def test_a_handset_whose_identity_does_not_register_is_not_given_out() -> None:
    rig = SimpleNamespace(name="paper", handsets=[SimpleNamespace(number=2, identity=4)])
    fault = RigFault("pbx", "refuses 104", remedy="look")
    handsets = Handsets(SimpleNamespace(rig=rig), print, {4: fault}.get)  # type: ignore[arg-type]
    with pytest.raises(RigFault, match="refuses 104"):
        handsets(2)
    with pytest.raises(NotApplicable, match="no handset 4"):
        handsets(4)
    assert handsets.used == []


class Named(Peers):
    """Peers of a PBX with so many accounts; each is told by its number and what it speaks."""

    def __init__(self, accounts: int) -> None:
        pbx: Any = SimpleNamespace(peer_accounts=[None] * accounts)
        super().__init__(SimpleNamespace(), pbx)  # type: ignore[arg-type]
        self.ended: list[str] = []

    def _make(self, number: int, codecs: tuple[str, ...] = ()) -> Any:
        name = f"{number} {'/'.join(codecs) or 'ordinary'}"
        peer: Any = SimpleNamespace(name=name, revive=lambda: False, give_back=lambda: None)
        self._made[number] = peer
        self._endings[number] = ExitStack()
        self._endings[number].callback(self.ended.append, name)
        return peer


def test_a_peer_for_g726_is_none_that_was_an_ordinary_one_before() -> None:
    with Named(accounts=2) as peers:
        with peers.in_use():
            assert peers(2).name == "2 ordinary"
        with peers.in_use():
            assert peers.g726().name == "2 G726-32"
            assert peers(2).name == "2 G726-32"
            assert peers.ended == ["2 ordinary"]
        with peers.in_use():
            assert peers.g726() is peers(2)
        with peers.in_use():
            assert peers(2).name == "2 ordinary"
            assert peers(1).name == "1 ordinary"
    assert sorted(peers.ended) == ["1 ordinary", "2 G726-32", "2 ordinary", "2 ordinary"]
