"""The PBXs of a rig file: embedded, dialect server, or the lab's own with its accounts."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from harness.rig.entry import Entry
from harness.rig.field_types import Seconds
from harness.rig.secrets import Secret


class AccountEntry(Entry):
    """One account of an external PBX."""

    user: str
    password: Secret
    authname: str | None = None
    number: str | None = None
    display: str | None = None


class BaselinePbx(Entry):
    """The embedded Kamailio."""

    kind: Literal["baseline"]


class DialectPbx(Entry):
    """The embedded server that behaves like the platform."""

    kind: Literal["dialect"]


class PbxStart(Entry):
    """How a PBX is started that runs for this rig alone, on this machine and in the rig's network."""

    command: list[str] = Field(min_length=1, description="words; {address} is the PBX's, {run} a folder of its own")
    ready: str = Field(default="", description="an expression for the line of its output that says that it is ready")
    limit: Seconds = 30.0

    @field_validator("ready")
    @classmethod
    def _is_an_expression(cls, ready: str) -> str:
        try:
            re.compile(ready)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return ready


class ExternalPbx(Entry):
    """A real PBX of the lab: its registrar, its accounts for the base and those for the peers."""

    kind: Literal["external"]
    start: PbxStart | None = None
    registrar: str = Field(min_length=1)
    outbound: str | None = Field(default=None, pattern=r"^sips?:")
    transport: Literal["udp", "tcp", "tls"] = "udp"
    accounts: list[AccountEntry] = Field(min_length=1)
    peer_accounts: list[AccountEntry] = Field(min_length=1)
