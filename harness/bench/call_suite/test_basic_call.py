"""One call, one second of audio each way."""

import pytest


@pytest.mark.feature("call-in")
@pytest.mark.stimulus("keys", "far_end", "server")
@pytest.mark.parametrize("round", range(11))
def test_a_basic_call(call, round):
    call.established("incoming")
    call.audio.both_ways(window_ms=1000)
    call.is_hung_up_by_the_peer()
