"""Fills in the configuration of the baseline PBX; what it does stands in the template beside this file."""

from __future__ import annotations

import secrets
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
) -> Path:
    """Write kamailio.cfg, without any password, into the run's folder; `hosts` as in a URI, times in seconds."""
    folder = directory / "kamailio-tables"
    if presence:
        tables.write(folder)
    words = {
        "DEBUG": WARNINGS,
        "LISTEN": "\n".join(f"listen={kind}:{host}:{port}" for host in hosts for kind in ("udp", "tcp")),
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
    config = directory / "kamailio.cfg"
    config.touch(mode=0o600)
    config.write_text(text)
    return config
