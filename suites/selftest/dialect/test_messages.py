"""Messages are read and written as text: order, spelling and folds are kept."""

import pytest

from harness.dialect import values
from harness.dialect.message import NotSip, answer, parse
from harness.dialect.rewrite import passed_on

ODD = (
    b"INVITE sip:101@192.0.2.11 SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.20;branch=z9hG4bKa\r\n"
    b"f :  \"Smith, A <x>\" <sip:301@h>;tag=1\r\nSUBJECT: one\r\n two\r\nt: <sip:101@h>\r\ni: c\r\nCSEQ: 7 INVITE\r\n"
    b"X-Latin: caf\xe9\r\nl: 3\r\n\r\nabcdef"
)  # fmt: skip


def test_compact_names_folds_and_quoted_commas_are_understood():
    message = parse(ODD)
    assert (message.call_id, message.cseq, message.from_tag, message.from_user) == ("c", (7, "INVITE"), "1", "301")
    assert message.get("subject") == "one two"
    assert message.body == b"abc"


def test_what_is_passed_on_keeps_its_order_and_spelling_and_octets():
    message = passed_on(parse(ODD), "INVITE sip:x SIP/2.0", {"via": ["V"], "from": ["F"], "contact": ["C"]})
    assert message.octets().split(b"\r\n\r\n")[0].split(b"\r\n") == [
        b"INVITE sip:x SIP/2.0", b"v: V", b"f : F", b"SUBJECT: one", b" two", b"t: <sip:101@h>", b"i: c",
        b"CSEQ: 7 INVITE", b"X-Latin: caf\xe9", b"Contact: C", b"Content-Length: 3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\xff" * 40,
        b"SIP/2.0\r\n\r\n",
        b"INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP\r\nCSeq: x\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS sip:x SIP/2.0\r\nno header\r\n\r\n",
        b"OPTIONS sip:x HTTP/1.1\r\n\r\n",
        ODD.replace(b"CSEQ: 7 INVITE\r\n", b""),
    ],
)
def test_what_is_no_sip_is_refused_with_a_reason(data):
    with pytest.raises(NotSip, match=r"no |lacks|end|ength"):
        parse(data)


def test_an_answer_copies_every_via_and_gives_to_a_tag():
    asked = parse(ODD.replace(b"f :", b"v: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKb\r\nf :"))
    made = answer(asked, 486, tag="me")
    assert [len(made.all("via")), made.to_tag, made.reason] == [2, "me", "Busy Here"]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ('"A;B" <sip:a@h;line=1>;tag=2', "sip:a@h;line=1"),
        ("sip:a@h;tag=2", "sip:a@h"),
        ('"x \\" <y>" <sip:[fd00::1]:5070>', "sip:[fd00::1]:5070"),
    ],
)
def test_an_address_is_found_in_every_spelling(value, address):
    assert values.address(value) == address
    assert values.address(values.with_address(value, "sip:new")) == "sip:new"


def test_the_parts_of_a_uri():
    assert values.Uri.of("sip:a:pw@[fd00::1]:5070;transport=TCP?x=1") == values.Uri("sip", "a", "fd00::1", 5070, "tcp")
    assert values.Uri.of("tel:+4930123;phone-context=x").user == "+4930123"
    assert values.Uri.of("nonsense") == values.Uri("", "", "", 0, "")
