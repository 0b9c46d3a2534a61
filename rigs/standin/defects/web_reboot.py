"""Faults of the reboot button, and of what there is after it."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.base.device import Device
from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import Async, defect
from rigs.standin.web.http import Request, Response
from rigs.standin.web.login import Login, Page

KEPT = ("ring_duration#0", "asset_id#0")


@defect(feature="web-reboot", replaces=Login.answer)
def anybody_may_press_reboot(
    healthy: Callable[[Login, Request, Page], Response], login: Login, request: Request, page: Page
) -> Response:
    """Whoever finds the base on the network can end all calls."""
    asked = request.method == "POST" and "reboot" in request.form
    return login.inside(request, page) if asked else healthy(login, request, page)


@defect(feature="web-reboot", replaces=Device.reboot)
async def reboot_takes_the_last_settings_along(healthy: Callable[[Device], Async[None]], device: Device) -> None:
    """What was changed on a page since the start is gone after the button."""
    kept = device.settings.flash.load(Settings.FILE)
    device.settings.flash.store(Settings.FILE, {key: row for key, row in kept.items() if key not in KEPT})
    await healthy(device)
