"""Headers of other makers are compared by value: what the RFCs call equal is equal, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import equality
from harness.capture.equality import canonical, is_copy, same_addresses, same_routes, same_uri, same_via


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sip:p@[2001:DB8:0::50]:5062", "sip:p@[2001:db8::50]:5062", True),
        ("sip:p@[2001:db8::50]", "sip:p@[2001:db8::51]", False),
        ("tel:+49-30-1234", "TEL:+49(30)12.34", True),
        ("tel:+49301234", "tel:+49301235", False),
        ("tel:1234;phone-context=example.com", "tel:1234;phone-context=EXAMPLE.com", True),
        ("tel:+49301234", "sip:+49301234@pbx", False),
        ("sip:proxy;lr", "sip:proxy;lr=on", True),
        ("sip:proxy;lr=true", "sip:proxy;LR", True),
        ("sip:40@192.0.2.11", "sip:40@192.0.2.11:5060", False),
        ("sip:40@pbx;x=1;y=2", "sip:40@pbx;y=2;x=1", True),
        ("sip:40%40a@pbx", "sip:40%40A@pbx", False),
        ("sip:%34%30@pbx", "sip:40@pbx", True),
        ("urn:service:sos", "URN:service:sos", False),
    ],
)
def test_uris(one: str, other: str, same: bool) -> None:
    assert same_uri(one, other) is same_uri(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sip:40@pbx;line=1", "sip:40@PBX;LINE=1", True),
        ("sip:40@pbx;line=1", "sip:40@pbx", False),
        ("sip:40@pbx;ob;lr=on", "sip:40@pbx;lr;ob", True),
    ],
)
def test_a_copy_has_all_parameters(one: str, other: str, same: bool) -> None:
    assert is_copy(one, other) is is_copy(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["<sip:192.0.2.11;lr>"], ['"Proxy" <SIP:192.0.2.11;lr=on>'], True),
        (["<sip:a;lr;r2=on>", "<sip:b;lr>"], ["< sip:A;r2=on;lr >", "<sip:b;lr>"], True),
        (["<sip:a;lr>", "<sip:b;lr>"], ["<sip:b;lr>", "<sip:a;lr>"], False),
        (["<sip:a;lr>"], ["<sip:a>"], False),
        (["<sip:a;lr>;x=1"], ["<sip:a;lr>"], False),
        (["<sip:a;lr>"], [], False),
    ],
)
def test_routes(one: list[str], other: list[str], same: bool) -> None:
    assert same_routes(one, other) is same_routes(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("SIP/2.0/UDP 192.0.2.11:5060;branch=z9hG4bK1", "SIP / 2.0 / udp 192.0.2.11 ;branch=z9hG4bK1", True),
        ("SIP/2.0/TLS pbx;branch=1", "SIP/2.0/TLS PBX:5061;branch=1", True),
        ("SIP/2.0/TLS pbx;branch=1", "SIP/2.0/TLS pbx:5060;branch=1", False),
        ("SIP/2.0/UDP [2001:db8:0::1];branch=1", "SIP/2.0/UDP [2001:DB8::1]:5060;branch=1", True),
        ("SIP/2.0/UDP pbx;branch=1;x=a", "SIP/2.0/UDP pbx;x=A;branch=1", True),
        ("SIP/2.0/UDP pbx;branch=a", "SIP/2.0/UDP pbx;branch=A", False),
        ("SIP/2.0/UDP pbx;branch=1", "SIP/2.0/TCP pbx;branch=1", False),
        ("SIP/2.0/UDP pbx;branch=1;rport", "SIP/2.0/UDP pbx;branch=1", False),
        ("nonsense", "nonsense", True),
    ],
)
def test_vias(one: str, other: str, same: bool) -> None:
    assert same_via(one, other) is same_via(other, one) is same


def test_a_via_without_what_a_hop_adds() -> None:
    sent, back = "SIP/2.0/UDP pbx;rport;branch=1", "SIP/2.0/UDP pbx:5060;branch=1;received=192.0.2.11;rport=5060"
    assert same_via(sent, back, ("received", "rport"))
    assert not same_via(sent, back, ("received",))


def test_from_and_to_in_another_notation() -> None:
    assert same_addresses(["40 <sip:40@pbx>;tag=a;x=Y"], ['"40"  < SIP:%340@PBX > ;x=y;tag=a'])
    assert not same_addresses(["<sip:40@pbx>;tag=a"], ["<sip:40@pbx>;tag=A"])


@pytest.mark.parametrize("uri", ["SIP:%340@PBX.example:5070;line=7?x=1", "sip:40@pbx.EXAMPLE:5070"])
def test_what_is_registered_has_one_key(uri: str) -> None:
    assert canonical(uri) == "sip:40@pbx.example:5070"


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_breaks_a_comparison(one: str, other: str) -> None:
    for compare in (same_uri, is_copy, same_via):
        assert compare(one, one)
        assert compare(one, other) == compare(other, one)
    assert same_routes([one], [one])
    assert equality.canonical(one) == equality.canonical(equality.canonical(one))
