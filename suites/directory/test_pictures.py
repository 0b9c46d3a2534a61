"""Pictures of callers, of a contact's card or named by Call-Info: shown as they were sent, and never waited for."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("far_end", "server"), pytest.mark.needs("dhcp", "power")]
by_card = pytest.mark.stimulus("web")
keys = pytest.mark.stimulus("keys")
FORMS = (
    "presentation",
    "RFC 3261",
    "RFC 3261 with blanks",
    "RFC 3261 in capitals",
    "RFC 3261 with a parameter before",
)
UNFIT = ("wrong size", "PNG", "GIF", "truncated", "huge", "no image", "empty", "web page")
SECURE = ("tls_pbx", "dhcp", "power", "certificates")


def person_at(call, name="Ada Groß"):
    """A contact with the number of the call's peer."""
    return name, call.peer.number


def rings_with(call, pictures, name=""):
    """The peer calls, and the handset's picture is read until it is this one, or for as long as one may take."""
    call.peer.call()
    call.expect.rings()
    pictures.look_for(name)


def rings_with_a_slow_picture(call, pictures, name):
    """The peer calls with a picture whose server keeps the base waiting; returns its URL."""
    url = pictures.offer(name, "slow")
    pictures.name(call, url)
    call.peer.call()
    call.expect.rings()
    pictures.require_asked(url)
    return url


def is_default(call):
    """The call rang in time, with the picture of a caller without any."""
    call.judge("PIC-DELAY")
    call.judge("PIC-DEFAULT")


def is_seen(call, pictures, name):
    """The peer calls, is seen with this picture, and gives up."""
    rings_with(call, pictures, name)
    pictures.judge("PIC-SHOWN")
    call.peer.give_up()
    call.expect.cancel_answered()


# of a contact


@feature("picture-vcard")
@by_card
@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_the_picture_of_a_contacts_card_is_shown(call, book, pictures, version):
    book.upload(person_at(call), version=version, portrait=pictures.in_card("Ada"))
    rings_with(call, pictures, "Ada")
    call.judge("PIC-SHOWN")
    call.judge("PIC-DELAY")


@feature("picture-vcard")
@by_card
@keys
def test_the_picture_stays_when_the_call_was_answered(call, book, pictures):
    book.upload(person_at(call), portrait=pictures.in_card("Ada"))
    call.peer.call()
    call.handset.wait_for_ringing()
    call.handset.answer()
    call.screen.is_talking()
    pictures.look_for("Ada")
    call.judge("PIC-SHOWN")


@feature("picture-vcard")
@by_card
def test_a_caller_without_a_picture_has_the_default_one_and_not_the_last_one(call, book, pictures):
    pictures.learn_default(call)
    book.upload(person_at(call), portrait=pictures.in_card("Ada"))
    is_seen(call, pictures, "Ada")
    book.clear(1)
    rings_with(call, pictures)
    call.judge("PIC-DEFAULT")


@feature("picture-vcard")
@by_card
@pytest.mark.needs(identities=2)
def test_the_picture_of_another_identitys_contact_is_not_shown(call, book, pictures):
    pictures.learn_default(call)
    book.upload(person_at(call), identity=2, portrait=pictures.in_card("Zoë"))
    book.expect_shown(2, person_at(call))
    rings_with(call, pictures)
    call.judge("PIC-DEFAULT")


@feature("picture-vcard", "picture-call-info")
@by_card
def test_a_contacts_picture_comes_before_that_of_call_info(call, book, pictures):
    book.upload(person_at(call), portrait=pictures.in_card("Ada"))
    pictures.name(call, pictures.offer("By Call-Info"))
    rings_with(call, pictures)
    call.judge("PIC-SHOWN")


@feature("picture-call-info")
@by_card
def test_a_contact_without_a_picture_is_seen_by_call_info(call, book, pictures):
    book.upload(person_at(call))
    book.expect_shown(1, person_at(call))
    pictures.name(call, pictures.offer("By Call-Info"))
    rings_with(call, pictures, "By Call-Info")
    call.judge("PIC-SHOWN")
    book.look_at_display("Ada Groß")
    call.judge("BOOK-NAME")


# of the caller


@feature("picture-call-info")
@pytest.mark.parametrize("form", FORMS)
def test_the_picture_that_call_info_names_is_shown(call, pictures, form):
    pictures.name(call, pictures.offer("Carl"), form)
    rings_with(call, pictures, "Carl")
    call.judge("PIC-SHOWN")
    call.judge("PIC-FETCH")


