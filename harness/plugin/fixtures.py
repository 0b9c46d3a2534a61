"""The fixtures for suite authors (design, section 4): one for each noun; context managers set their lifetimes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from harness.plugin import profiles
from harness.plugin.evidence import evidence_of
from harness.plugin.host import blamed_in_set_up
from harness.plugin.idle import idle_of
from harness.plugin.plan import plan_of
from harness.plugin.watch import watch_of
from harness.rig.factory import Services
from harness.rig.model import Rig
from harness.rig.pools import Handsets, Peers
from harness.rig.profile_session import ProfileSession
from harness.rig.rig_session import RigSession

if TYPE_CHECKING:
    from harness.base.driver import Base
    from harness.capture.live import Wire
    from harness.handset.driver import Handset
    from harness.pbx.protocol import Pbx
    from harness.power.protocol import Power
    from harness.profiles.model import Profile, Rule
    from harness.softphone.peer import Peer


@pytest.fixture(scope="session")
def rig(request: pytest.FixtureRequest) -> Rig:
    """The rig file's content."""
    return plan_of(request.config).rig


@pytest.fixture(scope="session")
def rig_session(request: pytest.FixtureRequest) -> Iterator[RigSession]:
    """The rig in use: leased, brought up, watched and served until the run ends."""
    plan = plan_of(request.config)
    with RigSession.of(plan.rig, plan.rig_file, plan.run, plan.wait, plan.worker) as rig_session:
        plan.host = rig_session.host
        with evidence_of(request.config).of_rig_session(rig_session):
            yield rig_session
        plan.facts["capture"] = rig_session.capture.record()
        plan.facts["host"] = rig_session.host.record()


@pytest.fixture(scope="session")
def services(rig_session: RigSession) -> Services:
    """What the rig's network offers the base: provisioning server, DHCP and DNS, time."""
    return rig_session.services


@pytest.fixture(scope="session")
def profile(request: pytest.FixtureRequest) -> Profile:
    """The server profile this test runs under."""
    return profiles.profile(request.param)


@pytest.fixture(scope="session")
def profile_session(
    request: pytest.FixtureRequest, rig_session: RigSession, profile: Profile
) -> Iterator[ProfileSession]:
    """The profile on the rig: PBX runs, base provisioned and registered, profile read back from the web UI."""
    plan = plan_of(request.config)
    watch, idle = watch_of(request.config), idle_of(request.config)
    with watch.listening(rig_session.wire, rig_session.host), ExitStack() as session:
        with blamed_in_set_up(rig_session.host):
            under = session.enter_context(ProfileSession(rig_session, profile, plan.facts))
        with evidence_of(request.config).of_profile(under), watch.of_profile(under), idle.of_profile(under):
            if plan.firmware is not None:
                under.require_firmware(plan.firmware)
            yield under
        plan.facts["reboots"] = plan.facts.get("reboots", 0) + under.base.reboots


@pytest.fixture(scope="session")
def pbx(profile_session: ProfileSession) -> Pbx:
    """The PBX of the profile."""
    return profile_session.pbx


@pytest.fixture
def wire(rig_session: RigSession) -> Iterator[Wire]:
    """The capture; expected packets are searched from this test's beginning on."""
    with rig_session.watched() as wire:
        yield wire


@pytest.fixture
def base(profile_session: ProfileSession, wire: Wire, idle_afterwards: None) -> Iterator[Base]:
    """The base, ready and registered; settings that the test changes are restored afterwards."""
    with profile_session.base_in_use() as base:
        yield base


@pytest.fixture
def power(rig_session: RigSession) -> Iterator[Power]:
    """The base's power switch; the power is on again afterwards."""
    with rig_session.powered() as power:
        yield power


@pytest.fixture
def handsets(profile_session: ProfileSession, idle_afterwards: None) -> Iterator[Handsets]:
    """A factory: `handsets(2)` is handset number 2, subscribed and idle; all are idle again afterwards."""
    with profile_session.handsets.in_use() as handsets:
        yield handsets


@pytest.fixture
def handset(handsets: Handsets, rig: Rig) -> Handset:
    """The first handset."""
    return handsets(rig.handsets[0].number)


@pytest.fixture
def peers(profile_session: ProfileSession, idle_afterwards: None) -> Iterator[Peers]:
    """A factory: `peers(2)` is the second peer, registered; all have hung up afterwards."""
    with profile_session.peers.in_use() as peers:
        yield peers


@pytest.fixture
def peer(peers: Peers) -> Peer:
    """The first peer."""
    return peers(1)


@pytest.fixture(scope="session")
def profile_read_back(profile_session: ProfileSession) -> str:
    """The Server Type shown on the web UI: no rule is judged before it was read back."""
    return profile_session.read_back


@pytest.fixture
def rule(request: pytest.FixtureRequest, profile: Profile, profile_read_back: str) -> Rule:
    """The row of the profile that the test is parametrised with."""
    return profile.rule(request.param)
