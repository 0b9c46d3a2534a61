"""Requests that are repeated, and what a server asks of the base: pings, notices, mailboxes, check-sync."""

from __future__ import annotations

import pytest

from harness.capture.messages import DhcpMessage, HttpMessage, IcmpMessage
from harness.rules.findings import Result
from suites.selftest.rules.registrations import BASE, MAC, SERVER, Room

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
ALLOW = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS"


# repetitions


def repeated(room: Room, *intervals: float) -> Room:
    """A REGISTER, sent again after each of these times."""
    room.asks()
    for interval in intervals:
        room.passes(interval - 0.01).asks(again=True)
    return room


@pytest.mark.parametrize(
    ("intervals", "claim"),
    [
        ((0.5, 1.0, 2.0), ""), ((0.5, 1.0, 2.0, 4.0, 4.0), ""), ((0.05,), "interval 1"), ((0.5, 0.5), "interval 2"),
        ((1.5,), "interval 1"), ((0.5, 1.0), "is sent again"), ((), "is sent again"),
    ],
)  # fmt: skip
def test_an_unanswered_request_is_repeated_at_doubling_intervals(intervals: tuple[float, ...], claim: str) -> None:
    found = repeated(Room(), *intervals).passes(5).says_of("SIP-RETRANSMISSION")
    assert found.result is (BROKEN if claim else HELD)
    assert claim in "".join(finding.claim for finding in found.broken)


def test_what_may_still_come_is_not_missed() -> None:
    assert repeated(Room()).passes(0.3).says_of("SIP-RETRANSMISSION").result is IDLE
    room = repeated(Room())
    room.says(401)
    assert room.passes(9).says_of("SIP-RETRANSMISSION").result is HELD


def test_the_first_interval_is_the_one_that_was_set_once_the_base_has_started() -> None:
    room = Room()
    room.setting("retry_t1", "200", identity=0)
    assert repeated(room, 0.5).says_of("SIP-RETRANSMISSION").broken == ()
    room = Room()
    room.setting("retry_t1", "200", identity=0)
    room.act("reboot")
    assert "interval 1" in repeated(room, 0.5).says_of("SIP-RETRANSMISSION").broken[0].claim
    room = Room()
    room.setting("retry_t1", "200", identity=0)
    room.act("reboot")
    assert repeated(room, 0.2, 0.4).says_of("SIP-RETRANSMISSION").result is HELD


def test_of_a_strangers_trace_the_doubling_is_judged_and_not_the_first_interval() -> None:
    assert repeated(Room(known=False), 0.2, 0.4).says_of("SIP-RETRANSMISSION").result is HELD
    assert repeated(Room(known=False), 0.2, 1.6).says_of("SIP-RETRANSMISSION").result is BROKEN


def test_an_answered_request_is_not_sent_again() -> None:
    room = Room()
    room.asks()
    room.says(401)
    room.passes(0.1).asks(again=True)  # it was under way
    assert room.says_of("SIP-RETRANSMISSION").broken[0].claim == "interval 1 of a retransmission"
    room = Room()
    room.asks()
    room.says(401)
    room.passes(0.6).asks(again=True)
    assert "answered request" in room.says_of("SIP-RETRANSMISSION").broken[0].claim


def test_over_tcp_nothing_is_sent_again() -> None:
    room = repeated(Room(transport="tcp"), 0.5)
    assert "over TCP" in room.says_of("SIP-RETRANSMISSION").broken[0].claim
    assert repeated(Room(transport="tcp")).passes(40).says_of("SIP-RETRANSMISSION").result is IDLE


def test_who_is_told_that_nobody_is_there_may_give_up_and_so_may_who_is_switched_off() -> None:
    room = repeated(Room())
    room.icmp.append(IcmpMessage(0, room.now + 0.01, SERVER, 0, BASE, 0, "icmp", type=3, code=3))
    assert room.passes(9).says_of("SIP-RETRANSMISSION").result is IDLE
    room = repeated(Room())
    room.setting("user_active", "off")
    assert room.passes(9).says_of("SIP-RETRANSMISSION").result is IDLE


def test_repetitions_that_the_capture_may_have_lost_leave_it_open() -> None:
    for intervals in ((), (1.5,)):
        room = repeated(Room(), *intervals)
        room.gaps.append((1001.2, 1002.0))
        assert room.passes(9).says_of("SIP-RETRANSMISSION").result is UNSAID


def test_a_request_that_changed_is_another_one_though_its_branch_is_the_same() -> None:
    room = Room()
    room.asks()
    room.says(401, "WWW-Authenticate: Digest realm=a,nonce=b")
    room.passes(0.01).asks('Authorization: Digest nonce="b"', again=True)
    assert room.says_of("SIP-RETRANSMISSION").broken == ()
    assert room.says_of("REG-CSEQ").result is BROKEN


# pings


@pytest.mark.parametrize(
    ("status", "after", "said"), [(200, 0.1, HELD), (486, 0.1, HELD), (404, 0.1, BROKEN), (200, 3.0, BROKEN)]
)
def test_a_ping_is_answered_in_time(status: int, after: float, said: Result) -> None:
    room = Room().binds()
    room.is_asked("OPTIONS")
    room.answers(status, ALLOW, after=after)
    assert room.says_of("REG-9").result is said


