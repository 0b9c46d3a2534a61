"""The second worker: G.726 and IPv6 media, which the pjsua2 wheel has not."""

import shutil
from pathlib import Path

import pytest

from suites.selftest import private_segment
from suites.selftest.pbx.servers import BOTH_SLOWLY

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed")]
SCRIPT = Path(__file__).with_name("baresip_segment.py")


@pytest.fixture(scope="module", params=BOTH_SLOWLY)
def found(request, tmp_path_factory):
    deep = tmp_path_factory.mktemp("baresip") / ("a-run-of-a-checkout-far-below-" * 4)  # longer than baresip's paths
    deep.mkdir()
    return private_segment.printed(SCRIPT, deep, request.param, within=90)


@pytest.mark.parametrize(("call", "codec"), [("g726", "G726-32"), ("ipv6", "PCMA")])
def test_a_call_behind_baresip_is_heard_both_ways_held_and_ended(found, call, codec):
    assert found[call] == {"codec": codec, "heard": [True, True], "held": "recvonly", "ended": 200}
