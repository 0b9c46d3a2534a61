"""What a platform does to a phone of the base, and that far ends get nothing of it; a wrong file is refused."""

import pytest

from harness.dialect import platform, sdp
from suites.selftest.dialect.test_calls import looped, talking
from suites.selftest.dialect.wire import ENDS, SDP, SERVER, Wire

NAMED = ["asterisk", "avaya", "broadsoft", "cisco", "lync", "metaswitch", "netpbx", "snom_one", "telepo"]


def incoming(name, *lines):
    """The INVITE that a phone of the base gets when a far end calls it, and the wire."""
    wire = Wire(platform=name)
    wire.register("101", "301")
    for user in ENDS:
        wire.sent[user].clear()
    wire.request("INVITE", "301", "101", *lines, "Content-Type: application/sdp", body=SDP)
    return wire, wire.take("101")


def test_every_platform_of_the_profiles_has_its_switches():
    assert platform.names() == ["plain", *NAMED]
    assert [platform.load(name).name for name in platform.names()] == platform.names()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: {pings: 60}", "x.pings: is none of"),
        ("x: {ping: often}", "x.ping: 'often' is not int"),
        ("x: {ping: -1}", "x.ping: -1 is not int"),
        ("x: {challenge: ntlm}", "x.challenge: 'ntlm' is not 401 and 407 or 401"),
        ("x: {names: [From]}", r"x.names\[0\]: 'From' is not"),
        ("x: {expiry: 60}", "x.expiry: 60 has no keys"),
        ("x: {after_registration: [{lines: []}]}", r"x.after_registration\[0\]: .*method"),
        ("y: {}", "no platform is named 'x': y"),
    ],
)
def test_a_wrong_key_or_value_is_refused_by_its_place(tmp_path, text, told):
    file = tmp_path / "platforms.yaml"
    file.write_text(text)
    with pytest.raises(platform.WrongPlatform, match=told):
        platform.load("x", file)


@looped
@pytest.mark.parametrize(
    ("name", "asked", "granted"),
    [("plain", 30, 30), ("asterisk", 30, 60), ("asterisk", 3600, 120), ("cisco", 30, 423), ("broadsoft", 3600, 60)],
)
def test_a_registration_is_granted_what_the_platform_grants(name, asked, granted):
    wire = Wire(platform=name)
    wire.request("REGISTER", "101", "101", f"Expires: {asked}", uri="sip:x")
    answer = wire.take("101")
    seen = answer.status if answer.status != 200 else int(answer.get("contact").rpartition("=")[2])
    assert seen == granted


@looped
def test_a_caller_is_named_by_the_headers_of_the_platform():
    _, invite = incoming("cisco")
    assert invite.get("remote-party-id") == (
        f'"User 301" <sip:301@{SERVER}>;party=calling;screen=yes;privacy=off'
    )  # fmt: skip
    assert invite.get("p-asserted-identity") == f'"User 301" <sip:301@{SERVER}>'
    _, invite = incoming("broadsoft", "P-Asserted-Identity: <sip:4711@x>")
    assert invite.all("p-asserted-identity") == ["<sip:4711@x>"]


@looped
@pytest.mark.parametrize(("name", "host"), [("asterisk", "anonymous.invalid"), ("cisco", SERVER)])
def test_a_caller_that_is_withheld_is_nowhere_by_number_but_where_the_platform_writes_it(name, host):
    wire, invite = incoming(name, "Privacy: id", "P-Asserted-Identity: <sip:301@x>")
    assert invite.get("from").startswith(f'"Anonymous" <sip:anonymous@{host}>;tag=')
    assert invite.get("p-asserted-identity") == ""
    assert invite.get("remote-party-id").endswith("privacy=full") == (name == "cisco")
    wire.reply("101", invite, 200, body=SDP)
    answered = wire.take("301")
    wire.request("BYE", "301", "101", cseq="2", tag=answered.to_tag)
    assert wire.take("101").get("from") == invite.get("from"), "a dialog keeps its From"


@looped
def test_a_timer_is_asked_for_at_the_phone_and_the_far_end_hears_nothing_of_it():
    wire, invite = incoming("asterisk")
    assert (invite.get("session-expires"), invite.get("min-se")) == ("1800;refresher=uas", "90")
    assert "timer" in invite.listed("supported")
    wire.reply("101", invite, 200, "Require: timer", "Session-Expires: 1800;refresher=uas", body=SDP)
    answered = wire.take("301")
    assert (answered.get("require"), answered.get("session-expires")) == ("", "")
    wire.request(
        "UPDATE", "101", "301", "Session-Expires: 1800;refresher=uac", call_id=invite.call_id, tag=invite.from_tag
    )
    wire.reply("301", wire.take("301"), 200)
    assert wire.take("101").get("session-expires") == "1800;refresher=uac"


