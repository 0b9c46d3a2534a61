"""The address book of an identity: filled by provisioning or vCards, browsed at the handset, and who calls by it."""

import pytest

feature = pytest.mark.feature
far_end = pytest.mark.stimulus("far_end", "server")
keys = pytest.mark.stimulus("keys")
pytestmark = [pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]
by_document = pytest.mark.stimulus("settings")
by_page = pytest.mark.stimulus("web")

ADA, BEN, CLARA = ("Ada Groß", "5500240"), ("Ben Ode", "5500241"), ("Clara Adams", "5500242")
OF_TWO = ("Zoë of Two", "5500250")
BY_SIP = "Name by SIP"


def person_at(call, name="Ada Groß"):
    """A contact with the number of the call's peer."""
    return name, call.peer.number


# what fills it


@feature("address-book")
@by_document
@pytest.mark.needs(identities=2)
def test_provisioned_contacts_are_in_the_book_of_their_identity(book):
    book.provision({1: [ADA, BEN], 2: [OF_TWO]})
    book.expect_shown(1, ADA, BEN)
    book.expect_shown(2, OF_TWO)


@feature("address-book")
@by_document
@pytest.mark.needs(identities=2)
def test_a_complete_book_takes_the_place_of_what_was_there(book):
    book.provision({1: [ADA, BEN], 2: [OF_TWO]})
    book.expect_shown(1, ADA, BEN)
    book.provision({1: [CLARA]})
    book.expect_shown(1, CLARA)
    book.expect_none_shown(2)


@feature("address-book")
@by_document
def test_a_book_that_is_not_complete_adds_to_what_was_there(book):
    book.provision({1: [ADA]})
    book.provision({1: [BEN]}, complete=False)
    book.expect_shown(1, ADA, BEN)


@feature("contact-upload")
@by_page
@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_an_uploaded_contact_stands_under_contacts(book, version):
    long = ("Zoë Müller-Lüdenscheidt, geborene Groß", "+49 30 5500-243")
    book.upload(long, version=version)
    book.expect_shown(1, long)


@feature("contact-upload")
@by_page
def test_each_number_of_a_card_stands_there(book):
    mobile = (ADA[0], "0171 2000240")
    book.upload(ADA, mobile)
    book.expect_shown(1, ADA, mobile)


@feature("contact-upload")
@by_page
def test_contacts_survive_a_power_cut(book, boot):
    book.upload(ADA, BEN)
    book.expect_shown(1, ADA, BEN)
    boot.power_cycle()
    boot.expect.ready()
    book.expect_shown(1, ADA, BEN)


@feature("picture-vcard-upload")
@by_page
@pytest.mark.needs(identities=2)
def test_cards_are_uploaded_to_one_identity(book):
    book.upload(OF_TWO, identity=2)
    book.upload(ADA)
    book.expect_shown(1, ADA)
    book.expect_shown(2, OF_TWO)


@feature("web-upload")
@by_page
def test_all_cards_of_a_file_stand_under_contacts(book):
    people = [(f"Person {number:02} Groß", f"55{number:05}") for number in range(40)]
    book.upload(*people, version="2.1")
    book.expect_shown(1, *people)


@feature("web-upload")
@by_page
def test_a_second_file_adds_to_the_first(book):
    book.upload(ADA)
    book.upload(BEN)
    book.expect_shown(1, ADA, BEN)


@feature("web-upload")
@by_page
@pytest.mark.parametrize("text", ["", "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:cut", "\x00\x01 no card \xff" * 200])
def test_a_file_that_is_no_card_changes_no_contact(book, text):
    book.upload(ADA)
    book.upload_text(text)
    book.expect_shown(1, ADA)


# at the handset


@feature("address-book")
@by_page
@keys
def test_all_contacts_are_listed_at_the_handset(book):
    book.upload(ADA, BEN, CLARA)
    book.handset.search("")
    book.handset.expect_listed(ADA[0], BEN[0], CLARA[0])


@feature("address-book")
@by_page
@keys
def test_contacts_are_found_by_the_beginning_of_their_name(book):
    book.upload(BEN, ADA)
    book.handset.search("ad")
    book.handset.expect_listed(ADA[0])
    book.handset.search("qq")
    book.handset.expect_nobody()


@feature("address-book")
@by_page
@keys
@pytest.mark.needs(identities=2)
def test_the_handset_lists_no_contact_of_another_identity(book):
    book.upload(OF_TWO, identity=2)
    book.upload(ADA)
    book.handset.search("")
    book.handset.expect_listed(ADA[0])


