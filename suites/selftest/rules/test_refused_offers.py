"""After a refused offer the call goes on; one that the far end has lost is ended."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description


def refused(status: str) -> PaperCall:
    """A hold at 12.0 whose offer is refused at 12.05."""
    call = PaperCall(ends=30.0).answered(10.0).did("hold", 11.9)
    return call.offers(12.0, 2, description(True, "sendonly", version=2), "", ours=True, status=status)


@pytest.mark.parametrize("status", ["488 Not Acceptable Here", "503 Service Unavailable"])
def test_a_call_goes_on_after_a_refusal(status):
    assert refused(status).result("CALL-REFUSED-OFFER") is Result.HELD
    ended = refused(status).hung_up(12.1)
    assert ended.broken("CALL-REFUSED-OFFER") == ["a call whose offer was refused goes on"]
    by_its_user = refused(status).did("hang-up", 12.08).hung_up(12.1)
    assert by_its_user.broken("CALL-REFUSED-OFFER") == []


@pytest.mark.parametrize("status", ["408 Request Timeout", "481 Call Does Not Exist"])
def test_a_lost_call_is_ended(status):
    assert refused(status).hung_up(12.1).result("CALL-REFUSED-OFFER") is Result.HELD
    assert refused(status).broken("CALL-REFUSED-OFFER") == ["a call that the far end has lost is ended"]
    by_the_far_end = refused(status).hung_up(12.1, ours=False)
    assert by_the_far_end.result("CALL-REFUSED-OFFER") is Result.NOT_EXERCISED


@pytest.mark.parametrize("status", ["491 Request Pending", "407 Proxy Authentication Required", "200 OK"])
def test_what_is_not_the_last_word_is_no_occasion(status):
    assert refused(status).result("CALL-REFUSED-OFFER") is Result.NOT_EXERCISED
