"""LDAP messages are read from their octets; a filter is told so that its structure shows."""

from __future__ import annotations

import pytest

from harness.capture import ldap
from suites.selftest.capture.ldap_octets import PACKET, ber, bind, entry, equal, result, search


def read(octets: bytes) -> ldap.LdapMessage:
    found = ldap.read(PACKET, octets)
    assert found is not None
    return found


def test_a_bind_tells_its_name_and_not_its_password():
    found = read(bind(1, "cn=phone", "secret"))
    assert (found.operation, found.id, found.version, found.name) == ("bind", 1, 3, "cn=phone")
    assert (found.simple, found.passwordless, read(bind(1, "cn=phone")).passwordless) == (True, False, True)
    assert "secret" not in repr(found) + str(vars(found))


def test_a_search_tells_what_it_asks_for():
    found = read(search(300, "ou=people", equal("cn", "Ada"), "cn", "mobile", limit=7))
    told = (found.operation, found.id, found.name, found.scope, found.limit, found.time_limit, found.attributes)
    assert told == ("search", 300, "ou=people", 2, 7, 5, ("cn", "mobile"))
    assert found.filter == "(cn=Ada)"
    assert str(found).endswith("LDAP search ou=people (cn=Ada)")


@pytest.mark.parametrize(
    ("element", "text"),
    [
        (equal("cn", "Jürgen"), "(cn=Jürgen)"),
        (equal("cn", "*)(uid=*"), r"(cn=\2a\29\28uid=\2a)"),
        (equal("cn", "a\\b\0"), r"(cn=a\5cb\00)"),
        (ber(0x87, "sn"), "(sn=*)"),
        (ber(0xA0, equal("a", "1"), ber(0x87, "sn")), "(&(a=1)(sn=*))"),
        (ber(0xA1, equal("a", "1"), equal("b", "1")), "(|(a=1)(b=1))"),
        (ber(0xA2, equal("a", "1")), "(!(a=1))"),
        (ber(0xA4, ber(4, "cn"), ber(0x30, ber(0x80, "Ad"))), "(cn=Ad*)"),
        (ber(0xA4, ber(4, "cn"), ber(0x30, ber(0x81, "*"), ber(0x82, "z"))), r"(cn=*\2a*z)"),
    ],
)
def test_a_filter_is_told_in_the_notation_of_rfc_4515(element, text):
    assert read(search(2, "ou=people", element)).filter == text


def test_entries_and_results_are_read():
    found = read(entry(2, "uid=1,ou=people", cn="Ada Łukasik", telephoneNumber="+49 30 1"))
    assert (found.name, found.values) == ("uid=1,ou=people", {"cn": ("Ada Łukasik",), "telephonenumber": ("+49 30 1",)})
    assert (read(result(2, 4)).operation, read(result(2, 4)).result) == ("search result", 4)
    assert (read(result(1, 49, 0x61)).operation, read(result(1, 49, 0x61)).result) == ("bind result", 49)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_what_is_cut_or_damaged_is_no_message(cut):
    octets = search(2, "ou=people", equal("cn", "Ada"), "cn", "telephoneNumber")
    assert ldap.read(PACKET, octets[:-cut]) is None
    assert ldap.read(PACKET, b"\x30\x84\xff\xff\xff\xff" + octets) is None
    deep = equal("cn", "x")
    for _ in range(50):
        deep = ber(0xA2, deep)
    assert ldap.read(PACKET, search(2, "", deep)) is None