def test_a_ping_without_an_answer_is_named_when_it_is_due_and_the_base_runs() -> None:
    room = Room().binds()
    room.is_asked("OPTIONS")
    assert room.passes(1).says_of("REG-9").result is IDLE
    assert room.passes(5).says_of("REG-9").result is BROKEN
    room.gaps.append((room.now - 5, room.now - 4))
    assert room.says_of("REG-9").result is UNSAID
    room = Room(known=False)
    room.is_asked("OPTIONS")
    assert room.passes(9).says_of("REG-9").result is UNSAID
    room = Room().binds()
    room.act("power-off")
    room.is_asked("OPTIONS")
    assert room.passes(9).says_of("REG-9").result is IDLE


def test_a_stranger_that_is_looked_for_at_the_base_may_be_unknown_and_garbage_is_owed_nothing() -> None:
    room = Room().binds()
    room.user = "100"
    room.is_asked("OPTIONS")
    room.answers(404, ALLOW)
    assert room.says_of("REG-9").broken == ()
    room = Room().binds()
    room.hears("OPTIONS sip:aaaa SIP/2.0", {"Via": "SIP/2.0/UDP 192.0.2.9"})
    assert room.passes(9).says_of("REG-9").result is IDLE


def test_the_answer_to_options_has_a_tag_and_tells_the_methods_also_in_a_call() -> None:
    room = Room().binds()
    room.is_asked("OPTIONS")
    room.answers(200, "Allow: OPTIONS")
    assert "Allow" in room.says_of("SIP-OPTIONS").broken[0].claim
    room = Room().binds()
    asked = room.is_asked("OPTIONS")
    room.answers(200, ALLOW, f"To: {asked.header('to')[0]}")
    assert "To tag" in room.says_of("SIP-OPTIONS").broken[0].claim
    room = Room().binds()
    room.is_asked("OPTIONS", "To: <sip:41@x>;tag=base")
    assert room.passes(9).says_of("SIP-OPTIONS").result is BROKEN
    assert room.says_of("REG-9").result is IDLE


# notices


@pytest.mark.parametrize(
    ("event", "status", "said"),
    [("x-m9-unknown", 489, HELD), ("x-m9-unknown", 200, BROKEN), ("message-summary", 200, IDLE), ("dialog", 200, IDLE)],
)  # fmt: skip
def test_an_unknown_event_is_refused(event: str, status: int, said: Result) -> None:
    room = Room().binds()
    room.is_asked("NOTIFY", f"Event: {event}")
    room.answers(status)
    assert room.says_of("SIP-UNKNOWN-EVENT").result is said
    assert room.says_of("SIP-NOTIFY").result is HELD


def test_a_notice_without_an_answer_is_named() -> None:
    room = Room().binds()
    room.is_asked("NOTIFY", "Event: message-summary")
    assert room.passes(9).says_of("SIP-NOTIFY").result is BROKEN


def mail(room: Room, waiting: str, number: int = 1, status: int = 200) -> Room:
    """An unasked message summary, answered."""
    body = f"Messages-Waiting: {waiting}\r\n"
    room.is_asked("NOTIFY", "Event: message-summary", body=body, number=number)
    room.answers(status)
    return room.passes(9)


@pytest.mark.parametrize(("status", "said"), [(200, HELD), (481, BROKEN)])
def test_an_unasked_summary_is_taken(status: int, said: Result) -> None:
    assert mail(Room().binds(), "yes", status=status).says_of("MWI-UNSOLICITED").result is said


@pytest.mark.parametrize(("icons", "yes", "no"), [("MESSAGE ANTENNA", HELD, BROKEN), ("ANTENNA", BROKEN, HELD)])
def test_a_handset_shows_whether_messages_wait_for_its_identity_and_for_no_other(
    icons: str, yes: Result, no: Result
) -> None:
    for waiting, said in (("yes", yes), ("no", no)):
        room = mail(Room().binds(), waiting)
        room.shows("icons", icons, 1, users="41 42")
        assert room.says_of("MWI-SHOWN").result is said
        room.shown.clear()
        room.shows("icons", icons, 2, users="43")
        assert room.says_of("MWI-SHOWN").result is no


def test_what_a_handset_shows_too_early_after_a_start_or_for_another_reason_is_not_judged() -> None:
    room = mail(Room().binds(), "yes")
    room.now = room.sip[-1].at + 1
    room.shows("icons", "", 1, users="41")
    assert room.says_of("MWI-SHOWN").result is IDLE
    room = mail(Room().binds(), "yes")
    room.act("reboot")
    room.shows("icons", "", 1, users="41")
    assert room.says_of("MWI-SHOWN").result is IDLE
    room = mail(Room().binds(), "no")
    room.shows("lamps", "MESSAGE", 1, users="41", missed="yes")
    assert room.says_of("MWI-SHOWN").result is UNSAID


# check-sync


