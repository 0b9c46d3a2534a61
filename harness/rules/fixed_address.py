"""A base with a fixed address: it sends no DHCP request, and its status page shows the entered values."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.acts import Act
from harness.rules.addresses import plain
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, held
from harness.rules.registry import rule

OFF = ("off", "false", "0")
ASKING = ("Discover", "Request")
ROWS = {"ip_adr": "IP Address", "netmask": "Netmask", "gateway": "IP Gateway", "dns_server1": "DNS Server"}
"""The settings that hold a fixed address, and the row of the status page that shows each."""


@rule("NET-FIXED-ADDRESS", reads=("sip", "dhcp", "acts"))
def sends_no_dhcp_request(evidence: Evidence) -> Iterator[Finding]:
    """After power-on a base with DHCP switched off sends no Discover and no Request."""
    asked = [m for m in evidence.dhcp if m.type in ASKING]
    for start in evidence.acts_of("power-on", "reboot"):
        if evidence.settings.value("dhcp", at=start.at, factory="true") not in OFF:
            continue
        until = next((act.at for act in evidence.acts_of("setting") if _switches(act, start.at)), float("inf"))
        question = next((m for m in asked if start.at < m.at < until and m.mac in evidence.own_macs), None)
        if question is not None:
            yield broken(start, question, expected="no DHCP question", seen=question.type)
        elif evidence.alive_after(start.at):
            yield held(start)


def _switches(act: Act, since: float) -> bool:
    return act.at > since and act.detail.get("name") == "dhcp"


@rule("NET-FIXED-ADDRESS", reads=("acts", "shown"))
def status_page_shows_what_was_typed(evidence: Evidence) -> Iterator[Finding]:
    """The status page shows address, mask, router and name server as entered, and names DHCP for none of them."""
    settings = evidence.settings
    for shown in evidence.shown or ():
        if shown.kind != "status" or settings.value("dhcp", at=shown.at, factory="true") not in OFF:
            continue
        for name, row in ROWS.items():
            wanted = settings.value(name, at=shown.at)
            text = shown.detail.get(row)
            if not wanted or text is None:
                continue
            there = plain(wanted) in (plain(word) for word in text.split())
            if there and "dhcp" not in text.lower():
                yield held(shown)
            else:
                claim = f"{row} on the status page is what was typed in"
                yield broken(shown, expected=f"{wanted}, not by DHCP", seen=repr(text), claim=claim)
