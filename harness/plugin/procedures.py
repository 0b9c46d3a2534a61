"""The fixtures of lab procedures, based on those of the drivers; changes by a test are undone after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.plugin.evidence import evidence_of
from harness.plugin.selection import rule_of
from harness.procedures.call.call import Call
from harness.procedures.call.forked import ForkedCall
from harness.procedures.call.several_calls import Calls
from harness.procedures.context import TestContext
from harness.procedures.dect.dect import Dect
from harness.procedures.handset.one_handset import OneHandset
from harness.procedures.provisioning.boot import BootProcedure
from harness.procedures.provisioning.settings import StoredSettings
from harness.procedures.registration.registration import RegistrationProcedure
from harness.procedures.web.pages import Pages


@pytest.fixture
def context(
    request: pytest.FixtureRequest, rig: Any, profile: Any, base: Any, pbx: Any, wire: Any, handsets: Any, peers: Any
) -> Iterator[TestContext]:
    """All drivers of one test, and the row of the profile it judges; undoes the test's changes."""
    request.getfixturevalue("profile_read_back")  # law 8: no rule is judged before the profile was read back
    named = rule_of(request.node)
    rule = profile.rule(named) if named else None
    log = evidence_of(request.config).acts
    refused = request.getfixturevalue("profile_session").refused
    context = TestContext(
        rig, profile, base, pbx, wire, handset=handsets, peer=peers, rule=rule, log=log, fence_handsets=handsets.fence,
        refused=refused,
    )  # fmt: skip
    try:
        yield context
    finally:
        context.restore()


@pytest.fixture
def call(context: TestContext) -> Call:
    """One call of the first handset with the first peer."""
    return Call(context)


@pytest.fixture
def g726_call(context: TestContext, peers: Any) -> Call:
    """One call of the first handset with a far end that speaks G.726-32 only."""
    far_end = peers.g726()
    number = next(n for n, account in enumerate(context.pbx.peer_accounts, 1) if account.user == far_end.account.user)
    made = Call(context, peer=number)
    made.invite.speak_g726()
    return made


@pytest.fixture
def forked_call(context: TestContext) -> ForkedCall:
    """One call of the first handset that the server forks to two peers."""
    return ForkedCall(context)


@pytest.fixture
def calls(context: TestContext) -> Calls:
    """Calls of any handset with any peer."""
    return Calls(context)


@pytest.fixture
def boot(context: TestContext, services: Any, power: Any) -> BootProcedure:
    """Booting the base and giving it documents."""
    return BootProcedure(context, services, power)


@pytest.fixture
def stored(boot: BootProcedure) -> StoredSettings:
    """The settings of the base as its web pages show them."""
    return StoredSettings(boot)


@pytest.fixture
def registration(context: TestContext) -> RegistrationProcedure:
    """Registering identities."""
    return RegistrationProcedure(context)


@pytest.fixture
def pages(context: TestContext) -> Pages:
    """The web pages."""
    return Pages(context)


@pytest.fixture
def dect(context: TestContext) -> Dect:
    """Handsets and their base: registration window, PIN, air, lists."""
    return Dect(context)


@pytest.fixture
def first_handset(context: TestContext) -> OneHandset:
    """The first handset, its keys and its display."""
    return OneHandset(context)
