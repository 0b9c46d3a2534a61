"""The harness's own certification authority: certificates for its servers, right ones and wrong ones.

Keys are new for each run and RSA, as a device of 2011 knows no other kind. A server's key opens its connections in a
capture, so it is a secret: it is stored for this user alone and is part of no report.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.core.errors import UsageError
from harness.core.redaction import redaction

KEY_BITS = 2048
DAY = datetime.timedelta(days=1)
Fault = Literal["", "expired", "not yet valid", "wrong host", "unknown authority", "self-signed", "wrong purpose"]
FAULTS: tuple[Fault, ...] = (
    "expired", "not yet valid", "wrong host", "unknown authority", "self-signed", "wrong purpose",
)  # fmt: skip
"""What may be wrong with a server's certificate, each alone."""
OTHER_HOST = "elsewhere.example"
CIPHERS = "AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA"
_VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1}


@dataclass(frozen=True)
class _Wanted:
    """One certificate to be made; `issuer` None signs itself."""

    subject: x509.Name
    key: rsa.RSAPublicKey
    names: Sequence[str] = ()
    begins: datetime.timedelta = -DAY
    ends: datetime.timedelta = 30 * DAY
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH


class Authority:
    """A root with the common name `name`; it signs certificates of servers that all have one key."""

    def __init__(self, name: str = "m9 harness CA") -> None:
        self.name = name
        self._subject = _subject(name)
        self._key = _new_key()

    @cached_property
    def pem(self) -> str:
        """The root certificate, which a base has to trust."""
        return _pem(self._signed(_Wanted(self._subject, self._key.public_key(), ends=365 * DAY), root=True))

    @cached_property
    def server_key(self) -> str:
        """The private key of every server's certificate; it is masked in all evidence."""
        octets = self._server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        text = octets.decode()
        for line in text.splitlines():
            if not line.startswith("-----"):
                redaction.register(line)
        return text

    def server_certificate(self, names: Sequence[str], fault: Fault = "") -> str:
        """A certificate for a server of these names and addresses, the first one its common name; see FAULTS.

        Raises UsageError for an unknown fault.
        """
        if fault and fault not in FAULTS:
            raise UsageError(f"no fault {fault!r} of a certificate", remedy=f"one of {', '.join(FAULTS)}")
        wanted = _Wanted(_subject(names[0]), self._server.public_key(), names)
        if fault == "expired":
            wanted = replace(wanted, begins=-30 * DAY, ends=-DAY)
        elif fault == "not yet valid":
            wanted = replace(wanted, begins=DAY, ends=30 * DAY)
        elif fault == "wrong host":
            wanted = replace(wanted, subject=_subject(OTHER_HOST), names=(OTHER_HOST,))
        elif fault == "wrong purpose":
            wanted = replace(wanted, purpose=ExtendedKeyUsageOID.CLIENT_AUTH)
        elif fault == "self-signed":
            return _pem(self._signed(wanted, key=self._server, issuer=wanted.subject))
        elif fault == "unknown authority":
            return self._stranger.server_certificate_of(wanted)
        return self.server_certificate_of(wanted)

    def server_certificate_of(self, wanted: _Wanted) -> str:
        """The certificate that is wanted, signed by this root."""
        return _pem(self._signed(wanted))

    @cached_property
    def _server(self) -> rsa.RSAPrivateKey:
        return _new_key()

    @cached_property
    def _stranger(self) -> Authority:
        """A root of the same name that no base has been told of: only its key tells it from this one."""
        return Authority(self.name)

    def _signed(
        self,
        wanted: _Wanted,
        *,
        root: bool = False,
        key: rsa.RSAPrivateKey | None = None,
        issuer: x509.Name | None = None,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        made = x509.CertificateBuilder().subject_name(wanted.subject).issuer_name(issuer or self._subject)
        made = made.public_key(wanted.key).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now + wanted.begins).not_valid_after(now + wanted.ends)
        made = made.add_extension(x509.BasicConstraints(ca=root, path_length=0 if root else None), critical=True)
        if root:
            made = made.add_extension(_usage(signs_certificates=True), critical=True)
        else:
            made = made.add_extension(_usage(signs_certificates=False), critical=True)
            made = made.add_extension(x509.ExtendedKeyUsage([wanted.purpose]), critical=False)
            made = made.add_extension(x509.SubjectAlternativeName([_general(name) for name in wanted.names]), False)
        return made.sign(key or self._key, hashes.SHA256())


@dataclass(frozen=True)
class ServerFiles:
    """Certificate and key of one server in files that only this user reads; the certificate may be replaced."""

    folder: Path
    authority: Authority
    names: Sequence[str]

    @property
    def certificate(self) -> Path:
        """The server's certificate."""
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        """Its key, with which a capture can be read."""
        return self.folder / "server.key"

    def write(self) -> None:
        """Store the key and the right certificate."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key.touch(mode=0o600)
        self.key.write_text(self.authority.server_key)
        self.present("")

    def context(self, minimum: str) -> ssl.SSLContext:
        """For a server in this process, with the certificate as it is now; `minimum` is its oldest version of TLS.

        Keys are exchanged by RSA, which TLS 1.3 does not know, so that the key opens the capture.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        oldest = _VERSIONS.get(minimum, ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(CIPHERS if oldest == ssl.TLSVersion.TLSv1_2 else f"{CIPHERS}:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a base of 2011 may know no newer version
            context.minimum_version = oldest
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context

    def present(self, fault: Fault) -> None:
        """Store a certificate with this fault, or the right one; the server has to read it again."""
        self.certificate.write_text(self.authority.server_certificate(self.names, fault))


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
