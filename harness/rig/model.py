"""The rig file's model (design, section 6): every key with its default and meaning."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from harness.core.errors import UsageError
from harness.core.limits import Limits
from harness.rig import address_plan
from harness.rig.entry import Entry
from harness.rig.field_types import (
    Address,
    Backend,
    Capability,
    Host,
    HostNumber,
    Interface4,
    Interface6,
    InterfaceName,
    Ipui,
    Mac,
    Platform,
    Seconds,
    SerialPort,
    Service,
    Version,
    mistake_at,
)
from harness.rig.pbx_model import AsteriskPbx, BaselinePbx, DialectPbx, ExternalPbx
from harness.rig.secrets import Secret
from harness.rig.segment import RESERVED

PEERS = 8
"""The number of peers of a rig, each with its own address."""
BASES = 41
"""The number of addresses that DHCP can give to bases."""


class Bringup(Entry):
    """A command that must run before the rig answers; it prints one JSON line when ready."""

    command: list[str] = Field(min_length=1, description="words; {rig} is the rig file, {run} the run's folder")
    segment: Literal["private", "host"] = Field(default="host", description="private: a network of its own")
    limit: Seconds = 30.0


class WebLogin(Entry):
    """How to log in to the base's web UI."""

    username: str = "admin"
    password: Secret
    scheme: Literal["http", "https"] = "http"
    port: int | None = Field(default=None, ge=1, le=65535)


class Firmware(Entry):
    """Which firmware the base should run."""

    not_yet: ClassVar[Mapping[str, str]] = {"directory": "no image is searched for; name the file: --firmware FILE"}

    release: Version | None = None


class Tls(Entry):
    """Limits of old devices: the oldest version of TLS that may be used for the web UI."""

    minimum: Literal["1.0", "1.1", "1.2", "1.3"] = "1.0"


class Base(Entry):
    """The device under test."""

    model: Literal["m9", "m9r"] = "m9"
    mac: Mac
    address: Address = "dhcp"
    web: WebLogin
    pin: Secret = Secret(env="M9_PIN", default="0000")
    firmware: Firmware = Firmware()
    tls: Tls = Tls()
    survey: str | None = None

    @property
    def mac_digits(self) -> str:
        """The MAC as in file names: twelve digits, upper case."""
        return self.mac.replace(":", "")


class HandsetEntry(Entry):
    """One handset: its number on the dongle, its IPUI, and the identity it is bound to."""

    number: int = Field(ge=1, le=9)
    ipui: Ipui
    identity: int = Field(ge=1, le=9)


class DonglePort(Entry):
    """The serial DECT test dongle; `port` is any pyserial URL; a bring-up command's answer replaces it."""

    port: SerialPort | None = None
    baudrate: int = Field(default=115200, ge=300)
    backend: Backend = "v1"


class SnmpV3(Entry):
    """A user of SNMP version 3 (USM)."""

    user: str
    auth: Secret | None = None
    auth_protocol: Literal["SHA", "SHA256", "MD5"] = "SHA"
    privacy: Secret | None = None
    privacy_protocol: Literal["AES", "DES"] = "AES"

    @model_validator(mode="after")
    def _privacy_is_authentic(self) -> SnmpV3:
        if self.privacy is not None and self.auth is None:
            raise mistake_at("privacy", "needs auth too: SNMP encrypts only what is authenticated (RFC 3414)")
        return self


class _SnmpPower(Entry):
    host: Host
    udp_port: int = Field(default=161, ge=1, le=65535)
    version: Literal["2c", "3"] = "2c"
    community: Secret | None = None
    v3: SnmpV3 | None = None

    @model_validator(mode="after")
    def _credentials(self) -> _SnmpPower:
        if self.version == "2c" and self.community is None:
            raise mistake_at("version", "2c needs community: {env: NAME}")
        if self.version == "3" and self.v3 is None:
            raise mistake_at("version", "3 needs v3: {user: …, auth: {env: NAME}}")
        if self.version == "2c" and self.v3 is not None:
            raise mistake_at("v3", 'is not used with version 2c; write version: "3", or leave v3 out')
        return self


class PoePower(_SnmpPower):
    """A PoE switch port: POWER-ETHERNET-MIB (RFC 3621) is indexed group.port, IF-MIB by if_index."""

    kind: Literal["poe"]
    group: int = Field(default=1, ge=1)
    port: int = Field(ge=1)
    if_index: int = Field(ge=1)


class PduPower(_SnmpPower):
    """An outlet of a switched power bar: one OID that takes an on and an off value."""

    kind: Literal["pdu"]
    outlet: str = Field(pattern=r"^\.?\d+(\.\d+)+$", description="the outlet's OID")
    on: int = 1
    off: int = 2


class NoPower(Entry):
    """The rig cannot cut the base's power: tests that need a power cut are not applicable."""

    kind: Literal["none"]


class CapturePoint(Entry):
    """Where packets are captured; with `mirror` duplicates are dropped, and lost packets are a rig fault."""

    interface: InterfaceName
    mode: Literal["host", "mirror", "inline"] = "host"


