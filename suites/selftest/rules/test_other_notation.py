"""A base of another maker: the same call, every header written in another lawful way, breaks no rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture import headers
from harness.capture.messages import SipMessage
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE
from suites.selftest.rules.judging import Change, broken, of_messages

REQUEST_URI = "sip:301@198.18.9.20:5060"


def header(name: str, old: str, new: str) -> Change:
    """In the base's messages, one text of a header is written in another way."""

    def changed(m: SipMessage) -> SipMessage:
        found = tuple((n, value.replace(old, new) if n.lower() == name.lower() else value) for n, value in m.headers)
        ends = {n.lower(): headers.parse_address(value) for n, value in found if n in ("From", "To")}
        return replace(m, headers=found, from_=ends["from"], to=ends["to"])

    return changed


def target(new: str) -> Change:
    """In the base's requests, the Request-URI is written in another way."""
    return lambda m: replace(m, request_uri=new) if m.request_uri == REQUEST_URI else m


NOTATIONS: dict[str, Change] = {
    "lr with a value": header("Route", ";lr", ";lr=on"),
    "lr with a value in an answer": header("Record-Route", ";lr", ";lr=true"),
    "a name before the route": header("Route", "<sip", '"Proxy, first" <SIP'),
    "blanks in the route": header("Route", "<sip:198.18.9.11;lr>", "< sip:198.18.9.11;lr >"),
    "a port in Via that was implied": header("Via", "UDP 198.18.9.11", "UDP 198.18.9.11:5060"),
    "blanks in Via": header("Via", "SIP/2.0/UDP 198.18.9.11;", "SIP / 2.0 / udp  198.18.9.11 ; "),
    "From in quotes": header("From", "<sip:301", '"" <SIP:301'),
    "escaped octets in To": header("To", "sip:41", "sip:%34%31"),
    "the case of the host": header("To", "sip:41@198", "SIP:41@198"),
    "escaped octets of the target": target("sip:%3301@198.18.9.20:5060"),
    "the scheme of the target": target("SIP:301@198.18.9.20:5060"),
}
OTHERS: dict[str, tuple[Change, str]] = {
    "another proxy": (header("Route", "198.18.9.11", "198.18.9.12"), "SIP-ROUTE"),
    "the route without lr": (header("Route", ";lr", ""), "SIP-ROUTE"),
    "another port in Via": (header("Via", "UDP 198.18.9.11", "UDP 198.18.9.11:5061"), "SIP-VIA"),
    "another user in To": (header("To", "sip:41", "sip:%34%32"), "SIP-COPIES"),
    "another target": (target("sip:%3302@198.18.9.20:5060"), "SIP-TARGET"),
}


def written(change: Change) -> list[SipMessage]:
    sent = [change(m) if m.src == BASE else m for m in healthy_call.messages()]
    assert sent != healthy_call.messages()
    return sent


@pytest.mark.parametrize("name", NOTATIONS)
def test_what_is_equal_breaks_no_rule(name: str) -> None:
    assert broken(of_messages(written(NOTATIONS[name]))) == {}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_equal_still_does(name: str) -> None:
    change, row = OTHERS[name]
    assert row in broken(of_messages(written(change)))
