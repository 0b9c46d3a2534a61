"""The names in the rig's DNS, as data (names.yaml), completed with the rig's addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class ServiceName:
    """An SRV record (RFC 2782)."""

    name: str
    target: str
    port: int
    priority: int = 10
    weight: int = 10


@dataclass(frozen=True)
class Pointer:
    """A NAPTR record (RFC 3403) as SIP uses it (RFC 3263)."""

    name: str
    order: int
    preference: int
    flags: str
    service: str
    replacement: str


@dataclass(frozen=True)
class Names:
    """The contents of the rig's DNS: addresses by name, SRV and NAPTR records, and the local domain."""

    domain: str = ""
    hosts: dict[str, list[str]] = field(default_factory=dict)
    services: tuple[ServiceName, ...] = ()
    pointers: tuple[Pointer, ...] = ()


@cache
def _data() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).with_name("names.yaml")).read_text())
    return loaded


def rig_names(*, host4: str = "", host6: str = "", pbx4: str = "", pbx6: str = "") -> Names:
    """The rig's names for these addresses; a name without any known address is left out."""
    known = {"host4": host4, "host6": host6, "pbx4": pbx4, "pbx6": pbx6}
    data = _data()
    hosts = {name: [known[role] for role in roles if known[role]] for name, roles in data["hosts"].items()}
    return Names(
        domain=data["domain"],
        hosts={name: addresses for name, addresses in hosts.items() if addresses},
        services=tuple(ServiceName(**record) for record in data["services"]),
        pointers=tuple(Pointer(**record) for record in data["pointers"]),
    )
