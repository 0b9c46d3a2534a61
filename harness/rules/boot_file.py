"""The file that a base requests when it starts: the one named by DHCP or its own page, else the default one."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.addresses import is_literal, plain
from harness.rules.evidence import Evidence
from harness.rules.fetches import PLACEHOLDER, Address, Fetch, address_of, digits_of
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.intervals import between
from harness.rules.leases import BOOT_FILE, SETTINGS_SERVER, Lease
from harness.rules.registry import Expect, rule

OWN = "setting_server"


class FileExpect(Expect):
    """PRV-FILE: the default name, which of two named servers is used, whether option 67 may be a URL; seconds."""

    default_file: str
    precedence: str
    boot_file_is_url: bool
    within: float


@rule("PRV-FILE", reads=("dhcp", "http", "dns", "acts", "shown"))
def asks_for_the_file_that_is_named(evidence: Evidence, expect: FileExpect) -> Iterator[Finding]:
    """The first GET after a base got its address is for the file that was named, at the server that was named."""
    for lease in evidence.leases:
        if not lease.starts:
            continue
        own = evidence.settings.value("setting_server", at=lease.at, factory="")
        wanted = _named(evidence, lease, own or "", expect)
        due = lease.at + expect.within
        fetch = next(iter(between(evidence.fetches, lease.at, due)), None)
        disturbed = evidence.settings.restarted(lease.at + 0.001, due if fetch is None else fetch.at)
        if wanted is None or disturbed:
            continue
        if fetch is not None and _is_for(fetch, wanted):
            yield held(lease.ack, fetch.request)
        elif own is None:
            yield cannot_be_said(lease.ack, why="whether the network page names a server is not known")
        elif fetch is not None:
            seen = f"GET {fetch.request.uri} at {fetch.request.host or fetch.request.dst}"
            yield broken(lease.ack, fetch.request, expected=f"GET {wanted}", seen=seen)
        elif _is_found(evidence, wanted, lease.at, due) and evidence.has_seen(lease.at, due):
            yield broken(lease.ack, expected=f"GET {wanted} within {expect.within:g} s", seen="no GET")


def _named(evidence: Evidence, lease: Lease, own: str, expect: FileExpect) -> Address | None:
    """The address of the first file; None if there is none, or if it is not fetched by HTTP."""
    option = lease.text(SETTINGS_SERVER)
    server = (own or option) if expect.precedence == OWN else (option or own)
    file = lease.text(BOOT_FILE) if server == option else ""
    if expect.boot_file_is_url and "://" in file:
        server, file = file, ""
    address = address_of(server, {lease.ack.mac})
    if address is None or address.scheme != "http":
        return None
    path, _, query = address.path.partition("?")
    if query or PLACEHOLDER.search(server) or "." in path.rpartition("/")[2]:
        return address
    digits = digits_of({lease.ack.mac})
    name = file.lstrip("/") if file else expect.default_file
    exact = not (file and PLACEHOLDER.search(name))
    return Address(address.scheme, address.host, f"{path.rstrip('/')}/{PLACEHOLDER.sub(digits, name)}", exact)


def _is_for(fetch: Fetch, wanted: Address) -> bool:
    """Whether a request asks for a file at its server: by the name in Host, where it has one."""
    request = fetch.request
    host = (request.host or request.dst).lower().removesuffix(":80")
    return wanted.is_of(request) and plain(host) == plain(wanted.host.lower())


def _is_found(evidence: Evidence, wanted: Address, start: float, end: float) -> bool:
    """Whether the server has an address: a literal, or a resolved name."""
    if is_literal(wanted.host):
        return True
    return any(
        m.response and m.answers and m.name.lower().startswith(wanted.host.lower())
        for m in between(evidence.dns, start, end)
    )
