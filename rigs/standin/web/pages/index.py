"""The landing page: what unit this is, and a warning of the factory PIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.web import render
from rigs.standin.web.http import Request, Response
from rigs.standin.web.registry import page
from rigs.standin.web.render import Notice
from rigs.standin.web.strategies import WarningStrategy

if TYPE_CHECKING:
    from rigs.standin.web.site import Site


@page("/", "/index.htm")
def index(site: Site, request: Request) -> Response:
    """Name, version, MAC and address."""
    device, settings = site.device, site.device.settings
    boxes: list[Notice] = []
    warns = device.strategies.get(WarningStrategy).warns
    if warns(settings.get("base_pin"), settings.bool("pin_change_prompt")):
        text = "The PIN of the base is still 0000. Anybody near can register a handset: please change the PIN."
        boxes.append(Notice("warning", text))
    rows = [
        ("Base Name", settings.stored("base_name")),
        ("Version", device.version),
        ("MAC", device.mac),
        ("IP Address", device.network.address4),
    ]
    content = render.heading("Welcome to your snom m9") + render.notices(boxes)
    return site.framed(content + render.table(("Parameter", "Value"), rows), here="Home")
