"""A boot watched through the events of real services on loopback, and judged when it stops half-way."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator

import pytest

from harness.base.boot import BootWatch
from harness.base.web_proxy import WebExchange
from harness.core import clock
from harness.core.clock import EventList, WaitExpired
from harness.core.errors import ProductFailure, RigFault
from harness.services.dnsmasq_log import DhcpEvent
from harness.services.http import ProvisioningServer

MAC = "00:04:13:30:01:21"
PATH = "/provisioning/snom-m9-000413300121.xml"


class PaperDhcp:
    """A DHCP log that a test writes."""

    def __init__(self) -> None:
        self.events: EventList[DhcpEvent] = EventList()

    def expect_dhcp(self, kind: str, mac: str, within: float, since: float = 0.0) -> DhcpEvent:
        return self.events.wait_for(
            lambda event: (event.kind, event.mac) == (kind, mac) and event.at >= since, what=kind, within=within
        )


class PaperWeb:
    """A web server that answers, or never."""

    def __init__(self) -> None:
        self.address = ""
        self.up = True

    def answers(self, within: float) -> WebExchange:
        if not self.up:
            raise WaitExpired("web server", within, "connection refused")
        return WebExchange(clock.now(), "GET", "/", "", "", 200, "", 0, 0.0)


@pytest.fixture
def server() -> Iterator[ProvisioningServer]:
    with ProvisioningServer("127.0.0.1", 0) as running:
        yield running


def watch(server: ProvisioningServer, dhcp: PaperDhcp | None, web: PaperWeb, **more: object) -> BootWatch:
    return BootWatch(web, server, mac=MAC, path=PATH, dhcp=dhcp, limit=0.3, register=0.1, **more)  # type: ignore[arg-type]


def fetch(server: ProvisioningServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    client.request("GET", PATH)
    client.getresponse().read()
    client.close()


def test_the_events_of_a_boot_come_in_order(server: ProvisioningServer) -> None:
    dhcp, web, since = PaperDhcp(), PaperWeb(), clock.now()

    def boots() -> None:
        dhcp.events.append(DhcpEvent(clock.now(), "ACK", MAC, "198.18.9.55"))
        fetch(server)

    thread = threading.Thread(target=boots)
    thread.start()
    boot = watch(server, dhcp, web).wait(since=since)
    thread.join()
    assert since <= boot.bound <= boot.fetched <= boot.answered
    assert (boot.address, web.address) == ("198.18.9.55", "198.18.9.55")
    assert boot.seconds < 5


def test_a_silent_base_is_the_rigs_fault_and_a_stuck_one_the_products(server: ProvisioningServer) -> None:
    dhcp, web, since = PaperDhcp(), PaperWeb(), clock.now()
    with pytest.raises(RigFault, match="asked for no address") as silent:
        watch(server, dhcp, web).wait(since=since)
    assert "powered" in silent.value.remedy
    dhcp.events.append(DhcpEvent(clock.now(), "DISCOVER", MAC))
    with pytest.raises(ProductFailure, match="takes the address"):
        watch(server, dhcp, web).wait(since=since)
    dhcp.events.append(DhcpEvent(clock.now(), "ACK", MAC, "198.18.9.55"))
    with pytest.raises(ProductFailure, match="fetches its settings"):
        watch(server, dhcp, web).wait(since=since)
    fetch(server)
    web.up = False
    with pytest.raises(ProductFailure, match="web server answers after a boot"):
        watch(server, dhcp, web).wait(since=since)


def test_without_dhcp_a_missing_fetch_is_the_rigs_fault(server: ProvisioningServer) -> None:
    with pytest.raises(RigFault, match="no request for /provisioning"):
        watch(server, None, PaperWeb()).wait(since=clock.now())


@pytest.mark.parametrize("there", [True, False])
def test_users_asked_for_must_register(server: ProvisioningServer, there: bool) -> None:
    registered: Callable[[str], bool] = lambda user: there and user == "40"  # noqa: E731
    since = clock.now()
    fetch(server)
    watched = watch(server, None, PaperWeb(), registered=registered)
    if there:
        assert watched.wait(since=since, users=["40"]).fetched >= since
    else:
        with pytest.raises(ProductFailure, match="40 registers after a boot"):
            watched.wait(since=since, users=["40"])
