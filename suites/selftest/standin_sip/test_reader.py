"""The message reader: framing, folding, spelling, limits; garbage ends as one clear error, never as a crash."""

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigs.standin.sip.message import Headers, Request, Response, response_to
from rigs.standin.sip.reader import MAX_HEADERS, BadMessage, StreamReader, read_datagram
from rigs.standin.sip.values import (
    Address,
    Uri,
    ValueSyntaxError,
    Via,
    escape_user,
    quote,
    readable,
    unescape,
    unquote,
)

OPTIONS = (
    b"OPTIONS sip:40@192.0.2.10:3587;line=abc123 SIP/2.0\r\n"
    b"v: SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK-1;rport, SIP/2.0/TCP b.example;branch=z9hG4bK-2\r\n"
    b'f: "Doe, John" <sip:41@example.net;user=phone>;tag=x\r\n'
    b"t: <sip:40@example.net>\r\ni: 1@x\r\nCSeq: 7\r\n  OPTIONS\r\nm: *\r\nSubject: gr\xfc\xdfe\r\nl: 3\r\n\r\nabcdef"
)


def test_compact_forms_folding_latin1_and_a_star_contact_are_read():
    message = read_datagram(OPTIONS)
    assert isinstance(message, Request)
    assert message.via == Via("UDP", "2001:db8::1", 5060, {"branch": "z9hG4bK-1", "rport": None})
    assert len(message.headers.values("Via")) == 2
    assert (message.from_.display, message.from_.uri.user, message.from_.tag) == ("Doe, John", "41", "x")
    assert (message.cseq.number, message.cseq.method) == (7, "OPTIONS")
    assert message.contact is None
    assert message.headers.get("contact") == "*"
    assert readable(message.headers.get("Subject") or "") == "grüße"
    assert b"Subject: gr\xfc\xdfe" in message.to_bytes()
    assert message.body == b"abc"


def test_headers_keep_their_order_and_spelling():
    message = read_datagram(OPTIONS)
    assert message is not None
    assert [name for name, _ in message.headers] == ["v", "f", "t", "i", "CSeq", "m", "Subject", "l"]


@pytest.mark.parametrize("ping", [b"", b"\r\n\r\n", b"\x00", b"\r\n", b"    "])
def test_keep_alives_are_no_messages(ping):
    assert read_datagram(ping) is None


@pytest.mark.parametrize(
    ("change", "text", "answerable"),
    [
        ((b"CSeq: 7\r\n  OPTIONS", b"CSeq: 7 INVITE"), "method OPTIONS but CSeq says INVITE", True),
        ((b"CSeq: 7\r\n  OPTIONS", b"CSeq: many OPTIONS"), "is no number and method", True),
        ((b"CSeq: 7\r\n  OPTIONS", b"CSeq: 9999999999 OPTIONS"), "is not below 2^31", True),
        ((b"i: 1@x\r\n", b""), "no Call-ID", False),
        ((b"i: 1@x\r\n", b"i: 1@x\r\nCall-ID: 2@x\r\n"), "more than one Call-ID", True),
        ((b"l: 3", b"l: 30"), "only 6 bytes came", True),
        ((b"l: 3", b"l: -3"), "is no length", True),
        ((b"SIP/2.0\r\nv", b"SIP/7.0\r\nv"), "version SIP/7.0", True),
        ((b"Subject: ", b"Sub ject: "), "no header line", True),
        ((b"\r\n\r\nabcdef", b""), "no empty line", True),
        ((b"sip:40@192.0.2.10:3587;line=abc123", b"sip:40@ 192.0.2.10"), "Request-URI", True),
    ],
)
def test_a_damaged_request_says_what_is_wrong(change, text, answerable):
    with pytest.raises(BadMessage, match=text.replace("^", r"\^")) as caught:
        read_datagram(OPTIONS.replace(*change))
    assert (caught.value.request is not None) == answerable


def test_an_ack_is_never_answered():
    with pytest.raises(BadMessage) as caught:
        read_datagram(OPTIONS.replace(b"OPTIONS", b"ACK").replace(b"l: 3", b"l: 30"))
    assert caught.value.request is None


def test_too_many_headers_are_refused():
    flood = OPTIONS.replace(b"Subject", b"X: y\r\n" * (MAX_HEADERS + 1) + b"Subject")
    with pytest.raises(BadMessage, match="more than 256"):
        read_datagram(flood)


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(data):
    with suppress(BadMessage):
        read_datagram(data)


