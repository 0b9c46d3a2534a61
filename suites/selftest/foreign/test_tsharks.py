"""The dissection under the tshark of other Debian suites: what it reads is what the installed one makes us read."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from harness.bench import stored_call
from harness.capture import dissect, known_packets, trace, tshark
from harness.capture.http_bodies import answers_of
from harness.core.errors import RigFault
from suites.selftest import private_segment
from suites.selftest.capture import frames as f
from suites.selftest.capture.test_small_protocols import packets as small_packets
from suites.selftest.foreign import debian_tree

CAPTURES = sorted((Path(__file__).parents[1] / "cases" / "captures").glob("*.pcap"))
SUITES = ("trixie", "sid")
pytestmark = pytest.mark.timeout(900)  # a hundred starts of tshark on a busy machine
GET = b"GET /a.htm?x=1 HTTP/1.1\r\nHost: 192.0.2.50\r\n\r\n"
PAGE = "<p>Grüße\t\n</p>".encode()
ANSWER = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(PAGE), PAGE)


def web() -> bytes:
    """A page that is asked for and comes in chunks."""
    return f.pcap(
        [
            f.ethernet(f.internet(source, target, 6, f.tcp(source, target, payload, number, ports=ports)))
            for source, target, ports, payload, number in (
                (f.PBX, f.BASE, (40000, 80), GET, 1),
                (f.BASE, f.PBX, (80, 40000), ANSWER, 1),
            )
        ]
    )


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The captures with a right answer, a call, small protocols on several links, a page."""
    folder = tmp_path_factory.mktemp("captures")
    stored_call.write(folder / "call.pcap", 2.0)
    for kind in {linktype for linktype, _ in f.LINKS.values()}:
        links = [wrapped for linktype, wrapped in f.LINKS.values() if linktype == kind]
        sent = [wrapped(packet) for wrapped in links for packet in small_packets() if packet[0] >> 4 == 4]
        (folder / f"link-{kind}.pcap").write_bytes(f.pcap(sent, kind))
    (folder / "fragments.pcap").write_bytes(f.pcap([f.ethernet(one) for one in f.fragments(f.request(body="v=0\r\n"))]))
    (folder / "web.pcap").write_bytes(web())
    return [*CAPTURES, *sorted(folder.glob("*.pcap"))]


def read(path: Path) -> list[str]:
    """What the stored and the live path read of a capture."""
    stored = trace.read(path, want=trace.EVERYTHING)
    process = tshark.start(tshark.messages_command(str(path)))
    lines = process.communicate()[0].splitlines()
    return [
        *map(repr, stored.events),
        *map(repr, stored.streams),
        *(repr(e) for one in lines for e in dissect.events(one)),
    ]


@pytest.fixture(scope="module")
def known(captures: list[Path]) -> dict[Path, list[str]]:
    """What the installed tshark makes us read."""
    return {path: read(path) for path in captures}


@pytest.fixture(params=SUITES)
def other(request: pytest.FixtureRequest, known: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The tshark of another suite instead of the installed one; its version."""
    tree = debian_tree.required(request.param, "tshark")
    start = shlex.join([*debian_tree.entered(tree, "/tmp", Path(__file__).parents[3]), "tshark"])
    (tmp_path / "tshark").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    (tmp_path / "tshark").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    tshark.versions.cache_clear()
    yield tshark.versions()["tshark"]
    tshark.versions.cache_clear()


@pytest.mark.slow
def test_every_capture_is_read_as_by_the_installed_one(other: str, known: dict[Path, list[str]]) -> None:
    assert other.startswith(("4.4", "4.6"))
    assert len(known) >= len(CAPTURES) + 8
    assert {path.stem: read(path) for path in known} == {path.stem: events for path, events in known.items()}


@pytest.mark.slow
def test_the_bodies_of_web_answers_are_the_same(other: str) -> None:
    assert answers_of(web(), [f.BASE]) == [("/a.htm?x=1", PAGE.decode())]


@pytest.mark.slow
def test_it_reads_the_known_packets(other: str) -> None:
    assert known_packets.require_dissection() == other


@pytest.mark.slow
@pytest.mark.parametrize("checks", ["live_checks", "live_fault_checks"])
def test_the_live_path_works_with_it(other: str, checks: str) -> None:
    private_segment.passes(Path(__file__).parents[1] / "capture" / f"{checks}.py")


def test_the_installed_one_reads_the_same() -> None:
    assert answers_of(web(), [f.BASE]) == [("/a.htm?x=1", PAGE.decode())]
    assert known_packets.require_dissection() == tshark.versions()["tshark"]


def test_a_version_that_reads_something_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dissect, "DHCP_TYPES", {5: "Acknowledged"})
    with pytest.raises(RigFault, match=r"tshark [0-9.]+: known packet 5 is read as .*'Acknowledged'.* not as .*'Ack'"):
        known_packets.require_dissection()
