"""What the stand-in reads of a rig file: enough to be the rig that the file describes.

The harness checks the file with a model of its own; here only what this program uses is read, and a key that is
missing or wrong is one line with its path.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


class RigFileError(ValueError):
    """The file cannot be read, or a value in it cannot be used; the text names file and key."""


@dataclass(frozen=True)
class Handset:
    """A handset: its number on the dongle, its IPUI (ten hexadecimal digits) and its bound identity (0: none)."""

    number: int
    ipui: str
    identity: int = 0


@dataclass(frozen=True)
class Power:
    """The PoE port and how its agent is asked (RFC 3621 group and port, RFC 2863 ifIndex)."""

    group: int = 1
    port: int = 3
    if_index: int = 10103
    host: str = ""
    community: str = "private"
    user: str = "m9"
    auth_protocol: str = "SHA"
    auth: str = ""
    privacy_protocol: str = "AES"
    privacy: str = ""


@dataclass(frozen=True)
class Rig:
    """One rig as the stand-in builds it; addresses are those of the harness's host, with prefix length."""

    path: Path
    name: str
    mac: str
    interface: str
    address: str
    address6: str
    power: Power
    handsets: tuple[Handset, ...]
    quirks: dict[str, str] = field(default_factory=dict)
    powered: bool = True
    pin: str = "0000"


def load(path: Path) -> Rig:
    """Reads a rig file; RigFileError with one line if it cannot be this program's rig."""
    reader = _Reader(path)
    return Rig(
        path=path,
        name=str(reader.value("name", "standin")),
        mac=reader.matching("base.mac", r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}").upper(),
        interface=reader.matching("network.interface", r"[A-Za-z0-9_.-]{1,15}", "m9rig"),
        address=reader.interface("network.address", "198.18.9.1/24"),
        address6=reader.interface("network.address6", "fd00:9::1/64"),
        power=_power(reader),
        handsets=_handsets(reader),
        quirks=dict(reader.value("standin.quirks", {}) or {}),
        powered=bool(reader.value("standin.powered", True)),
        pin=reader.secret("base.pin", "0000"),
    )


def external_accounts(path: Path) -> dict[str, str]:
    """Passwords by user and authentication name of all accounts at external PBXs, the base's and the peers'."""
    reader = _Reader(path)
    found: dict[str, str] = {}
    for platform, pbx in (reader.value("pbx", {}) or {}).items():
        for key in ("accounts", "peer_accounts"):
            for at, row in enumerate(pbx.get(key) or []):
                where = f"pbx.{platform}.{key}.{at}"
                password = reader.reveal(f"{where}.password", row.get("password", ""), "")
                found |= {str(row[name]): password for name in ("user", "authname") if row.get(name)}
    return found


def _power(reader: _Reader) -> Power:
    kind = reader.value("power.kind", "poe")
    if kind not in {"poe", "none"}:
        raise RigFileError(f"{reader.path}: power.kind: the stand-in has a PoE switch, not {kind!r}")
    return Power(
        group=reader.number("power.group", 1),
        port=reader.number("power.port", 3),
        if_index=reader.number("power.if_index", 10103),
        host=str(reader.value("power.host", "") or ""),
        community=reader.secret("power.community", "private"),
        user=str(reader.value("power.v3.user", "m9")),
        auth_protocol=str(reader.value("power.v3.auth_protocol", "SHA")),
        auth=reader.secret("power.v3.auth", ""),
        privacy_protocol=str(reader.value("power.v3.privacy_protocol", "AES")),
        privacy=reader.secret("power.v3.privacy", ""),
    )


def _handsets(reader: _Reader) -> tuple[Handset, ...]:
    rows = reader.value("handsets", [])
    found: list[Handset] = []
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        ipui = row.get("ipui") if isinstance(row, dict) else None
        if not isinstance(ipui, str) or not re.fullmatch(r"[0-9A-Fa-f]{10}", ipui):
            raise RigFileError(f"{reader.path}: handsets.{at}.ipui: {ipui!r} is not ten hexadecimal digits in quotes")
        found.append(Handset(int(row.get("number", at + 1)), ipui.upper(), int(row.get("identity", 0))))
    return tuple(found)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise RigFileError(f"{path}: {error}") from error
        self._raw = raw if isinstance(raw, dict) else {}

    def value(self, key: str, default: Any) -> Any:
        node: Any = self._raw
        for part in key.split("."):
            if not isinstance(node, dict) or part not in node:
                return default
            node = node[part]
        return node

    def matching(self, key: str, pattern: str, default: str | None = None) -> str:
        found = self.value(key, default)
        if not isinstance(found, str) or not re.fullmatch(pattern, found):
            raise RigFileError(f"{self.path}: {key}: {found!r} cannot be used")
        return found

    def interface(self, key: str, default: str) -> str:
        found = self.value(key, default)
        try:
            return str(ipaddress.ip_interface(found))
        except ValueError as error:
            raise RigFileError(f"{self.path}: {key}: {error}") from error

    def number(self, key: str, default: int) -> int:
        found = self.value(key, default)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise RigFileError(f"{self.path}: {key}: {found!r} is no number")
        return found

    def secret(self, key: str, default: str) -> str:
        """The secret behind a key."""
        return self.reveal(key, self.value(key, default), default)

    def reveal(self, key: str, found: Any, default: str) -> str:
        """A secret is {env: NAME} or {file: PATH}, with a default for what guards nothing; RigFileError without any.

        What is there and empty counts as not there.
        """
        if not isinstance(found, dict):
            return str(found)
        if ("env" in found) == ("file" in found):
            raise RigFileError(f"{self.path}: {key}: name one of env and file")
        if "env" in found:
            source, (text, problem) = f"${found['env']}", (os.environ.get(str(found["env"])), "is not set")
        else:
            path = self.path.parent / Path(str(found["file"])).expanduser()
            source, (text, problem) = str(path), _first_line(path)
        if text:
            return text
        if found.get("default") is None:
            raise RigFileError(f"{self.path}: {key}: {source} {'is empty' if text == '' else problem}")
        return str(found["default"])


def _first_line(path: Path) -> tuple[str | None, str]:
    """The first line of a file, or why there is none."""
    try:
        return (path.read_text(encoding="utf-8").splitlines() or [""])[0], ""
    except UnicodeDecodeError:
        return None, "is not UTF-8 text"
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
