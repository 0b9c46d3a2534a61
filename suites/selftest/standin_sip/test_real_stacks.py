"""The user agent against real stacks: Kamailio as registrar and proxy, SIPp as caller and called."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("kamailio") and shutil.which("sipp")), reason="needs Kamailio and SIPp")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root for a segment of its own")
def test_kamailio_and_sipp_agree_with_the_user_agent():
    segment = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{HERE}"}
    done = subprocess.run(
        [*segment, sys.executable, str(HERE / "real_stacks.py")],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.endswith("all right\n"), done.stdout + done.stderr
