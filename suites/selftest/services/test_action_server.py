"""The server of action URLs against a plain client on loopback."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import pytest

from harness.core import clock, steps
from harness.core.clock import WaitExpired
from harness.core.steps import Step
from harness.services.action_server import MANNERS, ActionServer
from harness.services.authority import Authority, ServerFiles


@pytest.fixture
def server() -> Iterator[ActionServer]:
    with ActionServer("127.0.0.1", 0) as running:
        yield running


def ask(server: ActionServer, path: str, wait: float = 2.0) -> bytes | None:
    """What comes until the end of the connection, None where it does not end in time."""
    host, _, port = server.authority.partition(":")
    with socket.create_connection((host, int(port)), timeout=wait) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        got = b""
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            while data := line.recv(4096):
                got += data
            return got
    return None


@pytest.mark.parametrize(
    ("manner", "begins"),
    [
        ("usual", b"HTTP/1.1 200 OK\r\n"),
        ("error 500", b"HTTP/1.1 500 "),
        ("redirect", b"HTTP/1.1 302 Found\r\nLocation: /elsewhere/1/hold?a=b\r\n"),
        ("redirect in a circle", b"HTTP/1.1 302 Found\r\nLocation: /1/hold?a=b\r\n"),
        ("garbage", b"\x00\xff"),
    ],
)
def test_it_answers_in_the_manner_that_is_asked_for_and_notes_each_request(server, manner, begins):
    server.answer(manner)
    before = clock.now()
    assert (ask(server, "/1/hold?a=b") or b"").startswith(begins)
    fetch = server.expect("/1/hold", within=1, since=before)
    assert (fetch.path, fetch.method) == ("/1/hold?a=b", "GET")
    assert not server.keeps_waiting


@pytest.mark.parametrize("manner", ["no answer", "no end", "answer after 30 s"])
def test_who_waits_for_an_answer_waits_in_vain(server, manner):
    server.answer(manner)
    assert ask(server, "/slow", wait=0.1) is None
    assert (server.keeps_waiting, len(server.requests)) == (True, 1)
    server.answer("usual")
    assert ask(server, "/after") is not None


def test_a_manner_that_is_none_is_told(server):
    with pytest.raises(ValueError, match="is none of usual"):
        server.answer("rude")
    assert "usual" in MANNERS


def test_a_request_that_does_not_come_is_told_with_what_came(server):
    ask(server, "/other")
    with pytest.raises(WaitExpired, match=r"request for /1/hold.*GET /other"):
        server.expect("/1/hold", within=0.05, since=0.0)


def test_where_it_listens_is_an_act_and_where_it_is_gone_too():
    told: list[str] = []

    def note(step: Step) -> None:
        if "did" in step.data:
            told.append(step.data["did"]["there"])

    with steps.subscribed(note):
        server = ActionServer("127.0.0.1", 0)
        server.start()
        server.start()
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            ask(server, "/gone")
        server.start()
        assert ask(server, "/back") is not None
        server.stop()
    assert told == ["yes", "no", "yes", "no"]


def test_over_tls_it_shows_the_certificate_of_the_moment(tmp_path):
    authority = Authority("test CA")
    files = ServerFiles(tmp_path, authority, ["127.0.0.1"])
    files.write()
    trust = ssl.create_default_context(cadata=authority.pem)
    trust.set_ciphers("DEFAULT")  # keys are exchanged by RSA
    with ActionServer("127.0.0.1", 0, tls=lambda: files.context("1.2")) as server:
        assert server.url("/1/hold") == f"https://{server.authority}/1/hold"
        host, _, port = server.authority.partition(":")
        for fault, refused in (("", False), ("expired", True), ("", False)):
            files.present(fault)
            with socket.create_connection((host, int(port)), timeout=2) as line:
                if refused:
                    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
                        trust.wrap_socket(line, server_hostname=host)
                    continue
                with trust.wrap_socket(line, server_hostname=host) as secure:
                    secure.sendall(b"GET /1/hold HTTP/1.1\r\nHost: x\r\n\r\n")
                    assert secure.recv(100).startswith(b"HTTP/1.1 200 OK")
        assert len(server.requests) == 2
