"""The fixtures of lab procedures, based on those of the drivers; changes by a test are undone after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.plugin.evidence import evidence_of
from harness.procedures.call.attended import AttendedTransfer
from harness.procedures.call.bad_path import BadPath
from harness.procedures.call.call import Call
from harness.procedures.call.conference import Conference
from harness.procedures.call.conference_server import ServerConference
from harness.procedures.call.forked import ForkedCall
from harness.procedures.call.intercom import Intercom
from harness.procedures.call.several_calls import Calls
from harness.procedures.call.third_party import ThirdParty
from harness.procedures.context import TestContext
from harness.procedures.cti.cti import Cti
from harness.procedures.cti.secured import secured
from harness.procedures.dect.dect import Dect
from harness.procedures.directory.address_book import AddressBook
from harness.procedures.directory.directory import Directory
from harness.procedures.directory.pictures import Pictures
from harness.procedures.handset.alarm import AlarmClock
from harness.procedures.handset.all_handsets import AllHandsets
from harness.procedures.handset.feeds import NewsReader
from harness.procedures.handset.one_handset import OneHandset
from harness.procedures.provisioning.boot import BootProcedure
from harness.procedures.provisioning.settings import StoredSettings
from harness.procedures.registration.registration import RegistrationProcedure
from harness.procedures.security.security import SecurityProcedure
from harness.procedures.web.pages import Pages
from harness.rig import factory


@pytest.fixture
def context(
    request: pytest.FixtureRequest, rig: Any, profile: Any, base: Any, pbx: Any, wire: Any, handsets: Any, peers: Any
) -> Iterator[TestContext]:
    """All drivers of one test; undoes the test's changes."""
    request.getfixturevalue("profile_read_back")  # law 8: no rule is judged before the profile was read back
    log = evidence_of(request.config).acts
    under = request.getfixturevalue("profile_session")
    session, refused = under.rig_session, under.refused
    context = TestContext(
        rig, profile, base, pbx, wire, handset=handsets, peer=peers, log=log, fence_handsets=handsets.fence,
        stalls=lambda: session.host.stalls, refused=refused,
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
def third(call: Call) -> ThirdParty:
    """The second peer, to whom the call of the fixture `call` may be transferred."""
    return ThirdParty(call.state)


@pytest.fixture
def successor(call: Call, context: TestContext) -> Call:
    """A call of the first handset with the second peer that takes the place of the fixture `call`."""
    return Call(context, peer=2)


@pytest.fixture
def g726_call(context: TestContext, peers: Any) -> Call:
    """One call of the first handset with a far end that speaks G.726-32 only."""
    far_end = peers.g726()
    number = next(n for n, account in enumerate(context.pbx.peer_accounts, 1) if account.user == far_end.account.user)
    made = Call(context, peer=number)
    made.invite.speak_g726()
    return made


@pytest.fixture
def path(context: TestContext, call: Call) -> Iterator[BadPath]:
    """The way of the peer's packets to the base in the call of the fixture `call`."""
    with factory.lossy_path(context.rig, 0) as driver:
        yield BadPath(call.state, driver)


@pytest.fixture
def forked_call(context: TestContext) -> ForkedCall:
    """One call of the first handset that the server forks to two peers."""
    return ForkedCall(context)


@pytest.fixture
def calls(context: TestContext) -> Calls:
    """Calls of any handset with any peer."""
    return Calls(context)


@pytest.fixture
def conference(context: TestContext, calls: Calls) -> Conference:
    """Two calls of the first handset that become a conference."""
    return Conference(context, calls)


@pytest.fixture
def attended(context: TestContext, calls: Calls) -> AttendedTransfer:
    """Two calls of the first handset whose far ends are joined."""
    return AttendedTransfer(context, calls)


@pytest.fixture
def server_conference(context: TestContext, calls: Calls) -> ServerConference:
    """Two calls of the first handset that become a conference at a conference URI."""
    return ServerConference(context, calls)


@pytest.fixture
def intercom(context: TestContext) -> Intercom:
    """A call of the first handset to the second one."""
    return Intercom(context)


@pytest.fixture
def cti(context: TestContext, services: Any) -> Cti:
    """Action URLs, and the server that they name."""
    return Cti(context, services.actions)


@pytest.fixture
def secure_cti(context: TestContext, rig_session: Any) -> Cti:
    """The same at a server that speaks HTTPS, with the certificate that the fixture `security` shows."""
    return secured(context, rig_session.secured)


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
def security(
    context: TestContext, boot: BootProcedure, registration: RegistrationProcedure, rig_session: Any
) -> SecurityProcedure:
    """TLS between base and server."""
    return SecurityProcedure(context, boot, registration, rig_session.secured)


@pytest.fixture
def pages(context: TestContext) -> Pages:
    """The web pages."""
    return Pages(context)


@pytest.fixture
def dect(context: TestContext) -> Dect:
    """Handsets and their base: registration window, PIN, air, lists."""
    return Dect(context)


@pytest.fixture
def directory(context: TestContext, services: Any) -> Directory:
    """The LDAP directory of identity 1 and the first handset."""
    return Directory(context, services)


@pytest.fixture
def book(context: TestContext, boot: BootProcedure) -> AddressBook:
    """The address books of the base, and the first handset, which browses that of its identity."""
    return AddressBook(context, boot)


@pytest.fixture
def pictures(context: TestContext, rig_session: Any) -> Pictures:
    """Pictures of callers: a server that has them, and what the first handset shows."""
    return Pictures(context, rig_session.secured)


@pytest.fixture
def first_handset(context: TestContext) -> OneHandset:
    """The first handset, its keys and its display."""
    return OneHandset(context)


@pytest.fixture
def alarm_clock(context: TestContext, boot: BootProcedure, services: Any) -> AlarmClock:
    """The alarm clock of the first handset, and the rig's time server."""
    return AlarmClock(context, boot, services.sntp)


@pytest.fixture
def news(context: TestContext, services: Any) -> NewsReader:
    """News feeds of the rig's web server, and the first handset that reads them."""
    return NewsReader(context, services.http)


@pytest.fixture
def all_handsets(context: TestContext) -> AllHandsets:
    """All handsets of the rig, their calls and lists."""
    return AllHandsets(context)
