"""Server types: what the base does otherwise for an identity whose setting user_pbxtype names a platform.

A class here is a lawful choice of a platform, named in platforms.yaml. It is asked through `Strategies.of(identity)`:
a defect first, else the choice of the identity's server type, else the healthy one.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from rigs.standin.base.settings import IDENTITIES, Settings
from rigs.standin.core.strategies import Strategy
from rigs.standin.media.description import Direction
from rigs.standin.media.strategies import EncryptionStrategy
from rigs.standin.sip.call_strategies import DivertingStrategy, HoldStrategy
from rigs.standin.sip.extensions import METHODS
from rigs.standin.sip.strategies import (
    CalleeStrategy,
    ContactStrategy,
    MethodStrategy,
    MissingLineStrategy,
    PublishStrategy,
    RegisterStrategy,
)
from rigs.standin.sip.values import Address, Uri

SETTING = "user_pbxtype"
NUMBER = re.compile(r"\+?[0-9]+")


class FoundByUser(MissingLineStrategy):
    """The registrar may strip line= from the Request-URI."""

    def by_user(self, quirk: str) -> bool:
        return True


class CommunicationsServerContact(ContactStrategy):
    """The server replaces the address in front of it, and learns the methods with the binding."""

    def register(self, user: str, host_port: str, transport: str, line: str, instance: str) -> str:
        contact = super().register(user, host_port, transport, line, instance)
        return f'{contact};proxy=replace;methods="{", ".join(METHODS)}"'


class CommunicationsServerRegister(RegisterStrategy):
    """The server keys endpoints by epid=, and sends notifications of the registration without a SUBSCRIBE."""

    def supported(self, refused: Set[str]) -> list[str]:
        own = ("gruu-10", "adhoclist", "msrtc-event-categories")
        return [*super().supported(refused), *(tag for tag in own if tag not in refused)]

    def sender(self, address: Address, mac: str, tag: str) -> str:
        return f"{super().sender(address, mac, tag)};epid={mac.replace(':', '').lower()}"

    def extensions(self, supported: list[str]) -> list[tuple[str, str]]:
        return [*super().extensions(supported), ("Event", "registration")]


class TelephoneNumber(CalleeStrategy):
    """Digits are a telephone number, and marked as such; star codes and names are not."""

    def uri(self, user: str, host: str, port: int | None) -> Uri:
        plain = super().uri(user, host, port)
        return replace(plain, params={**plain.params, "user": "phone"}) if NUMBER.fullmatch(user) else plain


class NoPublication(PublishStrategy):
    """The server knows no PUBLISH: presence goes another way there, or none."""

    def publishes(self, settings: Settings, identity: int) -> bool:
        return False


class BatchedNotices(MethodStrategy):
    """A BENOTIFY of the server wants no answer."""

    def refusal(self, method: str) -> int:
        return 0 if method == "BENOTIFY" else super().refusal(method)


class InactiveHold(HoldStrategy):
    """Who is held is told that nothing flows: the server has no music."""

    def offer(self, holding: bool, held: bool, quirk: str, *, first: bool) -> Direction:
        return "inactive" if holding else super().offer(holding, held, quirk, first=first)

    def answer(self, offered: Direction, holding: bool) -> Direction:
        return "inactive" if holding else super().answer(offered, holding)


class OptionalEncryption(EncryptionStrategy):
    """Keys stand in a plain offer: who does not know them answers plain."""

    def profile(self, agreed: str) -> str:
        return super().profile(agreed or "RTP/AVP")


class HistoryInfo(DivertingStrategy):
    """The way of the call as a list of its targets (RFC 7044)."""

    def says(self, own: Uri, target: Uri, reason: str) -> dict[str, str]:
        return {"History-Info": f"<{own}>;index=1, <{target}>;index=1.1;mp=1"}


@dataclass(frozen=True)
class Platform:
    """A row of platforms.yaml: `name` is its one spelling, `stored` the value of the setting."""

    name: str
    title: str
    stored: str
    choices: tuple[type[Strategy], ...] = ()
    events: tuple[str, ...] = ()
    """Event packages by which the server presses the handset's keys in a call."""
    source: str = ""


@cache
def platforms() -> dict[str, Platform]:
    """The platforms by the value of the setting, in the order of the drop-down; ValueError for an unknown choice."""
    with Path(__file__).with_name("platforms.yaml").open(encoding="utf-8") as text:
        rows = yaml.safe_load(text)
    found = [
        Platform(name, **row | {"choices": _classes(name, row.get("choices", [])), "events": (*row.get("events", []),)})
        for name, row in rows.items()
    ]
    return {platform.stored: platform for platform in found}


def of_identity(settings: Settings, identity: int) -> Platform | None:
    """The platform of an identity's server type; None for the default, an unknown text, or no identity."""
    if identity not in IDENTITIES:
        return None
    return platforms().get(settings.get(SETTING, identity).strip().lower())


def events_of(settings: Settings, identity: int) -> tuple[str, ...]:
    """The event packages of remote control that an identity obeys."""
    platform = of_identity(settings, identity)
    return platform.events if platform is not None else ()


def choice(settings: Settings, identity: int, kind: type[Strategy]) -> type[Strategy] | None:
    """What the server type of an identity has in the place of a healthy choice; None if it changes nothing there."""
    if kind not in _changed():
        return None
    platform = of_identity(settings, identity)
    return next((own for own in platform.choices if issubclass(own, kind)), None) if platform else None


@cache
def _changed() -> frozenset[type[Strategy]]:
    """The healthy choices that some platform has another for: most are asked for with each packet and are none."""
    return frozenset(kind for platform in platforms().values() for own in platform.choices for kind in own.__mro__[1:])


def _classes(platform: str, names: list[str]) -> tuple[type[Strategy], ...]:
    found: list[type[Strategy]] = []
    for name in names:
        kind = globals().get(name)
        if not (isinstance(kind, type) and issubclass(kind, Strategy) and kind.__module__ == __name__):
            raise ValueError(f"platforms.yaml: {platform}: no choice {name} in platforms.py")
        found.append(kind)
    return tuple(found)
