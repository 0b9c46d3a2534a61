"""The directory on paper: filters with a value, logins, searches by the LDAP tab, and callers' names."""

from __future__ import annotations

import pytest

from harness.capture import ldap
from harness.capture.ldap import LdapMessage
from harness.capture.messages import Packet
from harness.rules.acts import Act, Shown
from harness.rules.directory_settings import DirectorySettings, value_in
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import judge
from suites.selftest.capture.ldap_octets import ber, bind, entry, equal, result, search
from suites.selftest.rules.paper_call import BASE, PROXY, PaperCall, description

HELD, BROKEN, NOT_EXERCISED, UNSAID = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
SERVER = "198.18.9.1"
TAB = {
    "enabled": "true", "lookup_incoming": "true", "username": "cn=phone", "base": "ou=people,dc=m9",
    "search_filter": "(|(sn=%)(cn=%))", "number_filter": "(&(telephoneNumber=%)(sn=*))", "max_hits": "50",
    "name_attributes": "cn sn", "number_attributes": "telephoneNumber", "display_name": "%sn, %cn",
    "country_code": "+49", "area_code": "030",
}  # fmt: skip


def number_filter(value: str) -> bytes:
    return ber(0xA0, equal("telephoneNumber", value), ber(0x87, "sn"))


def begins(text: str) -> bytes:
    return ber(0xA1, *(ber(0xA4, ber(4, kind), ber(0x30, ber(0x80, text))) for kind in ("sn", "cn")))


class Paper:
    """LDAP between base and server, and what the tab says."""

    def __init__(self, **tab: str) -> None:
        told = {"user_name": "41", "user_host": PROXY, **{f"ldap_{name}": v for name, v in {**TAB, **tab}.items()}}
        self.acts = [
            Act("setting", 1.0, 1.0, detail={"name": name, "value": value, "identity": "1", "channel": "web"})
            for name, value in told.items()
        ]
        self.ldap: list[LdapMessage] = []
        self.call = PaperCall(ends=60.0)
        self.shown: list[Shown] = []

    def says(self, at: float, octets: bytes, *, ours: bool = True, port: int = 40000) -> Paper:
        ends = (BASE, port, SERVER, 389) if ours else (SERVER, 389, BASE, port)
        found = ldap.read(Packet(round(at * 1000), at, *ends, "tcp"), octets)
        assert found is not None
        self.ldap.append(found)
        return self

    def did(self, at: float, kind: str, handset: int = 0, **detail: str) -> Paper:
        self.acts.append(Act(kind, at, at, handset, "", detail))
        return self

    def rings(self, at: float = 9.0, caller: str = "0305500001", answer: float = 0.1) -> Paper:
        headers = {"p_asserted_identity": f"<sip:{caller}@{PROXY}>"}
        self.call.says(at, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False, **headers)
        self.acts.append(Act("called", at, at, 1, "paper"))
        if answer:
            self.call.says(at + answer, "180 Ringing", "1 INVITE", ours=True)
        return self

    def shows(self, at: float, text: str) -> Paper:
        self.shown.append(Shown("display", at, 1, text))
        return self

    def broken(self, rule: str) -> list[str]:
        found = self.judged(rule)
        return [one.claim or found.rule.claim for one in found.broken]

    def judged(self, rule: str):
        on_paper = self.call.evidence() if self.call.sip else Evidence([BASE])
        evidence = Evidence(
            [BASE], sip=on_paper.sip, sight=on_paper.sight, ldap=self.ldap,
            acts=sorted(self.acts, key=lambda act: act.at), shown=self.shown,
        )  # fmt: skip
        (found,) = judge(evidence, "asterisk", [rule])
        return found

    def result(self, rule: str) -> Result:
        return self.judged(rule).result


# filters


