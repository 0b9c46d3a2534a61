"""The types of values in a rig file; a wrong value gives an error of one line with the expected form."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

SERIAL_SCHEMES = ("rfc2217", "socket", "hwgrep", "spy", "alt", "cp2110", "loop")


def mistake_at(key: str, text: str) -> PydanticCustomError:
    """A mistake in several keys together, reported at one of them."""
    return PydanticCustomError("m9_at", "{text}", {"key": key, "text": text})


def _mac(text: str) -> str:
    digits = re.sub(r"[:\-.]", "", text)
    if not re.fullmatch(r"[0-9A-Fa-f]{12}", digits):
        raise ValueError(f"{text!r} is not a MAC; twelve hexadecimal digits are wanted")
    if int(digits[:2], 16) & 1 or not int(digits, 16):
        raise ValueError(f"{text!r} is not the MAC of one device: read it on the unit's label, e.g. 00:04:13:30:01:21")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)).upper()


def _ipui(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{10}", text):
        raise ValueError(f"{text!r} is not an IPUI; ten hexadecimal digits are wanted")
    return text.upper()


def _host_address(text: str) -> str:
    if text == "dhcp":
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        hint = "; write dhcp in lower case" if text.lower() == "dhcp" else ""
        hint = f"; write {text.partition('/')[0]} without the prefix length" if "/" in text else hint
        raise ValueError(f"{text!r} is neither dhcp nor an IPv4 or IPv6 address{hint}") from None


def _host(text: str) -> str:
    """A host by address or name; a text of four numbers is an address or a mistake, never a name."""
    if re.fullmatch(r"[0-9.]+", text) or ":" in text:
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            raise ValueError(f"{text!r} is not an IPv4 or IPv6 address") from None
    if len(text) > 253 or not re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?", text):
        raise ValueError(f"{text!r} is not a host; an IP address or a name is wanted")
    return text


def _registrar(text: str) -> str:
    """A host or an address, with or without a port, as a SIP URI has it."""
    if re.match(r"sips?:", text):
        raise ValueError(f"{text!r}: write the host without {text.partition(':')[0]}:, e.g. as.example.net:5060")
    bracketed = re.fullmatch(r"\[([^]]+)\](?::(\d+))?", text)
    host, port = bracketed.groups() if bracketed else (text, None)
    if not bracketed and text.count(":") == 1:
        host, _, port = text.partition(":")
    _host(host)
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise ValueError(f"{text!r}: {port!r} is not a port")
    return text


def _host_number(given: object) -> object:
    """A number written as text gets a hint, as an address is what first comes to mind."""
    if isinstance(given, str) and re.fullmatch(r"\d+(\.\d+){3}", given):
        number = given.rpartition(".")[2]
        raise ValueError(f"{given!r} is an address; write its host number in network.address, e.g. {number}")
    return given


def _interface4(text: str) -> str:
    return str(_interface(text, ipaddress.IPv4Interface, "192.0.2.1/24"))


def _interface6(text: str) -> str:
    if "%" in text:
        raise ValueError(f"{text!r} names an interface; name it in network.interface only, and e.g. 2001:db8:7::1/64")
    return str(_interface(text, ipaddress.IPv6Interface, "2001:db8:7::1/64"))


def _interface(text: str, kind: type[Any], example: str) -> Any:
    """An address of the harness with its network."""
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length; write e.g. {example}")
    try:
        return kind(text)
    except ValueError:
        version = "IPv4" if kind is ipaddress.IPv4Interface else "IPv6"
        raise ValueError(f"{text!r} is not an {version} address with its prefix length; write e.g. {example}") from None


def _serial_url(text: str) -> str:
    """A device or a URL that pyserial knows; checked here, as pyserial reports a wrong one only during the run."""
    scheme, found, _ = text.partition("://")
    if found and scheme.lower() not in SERIAL_SCHEMES:
        raise ValueError(f"{text!r}: {scheme}:// is not one of {', '.join(f'{known}://' for known in SERIAL_SCHEMES)}")
    return text


def _backend(name: str) -> str:
    from importlib.metadata import entry_points

    known = ["v1", *sorted(entry_points(group="m9.dongles").names)] if name != "v1" else [name]
    if name not in known:
        raise ValueError(f"{name!r} is not installed (entry point group m9.dongles); there are {', '.join(known)}")
    return name


def _served(name: object) -> object:
    if name in ("tftp", "https"):
        raise ValueError(f"{name!r}: not yet: the harness has no such server; leave it out")
    return name


Mac = Annotated[str, AfterValidator(_mac), Field(description='twelve hexadecimal digits, e.g. "00:04:13:30:01:21"')]
Ipui = Annotated[str, AfterValidator(_ipui), Field(description="ten hexadecimal digits")]
Version = Annotated[str, Field(description="a version is text", min_length=1)]
Host = Annotated[str, AfterValidator(_host), Field(description="an IP address or a host name")]
Seconds = Annotated[float, Field(gt=0, le=86400, description="seconds")]
InterfaceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]{1,15}$", description="the name of a network interface")]
Platform = Literal[
    "asterisk", "lync", "cisco", "broadsoft", "snom_one", "metaswitch", "telepo", "netpbx", "avaya"
]  # fmt: skip
Capability = Literal["dhcp", "power", "audio", "ipv6", "vlan", "tftp", "picture", "rf", "subscribe", "fresh"]
Service = Annotated[Literal["dhcp", "dns", "ntp", "http", "ldap"], BeforeValidator(_served)]
SerialPort = Annotated[str, AfterValidator(_serial_url), Field(min_length=1, description="a device or a pyserial URL")]
Backend = Annotated[str, AfterValidator(_backend), Field(description="an entry point of the group m9.dongles")]
HostNumber = Annotated[int, BeforeValidator(_host_number)]
Registrar = Annotated[
    str, AfterValidator(_registrar), Field(description="a host or an IP address, with or without a port", min_length=1)
]
Address = Annotated[str, AfterValidator(_host_address), Field(description="dhcp, or an IP address")]
Interface4 = Annotated[str, AfterValidator(_interface4), Field(description="an IPv4 address with its prefix length")]
Interface6 = Annotated[str, AfterValidator(_interface6), Field(description="IPv6 with its prefix length")]
