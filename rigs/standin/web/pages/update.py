"""The update page: the firmware that runs, and the button that reboots."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rigs.standin.web import render
from rigs.standin.web.http import Request, Response
from rigs.standin.web.registry import page
from rigs.standin.web.render import Notice

if TYPE_CHECKING:
    from rigs.standin.web.site import Site


@page("/update.htm")
def update(site: Site, request: Request) -> Response:
    """Version and reboot."""
    content = render.heading("Update")
    if request.method == "POST" and "reboot" in request.form:
        site.log(3, f"Reboot asked for from {request.client}")
        site.reboot_asked = True
        content += render.notices([Notice("message", "The device reboots now.")])
    rows = f'<tr><td class="label">Firmware version:</td><td>{escape(site.device.version)}</td></tr>'
    return site.framed(content + render.form("/update.htm", rows, [("reboot", "Reboot")]), here="Update")
