"""The start of a rig until its base has address and settings, compared with bare dnsmasq and a file server."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from harness.base.provisioning import SettingValue, file_name, settings_document
from harness.bench.frame import Row
from harness.core.clock import wait_until
from harness.core.errors import HarnessFault
from harness.core.layout import STANDIN_RIG
from harness.rig import bringup, file, network
from harness.rig.factory import PROVISIONING
from harness.rig.model import Rig
from harness.rig.session import Session, SessionRequest

ROUNDS = 3
TARGET = 2.0
WITHIN = 30.0
DOCUMENT = [SettingValue("asset_id", "bench")]


def measure() -> Row:
    """The medians of alternating rounds."""
    rig = file.load(STANDIN_RIG)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="m9-") as folder:
            theirs.append(_bare(rig, Path(folder)))
        with tempfile.TemporaryDirectory(prefix="m9-") as folder:
            ours.append(_harness(rig, Path(folder)))
    return Row(
        "start of a rig: bring-up, base bound and fetched",
        statistics.median(ours),
        statistics.median(theirs),
        "more",
        TARGET,
        note="lease, capture, DHCP, DNS, NTP and HTTP included",
    )


def _harness(rig: Rig, folder: Path) -> float:
    """The harness's own start: lease, bring-up, addresses, capture, services."""
    began = time.monotonic()
    with Session(SessionRequest(rig, STANDIN_RIG, folder)) as session:
        path = f"{PROVISIONING}/{file_name(rig.base.mac)}"
        session.services.http.put(path, settings_document(DOCUMENT), "application/xml")
        session.services.http.expect_fetch(path, WITHIN)
        return time.monotonic() - began


def _bare(rig: Rig, folder: Path) -> float:
    """The same bring-up with dnsmasq and Python's file server started by hand."""
    if rig.bringup is None:
        raise HarnessFault(f"{STANDIN_RIG} has no bring-up")
    began = time.monotonic()
    with ExitStack() as stack:
        ready = stack.enter_context(bringup.started(rig.bringup, STANDIN_RIG, folder))
        interface = ready.interface or rig.network.interface
        stack.enter_context(network.addressed(rig.network, interface))
        files = folder / "files"
        files.mkdir()
        (files / file_name(rig.base.mac)).write_bytes(settings_document(DOCUMENT))
        log = folder / "http.log"
        web = [sys.executable, "-u", "-m", "http.server", "80", "--bind", rig.network.host, "--directory", str(files)]
        stack.enter_context(_running(web, log))
        stack.enter_context(_running(_dnsmasq(rig, interface), folder / "dnsmasq.log"))
        wait_until(lambda: '" 200' in log.read_text(encoding="utf-8"), what="the base's fetch", within=WITHIN)
        return time.monotonic() - began


def _dnsmasq(rig: Rig, interface: str) -> list[str]:
    program = shutil.which("dnsmasq", path="/usr/sbin:/usr/bin") or "dnsmasq"
    first, last = rig.network.at(rig.network.bases), rig.network.at(rig.network.bases + 40)
    return [
        program,
        "--keep-in-foreground",
        "--conf-file=/dev/null",
        "--port=0",
        "--no-ping",
        "--leasefile-ro",
        f"--interface={interface}",
        f"--dhcp-range={first},{last}",
        f"--dhcp-option=66,http://{rig.network.host}",
    ]


class _running:
    """A child process with its output in a file, ended with the context."""

    def __init__(self, words: list[str], log: Path) -> None:
        self._words, self._log = words, log

    def __enter__(self) -> None:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(self._words, stdout=output, stderr=output)

    def __exit__(self, *error: object) -> None:
        self._process.terminate()
        self._process.wait(5.0)
