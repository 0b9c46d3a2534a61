"""The LDAP directory as an address book at the handset: listed, searched, called (all keys are inferred)."""

import pytest

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
pytestmark = [pytest.mark.stimulus("keys", "settings"), pytest.mark.needs("directory")]


@feature("ldap-address-book")
def test_without_a_name_everybody_is_listed(directory):
    directory.use(max_hits="7")
    directory.handset.search("")
    directory.handset.expect_number_listed(7)
    directory.judge("LDAP-TYPED")


@feature("ldap-search")
def test_people_are_found_by_the_beginning_of_their_name(directory):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.judge("LDAP-TYPED")
    directory.judge("LDAP-FILTER")


@feature("ldap-search")
def test_a_name_that_nobody_has_finds_nobody(directory):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.handset.search("qqq")
    directory.handset.expect_nobody()
    directory.judge("LDAP-TYPED")


@feature("ldap-search")
def test_a_new_search_forgets_the_one_before(directory):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.handset.search("twin")
    directory.handset.expect_listed("Twin Abel", "Twin Bauer")


@feature("ldap-call")
@pytest.mark.stimulus("far_end", "server")
@pytest.mark.needs("audio")
def test_a_hit_is_called(call, directory):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    call.shortcuts.call_hit(directory.owners[0].number)
    call.peer.expect_call()
    call.peer.answer()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge("CAL-1")


@feature("ldap-call")
@pytest.mark.stimulus("far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_hit_is_called_without_the_blanks_of_its_number(call, directory):
    directory.use(search_filter="(mail=%)")
    directory.handset.search("p0240@")
    directory.handset.expect_listed("Ada Groß")
    call.shortcuts.call_hit("+49305500240")
    call.judge("CAL-1")


# what is set


@feature("ldap-filters")
def test_the_name_filter_says_what_is_compared(directory):
    directory.use()
    directory.handset.search("p000")
    directory.handset.expect_nobody()
    directory.change("search_filter", "(&(uid=%)(objectClass=inetOrgPerson))")
    directory.handset.search("p000")
    directory.handset.expect_number_listed(10)
    directory.judge("LDAP-FILTER")


@feature("ldap-filters", "ldap-search")
@pytest.mark.parametrize("text", ["*", "*abel"])
def test_a_star_that_is_typed_is_a_star_in_the_name(directory, text):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.handset.search(text)
    directory.handset.expect_nobody()
    directory.judge("LDAP-TYPED")
    directory.judge("LDAP-FILTER")


@feature("ldap-max-hits")
def test_no_more_people_are_listed_than_are_set(directory):
    directory.use(max_hits="3")
    directory.handset.search("ziegler")
    directory.handset.expect_number_listed(3)
    directory.judge("LDAP-SEARCH")
    directory.change("max_hits", "5")
    directory.handset.search("ziegler")
    directory.handset.expect_number_listed(5)
    directory.judge("LDAP-SEARCH")


@feature("ldap-max-hits")
def test_what_a_server_gives_at_most_is_listed(directory):
    directory.use(max_hits="40")
    directory.handset.search("ziegler")
    directory.handset.expect_number_listed(directory.hits_without_login)
    directory.judge("LDAP-SEARCH")


@feature("ldap-bind")
def test_the_login_sees_people_whom_others_do_not_see(directory):
    directory.use_without_login()
    directory.handset.search("secret")
    directory.handset.expect_nobody()
    directory.use_login()
    directory.handset.search("secret")
    directory.handset.expect_listed(*(one.name for one in directory.staff))
    directory.judge("LDAP-BIND")


@feature("ldap-bind")
def test_a_refused_login_is_told_at_the_handset(directory):
    directory.use_login()
    directory.handset.search("secret")
    directory.handset.expect_listed(*(one.name for one in directory.staff))
    directory.change("password", "wrong")
    directory.handset.search("secret")
    directory.handset.expect_refused_login()


# a server that is slow or away


@feature("ldap-address-book")
def test_without_a_directory_the_handset_says_so(directory):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.change("enabled", "off")
    directory.handset.search("desk")
    directory.handset.expect_switched_off()


@feature("ldap-search")
def test_a_server_that_is_away_is_told_at_the_handset(directory):
    directory.use()
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.stop()
    directory.handset.search("desk")
    directory.handset.expect_no_answer()


@feature("ldap-search")
@pytest.mark.stimulus("far_end", "server")
def test_a_call_rings_at_a_handset_that_waits_for_a_slow_directory(call, directory):
    directory.use(lookup_incoming="off")
    directory.handset.search("desk")
    directory.handset.expect_listed(*(one.name for one in directory.owners))
    directory.freeze()
    directory.handset.search("desk")
    directory.require_asked()
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()
    directory.thaw()
    directory.handset.leave()
