"""What a REGISTER says and which way it takes, on paper: names, Contact, tags, addresses, proxies, servers of a set."""

from __future__ import annotations

from typing import Any

import pytest

from harness.capture.messages import DnsMessage
from harness.rules.findings import Result
from suites.selftest.rules.registrations import BASE, INSTANCE, SERVER, Room

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
CONTACT = f"<sip:41@{BASE}:5060;transport=udp;line=qx3k1d>"
GRUU = f"sip:41@{BASE};gr=qx3k1d"

FAULTS: list[tuple[str, str, str, str]] = [
    ("REG-3", "From: <sip:41@198.18.9.11>;tag=a;epid=0413", "parameters of From", "From"),
    ("REG-3", "To: <sip:41@198.18.9.11;user=phone>", "parameters of To", "To"),
    ("REG-4", f"Contact: <sip:41@{BASE}:5060>;reg-id=1;+sip.instance={INSTANCE}", "line in the URI", "Contact"),
    ("REG-4", f"Contact: {CONTACT};reg-id=1", "+sip.instance", "Contact"),
    ("REG-4", f"Contact: {CONTACT};reg-id=2;+sip.instance={INSTANCE}", "reg-id is 1", "Contact"),
    ("REG-5", f"Contact: <{GRUU}>;reg-id=1", "is no GRUU", "Contact"),
    ("REG-6", "Supported: path", "Supported of the REGISTER", "Supported"),
    ("REG-6", "Supported:", "Supported of the REGISTER", "Supported"),
    ("REG-6", "Require: path", "Require of the REGISTER", "Require"),
    ("REG-7", "Event: registration", "Event of the REGISTER", "Event"),
    ("REG-1", f"Via: SIP/2.0/UDP {BASE}:5060;branch=z9hG4bK-x", "replies to the source port", "Via"),
    ("REG-REQUEST", "To: <sip:41@198.18.9.11>;tag=x", "To of a REGISTER has no tag", "To"),
    ("REG-REQUEST", "From: <sip:42@198.18.9.11>;tag=a", "From is the address that registers", "From"),
    ("REG-REQUEST", f"Contact: {CONTACT}, <sip:41@{BASE}:5099>", "there is one Contact", "Contact"),
    ("REG-REQUEST", f"Contact: {CONTACT};q=1.5", "q of the Contact", "Contact"),
    ("SIP-INSTANCE", f"Contact: {CONTACT};reg-id=1;+sip.instance=urn:uuid:1", "URN in angle brackets", "Contact"),
    ("SIP-INSTANCE", f"Contact: {CONTACT};+sip.instance=<urn:uuid:1>", "URN in angle brackets", "Contact"),
    ("SIP-TRANSPORT", f"Via: SIP/2.0/TCP {BASE}:5060;branch=z9hG4bK-x;rport", "Via names the transport", "Via"),
    ("SIP-USER-AGENT", "User-Agent: snom-m9", "User-Agent names product and version", "User-Agent"),
    ("REG-ADDRESS", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-x;rport", "Via names the own address", "Via"),
    ("REG-ADDRESS", "Contact: <sip:41@192.0.2.1:5060;line=qx3k1d>", "Contact names the own address", "Contact"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "line", "claim", "name"), FAULTS)
def test_a_fault_of_the_request_is_named_by_its_rule_and_a_sound_one_holds(
    rule: str, line: str, claim: str, name: str
) -> None:
    room = Room()
    room.asks()
    assert room.says_of(rule).result is HELD, name
    room.asks(line)
    assert claim in "\n".join(finding.claim for finding in room.says_of(rule).broken)


LYNC = {
    "REG-3": ("From: <sip:41@198.18.9.11>;tag=a;epid=000413300121", "parameters of From"),
    "REG-4": (
        f'Contact: {CONTACT};reg-id=1;+sip.instance={INSTANCE};proxy=replace;methods="INVITE, BYE"',
        "carries proxy",
    ),
    "REG-6": (
        "Supported: path, outbound, gruu, gruu-10, adhoclist, msrtc-event-categories",
        "Supported of the REGISTER",
    ),
    "REG-7": ("Event: registration", "Event of the REGISTER"),
}


@pytest.mark.parametrize(("rule", "line", "claim"), [(rule, *row) for rule, row in LYNC.items()])
def test_a_communications_server_wants_what_others_refuse(rule: str, line: str, claim: str) -> None:
    room = Room(profile="lync")
    room.asks(line)
    assert room.says_of(rule).result is HELD
    room.sip.clear()
    room.asks()
    assert [claim in finding.claim for finding in room.says_of(rule).broken] == [True]
    if rule != "REG-4":
        plain = Room()
        plain.asks(line)
        assert plain.says_of(rule).result is BROKEN


@pytest.mark.parametrize("line", ["Event: presence", "Event: registration\nEvent: registration"])
def test_the_event_of_a_registration_has_one_value_once(line: str) -> None:
    room = Room(profile="lync")
    room.asks(line)
    (finding,) = room.says_of("REG-7").broken
    assert "Event of the REGISTER" in finding.claim


def test_epid_belongs_into_from_only() -> None:
    room = Room(profile="lync")
    room.asks(LYNC["REG-3"][0], "To: <sip:41@198.18.9.11>;epid=1")
    assert [finding.claim for finding in room.says_of("REG-3").broken] == ["parameters of To"]


def test_the_request_uri_names_the_domain_and_no_user() -> None:
    room = Room()
    room.asks(first=f"REGISTER sip:41@{SERVER} SIP/2.0")
    assert "no user" in room.says_of("REG-REQUEST").broken[0].claim


def test_a_sign_out_of_all_bindings_owes_no_contact_of_its_own() -> None:
    room = Room()
    room.asks("Contact: *", expires=0)
    assert room.says_of("REG-REQUEST").result is HELD
    assert room.says_of("REG-4").result is IDLE


@pytest.mark.parametrize("rule", ["REG-4", "REG-6"])
def test_another_phone_need_not_look_like_the_base(rule: str) -> None:
    room = Room(known=False)
    room.asks("Supported:", f"Contact: <sip:41@{BASE}>", "User-Agent: other/1")
    assert room.says_of(rule).result is UNSAID
    room.sip.clear()
    room.asks("Supported:", f"Contact: <sip:41@{BASE}>")
    assert room.says_of(rule).result is BROKEN


def test_a_gruu_that_the_server_gave_may_be_used_in_calls_and_not_in_registrations() -> None:
    room = Room()
    room.asks()
    room.says(200, f'Contact: {CONTACT};expires=60;pub-gruu="{GRUU}"')
    room.asks(f"Contact: <{GRUU}>", "CSeq: 12 INVITE", first=f"INVITE sip:301@{SERVER} SIP/2.0")
    assert room.says_of("REG-5").broken == ()
    room.asks(f"Contact: <{GRUU}>")
    assert room.says_of("REG-5").result is BROKEN


@pytest.mark.parametrize(("supported", "said"), [("path, outbound", HELD), ("path, outbound, gruu", BROKEN)])
def test_a_tag_that_a_420_named_goes(supported: str, said: Result) -> None:
    room = Room()
    room.asks()
    room.says(420, "Unsupported: gruu")
    room.asks(f"Supported: {supported}")
    assert room.says_of("REG-6").result is said


def test_two_identities_have_two_lines() -> None:
    room = Room()
    room.asks()
    room.user, room.call_id = "42", "r2@snom"
    room.asks()
    assert "a line= of its own" in room.says_of("REG-4").broken[0].claim
    room.sip.pop()
    room.line = "zzzzzz"
    room.asks()
    assert room.says_of("REG-4").result is HELD


def test_the_instance_is_the_same_after_a_power_cut() -> None:
    room = Room()
    room.asks()
    room.act("power-off")
    room.act("power-on")
    room.asks(f'Contact: {CONTACT};reg-id=1;+sip.instance="<urn:uuid:another>"')
    assert "stays the same" in room.says_of("SIP-INSTANCE").broken[0].claim


@pytest.mark.parametrize("known", [True, False])
def test_an_address_that_the_server_saw_is_the_bases(known: bool) -> None:
    room = Room(known=known)
    request = room.asks()
    room.says(401, f"Via: {request.via[0]};received=203.0.113.9")
    room.asks("Contact: <sip:41@203.0.113.9:5060>")
    assert room.says_of("REG-ADDRESS").result is HELD
    room.asks("Contact: <sip:41@203.0.113.10:5060>")
    assert room.says_of("REG-ADDRESS").result is (BROKEN if known else HELD)
    assert bool(room.says_of("REG-ADDRESS").unsaid) is not known


def test_an_ipv6_address_stands_in_brackets() -> None:
    room = Room(address="fd00:9::50")
    request = room.asks()
    assert room.says_of("REG-ADDRESS").result is HELD
    bare = [value.replace("[", "").replace("]", "") for name, value in request.headers if name in ("Via", "Contact")]
    room.asks(f"Via: {bare[0]}", f"Contact: {bare[1]}")
    found = [finding.claim for finding in room.says_of("REG-ADDRESS").broken]
    assert found == ["an IPv6 address of Via stands in brackets", "an IPv6 address of Contact stands in brackets"]


def test_over_tcp_the_contact_asks_for_tcp_and_there_is_a_length() -> None:
    room = Room(transport="tcp")
    room.asks()
    assert room.says_of("SIP-TRANSPORT").result is HELD
    room.asks(f"Contact: {CONTACT}", "Content-Length:")
    assert len(room.says_of("SIP-TRANSPORT").broken) == 2


def test_the_version_is_the_same_everywhere_until_the_base_starts_anew() -> None:
    room = Room()
    room.asks()
    room.shows("version", "9.2.45-a", product="snom-m9")
    assert room.says_of("SIP-USER-AGENT").result is HELD
    room.asks("User-Agent: snom-m9/9.2.46")
    assert room.says_of("SIP-USER-AGENT").result is BROKEN
    room = Room()
    room.asks()
    room.act("reboot")
    room.asks("User-Agent: snom-m9/9.2.46")
    assert room.says_of("SIP-USER-AGENT").result is HELD
    room.known = False
    assert room.says_of("SIP-USER-AGENT").unsaid
    room = Room()
    room.asks()
    room.shows("version", "9.2.46", product="snom-m9")
    assert "status page shows" in room.says_of("SIP-USER-AGENT").broken[0].claim


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ('Jörg, "R&D"', r'"Jörg, \"R&D\""', HELD), ("Anna", "Anna", HELD), ("Anna", '"Ann"', BROKEN),
        ("Anna", "", BROKEN),
    ],
)  # fmt: skip
def test_from_shows_the_display_name_whole(name: str, written: str, said: Result) -> None:
    room = Room()
    room.setting("user_realname", name)
    room.asks(f"From: {written} <sip:41@{SERVER}>;tag=a".replace(":  <", ": <"))
    assert room.says_of("SIP-DISPLAY-NAME").result is said
    room.known = False
    assert room.says_of("SIP-DISPLAY-NAME").result is IDLE


