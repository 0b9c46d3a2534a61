"""The log: all that the ring of messages holds, and a button that empties it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rigs.standin.web import render
from rigs.standin.web.http import Request, Response
from rigs.standin.web.registry import page

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.web.site import Site


@page("/log.htm")
def log(site: Site, request: Request) -> Response:
    """Messages, oldest first."""
    device = site.device
    if request.method == "POST" and "clear" in request.form:
        device.log.clear()
    text = "\n".join(lines(device))
    content = render.heading("Log") + f"<p>Requests for unknown pages since power-on: {site.unknown}</p>"
    content += f'<pre id="log">{escape(text)}</pre>' + render.form("/log.htm", "", [("clear", "Clear")])
    return site.framed(content, here="Log")


def lines(device: Device) -> list[str]:
    """All that the ring holds, oldest first."""
    return [str(entry) for entry in device.log.entries()]
