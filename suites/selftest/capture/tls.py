"""A TLS connection of SIP with its key log and the server's key, as packets."""

from __future__ import annotations

import contextlib
import datetime
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from suites.selftest.capture import frames as f


def _certificate(folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Path:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pbx")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def secured(folder: Path, texts: list[bytes]) -> tuple[list[bytes], Path]:
    """The packets of a TLS connection on which a client says these texts, and its key log."""
    packets, keylog, _ = _connection(folder, ec.generate_private_key(ec.SECP256R1()), texts)
    return packets, keylog


def secured_by_rsa(folder: Path, texts: list[bytes]) -> tuple[list[bytes], Path]:
    """The same with keys exchanged by RSA, and the server's private key."""
    packets, _, key = _connection(folder, rsa.generate_private_key(65537, 2048), texts, "AES128-SHA256")
    return packets, key


def _connection(
    folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, texts: list[bytes], cipher: str = ""
) -> tuple[list[bytes], Path, Path]:
    keylog = folder / "keys.log"
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pair = _certificate(folder, key)
    server_side.load_cert_chain(pair)
    if cipher:
        for side in (server_side, client_side):
            side.maximum_version = ssl.TLSVersion.TLSv1_2
            side.set_ciphers(cipher)
    client_side.check_hostname, client_side.verify_mode = False, ssl.CERT_NONE
    client_side.keylog_filename = str(keylog)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    packets, numbers = [_tcp(b"", 999, True), _tcp(b"", 4999, False)], {True: 1000, False: 5000}
    wires = {True: ssl.MemoryBIO(), False: ssl.MemoryBIO()}
    client, server = client_side.wrap_bio(wires[False], up), server_side.wrap_bio(wires[True], down, server_side=True)

    def carry() -> None:
        for outgoing, source in ((True, up), (False, down)):
            octets = source.read()
            wires[outgoing].write(octets)
            for begin in range(0, len(octets), 700):
                piece = octets[begin : begin + 700]
                packets.append(_tcp(piece, numbers[outgoing], outgoing))
                numbers[outgoing] += len(piece)

    for side in (client, server, client, server):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
        carry()
    for text in texts:
        client.write(text)
        carry()
        server.read(65536)
    return packets, keylog, pair


def _tcp(octets: bytes, number: int, outgoing: bool) -> bytes:
    ends, ports = ((f.BASE, f.PBX), (40000, 5061)) if outgoing else ((f.PBX, f.BASE), (5061, 40000))
    return f.internet(*ends, 6, f.tcp(*ends, octets, number, ports=ports))
