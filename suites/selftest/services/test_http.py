"""The provisioning server against a plain client on loopback."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from harness.core import clock
from harness.core.clock import WaitExpired
from harness.core.errors import RigFault
from harness.services.http import Behaviour, ProvisioningServer


@pytest.fixture
def server() -> Iterator[ProvisioningServer]:
    with ProvisioningServer("127.0.0.1", 0) as running:
        yield running


def get(server: ProvisioningServer, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    client.request(method, path, headers={"User-Agent": "Mozilla/4.0 (compatible; snom m9 9.2.45-a)"})
    answer = client.getresponse()
    body = answer.read()
    client.close()
    return answer, body


def test_a_document_comes_byte_exact_with_its_length(server: ProvisioningServer) -> None:
    body = bytes(range(256)) * 3
    server.put("/a.bin", body, "application/octet-stream")
    answer, got = get(server, "/a.bin")
    assert (answer.status, got, answer.getheader("Content-Length")) == (200, body, "768")
    assert answer.getheader("Transfer-Encoding") is None


def test_every_request_is_logged_also_the_unknown_path(server: ProvisioningServer) -> None:
    before = clock.now()
    assert get(server, "/nothing.xml?x=1")[0].status == 404
    fetch = server.expect_fetch("/nothing.xml", within=2, since=before)
    assert (fetch.status, fetch.method, fetch.client) == (404, "GET", "127.0.0.1")
    assert "snom m9" in fetch.user_agent


def test_a_fetch_before_the_mark_does_not_count_and_the_timeout_tells_what_came(server: ProvisioningServer) -> None:
    get(server, "/early.xml")
    with pytest.raises(WaitExpired, match=r"early.xml.*no request"):
        server.expect_fetch("/early.xml", within=0.05, since=clock.now())


def test_a_removed_document_is_gone_and_head_has_no_body(server: ProvisioningServer) -> None:
    server.put("/b", b"12345")
    answer, body = get(server, "/b", "HEAD")
    assert (answer.getheader("Content-Length"), body) == ("5", b"")
    server.remove("/b")
    assert get(server, "/b")[0].status == 404


def test_chunked_status_and_headers_on_wish(server: ProvisioningServer) -> None:
    server.put("/c", b"x" * 3000, behaviour=Behaviour(chunked=True))
    answer, body = get(server, "/c")
    assert (answer.getheader("Transfer-Encoding"), answer.getheader("Content-Length")) == ("chunked", None)
    assert body == b"x" * 3000
    server.put("/d", b"", behaviour=Behaviour(status=302, headers=(("Location", "/c"),)))
    answer, _ = get(server, "/d")
    assert (answer.status, answer.getheader("Location")) == (302, "/c")


def test_a_cut_body_is_logged_as_incomplete(server: ProvisioningServer) -> None:
    server.put("/cut", b"0123456789", behaviour=Behaviour(cut_after=4))
    with pytest.raises(http.client.IncompleteRead):
        get(server, "/cut")
    fetch = server.expect_fetch("/cut", within=2)
    assert (fetch.length, fetch.complete) == (4, False)


def test_a_held_answer_comes_when_the_event_is_set(server: ProvisioningServer) -> None:
    hold = threading.Event()
    server.put("/slow", b"late", behaviour=Behaviour(hold=hold))
    got: list[bytes] = []
    client = threading.Thread(target=lambda: got.append(get(server, "/slow")[1]))
    client.start()
    with pytest.raises(WaitExpired):
        server.expect_fetch("/slow", within=0.1)
    hold.set()
    client.join(5)
    assert got == [b"late"]


def test_garbage_ends_the_connection_and_the_server_lives_on(server: ProvisioningServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        raw.sendall(b"\x16\x03\x01\x00\xff garbage\r\n\r\n")
        assert raw.recv(10) == b""
    server.put("/e", b"alive")
    assert get(server, "/e")[1] == b"alive"


def test_two_requests_on_one_connection(server: ProvisioningServer) -> None:
    server.put("/one", b"1")
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for _ in range(2):
        client.request("GET", "/one")
        assert client.getresponse().read() == b"1"
    client.close()
    clock.wait_until(lambda: len(server.fetches) == 2, what="two fetches logged", within=2)


def test_a_taken_port_is_a_rig_fault_with_a_remedy(server: ProvisioningServer) -> None:
    with pytest.raises(RigFault, match="cannot listen"), ProvisioningServer("127.0.0.1", server.port):
        pass


def test_stopping_ends_open_connections_at_once() -> None:
    with ProvisioningServer("127.0.0.1", 0) as running:
        raw = socket.create_connection(("127.0.0.1", running.port), timeout=5)
        raw.sendall(b"GET /half HTTP/1.1\r\n")
    raw.settimeout(2)
    with contextlib.suppress(ConnectionResetError):
        assert raw.recv(1) == b""
    raw.close()


def test_urls_are_written_as_clients_expect_them() -> None:
    assert ProvisioningServer("fd00:9::1").url("/a") == "http://[fd00:9::1]/a"
    assert ProvisioningServer("198.18.9.1", 8080).url("/a") == "http://198.18.9.1:8080/a"