def test_a_request_that_leaves_while_the_name_is_saved_may_show_the_old_one() -> None:
    room = Room()
    room.setting("user_realname", "Anna")
    room.passes(10)
    room.setting("user_realname", "Bert")
    room.asks(f"From: Anna <sip:41@{SERVER}>;tag=a")
    assert room.says_of("SIP-DISPLAY-NAME").result is IDLE
    room.passes(10)
    room.asks(f"From: Anna <sip:41@{SERVER}>;tag=a")
    assert room.says_of("SIP-DISPLAY-NAME").result is BROKEN


# the way


@pytest.mark.parametrize(
    ("proxy", "way", "said"),
    [
        ("sip:198.18.9.11:5060", {}, HELD), ("198.18.9.11", {}, HELD), ("sip:198.18.9.12", {}, BROKEN),
        ("sip:198.18.9.11:5080", {}, BROKEN), ("sip:198.18.9.11;transport=tcp", {}, BROKEN),
        ("sip:198.18.9.11;transport=tcp", {"transport": "tcp"}, HELD), ("sip:pbx.example:5060", {}, HELD),
        ("sip:[fd00:9::11]:5060", {"to": "fd00:9:0::11"}, HELD), ("sip:[fd00:9::11]", {}, BROKEN),
    ],
)  # fmt: skip
def test_the_outbound_proxy_is_used_as_it_stands(proxy: str, way: dict[str, Any], said: Result) -> None:
    room = Room()
    room.setting("user_outbound", proxy)
    room.asks(**way)
    found = room.says_of("REG-1")
    assert bool([f for f in found.broken if "outbound proxy" in f.claim]) is (said is BROKEN)


