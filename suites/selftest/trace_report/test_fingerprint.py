"""What a PBX was seen to do, on paper: its traits, where it departs from a profile, and the correction of a lab."""

from __future__ import annotations

from harness.profiles import model
from harness.trace_report import fingerprint
from suites.selftest.rules.registrations import BASE, SERVER, Room

SUMMARY = "Messages-Waiting: yes\r\nVoice-Message: 3/0 (0/0)\r\n"


def server() -> Room:
    """A server that grants two minutes, pings, and tells of messages in its own form."""
    room = Room().binds(120)
    room.is_asked("OPTIONS")
    room.answers(200)
    room.is_asked("NOTIFY", "Event: message-summary", body=SUMMARY)
    room.answers(200)
    return room


def calls(room: Room, *lines: str) -> Room:
    """An INVITE without an offer, with these lines more."""
    given = [
        f"Via: SIP/2.0/UDP {SERVER}:5060;branch=z9hG4bK-i",
        f"From: <sip:301@{SERVER}>;tag=far",
        f"To: <sip:41@{SERVER}>",
        "Call-ID: call",
        "CSeq: 1 INVITE",
        "Content-Length: 0",
        *lines,
    ]
    room.hears(f"INVITE sip:41@{BASE}:5060 SIP/2.0", dict(line.split(": ", 1) for line in given))
    return room


def traits(room: Room) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for trait in fingerprint.traits([room.evidence()]):
        found.setdefault(trait.row, []).extend(trait.values)
    return found


def test_what_a_server_does_is_told_by_row():
    seen = traits(server())
    assert seen["REG-2"] == ["401 to REGISTER: Digest"]
    assert seen["REG-8"] == ["3600 s asked, 120 s granted"]
    assert seen["REG-9"] == ["OPTIONS outside a call"]
    assert seen["MWI-2"] == ["unasked, no Subscription-State"]
    assert "CAL-2" not in seen


def test_a_value_has_the_packet_that_shows_it_first():
    (pings,) = [one for one in fingerprint.traits([server().evidence()] * 2) if one.row == "REG-9"]
    assert pings.shown == ["OPTIONS outside a call (2 ×, packet 5)"]


def test_a_call_tells_of_timers_offers_bridges_and_headers():
    room = calls(
        server(),
        "Session-Expires: 900;refresher=uas",
        "Min-SE: 300",
        "Contact: <sip:301@x>;isFocus",
        "X-Own: 1",
        "Remote-Party-ID: <sip:5@x>",
    )
    seen = traits(room)
    assert seen["CAL-2"] == ["INVITE without an offer"]
    assert seen["CAL-5"] == ["expires 900, refresher uas, least 300"]
    assert seen["CNF-2"] == ["isFocus"]
    assert seen["CID-1"] == ["remote-party-id"]
    assert "X-Own" in seen["CAL-7"]


def test_the_correction_makes_the_tests_send_what_was_seen():
    room = calls(server(), "Session-Expires: 900;refresher=uas", "Min-SE: 300", "Contact: <sip:301@x>;isFocus")
    profile, seen = model.load("cisco"), fingerprint.stimuli(room.evidence())
    departs = [(one.row, one.key) for one in fingerprint.departures(profile, seen)]
    assert departs == [("CAL-5", "expires"), ("CAL-5", "least"), ("MWI-2", "lines")]
    learned = fingerprint.override(profile, seen, "night.pcap")["learned"]["rules"]["cisco"]
    assert learned["CAL-5"] == {
        "stimulus": {"expires": 900, "refresher": "uas", "least": 300},
        "source": "seen in night.pcap",
    }
    assert learned["MWI-2"]["stimulus"]["lines"] == SUMMARY.split("\r\n")[:2]


def test_a_server_that_does_what_the_profile_says_needs_no_correction():
    asterisk = model.load("asterisk")
    seen = {"MWI-2": asterisk.rules["MWI-2"].stimulus}
    assert fingerprint.departures(asterisk, seen) == []
    assert fingerprint.override(asterisk, seen, "x") == {}


def test_a_notice_that_no_message_waits_is_no_stimulus():
    room = Room().binds(120)
    room.is_asked("NOTIFY", "Event: message-summary", body="Messages-Waiting: no\r\n")
    assert "MWI-2" not in fingerprint.stimuli(room.evidence())
