"""dnsmasq for real in a private segment, and its configuration and log as plain text."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import UsageError
from harness.services.dhcp_probe import discover_packet, read_answer
from harness.services.dnsmasq_config import Serving, configuration, hosts_file, raw_option
from harness.services.dnsmasq_log import DhcpEvent, DnsEvent, LogReader, RouterEvent, TftpEvent
from harness.services.names import rig_names

SEGMENT = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
USER = ["--user", "--map-user=1000", "--map-group=1000", "--keep-caps"]
ROOT = Path(__file__).resolve().parents[3]


def run_in_segment(directory: Path, *, as_user: bool = False) -> dict[str, Any]:
    command = [SEGMENT[0], *(USER if as_user or os.getuid() else []), *SEGMENT[1:]]
    script = Path(__file__).with_name("dnsmasq_segment.py")
    done = subprocess.run(
        [*command, sys.executable, str(script), str(directory)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def judge(seen: dict[str, Any]) -> None:
    assert seen["bound"] == {
        "address": seen["bound"]["address"],
        "66": "http://198.18.9.1/provisioning?x={mac},1",
        "67": "boot,file.xml",
    }
    assert seen["bound"]["address"].startswith("198.18.9.5") or seen["bound"]["address"] == "198.18.9.60"
    assert seen["ack"][:2] == [seen["bound"]["address"], "snom-m9-000413300121"]
    assert seen["requested"] == [1, 3, 6]
    assert seen["leases"] == [["00:04:13:30:01:21", seen["bound"]["address"], "snom-m9-000413300121"]]
    assert (seen["stranger"], seen["ignored"], seen["strangers answered by"]) == (True, True, [])
    assert seen["dns"]["pbx A"] == [0, 1]
    assert seen["dns"]["pbx6 A"] == [0, 0]
    assert seen["dns"]["pbx6 AAAA"] == [0, 1]
    assert seen["dns"]["unknown"] == [3, 0]
    assert (seen["dns"]["srv"][1], seen["dns"]["naptr"][1], seen["dns"]["ntp"][1]) == (1, 2, 1)
    assert seen["after sighup"] == [[0, 1], True]
    assert seen["after restart"] == ["tftp://198.18.9.1", False, [0, 1]]
    assert seen["refused"] == "rig fault: network: another DHCP server answers on m9b: 198.18.9.1"
    assert (seen["tftp"], seen["gone"], seen["log"]) == ("<settings/>", True, True)


@pytest.mark.skipif(shutil.which("dnsmasq", path="/usr/sbin:/usr/bin") is None, reason="dnsmasq is not installed")
def test_a_segment_is_served_for_the_rigs_mac_only(tmp_path: Path) -> None:
    judge(run_in_segment(tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dnsmasq", path="/usr/sbin:/usr/bin") is None, reason="dnsmasq is not installed")
def test_the_same_as_an_ordinary_user(tmp_path: Path) -> None:
    judge(run_in_segment(tmp_path, as_user=True))


def test_the_configuration_sends_option_texts_untouched_and_only_to_known_macs(tmp_path: Path) -> None:
    serving = Serving(
        "m9rig", "198.18.9.1", "198.18.9.50", "198.18.9.60", ("00:04:13:30:01:21",), options={66: "http:"}
    )
    text = configuration(serving, tmp_path)
    assert 'dhcp-option-force=66,"http:"\n' in text
    assert "dhcp-ignore=tag:!known\n" in text
    assert "dhcp-host=00:04:13:30:01:21\n" in text
    assert "enable-ra" not in text


def test_times_and_addresses_of_a_lease_are_written_as_numbers_and_lists() -> None:
    options = {3: "198.18.9.1", 15: "branch.test", 58: "3"}
    serving = Serving("m9rig", "198.18.9.1", "198.18.9.50", "198.18.9.59", ("00:04:13:30:01:21",), options=options)
    text = configuration(serving, Path())
    for line in ("3,198.18.9.1", '15,"branch.test"', "58,3"):
        assert f"dhcp-option-force={line}\n" in text


def test_an_option_too_long_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="256 bytes"):
        raw_option("x" * 256)


def test_names_without_an_address_of_their_family_are_left_out() -> None:
    names = rig_names(host4="198.18.9.1", pbx4="198.18.9.11")
    assert names.hosts["pbx.m9.test"] == ["198.18.9.11"]
    assert "pbx6.m9.test" not in names.hosts
    assert "198.18.9.1 ntp.snom.com\n" in hosts_file(names.hosts)


def test_log_lines_become_events_and_late_details_reach_them() -> None:
    log = LogReader()
    lines = [
        "dnsmasq-dhcp[8]: 77 DHCPREQUEST(m9rig) 198.18.9.50 00:04:13:30:01:21 ",
        "dnsmasq-dhcp[8]: 77 client provides name: snom-m9",
        "dnsmasq-dhcp[8]: 77 DHCPACK(m9rig) 198.18.9.50 00:04:13:30:01:21 snom-m9",
        "dnsmasq-dhcp[8]: 77 sent size: 18 option: 66 tftp-server  http://198.18.9.1",
        "dnsmasq[8]: 3 198.18.9.50/4000 query[AAAA] pbx.m9.test from 198.18.9.50",
        "dnsmasq[8]: 3 198.18.9.50/4000 /x/hosts pbx.m9.test is fd00:9::11",
        "dnsmasq-tftp[8]: sent /t/a.xml to 198.18.9.50",
        "dnsmasq-tftp[8]: file /t/b.xml not found for 198.18.9.50",
        "dnsmasq-dhcp[8]: RTR-ADVERT(m9rig) fd00:9::",
        "dnsmasq[8]: cleared cache",
        "something else",
    ]
    events = [event for line in lines if (event := log.read(line, 1.0)) is not None]
    request, ack, asked, told, sent, missing, router = events
    assert isinstance(request, DhcpEvent)
    assert (request.kind, request.exchange.host_name) == ("REQUEST", "snom-m9")
    assert isinstance(ack, DhcpEvent)
    assert (ack.address, ack.mac, ack.exchange.sent[66]) == ("198.18.9.50", "00:04:13:30:01:21", "http://198.18.9.1")
    assert asked == DnsEvent(1.0, "198.18.9.50", "AAAA", "pbx.m9.test")
    assert told == DnsEvent(1.0, "198.18.9.50", "AAAA", "pbx.m9.test", "fd00:9::11")
    assert sent == TftpEvent(1.0, "198.18.9.50", "sent", "/t/a.xml")
    assert missing == TftpEvent(1.0, "198.18.9.50", "not found", "/t/b.xml")
    assert router == RouterEvent(1.0, "RTR-ADVERT", "fd00:9::")


def test_an_answer_to_somebody_else_is_not_taken() -> None:
    packet = b"\x02" + discover_packet(bytes(6), 5)[1:]
    assert read_answer(packet, 6) is None
    assert read_answer(packet, 5) is not None
    assert read_answer(b"short", 5) is None
