"""Which codecs an identity speaks, in which order and under which payload numbers: the settings of the Audio page."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from .codecs import BY_NAME
from .description import CodecSpec, Direction, MediaDescription
from .strategies import AnswerStrategy, OfferStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

SLOTS = 7


@cache
def data() -> dict[str, Any]:
    """codecs.yaml."""
    with Path(__file__).with_name("codecs.yaml").open(encoding="utf-8") as text:
        loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def choices(device: Device) -> list[tuple[str, str]]:
    """Value and label of what a slot of the Audio page may hold, the empty slot first."""
    encoding: dict[str, str] = data()[device.quirks.get("codec_encoding")]
    return [("", "-"), *((value, data()["labels"][name]) for value, name in encoding.items())]


def telephone_event() -> int:
    """The payload number we offer for RFC 4733 events."""
    number: int = data()["telephone_event"]
    return number


def slots(device: Device, identity: int) -> list[str]:
    """RTP names of the slots in order, those only that this unit speaks; the factory's list when none is left."""
    encoding: dict[str, str] = data()[device.quirks.get("codec_encoding")]
    values = [device.settings.get(f"codec{slot}_name", identity) for slot in range(1, SLOTS + 1)]
    chosen = [encoding[value] for value in values if encoding.get(value, "") in BY_NAME]
    factory: list[str] = data()["factory"]
    return list(factory) if values == data()["untouched"] or not chosen else chosen


def offered(device: Device, identity: int) -> tuple[CodecSpec, ...]:
    """The formats of an offer, each with our payload number."""
    names = device.strategies.of(identity).get(OfferStrategy).codecs(slots(device, identity))
    return tuple(spec(device, identity, name) for name in names)


def spec(device: Device, identity: int, name: str) -> CodecSpec:
    """One codec under the number we give it: its static one, else user_payload_type and up."""
    codec = BY_NAME[name.upper()]
    if codec.static is not None:
        return CodecSpec(codec.static, codec.name, codec.rate)
    first = device.settings.int("user_payload_type", identity)
    return CodecSpec(first + data()["dynamic"][codec.name], codec.name, codec.rate)


def spoken(device: Device, identity: int) -> list[str]:
    """Upper-case names that an answer may hold: the slots, and the other packing wherever G.726-32 is among them."""
    names = [name.upper() for name in slots(device, identity)]
    return [*names, "AAL2-G726-32"] if "G726-32" in names else names


def address(device: Device) -> str:
    """The address media is received on, unless signalling knows a better one."""
    network = device.network
    return network.address4 or next(iter(network.addresses6), "") or network.link_local


def offer(device: Device, identity: int, port: int, direction: Direction) -> MediaDescription:
    """What an offer of this identity says; ptime only where propose_length is set (profiles, RTP-2)."""
    settings = device.settings
    announced = settings.int("packet_length", identity) if settings.bool("propose_length", identity) else None
    codecs = offered(device, identity)
    return MediaDescription(address(device), port, codecs, direction, announced, telephone_event())


def answer(own: MediaDescription, remote: MediaDescription, device: Device, identity: int) -> MediaDescription | None:
    """Our offer cut down to what the far end's offer has too, under its numbers; None if that is nothing."""
    theirs: dict[str, CodecSpec] = {}
    for codec in remote.codecs:
        if codec.rate == 8000:
            theirs.setdefault(codec.name.upper(), codec)
    names = device.strategies.of(identity).get(AnswerStrategy).codecs(list(theirs), spoken(device, identity))
    codecs = tuple(CodecSpec(theirs[name].payload, BY_NAME[name].name, 8000) for name in names)
    return replace(own, codecs=codecs, telephone_event=remote.telephone_event) if codecs else None