@pytest.mark.parametrize(
    ("template", "seen", "beginning", "value"),
    [
        ("(cn=%)", "(cn=Ada)", False, "Ada"),
        ("(cn=%)", r"(cn=\2a\29)", False, "*)"),
        ("(cn=%)", "(cn=*)", False, None),
        ("(cn=%)", "(cn=*)", True, ""),
        ("(cn=%)", "(cn=Ad*)", True, "Ad"),
        ("(cn=%)", "(cn=Ad*)", False, None),
        ("(cn=%)", "(cn=*Ad*)", True, None),
        ("( | (sn=%) (cn=%) )", "(|(sn=Ad*)(cn=Ad*))", True, "Ad"),
        ("(|(sn=%)(cn=%))", "(|(sn=Ad*)(cn=Be*))", True, None),
        ("(&(telephoneNumber=%)(sn=*))", "(&(telephoneNumber=1)(sn=*))", False, "1"),
        ("(&(telephoneNumber=%)(sn=*))", "(&(telephoneNumber=*)(cn=*)(sn=*))", False, None),
        ("(objectClass=person)", "(objectClass=person)", False, ""),
    ],
)
def test_the_value_in_a_filter_is_found_and_nothing_else(template, seen, beginning, value):
    assert value_in(template, seen, beginning=beginning) == value


@pytest.mark.parametrize("wanted", [number_filter("1"), number_filter("*)(cn=*"), begins("Ad"), begins("*")])
def test_a_value_within_the_set_filter_keeps_the_rule(wanted):
    assert Paper().says(5.0, search(2, TAB["base"], wanted)).result("LDAP-FILTER") is HELD


@pytest.mark.parametrize(
    "wanted",
    [
        ber(0xA0, ber(0x87, "telephoneNumber"), ber(0x87, "sn")),
        ber(0xA0, ber(0x87, "telephoneNumber"), ber(0x87, "cn"), ber(0x87, "sn")),
        equal("telephoneNumber", "1"),
    ],
)
def test_a_value_that_changes_the_filter_is_named(wanted):
    assert Paper().says(5.0, search(2, TAB["base"], wanted)).result("LDAP-FILTER") is BROKEN


def test_a_search_is_judged_by_known_settings_only():
    assert Paper().says(0.95, search(2, "x", equal("a", "b"))).result("LDAP-FILTER") is UNSAID
    assert Paper(enabled="false").says(5.0, search(2, "x", equal("a", "b"))).result("LDAP-FILTER") is NOT_EXERCISED


# what the tab says


@pytest.mark.parametrize(
    ("change", "claims"),
    [
        ({}, []),
        ({"base": "OU=People, DC=m9"}, []),
        ({"base": "dc=m9"}, ["the base of a search is the one that is set"]),
        ({"limit": 0}, ["the size limit of a search is Max. Hits"]),
        ({"attributes": ("cn", "sn")}, ["the attributes that are set are asked for"]),
        ({"attributes": ("CN", "sn", "telephoneNumber", "mail")}, []),
    ],
)
def test_base_limit_and_attributes_are_those_of_the_tab(change, claims):
    asked = {"base": TAB["base"], "limit": 50, "attributes": ("cn", "sn", "telephoneNumber"), **change}
    paper = Paper().says(5.0, search(2, asked["base"], begins("Ad"), *asked["attributes"], limit=asked["limit"]))
    assert paper.broken("LDAP-SEARCH") == claims
    assert paper.result("LDAP-SEARCH") is (BROKEN if claims else HELD)


@pytest.mark.parametrize(
    ("user", "octets", "held"),
    [
        ("cn=phone", bind(1, "cn=phone", "x"), True),
        ("", bind(1), True),
        ("cn=phone", bind(1), False),
        ("cn=phone", bind(1, "cn=phone"), False),
        ("cn=phone", bind(1, "cn=other", "x"), False),
        ("", bind(1, "cn=phone", "x"), False),
        ("cn=phone", search(1, TAB["base"], begins("Ad")), False),
    ],
)
def test_the_login_is_that_of_the_tab(user, octets, held):
    assert Paper(username=user).says(5.0, octets).result("LDAP-BIND") is (HELD if held else BROKEN)