def test_a_server_that_sends_the_base_elsewhere_is_followed_and_a_trace_alone_tells_no_proxy() -> None:
    room = Room()
    room.setting("user_outbound", "sip:198.18.9.11")
    room.asks()
    room.says(302, "Contact: <sip:198.18.9.12>")
    room.asks(to="198.18.9.12")
    assert room.says_of("REG-1").broken == ()
    room = Room(known=False)
    room.asks()
    assert room.says_of("REG-1").unsaid


@pytest.mark.parametrize(("host", "said"), [(SERVER, HELD), ("m9.example", BROKEN)])
def test_the_registrar_that_was_set_is_named(host: str, said: Result) -> None:
    room = Room()
    room.setting("user_host", host)
    room.asks()
    assert room.says_of("REG-DOMAIN").result is said


# servers by name


def told(room: Room, kind: str, *answers: str, name: str = "_sip._udp.pbx.test") -> None:
    """A question of the base, and its answer."""
    for response in (False, True):
        ends = ("198.18.9.1", 53, BASE, 1024) if response else (BASE, 1024, "198.18.9.1", 53)
        room.dns.append(DnsMessage(0, room.now, *ends, "udp", response=response, name=name, type=kind, answers=answers))


def of_a_set(room: Room) -> None:
    """Two servers: .11 is preferred."""
    told(
        room,
        "SRV",
        "_sip._udp.pbx.test: type SRV, class IN, priority 10, weight 0, port 5060, target one.pbx.test",
        "_sip._udp.pbx.test: type SRV, class IN, priority 20, weight 0, port 5060, target two.pbx.test",
        "one.pbx.test: type A, class IN, addr 198.18.9.11",
        "two.pbx.test: type A, class IN, addr 198.18.9.12",
    )


