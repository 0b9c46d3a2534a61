"""The second worker: G.726 and IPv6 media, which the pjsua2 wheel has not."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("baresip") is None, reason="baresip is not installed")]
SCRIPT = Path(__file__).with_name("baresip_segment.py")
SEGMENT = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@pytest.fixture(scope="module")
def found(tmp_path_factory, pytestconfig):
    run = subprocess.run(
        [*SEGMENT, sys.executable, str(SCRIPT), str(tmp_path_factory.mktemp("baresip"))],
        capture_output=True,
        text=True,
        timeout=90,
        cwd=pytestconfig.rootpath,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(pytestconfig.rootpath)},
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize(("call", "codec"), [("g726", "G726-32"), ("ipv6", "PCMA")])
def test_a_call_behind_baresip_is_heard_both_ways_held_and_ended(found, call, codec):
    assert found[call] == {"codec": codec, "heard": [True, True], "held": "recvonly", "ended": 200}
