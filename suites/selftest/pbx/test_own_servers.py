"""Kamailio and the dialect server answer as a registrar and proxy does, and can be steered by the tests."""

import contextlib
from pathlib import Path

import pytest

from harness.core.errors import RigFault
from harness.pbx.kamailio import Kamailio
from harness.pbx.rpc import RpcError
from suites.selftest import private_segment
from suites.selftest.pbx.servers import BOTH

SCRIPT = Path(__file__).with_name("own_servers_segment.py")


@pytest.fixture(scope="module", params=BOTH)
def found(request, tmp_path_factory):
    return private_segment.printed(SCRIPT, tmp_path_factory.mktemp(request.param), request.param)


def test_it_answers_on_ipv6_too(found):
    assert found["v6"].startswith("SIP/2.0 200")


def test_register_is_challenged_with_401_and_a_right_answer_binds(found):
    assert found["challenged"] == "401 Unauthorized"
    assert found["registered"] == "200 OK"
    assert found["binding"] == "sip:101@198.18.9.50:5060;line=abc"


def test_a_call_is_challenged_with_407_or_as_asterisk_does_with_401(found):
    assert found["invite_challenge"].startswith("407")
    assert found["asterisk_way"].startswith("401")


def test_who_is_not_there_and_who_is_nobody(found):
    assert found["not_there"].startswith("480")
    assert found["unknown"].startswith("404")


def test_wrong_credentials_are_challenged_again_and_another_name_is_no_key(found):
    assert found["wrong"].startswith("401")
    assert found["not_mine"][:3] in ("403", "407")


def test_a_nonce_is_called_stale_as_often_as_told(found):
    assert found["stale"] == ["401 Unauthorized", True]
    assert found["after_stale"] == "200 OK"


def test_a_fault_hits_whom_it_is_meant_for_and_no_other(found):
    assert found["other_challenge"].startswith("407"), "the base's challenge is another now"
    assert [found["refused"][:3], found["other_refused"]] == ["403", "200 OK"]
    assert [found["own_answer"][:3], found["other_answer"][:3]] == ["480", "486"]


def test_too_short_a_time_is_refused_and_a_shorter_one_granted(found):
    assert found["brief"] == ["423 Interval Too Brief", True]
    assert found["granted"]


def test_it_can_ping_and_forget_a_phone(found):
    assert found["ping"] == "OPTIONS sip:101@198.18.9.50:5060;line=abc SIP/2.0"
    assert found["dropped"] is False


def test_without_challenge_a_register_is_taken_and_expires_0_unbinds(found):
    assert found["open"] == "200 OK"
    assert found["unregistered"] is False


def test_a_mailbox_is_told_to_who_subscribes_or_is_refused(found):
    assert found["subscribed"] == "20"
    assert found["summary"][:2] == ["Messages-Waiting: yes", "Voice-Message: 2/1 (0/0)"]
    assert found["no_mailbox"].startswith("489")


def test_a_frozen_server_is_silent_and_comes_back(found):
    assert found["frozen"] == ""
    assert found["thawed"].startswith("SIP/2.0 200")


def test_an_address_in_use_is_a_rig_fault_with_the_servers_word(found):
    assert "rig fault: pbx" in found["taken"]


def test_a_killed_server_is_a_rig_fault(found):
    assert "has ended" in found["killed"]


def test_it_starts_within_a_second_and_leaves_no_socket_behind(found):
    assert found["start"] < 3.0, "one second on an idle machine"
    assert found["left"] == []


def test_what_a_fork_added_is_removed_wherever_the_other_is_by_then(tmp_path, monkeypatch):
    server = Kamailio("127.0.0.1", None, tmp_path, [])
    asked, others = [], ["sip:302@192.0.2.2:5060", "sip:302@192.0.2.3:5060"]
    monkeypatch.setattr(server, "contacts", lambda user: [{"Address": address} for address in others])
    monkeypatch.setattr(server, "_ask", lambda method, *params: asked.append((method, params[1], params[2])))
    server.forks("301", "302")
    added, others[:] = list(others), ["sip:302@192.0.2.9:5060"]
    server.forks_no_more("301")
    server.forks_no_more("301")
    assert asked == [(method, "301", address) for method in ("ul.add", "ul.rm_contact") for address in added]


@pytest.mark.parametrize(("error", "told"), [(RpcError("AOR not found", 404), False), (RpcError("no", 500), True)])
def test_a_fork_that_is_gone_already_is_no_fault_and_any_other_word_is(tmp_path, monkeypatch, error, told):
    def refuses(method, *params):
        if method == "ul.rm_contact":
            raise error

    server = Kamailio("127.0.0.1", None, tmp_path, [])
    monkeypatch.setattr(server, "contacts", lambda user: [{"Address": "sip:302@192.0.2.2:5060"}])
    monkeypatch.setattr(server, "_ask", refuses)
    server.forks("301", "302")
    with pytest.raises(RigFault) if told else contextlib.nullcontext():
        server.forks_no_more("301")