@feature("address-book")
@by_page
@keys
@far_end
def test_a_contact_is_called_from_the_list(call, book):
    book.upload(BEN, person_at(call))
    book.handset.search("ada")
    book.handset.expect_listed("Ada Groß")
    call.shortcuts.call_contact(call.peer.number)
    call.peer.expect_call()
    call.peer.answer()
    book.look_at_display("Ada Groß")
    call.judge("CAL-1")
    call.judge("BOOK-NAME")


@feature("address-book")
@by_document
@keys
@pytest.mark.stimulus("server")
@pytest.mark.needs("steerable_pbx")
def test_a_contact_is_called_without_the_blanks_of_its_number(call, book):
    book.provision({1: [("Ada Groß", "+49 (30) 5500-240")]})
    book.handset.search("ada")
    book.handset.expect_listed("Ada Groß")
    call.shortcuts.call_contact("+49305500240")
    call.judge("CAL-1")


# who calls


@feature("address-book")
@by_page
@far_end
def test_a_caller_is_shown_by_the_book_before_sip(call, book):
    book.upload(BEN, person_at(call))
    call.peer.call(BY_SIP)
    call.expect.rings()
    book.look_at_display("Ada Groß")
    call.judge("BOOK-NAME")
    call.screen.shows_caller()


@feature("address-book")
@by_document
@far_end
def test_a_caller_is_shown_by_a_provisioned_contact(call, book):
    book.provision({1: [person_at(call)]})
    call.peer.call(BY_SIP)
    call.expect.rings()
    book.look_at_display("Ada Groß")
    call.judge("BOOK-NAME")


@feature("address-book")
@by_page
@keys
@far_end
def test_the_name_of_the_book_stays_when_the_call_was_answered(call, book):
    book.upload(person_at(call))
    call.peer.call(BY_SIP)
    call.handset.wait_for_ringing()
    call.handset.answer()
    call.screen.is_talking()
    call.stay_over(2.0)
    book.look_at_display("Ada Groß")
    call.judge("BOOK-NAME")


@feature("address-book")
@by_document
@far_end
@pytest.mark.needs("steerable_pbx")
def test_a_caller_is_known_however_the_number_is_written_in_the_book(call, book):
    book.provision({1: [("Ada Groß", "+49 (30) 5500-240")]})
    call.invite.assert_number("+49305500240")
    call.peer.call()
    call.expect.rings()
    call.require.asserted_number("+49305500240")
    book.look_at_display("Ada Groß")
    call.judge("BOOK-NAME")


@feature("address-book", "call-list-missed")
@by_page
@keys
@far_end
def test_a_missed_call_is_listed_by_the_name_of_the_book(call, book, first_handset):
    book.upload(person_at(call))
    call.is_missed(BY_SIP)
    first_handset.lists.open_newest("missed")
    first_handset.lists.expect_opened("Ada Groß", call.peer.number)


@feature("address-book", "call-list-received")
@by_page
@keys
@far_end
def test_a_received_call_is_listed_by_the_name_of_the_book(call, book, first_handset):
    book.upload(person_at(call))
    call.peer.call(BY_SIP)
    call.handset.wait_for_ringing()
    call.handset.answer()
    call.peer.hang_up()
    call.expect.released_by("peer")
    first_handset.lists.open_newest("received")
    first_handset.lists.expect_opened("Ada Groß", call.peer.number)


@feature("address-book", "call-list-dialed")
@by_page
@keys
@far_end
def test_a_dialled_number_is_shown_and_listed_by_the_name_of_the_book(call, book, first_handset):
    book.upload(person_at(call))
    call.handset.dial()
    call.peer.expect_call()
    call.peer.ring()
    book.look_at_display("Ada Groß")
    call.judge("BOOK-NAME")
    call.handset.hang_up()
    call.screen.is_idle()
    first_handset.lists.open_newest("dialed")
    first_handset.lists.expect_opened("Ada Groß", call.peer.number)


@feature("address-book")
@by_page
@far_end
@pytest.mark.needs(identities=2)
def test_the_book_of_another_identity_names_no_caller(call, book):
    zoe = person_at(call, "Zoë of Two")
    book.upload(zoe, identity=2)
    book.expect_shown(2, zoe)
    call.peer.call(BY_SIP)
    call.expect.rings()
    book.look_at_display(BY_SIP)
    call.screen.shows_caller()
    call.judge("BOOK-OTHER")