@feature("picture-call-info")
@pytest.mark.parametrize("form", ["presentation", "RFC 3261"])
def test_of_several_values_the_icon_is_fetched(call, pictures, form):
    card, page = pictures.offer("A card"), pictures.offer("A page")
    pictures.name(call, pictures.offer("Carl"), form, [f"<{card}>;purpose=card", f"<{page}>;purpose=info"])
    rings_with(call, pictures, "Carl")
    call.judge("PIC-SHOWN")
    call.judge("PIC-FETCH")


@feature("picture-call-info")
def test_each_caller_has_the_own_picture(call, pictures):
    for name in ("Carl", "Dora"):
        pictures.name(call, pictures.offer(name))
        is_seen(call, pictures, name)


@feature("picture-call-info")
@keys
def test_a_slow_picture_is_shown_when_it_comes(call, pictures):
    pictures.learn_default(call)
    url = rings_with_a_slow_picture(call, pictures, "Carl")
    call.handset.answer()
    pictures.look_for()
    call.judge("PIC-DEFAULT")
    pictures.release(url, "Carl")
    pictures.look_for("Carl")
    call.judge("PIC-DELAY")
    call.judge("PIC-SHOWN")


@feature("picture-call-info")
def test_a_picture_that_comes_too_late_is_not_shown_for_the_next_caller(call, pictures):
    pictures.learn_default(call)
    url = rings_with_a_slow_picture(call, pictures, "Carl")
    call.peer.give_up()
    call.expect.cancel_answered()
    pictures.name(call, pictures.offer("Nobody", "404"))
    call.peer.call()
    call.expect.rings()
    pictures.release(url, "Carl")
    pictures.look_for()
    call.judge("PIC-DEFAULT")


@feature("picture-call-info")
@pytest.mark.parametrize("manner", ["404", "away", "slow"])
def test_a_call_rings_with_the_default_picture_where_none_is_to_be_had(call, pictures, manner):
    pictures.learn_default(call)
    pictures.name(call, pictures.offer("Carl", manner))
    rings_with(call, pictures)
    call.screen.shows_caller()
    is_default(call)


# what is no fit picture


@feature("picture-format")
@pytest.mark.parametrize("kind", UNFIT)
def test_what_is_no_fit_picture_does_no_harm(call, pictures, kind):
    pictures.learn_default(call)
    pictures.name(call, pictures.offer(kind))
    rings_with(call, pictures)
    call.screen.shows_caller()
    is_default(call)


@feature("picture-format", "picture-vcard")
@by_card
@pytest.mark.parametrize("kind", ["wrong size", "PNG", "truncated", "no image"])
def test_a_card_without_a_fit_picture_does_no_harm(call, book, pictures, kind):
    pictures.learn_default(call)
    book.upload(person_at(call), portrait=pictures.in_card(kind))
    book.expect_shown(1, person_at(call))
    rings_with(call, pictures)
    call.screen.shows("Ada Groß")
    is_default(call)


@feature("picture-format")
def test_a_fit_picture_is_shown_after_one_that_is_none(call, pictures):
    pictures.name(call, pictures.offer("wrong size"))
    rings_with(call, pictures)
    call.peer.give_up()
    call.expect.cancel_answered()
    pictures.name(call, pictures.offer("Carl"))
    is_seen(call, pictures, "Carl")


# over HTTPS


@feature("picture-https")
@pytest.mark.needs(*SECURE)
@pytest.mark.reboots
def test_a_picture_is_fetched_over_https(call, security, pictures):
    security.trust_the_harness()
    pictures.name(call, pictures.offer("Carl", secure=True))
    rings_with(call, pictures, "Carl")
    call.judge("PIC-SHOWN")
    call.judge("PIC-DELAY")


@feature("picture-https")
@pytest.mark.needs(*SECURE)
@pytest.mark.reboots
def test_no_picture_is_taken_of_a_server_with_a_wrong_certificate(call, security, pictures):
    pictures.learn_default(call)
    security.trust_the_harness()
    security.show_certificate("self-signed")
    pictures.name(call, pictures.offer("Carl", "of a stranger", secure=True))
    rings_with(call, pictures)
    is_default(call)
