"""What on the base's wire shows that a far end's act came through, and what does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from harness.procedures.call import occasions
from harness.procedures.call.audio_path import far_end_may_send
from suites.selftest.rules.paper_call import BASE, PaperCall, description


def offer(direction: str = "sendrecv", **more: object):
    """A re-INVITE of the far end as the base received it."""
    body = description(False, direction, **more) if direction else ""
    return PaperCall().says(12.0, "INVITE", "2 INVITE", ours=False, body=body)


@pytest.mark.parametrize(
    ("shows", "came", "kept"),
    [
        (occasions.offers("sendonly"), offer("sendonly"), offer("sendrecv")),
        (occasions.offers("sendrecv"), offer(), offer(address="0.0.0.0")),
        (occasions.offers("inactive"), offer("inactive"), offer("sendonly")),
        (occasions.holds, offer("sendonly"), offer()),
        (occasions.holds, offer("inactive"), offer("sendonly", address="0.0.0.0")),
        (occasions.takes_the_old_form, offer(address="0.0.0.0"), offer("sendonly")),
        (occasions.offers_nothing, offer(""), offer()),
        (occasions.describes, offer(), offer("")),
        (occasions.prefers(["G722", "PCMA"]), offer(kinds=(9, 8, 0, 101)), offer(kinds=(8, 9, 0, 101))),
        (occasions.prefers(["PCMU"]), offer(kinds=(0,)), offer("")),
        (occasions.offers_g726, offer(kinds=(96, 8)), offer(kinds=(8, 96))),
        (occasions.receives_at(4998), offer(port=4998), offer(port=4000)),
        (occasions.receives_at(4998), offer(port=4998), offer("")),
        (occasions.moves_from(("198.18.9.20", 4000)), offer(port=4100), offer()),
        (occasions.moves_from(("198.18.9.20", 4000)), offer(address="198.18.9.21"), offer("")),
        (occasions.moves_from(("198.18.9.20", 4000)), offer(port=4100), offer(port=0)),
        (occasions.numbers_events(97), offer(kinds=(8, 97)), offer(kinds=(8, 101))),
        (occasions.numbers_events(97), offer(kinds=(8, 97)), offer(kinds=(8,))),
    ],
)
def test_an_act_of_the_far_end_is_believed_when_the_bases_wire_has_it(shows, came, kept):
    assert shows(came)
    assert not shows(kept)


@pytest.mark.parametrize(
    ("direction", "may"), [("sendrecv", True), ("sendonly", True), ("inactive", False), ("recvonly", False)]
)
def test_a_far_end_that_says_it_is_silent_is_not_waited_for(direction, may):
    told = [(message, message.sdp) for message in (offer(), offer(direction))]
    call = SimpleNamespace(base=(BASE,), dialog=SimpleNamespace(descriptions=lambda: told))
    assert far_end_may_send(call) is may
