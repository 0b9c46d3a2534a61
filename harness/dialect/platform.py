"""What a platform does differently, read from `platforms.yaml` and checked: a wrong key or value is an error."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

FILE = Path(__file__).with_name("platforms.yaml")
Lines = tuple[str, ...]


class WrongPlatform(ValueError):
    """`platforms.yaml` does not say what it must; the text names platform, key and value."""


@dataclass(frozen=True)
class Expiry:
    """Seconds that a registration is granted: 0 for `most` is what was asked for."""

    least: int = 0
    default: int = 3600
    most: int = 0
    too_brief: Literal["423", "granted longer"] = "423"


@dataclass(frozen=True)
class SessionTimer:
    """What an INVITE towards the phone asks for where its caller asks for nothing; 0 is no timer."""

    expires: int = 0
    least: int = 0
    refresher: Literal["", "uac", "uas"] = ""


@dataclass(frozen=True)
class Mailbox:
    """How messages waiting are told."""

    subscribed: bool = True
    unasked: bool = False
    at_registration: bool = False
    state: bool = True
    """Whether an unasked summary has Subscription-State."""
    counts: bool = True
    account: str = ""
    """The value of Message-Account; {host} is the server, {user} the user."""


@dataclass(frozen=True)
class Sent:
    """A request that goes to each binding as soon as it stands."""

    method: str
    lines: Lines = ()
    body: str = ""


@dataclass(frozen=True)
class Platform:
    """The switches of one platform; a default is what a plain server of the RFCs does."""

    name: str = "plain"
    challenge: Literal["401 and 407", "401"] = "401 and 407"
    qop: bool = False
    expiry: Expiry = field(default_factory=Expiry)
    names: tuple[Literal["P-Asserted-Identity", "Remote-Party-ID"], ...] = ()
    """The headers that name the caller towards the phone, and who has answered."""
    withheld: Literal["passed on", "anonymous From", "Remote-Party-ID"] = "passed on"
    name_update: Literal["", "re-INVITE", "UPDATE", "INFO"] = ""
    """How a phone is told in a call that it talks to another."""
    diverted: Literal["", "Diversion", "History-Info"] = ""
    ping: int = 0
    """Seconds between two OPTIONS to a phone; without an answer it counts as not there."""
    mailbox: Mailbox = field(default_factory=Mailbox)
    session_timer: SessionTimer = field(default_factory=SessionTimer)
    late_offer: bool = False
    """Whether INVITEs towards the phone come without an offer."""
    agent: str = ""
    """User-Agent of requests and Server of answers; empty passes on what the far end says."""
    contact: str = ""
    """Parameters behind the server's Contact."""
    noise: Mapping[str, Lines] = field(default_factory=dict)
    """Header lines towards the phone: by method, in the `answer` to an INVITE, and when a name changes, `rename`."""
    codecs: Lines = ()
    """Codecs that an offer towards the phone lists first, each as a number and its name with the clock rate."""
    after_registration: tuple[Sent, ...] = ()

    def lines(self, kind: str) -> Lines:
        """The noise of a method or of `answer`."""
        return tuple(self.noise.get(kind, ()))


def load(name: str, file: Path = FILE) -> Platform:
    """The platform of this name; raises WrongPlatform."""
    every = _read(file)
    if name not in every:
        raise WrongPlatform(f"no platform is named {name!r}: {', '.join(every)}")
    made: Platform = _made(Platform, {"name": name, **(every[name] or {})}, name)
    return made


def names(file: Path = FILE) -> list[str]:
    """Every platform."""
    return list(_read(file))


@functools.cache
def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def _made(kind: Any, value: Any, place: str) -> Any:
    """A value as its annotation wants it."""
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise WrongPlatform(f"{place}: {value!r} has no keys")
        hints = get_type_hints(kind)
        for key in value:
            if key not in hints:
                raise WrongPlatform(f"{place}.{key}: is none of {', '.join(hints)}")
        given = {key: _made(hints[key], one, f"{place}.{key}") for key, one in value.items()}
        try:
            return kind(**given)  # type: ignore[operator]  # a dataclass itself, no instance
        except TypeError as error:
            raise WrongPlatform(f"{place}: {error}") from error
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        if value in inner:
            return value
    elif origin is tuple and isinstance(value, list):
        return tuple(_made(inner[0], one, f"{place}[{n}]") for n, one in enumerate(value))
    elif origin is Mapping and isinstance(value, dict):
        return MappingProxyType({key: _made(inner[1], one, f"{place}.{key}") for key, one in value.items()})
    elif origin is None and type(value) is kind and not (kind is int and value < 0):
        return value
    told = " or ".join(map(str, inner)) if origin is Literal else getattr(kind, "__name__", str(kind))
    raise WrongPlatform(f"{place}: {value!r} is not {told}")
