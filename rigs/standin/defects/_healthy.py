"""Types of healthy functions that several defects replace."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from rigs.standin.air.subscriptions import Subscriptions
from rigs.standin.base.device import Device
from rigs.standin.base.settings import Settings
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.media.sender import Sender
from rigs.standin.web.definitions import Field

InEffect: TypeAlias = Callable[[Settings, str, int, str], str]
"""The value of a setting that components act upon."""

Packets: TypeAlias = Callable[[Sender, RtpPacket], RtpPacket]
"""The packet that is sent for another."""

Proving: TypeAlias = Callable[[Subscriptions, str, str, str, str], str | None]
"""The key of a PIN that a handset's answer proves."""

TextOf: TypeAlias = Callable[[Device, Field, int, dict[str, str]], str | None]
"""What a form brings for a setting."""
