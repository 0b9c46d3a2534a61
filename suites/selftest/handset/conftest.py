"""A loop dongle and the driver on it."""

import pytest

from harness.handset.dongle import Dongle
from harness.handset.loopback_dongle import LoopbackDongle


@pytest.fixture
def loop(tmp_path):
    with LoopbackDongle(tmp_path / "dongle") as loop:
        yield loop


@pytest.fixture
def dongle(loop):
    with Dongle(str(loop.link), timeout=0.5, replug_within=3.0) as dongle:
        yield dongle
