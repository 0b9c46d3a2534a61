"""Calls through the server: two dialogs, and what one end sends the other gets."""

import asyncio
import functools

import pytest

from harness.dialect.transports import Flow
from suites.selftest.dialect.wire import SDP, SERVER, Wire, head


def looped(test):
    """Run a test in an event loop, which the timers need."""

    @functools.wraps(test)
    def run(*words, **more):
        async def inside():
            return test(*words, **more)

        return asyncio.run(inside())

    return run


def ringing(wire, *lines, caller="101", callee="301", **options):
    """A call that rings; the INVITE at the callee, and the 180 at the caller."""
    wire.register(caller, callee)
    wire.request("INVITE", caller, callee, *lines, body=SDP)
    invite = wire.take(callee)
    wire.reply(callee, invite, 180, **options)
    return invite, wire.take(caller)


def talking(wire, **ends):
    invite, _ = ringing(wire, **ends)
    callee, caller = ends.get("callee", "301"), ends.get("caller", "101")
    wire.reply(callee, invite, 200, body=SDP)
    answered = wire.take(caller)
    wire.request("ACK", caller, callee, tag=answered.to_tag)
    return invite, answered, wire.take(callee)


@looped
def test_each_end_has_a_dialog_of_its_own_and_gets_what_the_other_sent():
    wire = Wire()
    invite, rings = ringing(wire, "X-Test: Yes", "session-expires: 1800")
    assert invite.uri == "sip:301@192.0.2.20:5060;line=x301", "the Contact that was registered"
    assert (invite.get("x-test"), invite.body) == ("Yes", SDP)
    assert "session-expires: 1800" in [header.line for header in invite.headers]
    assert invite.call_id != rings.call_id == "call-101-301"
    assert (invite.get("max-forwards"), len(invite.all("via"))) == ("69", 1)
    assert f"@{SERVER}:5060" in invite.get("contact")
    assert f"@{SERVER}:5060" in rings.get("contact")
    assert rings.to_tag != "far"
    assert rings.get("record-route") == invite.get("record-route") == f"<sip:{SERVER}:5060;lr>"


@looped
def test_an_answer_its_acknowledgement_and_the_hang_up_go_through():
    wire = Wire()
    invite, answered, ack = talking(wire)
    assert (answered.body, ack.cseq, ack.to_tag) == (SDP, (invite.cseq[0], "ACK"), "far")
    wire.reply("301", invite, 200, body=SDP)
    assert wire.take("101").status == 200, "an answer that is repeated is repeated to the caller"
    wire.request("BYE", "301", "101", call_id=invite.call_id, tag=invite.from_tag)
    bye = wire.take("101")
    assert (bye.method, bye.to_tag, bye.from_tag) == ("BYE", "near101", answered.to_tag)
    wire.request("BYE", "101", "301", cseq="2", tag=answered.to_tag)
    assert wire.take("101").status == 200, "a BYE that crossed one is answered here"
    wire.reply("101", bye, 200)
    assert wire.take("301").status == 200


@looped
@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "INFO", "REFER", "NOTIFY", "MESSAGE", "OPTIONS"])
@pytest.mark.parametrize("sender", ["101", "301"])
def test_requests_within_a_call_go_to_the_other_leg(method, sender):
    wire = Wire()
    invite, answered, _ = talking(wire)
    other = {"101": "301", "301": "101"}[sender]
    named = {"101": {"tag": answered.to_tag}, "301": {"tag": invite.from_tag, "call_id": invite.call_id}}[sender]
    wire.request(method, sender, other, "Refer-To: <sip:x@y>", cseq="9", body=b"body", **named)
    passed = wire.take(other)
    assert (passed.method, passed.body, passed.get("refer-to")) == (method, b"body", "<sip:x@y>")
    assert passed.call_id != named.get("call_id", "call-101-301")
    wire.reply(other, passed, 488, "Warning: 399 x y")
    refused = wire.take(sender)
    assert (refused.status, refused.cseq, refused.get("warning")) == (488, (9, method), "399 x y")


@looped
def test_prack_names_the_invite_as_the_far_end_knows_it():
    wire = Wire()
    wire.register("101", "301")
    wire.request("INVITE", "101", "301", cseq="77", body=SDP)
    invite = wire.take("301")
    wire.reply("301", invite, 183, "Require: 100rel", "RSeq: 5")
    progress = wire.take("101")
    wire.request("PRACK", "101", "301", "RAck: 5 77 INVITE", cseq="78", tag=progress.to_tag)
    prack = wire.take("301")
    assert prack.get("rack") == f"5 {invite.cseq[0]} INVITE"
    assert prack.cseq[0] > invite.cseq[0]


@looped
def test_a_cancel_takes_the_call_back_with_its_reason():
    wire = Wire()
    invite, _ = ringing(wire)
    wire.request("CANCEL", "101", "301", "Reason: SIP;cause=200", branch="INVITE1101301")
    assert wire.take("101").method == "CANCEL"
    cancel = wire.take("301")
    assert (cancel.method, cancel.branch, cancel.get("reason")) == ("CANCEL", invite.branch, "SIP;cause=200")
    wire.reply("301", invite, 487)
    assert wire.take("301").method == "ACK"
    assert (wire.take("101").status, wire.sent["101"]) == (487, [])


@looped
def test_a_cancel_waits_for_the_first_provisional_answer():
    wire = Wire()
    wire.register("101", "301")
    wire.request("INVITE", "101", "301")
    invite = wire.take("301")
    wire.request("CANCEL", "101", "301", branch="INVITE1101301")
    assert wire.sent["301"] == []
    wire.reply("301", invite, 180)
    assert wire.take("301").method == "CANCEL"