@pytest.mark.parametrize(("text", "wanted", "held"), [("*", begins("*"), True), ("ad", begins("adx"), False)])
def test_what_is_typed_is_what_is_searched(text, wanted, held):
    paper = Paper().did(5.0, "look-up", 1, text=text).says(5.1, search(2, TAB["base"], wanted))
    assert paper.result("LDAP-TYPED") is (HELD if held else BROKEN)


@pytest.mark.parametrize(("state", "expected"), [("up", BROKEN), ("down", NOT_EXERCISED), ("frozen", NOT_EXERCISED)])
def test_a_typed_name_that_is_not_searched_is_named_where_the_server_is_up(state, expected):
    def paper(**tab: str) -> Paper:
        return Paper(**tab).did(2.0, "directory", state=state).rings(at=30.0).did(5.0, "look-up", 1, text="ad")

    assert paper().result("LDAP-TYPED") is expected
    assert paper().says(5.1, bind(1, "cn=phone", "wrong")).result("LDAP-TYPED") is NOT_EXERCISED
    assert paper(enabled="false").result("LDAP-TYPED") is NOT_EXERCISED


# callers


def looked_up(value: str = "+49305500001", **tab: str) -> Paper:
    return (
        Paper(**tab).did(2.0, "directory", state="up").rings().says(9.2, search(2, TAB["base"], number_filter(value)))
    )


@pytest.mark.parametrize("value", ["0305500001", "+49305500001", "0049305500001", "5500001"])
def test_each_notation_of_the_callers_number_may_be_searched(value):
    assert looked_up(value).result("LDAP-LOOKUP") is HELD


def test_another_number_is_named_and_so_is_a_lookup_that_was_switched_off():
    assert looked_up("5500002").broken("LDAP-LOOKUP") == ["a caller is looked up by the number"]
    off = looked_up(lookup_incoming="false")
    assert off.broken("LDAP-LOOKUP") == ["a caller is not looked up where the lookup is off"]


def test_a_caller_who_is_not_looked_up_is_named_where_the_server_is_up():
    def silent(state: str) -> Paper:
        return Paper().did(2.0, "directory", state=state).rings()

    assert silent("up").broken("LDAP-LOOKUP") == ["a caller is looked up where the identity wants it"]
    assert silent("down").result("LDAP-LOOKUP") is silent("frozen").result("LDAP-LOOKUP") is NOT_EXERCISED


ADA = entry(2, "uid=1", cn="Ada Groß", sn="Groß", telephoneNumber="1")


def test_the_name_that_was_found_is_shown_by_its_pattern():
    found = looked_up().says(9.3, ADA, ours=False).says(9.31, result(2, 0), ours=False)
    assert found.result("LDAP-NAME") is NOT_EXERCISED
    assert found.shows(9.5, "Incoming\n0305500001").result("LDAP-NAME") is NOT_EXERCISED
    assert found.shows(11.5, "Incoming\nGroß, Ada Groß\n0305500001").result("LDAP-NAME") is HELD
    lost = looked_up().says(9.3, ADA, ours=False).shows(11.5, "Incoming\n0305500001")
    assert lost.result("LDAP-NAME") is BROKEN
    of_another_search = looked_up().says(9.3, ADA, ours=False, port=40001).shows(11.5, "Incoming\n0305500001")
    assert of_another_search.result("LDAP-NAME") is NOT_EXERCISED


@pytest.mark.parametrize(("answer", "expected"), [(0.1, HELD), (2.5, BROKEN), (0.0, BROKEN)])
def test_the_ringing_waits_for_no_directory(answer, expected):
    assert Paper().rings(answer=answer).result("LDAP-DELAY") is expected


def test_notations_follow_country_and_area_code():
    told = DirectorySettings(1, {**TAB, "country_code": "0049", "area_code": "30"})
    assert {"+493055", "03055", "55", "00493055", "3055"} <= told.forms("55")
    assert told.forms("+4455") == {"+4455"}
    assert told.forms("*)(cn=*") == {"*)(cn=*", "*cn=*"}
    assert DirectorySettings(1, {**TAB, "country_code": ""}).forms("03055") == {"03055"}