@given(st.integers(0, len(OPTIONS) - 1), st.binary(min_size=0, max_size=6))
def test_no_damage_to_a_good_message_crashes_the_reader(place, junk):
    with suppress(BadMessage):
        read_datagram(OPTIONS[:place] + junk + OPTIONS[place + len(junk) :])


@given(st.lists(st.integers(1, 60), max_size=30), st.integers(0, 3))
def test_a_stream_gives_the_same_messages_however_it_is_cut(cuts, pings):
    one = OPTIONS[:-3]
    stream = b"\r\n\r\n" * pings + one + b"\r\n" + one
    reader, found, place = StreamReader(), [], 0
    for cut in [*cuts, len(stream)]:
        found += reader.feed(stream[place : place + cut])
        place += cut
    assert [getattr(message, "body", None) for message in found] == [b"abc", b"abc"]


def test_a_stream_without_content_length_is_lost():
    bad = StreamReader().feed(OPTIONS.replace(b"l: 3\r\n", b""))[0]
    assert isinstance(bad, BadMessage)
    assert bad.fatal
    assert bad.request is not None


def test_a_stream_that_never_ends_its_headers_is_lost():
    found = StreamReader().feed(b"OPTIONS sip:a SIP/2.0\r\n" + b"x" * 70000)
    assert isinstance(found[0], BadMessage)
    assert found[0].fatal


def test_a_message_survives_writing_and_reading():
    message = read_datagram(OPTIONS)
    assert message is not None
    again = read_datagram(message.to_bytes())
    assert again is not None
    assert [h for h in again.headers if h[0] != "Content-Length"] == [h for h in message.headers if h[0] != "l"]
    assert again.body == message.body


def test_compact_writing_uses_the_short_names():
    text = Request(Headers([("Via", "x"), ("Call-ID", "y")]), method="OPTIONS", uri="sip:a").to_bytes(compact=True)
    assert text == b"OPTIONS sip:a SIP/2.0\r\nv: x\r\ni: y\r\nl: 0\r\n\r\n"


def test_a_response_copies_what_it_must_and_tags_to():
    message = read_datagram(OPTIONS)
    assert isinstance(message, Request)
    response = response_to(message, 405, tag="mine")
    assert isinstance(response, Response)
    assert response.start_line == "SIP/2.0 405 Method Not Allowed"
    assert response.to.tag == "mine"
    assert response.headers.all("Via") == message.headers.all("Via")


@pytest.mark.parametrize(
    "text",
    [
        "sip:40@192.0.2.1",
        "sip:40@[2001:db8::1]:5070;transport=tcp;lr",
        "sips:example.net",
        "sip:*90301@pbx.example.net?Replaces=a",
        "tel:+4930398330;phone-context=x",
    ],
)
def test_a_uri_reads_back_as_it_was_written(text):
    assert str(Uri.parse(text)) == text


@pytest.mark.parametrize("text", ["", "40", "sip:", "sip:@host", "sip:a@[::1", "sip:a@b:99999", "sip:a b@c"])
def test_what_is_no_uri_is_refused(text):
    with pytest.raises(ValueSyntaxError):
        Uri.parse(text)


@given(st.text(max_size=20))
def test_a_display_name_survives_quoting(name):
    assert unquote(quote(name)) == re.sub(r"[\x00-\x1f\x7f]", " ", name)


@given(st.text(min_size=1, max_size=12).filter(lambda text: not any(0xD800 <= ord(c) <= 0xDFFF for c in text)))
def test_a_dialled_user_part_survives_escaping(text):
    escaped = escape_user(text)
    assert "#" not in escaped
    if "%" not in text:
        assert unescape(escaped) == text


@given(st.text(max_size=40))
def test_no_text_crashes_the_address_reader(text):
    with suppress(ValueSyntaxError):
        Address.parse(text)


@pytest.mark.parametrize("protocol", ["SIP/2.0/UDP", "SIP / 2.0 / UDP", "SIP  /  2.0/\tUDP", "sip/ 2.0  /udp"])
def test_a_via_may_have_blanks_around_its_slashes(protocol):
    """RFC 3261 section 25.1 (SLASH), and the first torture message of RFC 4475."""
    via = Via.parse(f"{protocol}   192.0.2.2 : 5070 ;branch=z9hG4bK-1")
    assert (via.transport, via.host, via.port, via.branch) == ("UDP", "192.0.2.2", 5070, "z9hG4bK-1")