def synced(room: Room, event: str, allowed: str = "on") -> Room:
    """A check-sync, answered, to a base that allows it or not."""
    if allowed:
        room.setting("allow_check_sync", allowed, identity=0)
    room.is_asked("NOTIFY", f"Event: {event}")
    room.answers(200)
    return room.passes(1)


def fetches(room: Room) -> Room:
    """The base fetches its settings."""
    room.http.append(HttpMessage(0, room.now, BASE, 1025, "198.18.9.1", 80, "tcp", method="GET", uri="/m9.xml"))
    return room.passes(1)


def starts(room: Room) -> Room:
    """The base asks for an address as one that has none, and gets it."""
    for kind, yours in (("Request", ""), ("Ack", BASE)):
        room.dhcp.append(
            DhcpMessage(
                0, room.now, "0.0.0.0", 68, "255.255.255.255", 67, "udp", type=kind, mac=MAC, your_address=yours
            )
        )
    return room.passes(1)


@pytest.mark.parametrize(
    ("allowed", "fetched", "said"),
    [("on", True, HELD), ("on", False, BROKEN), ("off", False, HELD), ("off", True, BROKEN), ("", True, BROKEN)],
)
def test_settings_are_fetched_where_it_is_allowed(allowed: str, fetched: bool, said: Result) -> None:
    room = synced(Room().binds(), "check-sync;reboot=false", allowed)
    if fetched:
        fetches(room)
    assert room.passes(20).says_of("CHECK-SYNC").result is said


def test_without_acts_nothing_is_said_of_check_sync() -> None:
    room = fetches(synced(Room(known=False).binds(), "check-sync"))
    assert room.passes(20).says_of("CHECK-SYNC").result is UNSAID


@pytest.mark.parametrize(
    ("event", "restarts", "said"),
    [
        ("check-sync", False, HELD), ("check-sync;reboot=false", True, BROKEN), ("check-sync;reboot=true", True, HELD),
        ("check-sync;reboot=true", False, BROKEN),
    ],
)  # fmt: skip
def test_the_base_restarts_when_it_is_asked_to(event: str, restarts: bool, said: Result) -> None:
    room = fetches(synced(Room().binds(), event))
    if restarts:
        starts(room)
    assert room.passes(60).says_of("CHECK-SYNC").result is said


@pytest.mark.parametrize(("uptime", "said"), [("5000", HELD), ("9", HELD), ("3", BROKEN)])
def test_an_uptime_that_began_anew_is_a_restart(uptime: str, said: Result) -> None:
    room = fetches(synced(Room().binds(), "check-sync;reboot=false")).passes(7)
    room.shows("uptime", uptime)
    assert room.passes(20).says_of("CHECK-SYNC").result is said


def test_a_restart_that_a_later_notice_asks_for_is_no_fault_of_the_earlier() -> None:
    room = fetches(synced(Room().binds(), "check-sync;reboot=false"))
    room.is_asked("NOTIFY", "Event: check-sync;reboot=true", number=7)
    room.answers(200)
    starts(room.passes(1))
    assert room.passes(60).says_of("CHECK-SYNC").result is HELD


def test_a_restart_waits_for_the_end_of_a_call() -> None:
    for ends_first, said in ((True, HELD), (False, BROKEN)):
        room = Room().binds()
        room.is_asked("INVITE", number=7)
        room.answers(200, f"Contact: <sip:41@{BASE}>")
        synced(room, "check-sync;reboot=true")
        if ends_first:
            room.is_asked(
                "BYE", "Call-ID: INVITE-7", "To: <sip:41@x>;tag=base", "From: <sip:m9.example>;tag=s7", number=8
            )
            room.answers(200)
            starts(room.passes(1))
        else:
            starts(room)
            room.is_asked(
                "BYE", "Call-ID: INVITE-7", "To: <sip:41@x>;tag=base", "From: <sip:m9.example>;tag=s7", number=8
            )
            room.answers(200)
        assert room.passes(60).says_of("CHECK-SYNC").result is said


# a fixed address


def fixed(room: Room) -> Room:
    """A base that had a lease and got a fixed address."""
    starts(room)
    for name, value in {"ip_adr": BASE, "netmask": "255.255.255.0", "dhcp": "off"}.items():
        room.setting(name, value, identity=0)
    room.act("power-on")
    return room


@pytest.mark.parametrize("asks", [False, True])
def test_a_base_with_a_fixed_address_asks_nobody(asks: bool) -> None:
    room = fixed(Room())
    if asks:
        starts(room)
    room.binds()
    assert room.says_of("NET-FIXED-ADDRESS").result is (BROKEN if asks else HELD)
    assert starts(Room()).binds().says_of("NET-FIXED-ADDRESS").result is IDLE


@pytest.mark.parametrize(("text", "said"), [(BASE, HELD), ("198.18.9.99", BROKEN), (f"{BASE} (DHCP)", BROKEN)])
def test_the_status_page_shows_what_was_typed(text: str, said: Result) -> None:
    room = fixed(Room()).passes(1)
    room.shows("status", "network", **{"IP Address": text})
    assert room.says_of("NET-FIXED-ADDRESS").result is said
