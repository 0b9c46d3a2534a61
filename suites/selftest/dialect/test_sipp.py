"""SIPp, a stack that shares nothing with the server, registers, calls and is called over each transport."""

import shutil
from pathlib import Path

import pytest

from suites.selftest import private_segment

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("sipp") is None, reason="SIPp is not installed")]
SCRIPT = Path(__file__).with_name("sipp_segment.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return private_segment.printed(SCRIPT, tmp_path_factory.mktemp("sipp"), within=90)


@pytest.mark.parametrize("way", ["udp", "tcp", "udp over IPv6", "tcp over IPv6"])
def test_sipp_registers_and_calls_itself_through_the_server(found, way):
    assert found[way] == [0, 0, 0]


def test_the_server_understood_all_of_it(found):
    assert found["received"] == ["ACK", "BYE", "INVITE", "OPTIONS", "REGISTER"]
    assert found["complaints"] == ""
