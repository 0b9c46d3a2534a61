"""SIP over TLS on paper: what goes in clear, Contacts, connections, and servers that must not be trusted."""

from __future__ import annotations

import pytest

from harness.capture.messages import HttpMessage
from harness.rules.findings import Result
from suites.selftest.rules.registrations import BASE, SERVER, Room

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
PROXY = f"sip:{SERVER}:5061;transport=tls"
CONTACT = f"sip:41@{BASE}:5060"


def room(proxy: str = PROXY, **parts: object) -> Room:
    """A base whose outbound proxy this is, and that speaks TLS unless `transport` says else."""
    found = Room(**{"transport": "tls", **parts})  # type: ignore[arg-type]
    found.setting("user_outbound", proxy)
    return found.passes(10)


@pytest.mark.parametrize(
    ("proxy", "transport", "said"),
    [(PROXY, "tls", HELD), (PROXY, "udp", BROKEN), (f"sips:{SERVER}", "tcp", BROKEN), (f"sip:{SERVER}", "udp", IDLE)],
)
def test_what_is_to_go_over_tls_does_not_go_in_clear(proxy: str, transport: str, said: Result) -> None:
    found = room(proxy, transport=transport)
    found.asks()
    assert found.says_of("TLS-ONLY").result is said


def test_the_removal_of_a_binding_may_go_the_old_way() -> None:
    found = room(transport="udp")
    found.asks(expires=0)
    assert found.says_of("TLS-ONLY").result is IDLE


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        (f"<{CONTACT};transport=tls>", HELD),
        (f"<{CONTACT};transport=tcp>", BROKEN),
        (f"<{CONTACT}>", BROKEN),
        (f"<sips:41@{BASE}>", HELD),
        ("*", IDLE),
    ],
)
def test_a_contact_over_tls_asks_for_tls(contact: str, said: Result) -> None:
    found = room()
    found.asks(f"Contact: {contact}")
    assert found.says_of("TLS-CONTACT").result is said


def test_a_contact_in_clear_is_no_occasion() -> None:
    found = room(transport="udp")
    found.asks()
    assert found.says_of("TLS-CONTACT").result is IDLE


@pytest.mark.parametrize(("port", "said"), [(40000, HELD), (40002, BROKEN)])
def test_requests_take_the_connection_that_is_open(port: int, said: Result) -> None:
    found = room()
    found.asks(sport=40000)
    found.asks(sport=port)
    assert found.says_of("TLS-REUSE").result is said


def test_another_connection_after_a_save_is_no_occasion() -> None:
    found = room()
    found.asks(sport=40000)
    found.setting("user_expiry", "120")
    found.asks(sport=40002)
    assert found.says_of("TLS-REUSE").result is IDLE


def test_in_a_trace_alone_the_end_of_a_connection_is_not_known() -> None:
    found = Room(transport="tls", known=False)
    found.asks(sport=40000)
    found.asks(sport=40002)
    assert found.says_of("TLS-REUSE").result is UNSAID


@pytest.mark.parametrize(
    ("fault", "port", "transport", "said"),
    [
        ("expired", 40000, "tls", BROKEN),
        ("expired", 40002, "tls", HELD),
        ("expired", 40000, "udp", HELD),
        ("", 40000, "tls", IDLE),
    ],
)
def test_a_wrong_certificate_ends_a_connection(fault: str, port: int, transport: str, said: Result) -> None:
    found = room(transport=transport)
    found.shows("handshake", fault, port="40000", server=f"{SERVER}:5061")
    found.asks(sport=port)
    assert found.says_of("TLS-VERIFY").result is said


@pytest.mark.parametrize("noted_after", [0, 2])
def test_a_fetch_over_such_a_connection_breaks_the_rule_too(noted_after: int) -> None:
    """Also one that went before the handshake was noted, as the capture tells of it a little later."""
    found = room()
    place = {"port": "40000", "server": "198.18.9.1:443", "since": f"{found.now}"}
    found.passes(noted_after)
    found.shows("handshake", "expired", **place)
    found.passes(-noted_after)
    asked = HttpMessage(1, found.now + 1, BASE, 40000, "198.18.9.1", 443, "tcp", method="GET", uri="/settings.xml")
    found.http.append(asked)
    found.passes(2)
    assert found.says_of("TLS-VERIFY").result is BROKEN
