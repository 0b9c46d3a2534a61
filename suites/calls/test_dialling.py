"""What is called for what is dialled: addresses, dial plan, E.164, emergency numbers, star codes."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
# Numbers that are no peer's are dialled at the harness's own server only.
pytestmark = [pytest.mark.stimulus("keys"), pytest.mark.needs("own_pbx")]

EIGHT_DIGITS = r"|^9([0-9]{8})$|sip:09\1@\d"
THREE_AND_MORE = r"|^([0-9*#]{3,})$|sip:0\1@\d"
STAR_CODES = r"|^(\*[0-9*#]+)$|sip:\1@\d|d"


@feature("uri-dialing")
@pytest.mark.needs("dhcp")
@rule("DIAL-URI")
@pytest.mark.parametrize("address", ["anna-b.weber_9@pbx4.m9.test", "42@pbx4.m9.test:5060"])
def test_an_address_is_called_as_it_was_typed(call, rule, address):
    call.handset.type_and_dial(address)
    call.judge(rule)


@feature("uri-dialing", "dial-plan")
@pytest.mark.needs("dhcp")
@settings
@rule("DIAL-URI")
def test_no_plan_touches_an_address(call, base, rule):
    base.change("user_dp_str", r"|^([0-9]{2,})|sip:0\1@\d", idx=call.identity)
    call.handset.dial("42")
    call.judge("DIAL-PLAN")
    call.handset.type_and_dial("42@pbx4.m9.test")
    call.judge(rule)


@feature("uri-dialing")
@pytest.mark.needs("ipv6")
@rule("DIAL-URI")
def test_an_ipv6_address_is_called_in_its_brackets(call, rule):
    call.handset.type_and_dial(f"anna@[{call.server.address6}]")
    call.judge(rule)


@feature("uri-dialing", "two-way-audio")
@pytest.mark.stimulus("far_end")
@pytest.mark.needs("audio")
@rule("DIAL-URI")
def test_a_far_end_is_reached_at_its_own_address_past_the_server(call, rule):
    call.handset.type_and_dial(call.peer.own_address)
    call.peer.expect_call()
    call.judge(rule)
    call.peer.answer()
    with call.both_talking():
        call.media.expect_both_ways()


@feature("uri-dialing", "redial")
@pytest.mark.stimulus("far_end")
@rule("DIAL-URI")
def test_an_address_is_dialled_again_whole(call, rule):
    address = call.peer.own_address
    call.handset.type_and_dial(address)
    call.peer.expect_call()
    call.peer.refuse(486)
    call.handset.redial(address)
    call.judge(rule)


@feature("dial-plan")
@settings
@rule("DIAL-PLAN")
@pytest.mark.parametrize(
    ("plan", "dialled"),
    [
        (EIGHT_DIGITS, "912345678"),
        (f'"{EIGHT_DIGITS}" "{THREE_AND_MORE}"', "912345678"),
        (f'"{EIGHT_DIGITS}" "{THREE_AND_MORE}"', "30142"),
        ("|^77|^78|sip:service@\\d", "7801"),
    ],
    ids=["replaced", "first-of-two", "second-of-two", "alternatives"],
)
def test_the_first_plan_that_fits_makes_the_address(call, base, rule, plan, dialled):
    base.change("user_dp_str", plan, idx=call.identity)
    call.handset.dial(dialled)
    call.judge(rule)


@feature("dial-plan")
@settings
@rule("DIAL-PLAN")
def test_a_number_that_no_plan_fits_is_called_as_it_is(call, base, rule):
    base.change("user_dp_str", EIGHT_DIGITS, idx=call.identity)
    call.handset.dial("912345678")
    call.judge(rule)
    call.handset.dial("98765")
    call.judge(rule)


@feature("dial-plan")
@settings
@rule("DIAL-PLAN")
def test_a_star_code_that_a_plan_lets_through_stays_as_it_is(call, base, rule):
    base.change("user_dp_str", f'"{STAR_CODES}" "{THREE_AND_MORE}"', idx=call.identity)
    call.handset.dial("30142")
    call.judge(rule)
    call.handset.dial("*79123")
    call.judge(rule)
    call.handset.dial("*21*44#")
    call.judge(rule)
    call.judge("DIAL-ESCAPE")


@feature("dial")
@rule("DIAL-ESCAPE")
def test_a_hash_is_escaped(call, rule):
    call.handset.dial("*21#4")
    call.judge(rule)
    call.judge("CAL-1")


@feature("dial-e164")
@settings
@rule("DIAL-GLOBAL")
@pytest.mark.parametrize("dialled", ["398330", "0891234", "0043123"])
def test_a_number_is_called_in_its_global_form(call, base, rule, dialled):
    _substitute(base, call.identity)
    call.handset.dial(dialled)
    call.judge(rule)


@feature("dial-e164")
@settings
@rule("DIAL-GLOBAL")
@pytest.mark.parametrize("dialled", ["*43", "+4940123"])
def test_a_star_code_and_a_global_number_stay_as_they_are(call, base, rule, dialled):
    _substitute(base, call.identity)
    call.handset.dial("398330")
    call.judge(rule)
    call.handset.type_and_dial(dialled)
    call.judge(rule)


@feature("dial-e164")
@settings
@rule("CAL-1")
def test_without_substitution_country_and_area_code_change_no_number(call, base, rule):
    _substitute(base, call.identity)
    call.handset.dial("398330")
    call.judge("DIAL-GLOBAL")
    base.change("user_enable_e164_substitution", "off", idx=call.identity)
    call.handset.dial("398330")
    call.judge(rule)


@feature("emergency-call")
@settings
@pytest.mark.needs("ipv6")
@rule("DIAL-EMERGENCY")
def test_an_emergency_number_goes_to_the_emergency_proxy_as_it_is(call, base, rule):
    base.change("emergency_numbers", "112 911")
    base.change("emergency_proxy", f"sip:[{call.server.address6}]")
    base.change("user_dp_str", THREE_AND_MORE, idx=call.identity)
    call.handset.dial("911")
    call.judge(rule)


@feature("emergency-call", "dial-plan")
@settings
@pytest.mark.needs("ipv6")
@rule("DIAL-PLAN")
def test_a_number_that_only_begins_like_an_emergency_number_is_an_ordinary_one(call, base, rule):
    base.change("emergency_numbers", "112 911")
    base.change("emergency_proxy", f"sip:[{call.server.address6}]")
    base.change("user_dp_str", THREE_AND_MORE, idx=call.identity)
    call.handset.dial("9115")
    call.judge(rule)


def _substitute(base, identity):
    """The identity calls numbers in their global form, from Berlin."""
    base.change("user_country_code", "49", idx=identity)
    base.change("area_code", "30", idx=identity)
    base.change("user_enable_e164_substitution", "on", idx=identity)
