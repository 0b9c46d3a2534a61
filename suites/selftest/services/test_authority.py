"""The harness's certification authority, judged by OpenSSL as a client that verifies."""

from __future__ import annotations

import contextlib
import ssl

import pytest

from harness.core.errors import UsageError
from harness.core.redaction import redaction
from harness.services.authority import FAULTS, Authority, Fault, ServerFiles

NAMES = ["pbx.example", "192.0.2.11"]
REASONS = {
    "expired": "has expired",
    "not yet valid": "not yet valid",
    "wrong host": "Hostname mismatch",
    "unknown authority": "signature failure",
    "self-signed": "self-signed",
    "wrong purpose": "unsuitable certificate purpose",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ServerFiles:
    made = ServerFiles(tmp_path_factory.mktemp("tls"), Authority("selftest CA"), NAMES)
    made.write()
    return made


def refusal(files: ServerFiles, host: str) -> str:
    """Why a client that trusts the authority refuses the server; empty if it takes it."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server.load_cert_chain(files.certificate, files.key)
    client.load_verify_locations(cadata=files.authority.pem)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    near, far = client.wrap_bio(down, up, server_hostname=host), server.wrap_bio(up, down, server_side=True)
    for side in (near, far, near):
        try:
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
    assert near.version()
    return ""


@pytest.mark.parametrize("host", NAMES)
def test_a_right_certificate_is_taken_by_each_name(files: ServerFiles, host: str) -> None:
    files.present("")
    assert refusal(files, host) == ""


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_the_only_one(files: ServerFiles, fault: Fault) -> None:
    files.present(fault)
    assert REASONS[fault] in refusal(files, NAMES[0])


def test_the_key_is_a_secret(files: ServerFiles) -> None:
    assert files.key.stat().st_mode & 0o077 == 0
    line = files.key.read_text().splitlines()[3]
    assert line not in redaction.mask(f"key {line} of the server")


def test_an_unknown_fault_is_a_mistake(files: ServerFiles) -> None:
    with pytest.raises(UsageError, match="no fault 'late'"):
        files.present("late")  # type: ignore[arg-type]