@pytest.mark.parametrize("looked_up", [True, False])
def test_a_server_without_port_and_address_is_looked_up(looked_up: bool) -> None:
    room = Room()
    room.setting("user_outbound", "sip:pbx.test")
    if looked_up:
        of_a_set(room)
    room.setting("user_active", "on")
    room.asks()
    assert room.says_of("SIP-SRV").result is (HELD if looked_up else BROKEN)
    room = Room()
    room.setting("user_outbound", "sip:198.18.9.11")
    room.setting("user_active", "on")
    assert room.passes(30).says_of("SIP-SRV").result is IDLE


@pytest.mark.parametrize(
    ("server", "transport", "said"),
    [
        ("198.18.9.11", "udp", HELD), ("198.18.9.12", "udp", BROKEN), ("198.18.9.12", "tcp", IDLE),
        ("192.0.2.1", "udp", IDLE),
    ],
)  # fmt: skip
def test_the_preferred_server_is_asked_first(server: str, transport: str, said: Result) -> None:
    room = Room(transport=transport)
    of_a_set(room)
    room.asks(to=server)
    assert room.says_of("SIP-SRV-ORDER").result is said


@pytest.mark.parametrize(("then", "said"), [("198.18.9.12", HELD), ("198.18.9.11", BROKEN), ("", BROKEN)])
@pytest.mark.parametrize("status", [503, 0])
def test_the_next_server_of_a_set_is_asked_when_one_fails(then: str, said: Result, status: int) -> None:
    room = Room()
    of_a_set(room)
    room.asks()
    if status:
        room.says(status)
    else:
        room.passes(33)
    if then:
        room.asks(to=then)
    assert room.passes(10).says_of("SIP-FAILOVER").result is said


def test_a_server_alone_has_no_next_one() -> None:
    room = Room()
    room.asks()
    room.says(503)
    assert room.passes(60).says_of("SIP-FAILOVER").result is IDLE
