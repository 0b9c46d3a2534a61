"""The one reader of SIP: every spelling of a message, malformed fields by name, nothing lost and nothing raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import headers, mime
from harness.capture.equality import same_address, same_uri
from harness.capture.headers import number
from harness.capture.messages import SipMessage
from harness.capture.sip_reader import Repetitions, looks_like_sip, sip_message

HEAD = (
    "Via: SIP/2.0/UDP 192.0.2.50:5060;branch=z9hG4bK1;rport",
    'From: "40" <sip:40@pbx>;tag=a',
    "To: <sip:301@pbx>",
    "Call-ID: c1",
    "CSeq: 1 INVITE",
    "Max-Forwards: 70",
)
SDP = "v=0\r\no=root 4711 1 IN IP4 192.0.2.50\r\ns=-\r\nc=IN IP4 192.0.2.50\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n"


def read(octets: bytes, *, cut: bool = False) -> SipMessage:
    return sip_message(7, 1.5, "192.0.2.50", 5060, "192.0.2.11", 5060, "udp", octets, cut=cut)


def written(*lines: str, first: str = "INVITE sip:301@pbx SIP/2.0", body: str = "", instead: str = "") -> bytes:
    """A request; `instead` replaces the header of its name."""
    name = instead.partition(":")[0].partition(" ")[0]
    head = [instead if name and line.startswith(f"{name}:") else line for line in HEAD]
    return "\r\n".join([first, *head, *lines, "", body]).encode()


def test_a_healthy_request_has_no_problem() -> None:
    message = read(written("Content-Type: application/sdp", f"Content-Length: {len(SDP)}", body=SDP))
    assert message.problems == ()
    assert (message.method, message.request_uri, message.call_id) == ("INVITE", "sip:301@pbx", "c1")
    assert (str(message.cseq), message.from_.display, message.from_.tag, message.branch) == (
        "1 INVITE",
        "40",
        "a",
        "z9hG4bK1",
    )
    assert message.sdp.audio.payloads == (8, 101)
    assert (message.surplus, message.cut, message.frame, message.at) == (0, False, 7, 1.5)


def test_a_healthy_response_has_no_problem() -> None:
    message = read(written("Content-Length: 0", first="SIP/2.0 200 "))
    assert (message.status, message.reason, message.method, message.problems) == (200, "", "", ())


@pytest.mark.parametrize(
    ("instead", "named"),
    [
        ("Max-Forwards: 7²", "Max-Forwards: 7²"),
        ("Max-Forwards: 256", "Max-Forwards: 256"),
        ("CSeq: ² INVITE", "Cseq: ² INVITE"),
        ("CSeq: 2147483648 INVITE", "Cseq: 2147483648 INVITE"),
        ("CSeq: 1", "Cseq: 1"),
        ("To: 301", "To: 301"),
        ("Via: UDP 192.0.2.50", "Via: UDP 192.0.2.50"),
        ("Max-Forwards 70", "no header"),
        ("To: <sip:a@b>\r\nTo: <sip:a@b>", "2 To headers"),
        ("Call-ID", "no Call-Id"),
        ("From: <sip:40@pbx>;tag=a;Tag=b", "From: <sip:40@pbx>;tag=a;Tag=b"),
    ],
)
def test_a_malformed_field_is_named_and_the_rest_is_read(instead: str, named: str) -> None:
    message = read(written("Content-Type: application/sdp", instead=instead, body=SDP))
    assert any(named.lower() in problem.lower() for problem in message.problems), message.problems
    assert message.method == "INVITE"
    assert message.from_.tag == "a"
    assert message.cseq.number in (0, 1)
    assert message.sdp.audio.port == 4000


@pytest.mark.parametrize(
    "first", ["INVITE  sip:301@pbx SIP/2.0", " INVITE sip:301@pbx SIP/2.0", "INVITE sip:301@pbx SIP/3.0"]
)
def test_an_odd_request_line_is_named_and_read(first: str) -> None:
    message = read(written(first=first))
    assert (message.method, message.request_uri) == ("INVITE", "sip:301@pbx")
    assert message.problems[0].startswith("the first line")


@pytest.mark.parametrize("first", ["SIP/2.0 20² OK", "INVITE", "GET / HTTP/1.1", "SIP/2.0 700 OK x"])
def test_what_is_no_first_line_is_named(first: str) -> None:
    message = read(written(first=first))
    assert (message.method, message.problems[0][:14]) == ("", "the first line")
    assert message.call_id == "c1"


def test_a_superscript_in_a_description_is_named() -> None:
    message = read(written("Content-Type: application/sdp", body=SDP.replace("101", "²")))
    assert message.sdp.audio.payloads == (8,)
    assert message.problems == ("m=audio 4000 RTP/AVP 8 ²: format '²'",)


@pytest.mark.parametrize("name", ["M\x85x", "M\u2028x", "M\x0bx", "M\x1cx", "M\xa0"])
def test_only_an_end_of_line_ends_a_line(name: str) -> None:
    message = read(written(instead=f'From: "{name}" <sip:40@pbx>;tag=a'))
    assert (message.from_.display, message.from_.uri, message.from_.tag) == (name, "sip:40@pbx", "a")
    assert message.problems == ()
    bare = read(written(instead=f"From: {name} <sip:40@pbx>;tag=a"))
    assert (bare.from_.display, bare.from_.tag) == (name, "a")


def test_octets_that_are_no_utf_8_spoil_their_own_line_only() -> None:
    message = read(written("Subject: für Ä").replace(b'"40"', b'"M\x85x"'))
    assert message.from_.display == "M\x85x"
    assert message.header("subject") == ["für Ä"]


def test_a_body_ends_where_content_length_says() -> None:
    whole = written("Content-Type: application/sdp", f"Content-Length: {len(SDP)}", body=SDP + "a=sendonly\r\n")
    message = read(whole)
    assert (message.sdp.audio.direction, message.surplus, message.body) == ("sendrecv", 12, SDP.encode())
    short = read(written("Content-Type: application/sdp", "l: 9999", body=SDP))
    assert (short.surplus, short.sdp.audio.port) == (0, 4000)


def test_a_cut_message_is_not_blamed_for_what_is_not_there() -> None:
    whole = written("Content-Length: 0")
    assert read(whole[:60], cut=True).problems == ()
    assert read(whole[:60]).problems


def test_compact_and_folded_headers_and_empty_lines_before() -> None:
    text = (
        b"\r\n\r\nMESSAGE sip:301@pbx SIP/2.0\nv: SIP/2.0/UDP h;branch=z9hG4bK1\nf:\n <sip:40@pbx>;tag=b\n"
        b't: "x,\n\ty" <sip:301@pbx>\ni: compact\nCSeq:\n\t3\n MESSAGE\nl: 2\n\nhi\r\n\r\n'
    )
    message = read(text)
    assert (message.call_id, str(message.cseq), message.to.display) == ("compact", "3 MESSAGE", "x, y")
    assert (message.problems, message.body, message.surplus) == ((), b"hi", 4)


@pytest.mark.parametrize("quoted", ["b-1", '"b-1"'])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_the_description_inside_several_parts(quoted: str, end: str) -> None:
    inner = f"--in{end}Content-Type: application/sdp{end}{end}{SDP}{end}--in--{end}"
    lines = [
        "preamble",
        "--b-1",
        "",
        "plain",
        "--b-1",
        "c: multipart/alternative;boundary=in",
        "",
        inner,
        "--b-1--",
        "x",
    ]
    body = end.join(lines)
    message = read(written(f"Content-Type: Multipart/Mixed; boundary={quoted}", body=body))
    assert message.sdp.audio.port == 4000
    assert [kind for kind, _ in mime.parts(f"multipart/mixed;boundary={quoted}", body.encode())] == [
        "text/plain",
        "application/sdp",
    ]


def test_only_the_same_octets_between_the_same_ends_are_a_repetition() -> None:
    again = Repetitions()
    first, other = read(written()), read(written(instead="To: <sip:301@pbx>;tag=b"))
    assert [again.marked(m).resend for m in (first, other, first, other)] == [False, False, True, True]
    copied = sip_message(9, 2.0, "192.0.2.11", 5060, "192.0.2.50", 5060, "udp", written())
    assert not again.marked(copied).resend


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("40 <sip:40@pbx>;tag=a", '"40" <sip:40@pbx>;tag=a', True),
        ('"A \\"B\\"" <sip:40@pbx>', '"A B" <sip:40@pbx>', False),
        ("<sip:40@pbx>;tag=a", "sip:40@PBX;tag=a", True),
        ("<sip:40@pbx>;tag=a", "<sip:40@pbx>;tag=A", False),
        ("<sip:40@pbx>;tag=a", "<sip:40@pbx>", False),
        ("<sip:%61lice@pbx;transport=TCP>", "<sip:alice@pbx;Transport=tcp>", True),
        ("<sip:40@pbx;x=1>", "<sip:40@pbx>", True),
        ("<sip:40@pbx;transport=udp>", "<sip:40@pbx>", False),
        ("<sip:40@pbx:5060>", "<sip:40@pbx>", False),
        ("<sip:ALICE@pbx>", "<sip:alice@pbx>", False),
        ("<sip:a@pbx?x=1&y=2>", "<sip:a@pbx?y=2&x=1>", True),
        ("<sip:a@pbx>", "<sips:a@pbx>", False),
        ("<tel:+49>", "<tel:+49>", True),
        ("40 <sip:40@pbx>", "41 <sip:40@pbx>", False),
    ],
)
def test_addresses_are_compared_by_value(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same
    assert same_address(other, one) is same


def test_a_description_is_split_at_line_ends_alone_and_each_line_decoded_by_itself() -> None:
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.50", "s=M\x85x\u2028y", "i=Gr\xfc\xdfe", "c=IN IP4 192.0.2.50", "t=0 0",
             "m=audio 4000 RTP/AVP 8"]  # fmt: skip
    body = b"\r\n".join(line.encode("latin-1" if line.startswith("i=") else "utf-8") for line in lines)
    description = read(written("Content-Type: application/sdp") + body).sdp
    assert (description.problems, description.audio.port, description.address) == ((), 4000, "192.0.2.50")
    assert description.text == "\r\n".join(lines)


def test_uris_of_the_rfc_are_equal() -> None:
    """The examples of RFC 3261 section 19.1.4."""
    assert same_uri("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp")
    assert same_uri("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5")
    assert same_uri("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5")
    assert same_uri("sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                    "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com")  # fmt: skip
    assert same_uri("sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                    "sip:alice@atlanta.com?priority=urgent&subject=project%20x")  # fmt: skip
    assert not same_uri("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP")
    assert not same_uri("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060")
    assert not same_uri("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp")
    assert not same_uri("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp")
    assert not same_uri("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting")
    assert not same_uri("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off")


@pytest.mark.parametrize(("text", "value"), [("0", 0), (" 70 ", 70), ("007", 7), ("4294967295", 2**32 - 1)])
def test_numbers(text: str, value: int) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "+1", "1_0", "1.0", "4294967296", "9" * 5000, "\u20283"])
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize(
    ("octets", "is_sip"),
    [
        (b"OPTIONS sip:a SIP/2.0\r\n", True),
        (b"\r\nX-NEW sip:a SIP/2.0\n", True),
        (b"SIP/2.0 200 OK\r\n", True),
        (b"SIP/2.0 200\r\n", True),
        (b"GET / HTTP/1.1\r\n", False),
        (b"\r\n\r\n", False),
        (b"\x80\x08", False),
        (b"SIP/2.0 abc", False),
    ],
)
def test_sip_is_known_by_its_first_line(octets: bytes, is_sip: bool) -> None:
    assert looks_like_sip(octets) is is_sip


_PIECES = [
    written("Content-Type: application/sdp", body=SDP),
    b"\r\n",
    b": ",
    b"From",
    b"<",
    b'"',
    b"\\",
    b";",
    b",",
    b"\xb2",
]


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(_PIECES)), max_size=8).map(b"".join))
def test_no_octets_break_the_reader_and_none_are_lost(octets: bytes) -> None:
    message = read(octets)
    assert message.octets == octets
    assert octets.endswith(message.body[len(message.body) :] + octets[len(octets) - message.surplus :])
    texts, lines = headers.split_lines(octets)[0], [message.first_line]
    lines += [f"{name}:{value}" for name, value in message.headers]
    assert len(texts) <= len(lines) + len(message.problems)
    for text in texts[1:]:
        name, colon, value = text.partition(":")
        assert not colon or ":".join((name.strip(" \t"), value.strip(" \t"))) in lines
    assert (message.contacts, message.expires, message.branch, message.user_agent, str(message)) is not None


@given(st.text(), st.text())
def test_comparing_raises_nothing_and_is_reflexive(one: str, other: str) -> None:
    assert same_address(one, one)
    assert same_address(one, other) == same_address(other, one)
    headers.parse_address(one)