@looped
def test_of_two_places_each_is_an_early_dialog_and_both_answers_go_through():
    wire = Wire()
    wire.register("101", "301", "302")
    wire.core.registrar.forked["301"] = ["302"]
    wire.request("INVITE", "101", "301", body=SDP)
    invites = {user: wire.take(user) for user in ("301", "302")}
    for user, invite in invites.items():
        wire.reply(user, invite, 180, tag=user)
    tags = [wire.take("101").to_tag for _ in invites]
    assert len(set(tags)) == 2
    for user, invite in invites.items():
        wire.reply(user, invite, 200, tag=user)
    assert [wire.take("101").to_tag for _ in invites] == tags
    assert wire.take("302").method == "CANCEL"
    wire.request("BYE", "101", "301", cseq="2", tag=tags[1])
    assert wire.take("302").method == "BYE"
    assert wire.sent["301"] == []


@looped
def test_of_two_refusals_the_better_one_goes_back():
    wire = Wire()
    wire.register("101", "301", "302")
    wire.core.registrar.forked["301"] = ["302"]
    wire.request("INVITE", "101", "301")
    for user, status in (("301", 503), ("302", 486)):
        wire.reply(user, wire.take(user), status)
    assert (wire.take("101").status, wire.sent["101"]) == (486, [])


@looped
def test_nothing_is_kept_of_a_call_that_was_refused_or_has_ended():
    wire, due = Wire(), []
    wire.core.later = lambda seconds, act: due.append(act)
    for status, far in ((486, "101"), (200, "102")):
        wire.sent["301"].clear()
        invite, _ = ringing(wire, caller=far)
        wire.reply("301", invite, 180, tag="another")
        wire.reply("301", invite, status)
        if status == 200:
            tag = [message for message in wire.sent[far] if message.status == 200][-1].to_tag
            wire.request("BYE", far, "301", cseq="2", tag=tag)
    assert len(wire.core.dialogs.all) == 8
    for act in due:
        act()
    assert wire.core.dialogs.all == []


@looped
def test_replaces_names_the_call_as_the_one_who_is_called_knows_it():
    wire = Wire()
    invite, answered, _ = talking(wire)
    wire.register("102")
    replaced = f"Replaces: call-101-301;to-tag={answered.to_tag};from-tag=near101"
    wire.request("INVITE", "102", "301", replaced, body=SDP)
    taken = wire.take("301")
    assert taken.get("replaces") == f"{invite.call_id};to-tag=far;from-tag={invite.from_tag}"


@looped
def test_a_notification_may_come_before_the_answer_to_its_refer():
    wire = Wire()
    wire.register("101", "301")
    wire.request("REFER", "101", "301", "Refer-To: <sip:302@192.0.2.11>")
    refer = wire.take("301")
    wire.request("NOTIFY", "301", "101", "Event: refer", call_id=refer.call_id, tag=refer.from_tag)
    notify = wire.take("101")
    wire.reply("301", refer, 202, tag="near301")
    assert (notify.call_id, notify.from_tag) == ("call-101-301", wire.take("101").to_tag)


@looped
@pytest.mark.parametrize(("via", "port"), [(";rport", 40000), ("", 5062)])
def test_an_answer_goes_where_the_request_came_from_or_where_its_via_says(via, port):
    wire, ports = Wire(), []
    wire.core.transports.send = lambda data, flow: ports.append(flow.port)
    text = head("OPTIONS", "101", "", uri=f"sip:{SERVER}").replace("50:5060;", "50:5062;").replace(";rport", via)
    data = "\r\n".join(line.strip() for line in text.splitlines()).encode() + b"\r\n\r\n"
    wire.core.transports.receive(data, Flow("udp", SERVER, "192.0.2.50", 40000))
    assert ports == [port]


@looped
def test_who_is_not_there_who_is_nobody_and_what_is_no_dialog():
    wire = Wire()
    wire.register("101")
    for to, status in (("301", 480), ("999", 404)):
        wire.request("INVITE", "101", to)
        assert wire.take("101").status == status
    wire.request("INFO", "101", "301", tag="nothing")
    assert wire.take("101").status == 481
    wire.request("OPTIONS", "101", "301", uri="sip:301@elsewhere.invalid")
    assert wire.take("101").status == 403


@looped
def test_a_registration_is_kept_refused_when_old_and_taken_back():
    wire = Wire()
    wire.register("101")
    assert [one.uri for one in wire.core.registrar.bound("101")] == ["sip:101@192.0.2.50:5060;line=x101"]
    for cseq, expires, status in (("1", "60", 500), ("2", "60", 200), ("3", "0", 200)):
        wire.request("REGISTER", "101", "101", f"Expires: {expires}", cseq=cseq, branch=f"again{cseq}", uri="sip:x")
        assert wire.take("101").status == status
    assert wire.core.registrar.bound("101") == []


@looped
def test_a_subscription_to_the_mailbox_is_told_at_once_and_at_each_change():
    wire = Wire()
    wire.register("101")
    wire.request("SUBSCRIBE", "101", "101", "Event: message-summary", "Expires: 600")
    assert (wire.take("101").get("expires"), b"Voice-Message: 0/0" in wire.take("101").body) == ("600", True)
    wire.server.mailboxes.fill("101", 2, 1)
    told = wire.take("101")
    assert (told.get("event"), told.body.split(b"\r\n")[0]) == ("message-summary", b"Messages-Waiting: yes")
    assert told.get("subscription-state").startswith("active;expires=")
