"""Fills in the configuration of the baseline PBX; what it does stands in the template beside this file."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from harness.pbx import tables

TEMPLATE = Path(__file__).with_name("kamailio.template.cfg")
MODULE_FOLDERS = (
    "/usr/lib/x86_64-linux-gnu/kamailio/modules",
    "/usr/lib/aarch64-linux-gnu/kamailio/modules",
    "/usr/lib/kamailio/modules",
)
FIRST_ANSWER_MS = 5000
"""How long a far end may be mute before the caller gets 408 (tm, fr_timer)."""
WARNINGS = "2"
TLS_CONFIG = "kamailio.tls.cfg"
OPENSSL_CONFIG = "openssl.cnf"
CIPHERS = "AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA"
"""Key exchange by RSA, which the server's key alone opens in a capture; the last two are those of TLS 1.0."""
NEWEST = "TLSv1.2"
"""TLS 1.3 has no key exchange by RSA (RFC 8446 section 1.2)."""
_OLDEST = {"1.0": "TLSv1", "1.1": "TLSv1.1", "1.2": "TLSv1.2"}


@dataclass(frozen=True)
class Tls:
    """The files of the server's certificate and key, its port, and the oldest version of TLS that it offers."""

    certificate: Path
    key: Path
    minimum: str = "1.2"
    port: int = 5061


def write(
    directory: Path,
    socket_name: Path,
    *,
    hosts: list[str],
    port: int,
    realm: str,
    names: tuple[str, ...],
    nonce_expire: int,
    no_answer: int,
    presence: bool,
    tls: Tls | None = None,
) -> Path:
    """Write kamailio.cfg, without any password, into the run's folder; `hosts` as in a URI, times in seconds."""
    folder = directory / "kamailio-tables"
    if presence:
        tables.write(folder)
    words = {
        "DEBUG": WARNINGS,
        "LISTEN": "\n".join(f"listen={place}" for host in hosts for place in _places(host, port, tls)),
        "TLS_CONFIG": str(directory / TLS_CONFIG),
        "ALIASES": "\n".join(f'alias="{name}"' for name in (realm, *names)),
        "MODULES": next((found for found in MODULE_FOLDERS if Path(found).is_dir()), MODULE_FOLDERS[-1]),
        "RPC": str(socket_name),
        "FR_TIMER": str(FIRST_ANSWER_MS),
        "FR_INV_TIMER": str(1000 * no_answer),
        "NONCE_EXPIRE": str(nonce_expire),
        "SECRET": secrets.token_hex(24),
        "REALM": realm,
        "TABLES": str(folder),
        "SERVER": f"{hosts[0]}:{port}",
    }
    text = TEMPLATE.read_text()
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    if presence:
        text = text.replace("#!KAMAILIO\n", "#!KAMAILIO\n#!define WITH_PRESENCE\n", 1)
    if tls is not None:
        text = text.replace("#!KAMAILIO\n", "#!KAMAILIO\n#!define WITH_TLS\n", 1)
        _write_tls(directory, tls)
    config = directory / "kamailio.cfg"
    config.touch(mode=0o600)
    config.write_text(text)
    return config


def openssl_config(directory: Path) -> Path:
    """Where the versions stand that OpenSSL may use in this server."""
    return directory / OPENSSL_CONFIG


def _places(host: str, port: int, tls: Tls | None) -> list[str]:
    secure = [f"tls:{host}:{tls.port}"] if tls is not None else []
    return [f"udp:{host}:{port}", f"tcp:{host}:{port}", *secure]


def _write_tls(directory: Path, tls: Tls) -> None:
    """Kamailio's own file names the certificate; the versions stand in OpenSSL's, which alone has an upper limit."""
    lines = [
        "[server:default]",
        "method = TLSv1+",
        "verify_certificate = no",
        "require_certificate = no",
        f"certificate = {tls.certificate}",
        f"private_key = {tls.key}",
        f"cipher_list = {CIPHERS}",
    ]
    (directory / TLS_CONFIG).write_text("\n".join(lines) + "\n")
    oldest = _OLDEST.get(tls.minimum, NEWEST)
    level = "DEFAULT@SECLEVEL=0" if oldest != NEWEST else "DEFAULT"
    chain = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = limits\n[limits]\n"
    limits = f"MinProtocol = {oldest}\nMaxProtocol = {NEWEST}\nCipherString = {level}\n"
    openssl_config(directory).write_text(chain + limits)
