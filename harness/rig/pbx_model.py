"""The PBXs of a rig file: embedded, dialect server, or the lab's own with its accounts."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from pydantic import Field, field_validator

from harness.rig.entry import Entry
from harness.rig.field_types import Platform, Registrar, Seconds
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
    """The harness's own back-to-back user agent, `harness/dialect`."""

    kind: Literal["dialect"]
    platform: Literal[Platform, "plain"] | None = Field(
        default=None,
        description="whom it behaves like: the profile's platform unless another is named; plain: the RFCs",
    )


class AsteriskPbx(Entry):
    """A real Asterisk that the harness configures, starts and steers."""

    kind: Literal["asterisk"]
    command: list[str] = Field(
        default=["asterisk"], min_length=1, description="the words that run it; {run} is the folder of its files"
    )
    driver: Literal["chan_pjsip", "chan_sip"] = Field(
        default="chan_pjsip", description="its SIP driver; the classic one ended with version 20"
    )
    media: Literal["relayed", "direct", "own-tones"] = Field(
        default="relayed", description="direct: the two ends send to each other; own-tones: it plays ringing itself"
    )


OwnPbx: TypeAlias = BaselinePbx | DialectPbx | AsteriskPbx
"""The servers that the harness runs for the rig."""


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
    registrar: Registrar
    outbound: str | None = Field(default=None, pattern=r"^sips?:")
    transport: Literal["udp", "tcp", "tls"] = "udp"
    accounts: list[AccountEntry] = Field(min_length=1)
    peer_accounts: list[AccountEntry] = Field(min_length=1)
