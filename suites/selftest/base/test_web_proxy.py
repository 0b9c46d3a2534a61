"""The loopback proxy against small servers on loopback."""

from __future__ import annotations

import datetime
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from harness.base.session import WebSession
from harness.base.web_proxy import WebProxy, connecting_from, old_tls
from harness.services.http import Behaviour, ProvisioningServer


def ask(proxy: WebProxy, method: str, path: str, body: str = "", **headers: str) -> http.client.HTTPResponse:
    client = http.client.HTTPConnection("127.0.0.1", int(proxy.url.rpartition(":")[2]), timeout=5)
    client.request(method, path, body or None, headers)
    return client.getresponse()


@contextmanager
def raw_server(answer: bytes) -> Iterator[int]:
    """Answers each connection with these bytes, whatever was asked, and closes it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):  # what is left unread at the close would reset the connection
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def test_requests_pass_and_leave_masked_evidence() -> None:
    with ProvisioningServer("127.0.0.1", 0) as base, WebProxy("127.0.0.1", base.port) as proxy:
        base.put("/index.htm", b"<p>hello", "text/html")
        answer = ask(
            proxy,
            "POST",
            "/index.htm",
            "username=admin&password=verysecret1",
            **{
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": "sid=abcdef123456",
                "Sec-Fetch-Mode": "x",
            },
        )
        assert (answer.status, answer.read()) == (200, b"<p>hello")
        seen = proxy.exchanges.snapshot()[0]
        assert (seen.method, seen.path, seen.status, seen.length) == ("POST", "/index.htm", 200, 8)
        assert "verysecret1" not in seen.body
        assert "abcdef123456" not in seen.request
        fetch = base.expect_fetch("/index.htm", within=2)
        assert fetch.headers["host"] == f"127.0.0.1:{base.port}"
        assert fetch.headers["connection"] == "close"
        assert "sec-fetch-mode" not in fetch.headers


def test_redirects_and_cookies_are_made_to_fit_the_proxy() -> None:
    with ProvisioningServer("127.0.0.1", 0) as base, WebProxy("127.0.0.1", base.port) as proxy:
        headers = (("Location", base.url("/x")), ("Set-Cookie", "sid=1; Path=/; Domain=198.18.9.50; Secure"))
        base.put("/r", b"", behaviour=Behaviour(status=302, headers=headers))
        answer = ask(proxy, "GET", "/r")
        assert answer.getheader("Location") == proxy.url + "/x"
        assert answer.getheader("Set-Cookie") == "sid=1; Path=/"


def test_a_base_that_drops_the_connection_is_told_from_one_that_refuses() -> None:
    with raw_server(b"") as port, WebProxy("127.0.0.1", port) as proxy:
        answer = ask(proxy, "POST", "/update.htm", "reboot=Reboot")
        assert (answer.status, b"without a status line" in answer.read()) == (502, True)
        assert proxy.exchanges.snapshot()[0].error == "connection closed without a status line"
    with WebProxy("127.0.0.1", port) as proxy:
        assert proxy.get("/").error == "connection refused"


def test_a_silent_base_ends_after_its_limit() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as deaf,
        WebProxy("127.0.0.1", deaf.getsockname()[1], within=0.1) as proxy,
    ):
        assert proxy.get("/").error == "no answer in time"


def test_garbage_from_the_base_is_reported() -> None:
    with raw_server(b"\x00\x01 not http\r\n\r\n") as port, WebProxy("127.0.0.1", port) as proxy:
        assert proxy.get("/").error.startswith("no proper HTTP")


def test_one_connection_at_a_time() -> None:
    """Two requests at once: the second reaches the base only after the first was answered."""
    hold = threading.Event()
    with ProvisioningServer("127.0.0.1", 0) as base, WebProxy("127.0.0.1", base.port) as proxy:
        base.put("/slow", b"1", behaviour=Behaviour(hold=hold))
        base.put("/quick", b"2")
        clients = [threading.Thread(target=lambda: ask(proxy, "GET", "/slow").read())]
        clients[0].start()
        while not proxy._one_at_a_time.locked():
            hold.wait(0.01)
        clients.append(threading.Thread(target=lambda: ask(proxy, "GET", "/quick").read()))
        clients[1].start()
        clients[1].join(0.1)
        assert base.fetches == []
        hold.set()
        for client in clients:
            client.join(5)
        assert [exchange.path for exchange in proxy.exchanges.snapshot()] == ["/slow", "/quick"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "000413300121")])
    day = datetime.datetime(2011, 1, 20, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day.replace(year=2040))
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "base.pem"
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(text + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_a_base_that_speaks_tls_1_0_only_is_reached(certificate: Path) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1
    old.load_cert_chain(certificate)
    with ProvisioningServer("127.0.0.1", 0, tls=old) as base, WebProxy("127.0.0.1", base.port, tls=old_tls()) as proxy:
        base.put("/index.htm", b"old")
        answer = ask(proxy, "GET", "/index.htm")
        assert answer.read() == b"old"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1 is deprecated")
def test_a_base_that_must_speak_tls_1_2_and_does_not_is_not_reached(certificate: Path, tmp_path: Path) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1
    old.load_cert_chain(certificate)
    with ProvisioningServer("127.0.0.1", 0, tls=old) as base:
        base.put("/index.htm", b"old")
        for oldest, status in (("1.0", 200), ("1.2", 502)):
            session = WebSession(
                "127.0.0.1", "admin", "x", tmp_path, scheme="https", port=base.port, oldest_tls=oldest, within=2.0
            )
            with session.proxy as proxy:
                assert ask(proxy, "GET", "/index.htm").status == status, oldest


@pytest.mark.parametrize("sources", [["127.0.0.9"], ["::1", "127.0.0.9"]])
def test_requests_leave_from_the_rigs_address(sources):
    with socket.create_server(("127.0.0.1", 0)) as base:
        with connecting_from(sources)(base.getsockname(), 5.0):
            connection, (seen, _) = base.accept()
            connection.close()
    assert seen == "127.0.0.9"