class Network(Entry):
    """The rig's network and what the harness offers on it."""

    interface: InterfaceName
    address: Interface4
    address6: Interface6 | None = None
    services: list[Service] = Field(default=["dhcp", "dns", "ntp", "http"])
    pbx: HostNumber = Field(default=11, ge=1, description="host number of the embedded Kamailio; 11 is x.x.x.11")
    peers: HostNumber = Field(default=20, ge=1, description="host number of the first of eight peers")
    bases: HostNumber = Field(default=50, ge=1, description="first host number that DHCP gives to bases")

    @model_validator(mode="after")
    def _base_is_served(self) -> Network:
        if "http" not in self.services:
            raise mistake_at("services", "lacks http: the base is provisioned from it")
        return self

    @model_validator(mode="after")
    def _hosts_fit(self) -> Network:
        address_plan.check_network(self.address, self.uses)
        return self

    @property
    def uses(self) -> address_plan.Uses:
        """The host numbers of the PBX, the peers and the bases."""
        spans = (("pbx", self.pbx, 1), ("peers", self.peers, PEERS), ("bases", self.bases, BASES))
        return {key: range(first, first + count) for key, first, count in spans}

    def at(self, number: int) -> str:
        """The IPv4 address with this host number in the rig's network."""
        network = ipaddress.IPv4Interface(self.address).network
        address = network.network_address + number
        if address not in network:
            raise UsageError(f"network.address {self.address} has no host {number}", remedy="give it a wider prefix")
        return str(address)

    def at6(self, number: int) -> str | None:
        """The IPv6 address whose last group shows the digits of the IPv4 host number: 11 is fd00:9::11."""
        if self.address6 is None:
            return None
        network = ipaddress.IPv6Interface(self.address6).network
        return str(network.network_address + int(str(number), 16))

    @property
    def host(self) -> str:
        """The harness's own IPv4 address, without the prefix length."""
        return self.address.split("/")[0]

    @property
    def host6(self) -> str | None:
        """The harness's own IPv6 address, without the prefix length."""
        return self.address6.split("/")[0] if self.address6 else None


class PeerWorker(Entry):
    """The worker process behind a peer; the harness's pjsua2 worker unless another is named."""

    worker: list[str] | None = Field(default=None, min_length=1)


class Timing(Entry):
    """Limits in seconds for what this rig does."""

    boot: Seconds = Limits.boot
    register_: Seconds = Field(default=Limits.register, alias="register")
    answer: Seconds = Limits.answer
    power: Seconds = Limits.power
    web: Seconds = Limits.web
    subscribe: Seconds = Limits.subscribe
    dongle: Seconds = Limits.dongle
    display: Seconds = Limits.display

    @property
    def limits(self) -> Limits:
        """The same limits in the drivers' form."""
        return Limits(**self.model_dump(by_alias=True))


class Rig(Entry):
    """One base with its handsets, dongle, switch port, network and PBXs."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="lower case letters, digits, - . _")
    kind: Literal["physical", "simulated"]
    bringup: Bringup | None = None
    base: Base
    handsets: list[HandsetEntry] = Field(min_length=1, max_length=9)
    dongle: DonglePort = DonglePort()
    power: Annotated[PoePower | PduPower | NoPower, Field(discriminator="kind")] = NoPower(kind="none")
    capture: CapturePoint
    network: Network
    pbx: dict[
        Platform, Annotated[BaselinePbx | DialectPbx | AsteriskPbx | ExternalPbx, Field(discriminator="kind")]
    ] = Field(min_length=1)
    peer: PeerWorker = PeerWorker()
    timing: Timing = Timing()
    capabilities: list[Capability] = Field(default=[], description="[] for none")
    permits: list[Literal["brick", "reset", "certificates"]] = Field(
        default=[],
        description=(
            "brick: bad images and power cuts while it writes firmware; reset: factory reset; certificates: its "
            "trusted roots are replaced, and stay so after the run; [] for none"
        ),
    )
    standin: dict[str, Any] = Field(default={})

    @field_validator("handsets")
    @classmethod
    def _handsets_differ(cls, handsets: list[HandsetEntry]) -> list[HandsetEntry]:
        for key in ("number", "ipui"):
            seen = [getattr(handset, key) for handset in handsets]
            twice = sorted({value for value in seen if seen.count(value) > 1})
            if twice:
                raise ValueError(f"two handsets have the {key} {twice[0]}")
        return handsets

    @model_validator(mode="after")
    def _power_is_there(self) -> Rig:
        if "power" in self.capabilities and self.power.kind == "none":
            raise mistake_at("capabilities", "names power, but power.kind is none")
        return self

    @model_validator(mode="after")
    def _reserved_addresses_stay_private(self) -> Rig:
        """Checked when the file is read: on a real network these addresses would meet those of a stand-in."""
        used = {
            "network": self.network.address,
            "base": self.base.address,
            "power": self.power.host if isinstance(self.power, _SnmpPower) else "",
        }
        for key, address in used.items():
            if address.startswith(RESERVED) and not self.private:
                text = f"{address}: {RESERVED}* is for private segments (bringup.segment: private) only"
                raise mistake_at(key, f"{text}; give the rig addresses of its own, e.g. 192.0.2.1/24")
        return self

    @model_validator(mode="after")
    def _base_is_reached(self) -> Rig:
        served = "dhcp" in self.network.services
        if self.base.address != "dhcp":
            address_plan.check_base(self.base.address, self.network.address, self.network.address6, self.network.uses)
            if "dhcp" in self.capabilities:
                raise mistake_at("capabilities", "names dhcp, but base.address is fixed")
        elif not served:
            text = "is dhcp, but network.services lacks dhcp; add it there, or write the base's fixed address"
            raise mistake_at("base.address", text)
        return self

    @model_validator(mode="after")
    def _peers_reach_the_registrar(self) -> Rig:
        for name, entry in self.pbx.items():
            six = isinstance(entry, ExternalPbx) and (entry.registrar.count(":") > 1)
            if six and self.network.address6 is None:
                text = f"{name}.registrar is an IPv6 address; the peers need network.address6 to reach it"
                raise mistake_at("pbx", text)
        return self

    @property
    def private(self) -> bool:
        """Whether this rig runs in a network segment made for the run alone."""
        return self.bringup is not None and self.bringup.segment == "private"
