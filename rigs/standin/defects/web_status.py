"""Defects of what the web interface says of the unit: status, warnings, log."""

from __future__ import annotations

import re
from collections.abc import Callable

from rigs.standin.base.device import Device
from rigs.standin.base.log import LogFilterStrategy
from rigs.standin.core.replacing import defect
from rigs.standin.web.pages import log, status
from rigs.standin.web.strategies import StatusStrategy, WarningStrategy


class NetmaskOfAnotherClass(StatusStrategy):
    """The status page shows a netmask that is not the one in use."""

    feature = "status-page"

    def tagged(self, value: str, by_dhcp: bool, interface: str) -> str:
        return super().tagged("255.0.0.0" if value.startswith("255.") else value, by_dhcp, interface)


@defect(feature="status-page", replaces=status.network_rows)
def link_local_address_missing(
    healthy: Callable[[Device], list[tuple[str, str]]], device: Device
) -> list[tuple[str, str]]:
    """The status page does not tell under which IPv6 address the unit is found."""
    return [(name, "" if name == "IPv6 Link-Local URL" else value) for name, value in healthy(device)]


class UptimeStandsStill(StatusStrategy):
    """The uptime is that of the first look at the page."""

    feature = "status-uptime"

    def __init__(self) -> None:
        self._first: int | None = None

    def uptime(self, seconds: int) -> str:
        self._first = seconds if self._first is None else self._first
        return super().uptime(self._first)


class PinWarningCannotBeSwitchedOff(WarningStrategy):
    """The landing page warns of the factory PIN although pin_change_prompt is off."""

    feature = "pin-warning"

    def warns(self, pin: str, prompt: bool) -> bool:
        return pin == "0000"


class AnyLevelIsTheHighest(LogFilterStrategy):
    """A category is silent or tells everything: the levels between make no difference."""

    feature = "log-filter"

    def keeps(self, category: str, level: int, threshold: Callable[[str], int]) -> bool:
        return threshold(category) > 0


@defect(feature="application-log", replaces=log.lines)
def log_clock_stands_still(healthy: Callable[[Device], list[str]], device: Device) -> list[str]:
    """All messages carry the time of a quarter to midnight."""
    return [re.sub(r"\d\d:\d\d:\d\d\.\d+", "23:41:07.000", line, count=1) for line in healthy(device)]


@defect(feature="application-log", replaces=log.lines)
def log_swallows_markup(healthy: Callable[[Device], list[str]], device: Device) -> list[str]:
    """What stands between angle brackets in a message is not shown."""
    return [re.sub(r"<[^>]*>", "", line) for line in healthy(device)]


class FixedAddressCalledDhcp(StatusStrategy):
    """The status page says DHCP of an address that was set by hand."""

    feature = "status-address-source"

    def tagged(self, value: str, by_dhcp: bool, interface: str) -> str:
        return super().tagged(value, True, interface)


class PinWarningOutlivesTheChange(WarningStrategy):
    """The landing page goes on warning of the factory PIN after it was changed, until the next boot."""

    feature = "pin-warning"

    def __init__(self) -> None:
        self._warned = False

    def warns(self, pin: str, prompt: bool) -> bool:
        self._warned = self._warned or super().warns(pin, prompt)
        return self._warned and prompt


class LogLevelIsOneLess(LogFilterStrategy):
    """A category shows the messages below its level only: at 9 those of level 9 are missing, at 1 there are none."""

    feature = "log-filter"

    def keeps(self, category: str, level: int, threshold: Callable[[str], int]) -> bool:
        return level < threshold(category)
