"""Under an identity's handsets tab: the handsets of the base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.web import render
from rigs.standin.web.http import Request
from rigs.standin.web.registry import below

if TYPE_CHECKING:
    from rigs.standin.web.site import Site


@below("handsets")
def handset_list(site: Site, request: Request, idx: int) -> str:
    """Number, name, IPUI and state of each."""
    rows = [(str(one.number), one.name, one.ipui, one.state) for one in site.device.air.handsets()]
    return "<h2>Registered handsets</h2>\n" + render.table(("No.", "Name", "IPUI", "State"), rows)
