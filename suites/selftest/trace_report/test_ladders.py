"""The ladder of a call: a bar of RTP ends where an answer changes what may be sent, or where to."""

from __future__ import annotations

import pytest

from harness.trace_report.ladders import in_parts
from suites.selftest.rules.paper_call import PaperCall, description

CHANGED = 12.05
"""When the re-INVITE was answered."""


@pytest.mark.parametrize(
    ("own", "far", "parts"),
    [
        ({}, {}, [200]),
        ({"direction": "recvonly"}, {"direction": "sendonly"}, [108, 92]),
        ({}, {"port": 4002}, [108, 92]),
    ],
)
def test_a_stream_is_cut_where_an_answer_changes_directions_or_ports(
    own: dict[str, str], far: dict[str, object], parts: list[int]
) -> None:
    call = PaperCall().answered(10.0)
    call.offers(
        CHANGED - 0.05, 2, description(False, version=2, **far), description(True, version=2, **own), ours=False
    )  # type: ignore[arg-type]
    (talk,) = call.sends(10.0, 14.0).hung_up(14.1).evidence().calls
    assert [part.packets for part in in_parts(talk)] == parts


def test_what_is_sent_anew_after_an_answer_is_no_part_of_what_was_before() -> None:
    call = PaperCall().answered(10.0)
    held = description(False, "sendonly", version=2), description(True, "recvonly", version=2)
    back = description(False, version=3), description(True, version=3)
    call.offers(11.0, 2, *held, ours=False).offers(13.0, 3, *back, ours=False)
    (talk,) = call.sends(10.0, 11.1).sends(13.06, 14.0).hung_up(14.1).evidence().calls
    assert [part.packets for part in in_parts(talk)] == [55, 47]
