"""The status tabs: Network, Registration, DECT, in the presentation's rows and formats."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rigs.standin.web import render
from rigs.standin.web.definitions import roots
from rigs.standin.web.http import Request, Response
from rigs.standin.web.registry import page
from rigs.standin.web.render import Notice, Tab
from rigs.standin.web.strategies import StatusStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.web.site import Site

TABS = {"network": "Network", "registration": "Registration", "dect": "DECT"}


@page("/status.htm")
def status(site: Site, request: Request) -> Response:
    """The tab that the query names; the DECT tab's buttons work before it is shown."""
    key, device = request.query.get("tab", "network"), site.device
    if key not in TABS:
        return site.not_found(request)
    said = press(device, request.form) if key == "dect" and request.method == "POST" else ""
    content = {"network": network, "registration": registration, "dect": dect}[key](device)
    shown = [Tab(text, f"/status.htm?tab={one}", one == key) for one, text in TABS.items()]
    boxes = render.notices([Notice("message", said)] if said else [])
    return site.framed(boxes + content, here="Status", tabs=shown)


def network(device: Device) -> str:
    """Network Status, root certificates, DNS cache."""
    trusted = device.trust.names() or roots()
    authorities = "".join(f"<tr><td>{at}&nbsp;&nbsp;</td><td>{escape(n)}</td></tr>" for at, n in enumerate(trusted, 1))
    cache = [(kind, name, value, str(left)) for kind, name, value, left in device.dns.rows()]
    return (
        render.heading("Network Status")
        + render.table(("Parameter", "Value"), network_rows(device))
        + f"<h2>Root Certificate Authorities</h2>\n<table>{authorities}</table>\n"
        + "<h2>Content of the DNS cache</h2>\n"
        + render.table(("Type", "Address", "Value", "Duration"), cache)
    )


def network_rows(device: Device) -> list[tuple[str, str]]:
    """Parameter and value, in the presentation's order; nothing known is an empty value."""
    state, form = device.network, device.strategies.get(StatusStrategy)

    def tagged(value: str) -> str:
        return form.tagged(value, state.by_dhcp, state.interface)

    vlan = device.settings.get("vlan_id")
    return [
        ("Version", device.version),
        ("Uptime", form.uptime(int(device.uptime))),
        ("MAC", form.mac(device.mac)),
        ("VLAN", "" if vlan in ("", "0") else vlan),
        ("DHCP server", tagged(state.dhcp_server)),
        ("IP Address", tagged(state.address4)),
        ("Netmask", tagged(state.netmask)),
        ("IP Gateway", tagged(state.gateway)),
        ("STUN Address", state.stun_address),
        ("DNS Server", " ".join(state.dns)),
        ("DNS Domain", state.domain),
        ("Option 66", state.option66),
        ("IPv6 Link-Local URL", state.link_local),
        ("IPv6 Other Addresses", " ".join(state.addresses6)),
    ]


def registration(device: Device) -> str:
    """Registration Status of the nine identities; columns inferred."""
    columns = ("Identity", "Account", "Registrar", "State", "Expires")
    return render.heading("Registration Status") + render.table(columns, registration_rows(device))


def registration_rows(device: Device) -> list[tuple[str, ...]]:
    """A row for each identity: what the SIP agent says of it, and the seconds that are left of a registration."""
    settings = device.settings
    rows: list[tuple[str, ...]] = []
    for number, one in sorted(device.sip.identities.items()):
        left = str(one.seconds_left) if one.registered else ""
        account = settings.get("user_name", number)
        rows.append((str(number), account, settings.get("user_host", number), one.state, left))
    return rows


def dect(device: Device) -> str:
    """DECT Status: identity of the base, registration mode, handsets; columns inferred."""
    radio = device.air
    left = int(radio.registration_seconds_left)
    mode = f"open, {left // 60}:{left % 60:02} left" if radio.registration_open else "closed"
    rows = [
        (
            str(handset.number),
            handset.name,
            handset.ipui,
            handset.state,
            f"{handset.rssi} dBm" if handset.rssi else "",
            render.button(f"forget_{handset.ipui}", "Delete"),
        )
        for handset in radio.handsets()
    ]
    parameters = [("RFPI", str(radio.rfpi)), ("Registration mode", mode), ("Registered handsets", str(len(rows)))]
    buttons = render.button("registration", "Stop" if radio.registration_open else "Start") + render.button(
        "locate", "Locate handsets"
    )
    handsets = render.table(("No.", "Name", "IPUI", "State", "Signal", ""), rows, raw=frozenset({5}))
    return (
        render.heading("DECT Status")
        + render.table(("Parameter", "Value"), parameters)
        + '<form method="post" action="/status.htm?tab=dect"><h2>Registration mode</h2>'
        + f"<p>New handsets can register for 10 minutes after registration mode was started.</p>{buttons}"
        + f"<h2>Handsets</h2>\n{handsets}</form>"
    )


def press(device: Device, posted: dict[str, str]) -> str:
    """Does what the pressed button of the DECT page says; the result is a word to the user, empty for no button."""
    radio = device.air
    mode = posted.get("registration", "")
    if mode in ("Start", "Stop"):
        (radio.open_registration if mode == "Start" else radio.close_registration)()
        return f"Registration mode {'started' if mode == 'Start' else 'stopped'}."
    if "locate" in posted:
        radio.locate_handsets()
        return "All handsets ring."
    for name in posted:
        ipui = name.removeprefix("forget_")
        if ipui != name and radio.forget(ipui):
            return f"Handset {ipui} was deleted."
    return ""
