"""The fixtures of lab procedures over those of the drivers; what a test changed is undone after it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from harness.core.errors import InvalidTest, ProductFailure
from harness.plugin.evidence import evidence_of
from harness.plugin.selection import rule_of
from harness.procedures.boot import Boot
from harness.procedures.desk import Desk
from harness.procedures.forked import ForkedCall
from harness.procedures.many import Calls
from harness.procedures.pages import Pages
from harness.procedures.pairing import Pairing
from harness.procedures.registration import Registration
from harness.procedures.screen import Screen
from harness.procedures.screen_of_call import Call
from harness.procedures.stored import Stored

if TYPE_CHECKING:
    from harness.handset.driver import Handset


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Where no handset felt any of its keys, what the product failed to do says nothing: the finger is missing."""
    try:
        return (yield)
    except ProductFailure as failure:
        given: dict[str, Any] = pyfuncitem.funcargs
        if "desk" in given and "handsets" in given:
            _judge_the_finger(given["desk"].began, given["handsets"].used, failure)
        raise


def _judge_the_finger(began: float, handsets: list[Handset], failure: ProductFailure) -> None:
    felt_none = {handset.number: handset.keys_without_feedback(began) for handset in handsets}
    for number, keys in felt_none.items():
        if keys:
            raise InvalidTest(
                f"a sign that handset {number} felt its keys",
                f"no tone, no lamp, no change of its display after {keys} of them; and so: {failure.text}",
                remedy="is the dongle's finger at the handset? press a key with AT+KEY and look at the display",
            ) from failure


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, rig: Any, profile: Any, base: Any, pbx: Any, wire: Any, handsets: Any, peers: Any
) -> Iterator[Desk]:
    """All drivers of one test, and the row of the profile it judges; undoes what the test changed."""
    named = rule_of(request.node)
    if named:
        request.getfixturevalue("profile_read_back")  # law 8: no rule is judged before the profile was read back
    rule = profile.rule(named) if named else None
    log = evidence_of(request.config).acts
    desk = Desk(
        rig, profile, base, pbx, wire, handset=handsets, peer=peers, rule=rule, log=log, fence_handsets=handsets.fence
    )
    try:
        yield desk
    finally:
        desk.restore()


@pytest.fixture
def call(desk: Desk) -> Call:
    """One call of the first handset with the first peer."""
    return Call(desk)


@pytest.fixture
def g726_call(desk: Desk, peers: Any) -> Call:
    """One call of the first handset with a far end that speaks G.726-32 only."""
    far_end = peers.g726()
    number = next(n for n, account in enumerate(desk.pbx.peer_accounts, 1) if account.user == far_end.account.user)
    made = Call(desk, peer=number)
    made.peer_speaks_g726()
    return made


@pytest.fixture
def forked_call(desk: Desk) -> ForkedCall:
    """One call of the first handset that the server forks to two peers."""
    return ForkedCall(desk)


@pytest.fixture
def calls(desk: Desk) -> Calls:
    """Calls of any handset with any peer."""
    return Calls(desk)


@pytest.fixture
def boot(desk: Desk, services: Any, power: Any) -> Boot:
    """Booting the base and giving it documents."""
    return Boot(desk, services, power)


@pytest.fixture
def stored(boot: Boot) -> Stored:
    """The settings of the base as its web pages tell them."""
    return Stored(boot)


@pytest.fixture
def registration(desk: Desk) -> Registration:
    """Registering identities."""
    return Registration(desk)


@pytest.fixture
def pages(desk: Desk) -> Pages:
    """The web pages."""
    return Pages(desk)


@pytest.fixture
def pairing(desk: Desk) -> Pairing:
    """Subscribing handsets."""
    return Pairing(desk)


@pytest.fixture
def screen(desk: Desk) -> Screen:
    """The first handset's display."""
    return Screen(desk)
