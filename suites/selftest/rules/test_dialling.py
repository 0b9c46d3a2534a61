"""What is called for what was dialled, by the settings: on paper, with one thing spoiled at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.rules.acts import Act
from harness.rules.dial_plan import called, in_global_form, is_address, plans_of
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

HELD, UNSAID, NOT_EXERCISED = Result.HELD, Result.CANNOT_BE_SAID, Result.NOT_EXERCISED
PLAN = r'"|^(\*[0-9]+)$|sip:\1@\d|d" "|^9([0-9]{3})$|sip:09\1@\d" "|^77|^78|service"'


def dialled(number: str, uri: str, *, dst: str = "", port: int = 5060, **settings: str) -> PaperCall:
    """A number that was dialled by identity 1, whose account is 41, and the Request-URI of the INVITE that followed."""
    call = PaperCall(to_base=False)
    for name, value in {"user_name": "41", "user_host": "pbx", **settings}.items():
        identity = "0" if name.startswith("emergency") else "1"
        call.acts.append(Act("setting", 1.0, 1.1, detail={"name": name, "value": value, "identity": identity}))
    call.did("dial", 8.9, number=number, account="41")
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False, uri=uri)
    if dst:
        call.sip[-1] = replace(call.sip[-1], dst=dst, dport=port)
    return call


@pytest.mark.parametrize(
    ("address", "uri", "held"),
    [
        ("anna@a.test", "sip:anna@a.test", True),
        ("anna@a.test", "sip:anna@A.TEST", True),
        ("anna@a.test", "sip:anna@pbx", False),
        ("anna@a.test", "sip:hanna@a.test", False),
        ("anna@a.test:5070", "sip:anna@a.test:5070;transport=udp", True),
        ("anna@a.test:5070", "sip:anna@a.test", False),
        ("anna@[fd00::1]", "sip:anna@[fd00:0::1]", True),
        ("anna@[fd00::1]", "sip:anna@fd00::1", False),
        ("192.0.2.1", "sip:192.0.2.1", True),
    ],
)
def test_an_address_is_called_as_typed(address, uri, held):
    call = dialled(address, uri)
    assert call.broken("DIAL-URI") == ([] if held else ["a SIP address that was typed is the Request-URI"])
    assert call.result("CAL-1") is NOT_EXERCISED


@pytest.mark.parametrize(
    ("number", "uri", "held"),
    [
        ("*79", "sip:*79@pbx", True),
        ("*79", "sip:0*79@pbx", False),
        ("9123", "sip:09123@pbx", True),
        ("9123", "sip:9123@pbx", False),
        ("9123", "sip:09123@elsewhere", False),
        ("7801", "sip:service@pbx", True),
        ("7801", "sip:7801@pbx", False),
        ("301", "sip:301@pbx", True),
        ("301", "sip:0301@pbx", False),
    ],
)
def test_the_first_plan_that_fits_decides(number, uri, held):
    call = dialled(number, uri, user_dp_str=PLAN)
    assert (call.result("DIAL-PLAN") is HELD) is held
    assert call.result("CAL-1") is NOT_EXERCISED


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("398330", "+4930398330"),
        ("0891234", "+49891234"),
        ("0043123", "+43123"),
        ("+4940123", "+4940123"),
        ("*43", "*43"),
    ],
)
def test_a_number_in_its_global_form(number, expected):
    codes = {"user_enable_e164_substitution": "true", "user_country_code": "49", "area_code": "30"}
    assert in_global_form(number, "49", "30") == expected
    assert dialled(number, f"sip:{expected}@pbx", **codes).result("DIAL-GLOBAL") is HELD
    assert dialled(number, "sip:1@pbx", **codes).broken("DIAL-GLOBAL")
    off = {**codes, "user_enable_e164_substitution": "false"}
    assert dialled(number, f"sip:{number}@pbx", **off).result("CAL-1") is HELD


def test_an_emergency_number_goes_to_its_proxy_and_no_plan_touches_it():
    settings = {"emergency_numbers": "112 911", "emergency_proxy": "sip:192.0.2.9", "user_dp_str": r"|^(.*)$|0\1"}
    there = {"dst": "192.0.2.9", **settings}
    assert dialled("911", "sip:911@pbx", **there).result("DIAL-EMERGENCY") is HELD
    assert dialled("911", "sip:0911@pbx", **there).broken("DIAL-EMERGENCY") == ["an emergency number is called"]
    assert dialled("911", "sip:911@pbx", **settings).broken("DIAL-EMERGENCY")
    assert dialled("911", "sip:911@pbx", port=5070, **there).broken("DIAL-EMERGENCY")
    assert dialled("9110", "sip:09110@pbx", **settings).result("DIAL-PLAN") is HELD
    named = {**settings, "emergency_proxy": "sos.test"}
    assert dialled("911", "sip:911@pbx", **named).result("DIAL-EMERGENCY") is UNSAID


def test_a_setting_that_is_being_saved_decides_nothing():
    call = dialled("301", "sip:0301@pbx")
    call.acts.append(Act("setting", 8.5, 9.5, detail={"name": "user_dp_str", "value": PLAN, "identity": "1"}))
    assert call.result("DIAL-PLAN") is NOT_EXERCISED
    assert call.result("CAL-1") is UNSAID


@pytest.mark.parametrize(("uri", "held"), [("sip:*21%234@pbx", True), ("sip:*21#4@pbx", False), ("sip:a b@x", False)])
def test_a_user_part_is_escaped(uri, held):
    assert bool(dialled("*21#4", uri).broken("DIAL-ESCAPE")) is not held


def test_plans_that_are_none_are_left_out():
    assert plans_of("") == plans_of("nonsense") == plans_of("|only a pattern") == []
    nothing = dict.fromkeys(("emergency_numbers", "user_enable_e164_substitution", "user_host"), "")
    assert called("301", {**nothing, "user_dp_str": r"|^(3|x"}).target == "301"
    assert called("301", {**nothing, "user_dp_str": r"|^(|x\1"}).target == "301"


@pytest.mark.parametrize("text", ["a@b", "192.0.2.1", "192.0.2.1:5070", "[fd00::1]", "sip:x", "tel:+49"])
def test_what_is_an_address(text):
    assert is_address(text)
    assert not is_address("*21#")
