"""Where audio goes: to what the far end described last, and what may make it go elsewhere."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
DESTINATION = "RTP-DESTINATION"
DESCRIBED, MOVED = 4000, 4100
FOLLOWS = "audio follows the far end to another address or port"


def moved(after: int, *, settles: float = 0.0) -> PaperCall:
    """The far end names another port at 12.0; from `settles` on the base sends to the port `after`."""
    call = PaperCall().answered(10.0).sends(10.0, 12.05 + settles)
    far = description(False, version=2, port=MOVED)
    call.offers(12.0, 2, far, description(True, version=2), ours=False).hung_up(16.0)
    return call.sends(12.06 + settles, 15.9, far_port=after)


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize(("port", "result"), [(DESCRIBED, HELD), (4002, BROKEN)])
def test_audio_goes_to_the_port_that_was_described(port, result, acts):
    call = PaperCall().answered(10.0).hung_up(16.0).sends(10.0, 15.9, far_port=port)
    call.sends(10.0, 15.9, ours=False, ssrc=9)
    assert call.result(DESTINATION, acts=acts) is result


@pytest.mark.parametrize(("after", "claims"), [(MOVED, []), (DESCRIBED, [FOLLOWS])])
def test_audio_follows_the_far_end(after, claims):
    assert moved(after).broken(DESTINATION) == claims
    assert moved(after).broken(DESTINATION, acts=False) == claims


def test_packets_on_their_way_may_go_to_the_old_place():
    assert moved(MOVED, settles=0.3).broken(DESTINATION) == []
    assert moved(MOVED, settles=1.0).broken(DESTINATION) == [FOLLOWS]


def test_symmetric_rtp_is_lawful_where_packets_came_from_there():
    call = PaperCall().answered(10.0).hung_up(16.0).sends(10.0, 10.3).sends(10.3, 15.9, far_port=4500)
    assert call.result(DESTINATION) is BROKEN
    assert call.sends(10.2, 15.9, ours=False, ssrc=9, far_port=4500).result(DESTINATION) is UNSAID


def test_the_source_of_a_line_that_was_left_is_no_excuse():
    call = moved(DESCRIBED).sends(10.0, 15.9, ours=False, ssrc=9)
    assert call.levels(DESTINATION) == [""]
    assert call.levels(DESTINATION, acts=False) == ["inferred"], "what follows packets was misled"


def test_ice_and_names_choose_the_place_by_themselves():
    candidate = "a=candidate:1 1 UDP 2130706431 198.18.9.20 4002 typ host\r\na=sendrecv"
    for far in (description(False).replace("a=sendrecv", candidate), description(False, address="far.example.net")):
        call = PaperCall().answered(10.0, far=far).hung_up(16.0).sends(10.0, 15.9, far_port=4002)
        assert call.result(DESTINATION) is UNSAID


def test_a_hold_by_the_null_address_moves_nothing():
    call = PaperCall().answered(10.0).sends(10.0, 12.0)
    call.offers(12.0, 2, description(False, address="0.0.0.0", version=2), description(True, version=2), ours=False)
    call.offers(14.0, 3, description(False, version=3), description(True, version=3), ours=False).hung_up(18.0)
    assert call.sends(14.1, 17.9, first=300).result(DESTINATION) is HELD


def test_what_is_sent_to_a_video_line_is_no_audio():
    video = "m=video 50002 RTP/AVP 34\r\n"
    own, far = description(True) + video, description(False) + video.replace("50002", "4002")
    call = PaperCall().answered(10.0, own, far).hung_up(16.0).sends(10.0, 15.9)
    assert call.sends(10.0, 15.9, port=50002, ssrc=2, far_port=4002).result(DESTINATION) is HELD


@pytest.mark.parametrize("port", [DESCRIBED, MOVED], ids=["stays with the first", "follows the second"])
def test_a_far_end_that_answers_twice_and_differently_decides_nothing(port):
    """Early media of a server, then the answer of another phone under the same tag."""
    call = PaperCall(to_base=False)
    call.says(9.0, "INVITE", "1 INVITE", ours=True, body=description(True, kinds=(8, 0)), tagged=False)
    call.says(9.1, "183 Session Progress", "1 INVITE", ours=False, body=description(False, kinds=(8,)))
    call.says(10.0, "200 OK", "1 INVITE", ours=False, body=description(False, kinds=(0,), port=MOVED))
    call.says(10.01, "ACK", "1 ACK", ours=True)
    call.sends(10.02, 13.0, kind=8 if port == DESCRIBED else 0, far_port=port)
    for rule in (DESTINATION, "RTP-1", "RTP-TYPES"):
        assert not call.broken(rule), rule
