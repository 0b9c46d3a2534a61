"""The harness's directory: the same people in every run, and a real slapd that serves them."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator

import pytest

from harness.capture import ldap
from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.services import people
from harness.services.slapd import PROGRAMS, Slapd
from suites.selftest.capture.ldap_octets import PACKET, ber, bind, equal, search

ALL = ber(0x87, "objectClass")
needs_slapd = pytest.mark.skipif(shutil.which("slapd", path=PROGRAMS) is None, reason="slapd is not installed")


def ask(server: Slapd, *requests: bytes, timeout: float = 5.0) -> list[ldap.LdapMessage]:
    """The answers to some requests on one connection, up to the last result."""
    with socket.create_connection((server.address, server.port), timeout=timeout) as connection:
        connection.sendall(b"".join(requests))
        return list(answers(connection, len(requests)))


def answers(connection: socket.socket, results: int) -> Iterator[ldap.LdapMessage]:
    stream = connection.makefile("rb")
    while results:
        head = stream.read(2)
        more = stream.read(head[1] & 0x7F) if head[1] & 0x80 else b""
        length = int.from_bytes(more, "big") if more else head[1]
        found = ldap.read(PACKET, head + more + stream.read(length))
        assert found is not None
        results -= found.operation.endswith("result")
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Slapd("127.0.0.1", tmp_path_factory.mktemp("slapd"), port) as running:
        running.require(["301", "302"])
        yield running


def test_the_people_are_the_same_in_every_run_and_no_name_stands_twice() -> None:
    some = people.people()
    assert some == people.people()
    assert len({one.name for one in some}) == len({one.number for one in some}) == people.COUNT
    assert some[0].name == "Ada Abel"
    assert (some[0].number, some[1].number, some[2].number) == ("+49 30 5500000", "0305500001", "5500002")


def test_ldif_writes_names_that_are_not_ascii_in_base64() -> None:
    text = people.ldif([people.Person("p1", "Søren", "Groß", "1"), people.Person("p2", "Ada", "Abel", "2")], "x")
    assert "cn:: U8O4cmVuIEdyb8Of" in text
    assert "cn: Ada Abel" in text


@needs_slapd
def test_without_a_login_the_public_people_are_found_up_to_a_limit(server: Slapd) -> None:
    found = ask(server, bind(1), search(2, people.PEOPLE, equal("cn", "Søren Groß"), "cn", "telephoneNumber"))
    assert [one.operation for one in found] == ["bind result", "entry", "search result"]
    assert found[1].values["cn"] == ("Søren Groß",)
    many = ask(server, bind(1), search(2, people.PEOPLE, ALL, "cn", limit=50))
    assert sum(one.operation == "entry" for one in many) == people.ANONYMOUS_HITS
    assert many[-1].result == ldap.SIZE_LIMIT_EXCEEDED


@needs_slapd
def test_staff_is_shown_to_the_login_only(server: Slapd) -> None:
    wanted = search(2, people.STAFF, equal("telephoneNumber", "301"), "cn")
    assert [one.operation for one in ask(server, bind(1), wanted)] == ["bind result", "search result"]
    found = ask(server, bind(1, people.LOGIN, server.password), wanted)
    assert [one.operation for one in found] == ["bind result", "entry", "search result"]
    assert ask(server, bind(1, people.LOGIN, "wrong"))[0].result == ldap.INVALID_CREDENTIALS


@needs_slapd
def test_a_frozen_server_takes_connections_and_answers_when_it_goes_on(server: Slapd) -> None:
    server.freeze()
    with pytest.raises(TimeoutError):
        ask(server, bind(1), timeout=0.2)
    server.check()
    server.thaw()
    assert ask(server, bind(1))[0].result == ldap.SUCCESS


@needs_slapd
def test_one_that_ends_by_itself_is_a_rig_fault_and_is_started_again(server: Slapd) -> None:
    assert server._process is not None
    server._process.kill()
    wait_until(lambda: not server._runs, what="slapd ends", within=5)
    with pytest.raises(RigFault, match="slapd has ended"):
        server.check()
    server.revive()
    assert ask(server, bind(1))[0].result == ldap.SUCCESS
    server.stop()
    server.check()
    server.revive()
    assert not server._runs
