"""Defects of what the base keeps and tells of itself: flash, version, log."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rigs.standin.base.device import Device, UptimeStrategy
from rigs.standin.base.flash import Flash, FlashStrategy
from rigs.standin.base.log import LogFilterStrategy
from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import defect


class SettingsKeepNoNames(FlashStrategy):
    """The names given to the identities are gone after a power cut: they never reach the flash."""

    feature = "settings-persistence"

    def write(self, path: Path, content: bytes) -> None:
        if path.name == Settings.FILE:
            kept = {key: value for key, value in json.loads(content).items() if not key.startswith("user_realname#")}
            content = json.dumps(kept, ensure_ascii=False).encode()
        super().write(path, content)


@defect(feature="firmware-version", replaces=Device.__init__)
def version_without_letter(healthy: Callable[..., None], device: Device, **parts: Any) -> None:
    """The base reports 9.2.45 for 9.2.45-a: users cannot see which build is installed."""
    healthy(device, **parts)
    device.version = device.version.partition("-")[0]


class UptimeOutlivesPower(UptimeStrategy):
    """The uptime counts from the day of unpacking: users cannot see that the power was out."""

    feature = "poe-power"
    FILE = "unpacked.json"

    def began(self, flash: Flash) -> float:
        first = float(flash.load(self.FILE).get("at", 0)) or time.monotonic()
        flash.store(self.FILE, {"at": first})
        return first


class OneLevelForAll(LogFilterStrategy):
    """The level of general events decides for every category; the other eleven drop-downs do nothing."""

    feature = "log-filter"

    def keeps(self, category: str, level: int, threshold: Callable[[str], int]) -> bool:
        return level <= threshold("general")


class SilenceStillTalks(LogFilterStrategy):
    """A category set to 0 goes on logging its most important messages."""

    feature = "log-level-zero"

    def keeps(self, category: str, level: int, threshold: Callable[[str], int]) -> bool:
        return level <= max(threshold(category), 4)