@looped
def test_a_caller_that_asks_for_a_timer_gets_its_own():
    _, invite = incoming("asterisk", "Session-Expires: 600;refresher=uac")
    assert invite.all("session-expires") == ["600;refresher=uac"]


@looped
def test_a_phone_makes_the_offer_and_both_ends_get_an_answer():
    wire, invite = incoming("cisco", "Supported: replaces, 100rel")
    assert (invite.body, invite.get("content-type")) == (b"", "")
    assert "100rel" not in invite.listed("supported")
    assert ";isFocus" in invite.get("contact")
    offer = SDP.replace(b"192.0.2.50", b"192.0.2.51").replace(b"AVP 8 0", b"AVP 0 9 101")
    wire.reply("101", invite, 200, "Content-Type: application/sdp", body=offer + b"a=rtpmap:9 G722/8000\r\n")
    answered = wire.take("301")
    assert answered.body.splitlines()[-1] == b"m=audio 4000 RTP/AVP 0", "the phone's, of what both have"
    wire.request("ACK", "301", "101", tag=answered.to_tag)
    ack = wire.take("101")
    assert ack.get("content-type") == "application/sdp"
    assert (b"192.0.2.50" in ack.body, ack.body.splitlines()[-1]) == (True, b"m=audio 4000 RTP/AVP 0")


def test_an_answer_names_a_codec_by_its_own_number_and_refuses_what_it_has_not():
    own = SDP.replace(b"8 0", b"8 96") + b"a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-15\r\n"
    offer = SDP.replace(b"8 0", b"18 101 8") + b"a=rtpmap:101 telephone-event/8000\r\nm=video 5000 RTP/AVP 31\r\n"
    lines = sdp.answered(own, offer).decode().splitlines()
    assert lines[5:] == [
        "m=audio 4000 RTP/AVP 96 8", "a=rtpmap:96 telephone-event/8000", "a=fmtp:96 0-15", "m=video 0 RTP/AVP 31",
    ]  # fmt: skip


@looped
@pytest.mark.parametrize(
    ("name", "method", "told"),
    [
        ("asterisk", "INVITE", "remote-party-id"),
        ("cisco", "UPDATE", "remote-party-id"),
        ("metaswitch", "UPDATE", "p-asserted-identity"),
        ("snom_one", "INFO", ""),
    ],
)
def test_a_new_name_is_told_within_the_call_and_the_far_end_hears_nothing(name, method, told):
    wire = Wire(platform=name)
    talking(wire)
    wire.sent["301"].clear()
    wire.server.own_requests.rename("101", "Sales", "2044")
    update = wire.take("101")
    assert (update.method, update.to_tag) == (method, "near101")
    assert '"Sales" <sip:2044@' in (update.get(told) if told else update.body.decode())
    wire.reply("101", update, 200, body=SDP)
    assert (wire.sent["101"] != []) == (method == "INVITE"), "what is acknowledged is an INVITE"
    assert wire.sent["301"] == []


@looped
def test_a_phone_is_asked_for_an_offer_within_the_call_and_gets_the_far_ends_answer():
    wire = Wire()
    wire.register("101", "301")
    wire.request("INVITE", "101", "301", "Content-Type: application/sdp", body=SDP)
    invite = wire.take("301")
    far = SDP.replace(b"192.0.2.50", b"192.0.2.20")
    wire.reply("301", invite, 200, "Content-Type: application/sdp", body=far)
    wire.request("ACK", "101", "301", tag=wire.take("101").to_tag)
    wire.server.own_requests.reinvite("101", late=True)
    asked = wire.take("101")
    assert (asked.method, asked.body) == ("INVITE", b"")
    wire.reply("101", asked, 200, body=SDP)
    ack = wire.take("101")
    assert (ack.method, ack.cseq[0], b"192.0.2.20" in ack.body) == ("ACK", asked.cseq[0], True)
    with pytest.raises(LookupError, match="999 is in no call"):
        wire.server.own_requests.reinvite("999")


@looped
def test_an_offer_lists_the_codecs_of_the_platform_first():
    _, invite = incoming("lync")
    assert b"m=audio 4000 RTP/AVP 114 111 8 0\r\n" in invite.body
    assert b"a=rtpmap:114 x-msrta/16000\r\n" in invite.body


