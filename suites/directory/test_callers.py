"""Callers whose name comes from an LDAP directory: shown, and never waited for."""

import pytest

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("far_end", "server", "settings"), pytest.mark.needs("directory")]
keys = pytest.mark.stimulus("keys")
presented = pytest.mark.needs("steerable_pbx")
INTERNATIONAL, NATIONAL, LOCAL = 240, 241, 242
"""People whose numbers the directory holds in these notations."""


def is_named(call, name):
    """The peer calls, is shown by this name, and gives up: what the directory is told is in effect."""
    call.peer.call()
    call.expect.rings()
    call.screen.shows(name)
    call.peer.give_up()
    call.expect.cancel_answered()


# the name


@feature("ldap-caller-name")
def test_a_caller_is_shown_by_the_name_that_the_directory_has(call, directory):
    directory.use()
    call.peer.call()
    call.expect.rings()
    call.screen.shows(directory.owners[0].name)
    call.screen.shows_caller()
    call.judge("LDAP-LOOKUP")
    call.judge("LDAP-NAME")


@feature("ldap-caller-name")
@keys
def test_the_name_is_still_there_when_the_call_was_answered(call, directory):
    directory.use()
    call.establish("incoming")
    call.screen.shows(directory.owners[0].name)
    call.screen.is_talking()
    call.judge("LDAP-NAME")


@feature("ldap-caller-name", "call-list-missed")
def test_a_missed_call_is_listed_by_the_name_that_the_directory_has(call, directory, first_handset):
    directory.use()
    is_named(call, directory.owners[0].name)
    first_handset.lists.open_newest("missed")
    first_handset.lists.expect_opened(directory.owners[0].name, call.peer.number)


@feature("ldap-caller-name")
@presented
def test_of_several_people_with_a_number_one_is_shown(call, directory):
    directory.use()
    call.invite.assert_number("+49305599999")
    call.peer.call()
    call.expect.rings()
    call.screen.shows("Twin")
    call.judge("LDAP-NAME")


@feature("ldap-caller-name")
@presented
def test_a_caller_whom_the_directory_does_not_know_is_shown_by_the_number(call, directory):
    directory.use()
    call.invite.assert_number("+4930990000")
    call.peer.call()
    call.expect.rings()
    call.require.asserted_number("+4930990000")
    directory.expect_search()
    call.judge("LDAP-LOOKUP")


@feature("ldap-caller-name")
@pytest.mark.parametrize("switch", ["lookup_incoming", "enabled"])
def test_nobody_is_looked_up_where_it_is_switched_off(call, directory, switch):
    directory.use()
    is_named(call, directory.owners[0].name)
    directory.change(switch, "off")
    call.peer.call()
    call.expect.rings()
    call.screen.shows_caller()
    call.stay_over()
    call.screen.shows_not(directory.owners[0].name)
    call.judge("LDAP-LOOKUP")


@feature("ldap-caller-name")
@pytest.mark.parametrize(("pattern", "shown"), [("%sn, %givenName", "Groß, Ada"), ("%givenName", "Ada")])
@presented
def test_the_name_is_written_by_the_pattern_that_is_set(call, directory, pattern, shown):
    directory.use(display_name=pattern)
    call.invite.assert_number("+49305500240")
    call.peer.call()
    call.expect.rings()
    call.screen.shows(shown)
    call.judge("LDAP-NAME")


# numbers


@feature("ldap-dial-plan")
@pytest.mark.parametrize(
    ("number", "person"),
    [
        ("+49305500240", INTERNATIONAL),
        ("0305500240", INTERNATIONAL),
        ("5500240", INTERNATIONAL),
        ("0049305500241", NATIONAL),
        ("5500241", NATIONAL),
        ("+49305500242", LOCAL),
        ("0305500242", LOCAL),
    ],
)
@presented
def test_a_number_is_found_in_each_notation_by_country_and_area_code(call, directory, number, person):
    directory.use()
    call.invite.assert_number(number)
    call.peer.call()
    call.expect.rings()
    call.require.asserted_number(number)
    call.screen.shows(directory.person(person).name)
    call.judge("LDAP-LOOKUP")


@feature("ldap-filters")
@presented
def test_the_number_filter_says_which_numbers_are_compared(call, directory):
    directory.use()
    call.invite.assert_number("+491712000240")
    is_named(call, directory.person(INTERNATIONAL).name)
    directory.change("number_filter", "(&(telephoneNumber=%)(sn=*))")
    call.peer.call()
    call.expect.rings()
    call.require.asserted_number("+491712000240")
    call.stay_over()
    call.screen.shows_not(directory.person(INTERNATIONAL).name)
    directory.judge("LDAP-FILTER")


@feature("ldap-filters")
@pytest.mark.parametrize("number", ["*", "*)(cn=*", "5500(24)0*"])
@presented
def test_a_number_with_special_characters_stays_a_value_of_the_filter(call, directory, number):
    directory.use()
    call.invite.assert_number(number)
    call.peer.call()
    call.expect.rings()
    directory.expect_search()
    call.judge("LDAP-LOOKUP")
    directory.judge("LDAP-FILTER")


# a server that is slow or away


@feature("ldap-caller-name")
@keys
def test_a_call_rings_at_once_while_the_directory_is_slow(call, directory):
    directory.use()
    directory.freeze()
    call.peer.call()
    call.expect.rings()
    call.screen.shows_caller()
    directory.require_asked()
    call.judge("LDAP-DELAY")
    call.handset.answer()
    directory.thaw()
    call.screen.shows(directory.owners[0].name)
    call.screen.is_talking()
    call.judge("LDAP-NAME")


@feature("ldap-caller-name")
@keys
@pytest.mark.needs("audio")
def test_a_call_goes_on_though_the_directory_never_answers(call, directory):
    directory.use()
    is_named(call, directory.owners[0].name)
    directory.freeze()
    call.establish("incoming")
    directory.require_asked()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge("LDAP-DELAY")


@feature("ldap-caller-name")
def test_a_call_rings_though_the_directory_is_away(call, directory):
    directory.use()
    is_named(call, directory.owners[0].name)
    directory.stop()
    call.peer.call()
    call.expect.rings()
    call.screen.shows_caller()
    call.judge("LDAP-DELAY")


# the login


@feature("ldap-bind")
def test_with_the_login_a_caller_is_named_whom_only_it_may_see(call, directory):
    directory.use_login()
    call.peer.call()
    call.expect.rings()
    call.screen.shows(directory.staff[0].name)
    directory.judge("LDAP-BIND")


@feature("ldap-bind")
def test_a_wrong_password_names_nobody_and_delays_no_call(call, directory):
    directory.use_login()
    is_named(call, directory.staff[0].name)
    directory.change("password", "wrong")
    call.peer.call()
    call.expect.rings()
    call.stay_over()
    call.screen.shows_not(directory.staff[0].name)
    directory.expect_refused_login()
    call.judge("LDAP-DELAY")


@feature("ldap-bind")
def test_without_a_user_name_the_login_is_anonymous(call, directory):
    directory.use()
    call.peer.call()
    call.expect.rings()
    call.screen.shows(directory.owners[0].name)
    directory.judge("LDAP-BIND")
