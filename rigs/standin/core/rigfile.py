"""What the stand-in reads of a rig file: enough to be the rig that the file describes.

The harness checks the file with a model of its own; here only what this program uses is read, and a key that is
missing or wrong is one line with its path.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeInt, StringConstraints, ValidationError

from rigs.standin.core.secret import Secret


class RigFileError(ValueError):
    """The file cannot be read, or a value in it cannot be used; the text names file and key."""


@dataclass(frozen=True)
class Handset:
    """A handset: its number on the dongle, its IPUI (ten hexadecimal digits) and its bound identity (0: none)."""

    number: int
    ipui: str
    identity: int = 0


@dataclass(frozen=True)
class PoePort:
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
    power: PoePort
    handsets: tuple[Handset, ...]
    quirks: dict[str, str] = field(default_factory=dict)
    powered: bool = True
    pin: str = "0000"


class _Read(BaseModel):
    """A section of the file; keys that this program does not use are the harness's."""

    model_config = ConfigDict(extra="ignore")


_Model = TypeVar("_Model", bound=_Read)
_Interface = Annotated[str, AfterValidator(lambda text: str(ipaddress.ip_interface(text)))]
_Mac = Annotated[str, StringConstraints(pattern=r"^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$", to_upper=True)]
_Ipui = Annotated[str, StringConstraints(pattern=r"^[0-9A-Fa-f]{10}$", to_upper=True)]


class _Base(_Read):
    mac: _Mac
    pin: Secret = "0000"


class _Network(_Read):
    interface: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,15}$")] = "m9rig"
    address: _Interface = "198.18.9.1/24"
    address6: _Interface = "fd00:9::1/64"


class _V3(_Read):
    user: str = "m9"
    auth_protocol: str = "SHA"
    auth: Secret = ""
    privacy_protocol: str = "AES"
    privacy: Secret = ""


class _Power(_Read):
    kind: Literal["poe", "none"] = "poe"
    group: NonNegativeInt = 1
    port: NonNegativeInt = 3
    if_index: NonNegativeInt = 10103
    host: str | None = None
    community: Secret = "private"
    v3: _V3 = _V3()


class _Handset(_Read):
    number: NonNegativeInt | None = None
    ipui: _Ipui
    identity: NonNegativeInt = 0


class _Standin(_Read):
    quirks: dict[str, Any] | None = None
    powered: bool = True


class _File(_Read):
    name: str = "standin"
    base: _Base
    network: _Network = _Network()
    power: _Power = _Power()
    handsets: list[_Handset] = []
    standin: _Standin = _Standin()


class _Account(_Read):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    user: str = ""
    authname: str | None = None
    password: Secret = ""


class _Pbx(_Read):
    accounts: list[_Account] | None = None
    peer_accounts: list[_Account] | None = None


class _Accounts(_Read):
    pbx: dict[str, _Pbx] | None = None


def load(path: Path) -> Rig:
    """Reads a rig file; RigFileError with one line if it cannot be this program's rig."""
    read = _read(path, _File)
    power, v3 = read.power, read.power.v3
    return Rig(
        path=path,
        name=read.name,
        mac=read.base.mac,
        interface=read.network.interface,
        address=read.network.address,
        address6=read.network.address6,
        power=PoePort(
            group=power.group,
            port=power.port,
            if_index=power.if_index,
            host=power.host or "",
            community=power.community,
            **v3.model_dump(),
        ),
        handsets=tuple(
            Handset(number if one.number is None else one.number, one.ipui, one.identity)
            for number, one in enumerate(read.handsets, 1)
        ),
        quirks=dict(read.standin.quirks or {}),
        powered=read.standin.powered,
        pin=read.base.pin,
    )


def external_accounts(path: Path) -> dict[str, str]:
    """Passwords by user and authentication name of all accounts at external PBXs, the base's and the peers'."""
    found: dict[str, str] = {}
    for pbx in (_read(path, _Accounts).pbx or {}).values():
        for account in [*(pbx.accounts or []), *(pbx.peer_accounts or [])]:
            found |= {name: account.password for name in (account.user, account.authname) if name}
    return found


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RigFileError(f"{path}: {error}") from error
    try:
        return model.model_validate(raw if isinstance(raw, dict) else {}, context={"folder": path.parent})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise RigFileError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
