"""CALL-INTERCOM, and the lists of handsets that call each other."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PROXY, PaperCall


@pytest.mark.parametrize(
    ("uri", "at", "result"),
    [
        (f"sip:*902@{PROXY}", 5.2, Result.BROKEN),
        (f"sip:%2A902@{PROXY}", 5.2, Result.BROKEN),
        (f"sip:7001@{PROXY}", 5.2, Result.HELD),
        (f"sip:*902@{PROXY}", 20.0, Result.HELD),
        (f"sip:*902@{PROXY}", 4.0, Result.HELD),
    ],
)
def test_the_number_of_a_handset_is_not_called_at_a_server(uri, at, result):
    call = PaperCall(to_base=False, ends=60.0).did("intercom", 5.0, number="*902", called="2")
    call.says(at, "INVITE", "1 INVITE", ours=True, tagged=False, uri=uri)
    assert call.result("CALL-INTERCOM") is result


def test_a_key_without_feedback_says_nothing():
    call = PaperCall(to_base=False, ends=60.0).did("intercom", 5.0, felt=False, number="*902", called="2")
    call.says(5.2, "INVITE", "1 INVITE", ours=True, tagged=False, uri=f"sip:*902@{PROXY}")
    assert call.result("CALL-INTERCOM") is Result.CANNOT_BE_SAID
