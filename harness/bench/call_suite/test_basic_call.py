"""One call, one second of audio each way."""

import pytest


@pytest.mark.feature("call-in")
@pytest.mark.stimulus("keys", "far_end", "server")
@pytest.mark.parametrize("round", range(11))
def test_a_basic_call(call, round):
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways(window_ms=1000)
    call.peer.hang_up()
    call.expect.released_by("peer")