@looped
@pytest.mark.parametrize(("name", "header"), [("cisco", "diversion"), ("lync", "history-info"), ("plain", "")])
def test_a_call_that_was_diverted_says_who_was_called_first(name, header):
    wire = Wire(platform=name)
    wire.register("101", "102", "301")
    wire.sent["101"].clear()
    wire.core.registrar.diverted["102"] = "101"
    wire.request("INVITE", "301", "102", body=SDP)
    invite = next(message for message in wire.sent["101"] if message.method == "INVITE")
    assert [one for one in ("diversion", "history-info") if "sip:102@" in invite.get(one)] == [header] * bool(header)


@looped
@pytest.mark.parametrize("name", NAMED)
def test_a_far_end_gets_nothing_of_the_platform(name):
    wire = Wire(platform=name)
    wire.register("101", "301")
    wire.sent["101"].clear()
    wire.request("INVITE", "101", "301", body=SDP)
    plain = Wire()
    plain.register("101", "301")
    plain.request("INVITE", "101", "301", body=SDP)
    seen, expected = wire.take("301"), plain.take("301")
    assert [header.name for header in seen.headers] == [header.name for header in expected.headers]
    assert seen.body == SDP


@looped
def test_the_noise_of_a_platform_reaches_the_phone_in_requests_and_answers():
    wire = Wire(platform="asterisk")
    invite, answered, _ = talking(wire)
    assert answered.get("server") == "Asterisk PBX"
    assert answered.get("remote-party-id") == f"<sip:301@{SERVER}>;party=called;screen=yes;privacy=off"
    wire.request("BYE", "301", "101", call_id=invite.call_id, tag=invite.from_tag)
    bye = wire.take("101")
    assert (bye.get("x-asterisk-hangupcausecode"), bye.get("user-agent")) == ("16", "Asterisk PBX")


@looped
@pytest.mark.parametrize("name", ["asterisk", "plain"])
def test_all_is_challenged_by_401_where_the_platform_does_so(name):
    wire = Wire(platform=name)
    wire.core.faults.clear()
    wire.request("INVITE", "101", "301")
    wire.request("INVITE", "301", "101")
    assert wire.take("101").status == (401 if name == "asterisk" else 407)
    assert wire.take("301").status == 407


@looped
@pytest.mark.parametrize(
    ("name", "state", "lines"),
    [
        (
            "asterisk",
            "",
            ["Messages-Waiting: yes", f"Message-Account: sip:asterisk@{SERVER}", "Voice-Message: 1/0 (0/0)"],
        ),
        ("cisco", "active", ["Messages-Waiting: yes"]),
    ],
)
def test_a_summary_comes_unasked_in_the_spelling_of_the_platform(name, state, lines):
    wire = Wire(platform=name)
    wire.register("101")
    wire.server.mailboxes.fill("101", 1, 0)
    told = wire.take("101")
    assert (told.get("event"), told.get("subscription-state")) == ("message-summary", state)
    assert told.body.decode().splitlines() == lines


@looped
def test_a_platform_without_subscriptions_refuses_one():
    wire = Wire(platform="lync")
    wire.request("SUBSCRIBE", "101", "101", "Event: message-summary")
    assert wire.take("101").status == 489


def later(wire, seconds):
    """Do at once what is due in so many seconds."""
    for act in [act for due, act in wire.due if due == seconds]:
        act()
    wire.due = [one for one in wire.due if one[0] != seconds]


@looped
def test_what_a_platform_sends_at_a_registration_goes_once_to_each_binding():
    wire = Wire(platform="snom_one")
    wire.due = []
    wire.core.later = lambda seconds, act: wire.due.append((seconds, act))
    wire.register("101")
    later(wire, 0)
    told = wire.take("101")
    assert (told.method, told.get("content-type")) == ("MESSAGE", "application/x-buttons")
    wire.request("REGISTER", "101", "101", cseq="2", uri="sip:x")
    later(wire, 0)
    assert (wire.take("101").status, wire.sent["101"]) == (200, [])


@looped
def test_a_phone_that_does_not_answer_a_ping_is_not_there_until_it_registers_anew():
    wire = Wire(platform="asterisk")
    wire.due = []
    wire.core.later = lambda seconds, act: wire.due.append((seconds, act))
    wire.register("101")
    later(wire, 0)
    later(wire, 60)
    ping = next(message for message in wire.sent["101"] if message.method == "OPTIONS")
    wire.core.transactions.of(ping).failed(408)
    wire.request("INVITE", "301", "101")
    assert wire.take("301").status == 480
    wire.request("REGISTER", "101", "101", cseq="2", uri="sip:x")
    wire.request("INVITE", "301", "101", cseq="2")
    assert "INVITE" in [message.method for message in wire.sent["101"]]
