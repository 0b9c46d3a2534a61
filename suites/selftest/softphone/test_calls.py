"""Two pjsua2 peers, one of the harness's servers between them: what a peer must be able to do, and how it dies."""

from pathlib import Path

import pytest

from suites.selftest import private_segment
from suites.selftest.pbx.servers import BOTH_SLOWLY

SCRIPT = Path(__file__).with_name("calls_segment.py")


@pytest.fixture(scope="module", params=BOTH_SLOWLY)
def found(request, tmp_path_factory):
    return private_segment.printed(SCRIPT, tmp_path_factory.mktemp("calls"), request.param, within=90)


def test_both_ends_hear_the_tone_of_the_other(found):
    assert found["callee_hears"]["hz"] == pytest.approx(1000, abs=5)
    assert found["callee_hears"]["level"] == pytest.approx(-10, abs=2)
    assert found["caller_hears"]["hz"] == pytest.approx(440, abs=5)
    assert found["caller_hears"]["level"] == pytest.approx(-20, abs=2)


def test_early_media_is_heard_before_the_answer(found):
    assert found["early_media"]


def test_own_headers_reach_the_far_end(found):
    assert found["header"]


def test_digits_go_by_telephone_event_and_by_info(found):
    assert found["digits"] == ["rfc4733", "rfc4733"]
    assert found["info"] == ["info"]


def test_hold_and_resume_are_seen_by_the_other_end(found):
    assert found["held"] in ("recvonly", "inactive")
    assert found["resumed"] == "sendrecv"


def test_each_end_of_a_call_has_its_code(found):
    assert (found["ended"], found["cancelled"], found["rejected"], found["unknown"]) == (200, 487, 603, 404)


def test_the_codecs_of_one_call_are_forgotten_when_the_peer_is_given_back(found):
    assert found["own_codecs"] == 200


def test_a_wrong_password_is_a_rig_fault_with_the_servers_answer(found):
    assert "rig fault" in found["wrong_password"]
    assert "40" in found["wrong_password"]


def test_a_killed_worker_is_a_rig_fault_and_a_fresh_one_takes_its_place(found):
    assert "ended by signal 9" in found["death"]
    assert found["revived"]
    assert found["calls_again"]


def test_a_call_that_never_came_is_no_product_failure(found):
    assert found["missing"].startswith("invalid")


def test_no_secret_is_left_in_the_run_folder(found):
    assert not found["secret_on_disk"]


def test_the_silent_far_end_registers_and_answers_nothing(found):
    if "silent" not in found:
        pytest.skip("a tree without the stand-in")
    assert found["silent"] == "calling"
