"""What the rig's network offers a base that boots: DHCP options, names, documents; put back after the test."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.base import bad_documents
from harness.base.provisioning import (
    PERMISSIONS,
    SettingValue,
    firmware_document,
    setting_files_document,
    settings_document,
)
from harness.core import clock
from harness.core.errors import NotApplicable
from harness.services.dnsmasq_config import DOMAIN, NAME_SERVERS, RENEWAL_TIME, ROUTER
from harness.services.http import Behaviour, ProvisioningServer
from harness.services.names import ServiceName

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.rig.factory import Services
    from harness.services.dnsmasq import Dnsmasq

Entry = tuple[str, str] | tuple[str, str, int]
DHCP_SERVER_OPTION = 66
DHCP_FILE_OPTION = 67
NOBODY = 99
"""The host number of an address of the rig's network that nobody has."""
SETTINGS = "document/settings.xml"
SAMPLE = ("base_name", "asset_id", "settings_refresh_timer", "retry_t1")


class Offers:
    """The DHCP offer, the names and the provisioning server of one rig."""

    service_domain, backed_up_domain = "sip.m9.test", "backed-up.m9.test"

    def __init__(self, context: TestContext, services: Services) -> None:
        self.context = context
        self.base = context.base
        self.wire = context.wire
        self.began = clock.now()
        self.http = services.http
        self._dnsmasq = services.dnsmasq
        self._before: dict[tuple[str, int], str | None] = {}

    @property
    def dnsmasq(self) -> Dnsmasq:
        """The rig's DHCP and DNS server."""
        if self._dnsmasq is None:
            raise NotApplicable("this rig's network has a DHCP server of its own")
        return self._dnsmasq

    def url(self, path: str, *, host: str = "") -> str:
        """The URL of a path on the harness's server, by its address or by a name of it."""
        url = self.http.url("/" + path.lstrip("/"))
        return url.replace(self.http.address, host, 1) if host else url

    # DHCP and DNS

    def offers(self, *, option66: str | None = "", option67: str | None = None) -> None:
        """Change what DHCP offers; None leaves the option out, an empty text as it is."""
        dnsmasq, before = self.dnsmasq, dict(self.dnsmasq.serving.options)
        self.context.addfinalizer(lambda: dnsmasq.change(options=before))
        options = {n: text for n, text in before.items() if n not in (DHCP_SERVER_OPTION, DHCP_FILE_OPTION)}
        if option66 is not None:
            options[DHCP_SERVER_OPTION] = option66 or before[DHCP_SERVER_OPTION]
        if option67 is not None:
            options[DHCP_FILE_OPTION] = option67
        dnsmasq.change(options=options)

    def offers_a_dead_name_server_first(self) -> None:
        """Two name servers by DHCP: an address that nobody has, and the rig's own."""
        network = self.context.rig.network
        self._offers_too({NAME_SERVERS: f"{network.at(NOBODY)},{network.host}"})

    def offers_a_network(self, *, domain: str) -> None:
        """Router, name servers and domain by DHCP, none of them what the base has had before."""
        network = self.context.rig.network
        servers = f"{network.host},{network.at(NOBODY)}"
        self._offers_too({ROUTER: network.at(NOBODY), NAME_SERVERS: servers, DOMAIN: domain})

    def leases_are_renewed_after(self, seconds: int) -> None:
        """The lease's T1: when the base is to ask for more time (RFC 2131 section 4.4.5)."""
        self._offers_too({RENEWAL_TIME: str(seconds)})

    def _offers_too(self, options: dict[int, str]) -> None:
        dnsmasq, before = self.dnsmasq, dict(self.dnsmasq.serving.options)
        self.context.addfinalizer(lambda: dnsmasq.change(options=before))
        dnsmasq.change(options={**before, **options})

    def has_name(self, name: str, *, ipv6: bool = False) -> None:
        """The provisioning server has this name, with its IPv4 or its IPv6 address only."""
        network, dnsmasq = self.context.rig.network, self.dnsmasq
        address = network.host6 if ipv6 else network.host
        if address is None:
            raise NotApplicable("this rig's network has no IPv6")
        dnsmasq.change(hosts={name: [address]})
        self.context.addfinalizer(lambda: dnsmasq.change(hosts={name: []}))

    def has_services(self, transport: str, *servers: str, domain: str = "") -> None:
        """The domain's SIP servers by SRV, each host:port, the preferred first; names are those of names.yaml.

        A base may still know what it was told of a domain before: another set is one of another `domain`.
        """
        dnsmasq, before = self.dnsmasq, self.dnsmasq.serving.names.services
        self.context.addfinalizer(lambda: dnsmasq.change(services=before))
        records = [server.partition(":") for server in servers]
        name = f"_sip._{transport}.{domain or self.service_domain}"
        own = [ServiceName(name, host, int(port), 10 * at) for at, (host, _, port) in enumerate(records, 1)]
        dnsmasq.change(services=[*before, *own])

    def names_live(self, seconds: int) -> None:
        """DNS answers may be kept so long and no longer."""
        dnsmasq, before = self.dnsmasq, self.dnsmasq.serving.ttl
        dnsmasq.change(ttl=seconds)
        self.context.addfinalizer(lambda: dnsmasq.change(ttl=before))

    # documents

    def serves(
        self, entries: Sequence[Entry], *, perm: str = "RW", host: str = "", path: str = SETTINGS, chunked: bool = False
    ) -> None:
        """A settings document with these entries in place of the session's; what it changes is journalled first.

        With `host` the base is told this name of the server instead of its address.
        """
        values = [_value(entry, perm) for entry in entries]
        self.base.remember(values)
        document = settings_document(values, checked=perm in PERMISSIONS)
        self._put(path, document, Behaviour(chunked=chunked))
        self.offers(option66=self.url(path, host=host))

    def serves_besides_the_session(self, entries: Sequence[Entry], *, path: str = SETTINGS) -> None:
        """A document that says what the session's says, and these entries: the base needs nothing that it has kept."""
        values = [_value(entry, "RW") for entry in entries]
        self.base.remember(values)
        own = {(value.name, value.idx) for value in values}
        others = [value for value in self.base.document if (value.name, value.idx) not in own]
        self._offer_document(self._path(path), settings_document([*others, *values]))

    def serves_instead(self, entries: Sequence[Entry]) -> None:
        """Another document under the address that the base asks already; from here on fetches count."""
        self._put_settings(SETTINGS, entries)
        self.began = self.wire.mark()

    def breaks_the_document(self, kind: str) -> None:
        """From now on a document no base should obey (see harness.base.bad_documents) under the address it asks."""
        self._put(SETTINGS, bad_documents.document(kind), Behaviour(cut_after=bad_documents.sent(kind)))
        self.began = self.wire.mark()

    def serves_written(self, document: str, entries: Sequence[Entry]) -> None:
        """A document written by hand, which says what `entries` say."""
        self.base.remember([_value(entry, "RW") for entry in entries])
        self._offer_document(SETTINGS, document.encode())

    def is_out_of_service(self) -> None:
        """The server refuses the settings with 503 from now on."""
        self._put(SETTINGS, b"", Behaviour(status=503))

    def serves_over_ipv6(self, entries: Sequence[Entry], *, host: str) -> None:
        """The same from a server that listens on IPv6 only, named by DHCP with a name that has no IPv4 address."""
        values = [_value(entry, "RW") for entry in entries]
        self.base.remember(values)
        self.has_name(host, ipv6=True)
        serving = contextlib.ExitStack()
        server = serving.enter_context(ProvisioningServer(str(self.context.rig.network.host6)))
        self.context.addfinalizer(serving.close)
        server.put("/six/settings.xml", settings_document(values))
        self.offers(option66=f"http://{host}/six/settings.xml")

    def serves_nothing(self) -> None:
        """The server has no document any more: 404."""
        self.offers(option66=self.url("nowhere/settings.xml"))

    def serves_a_list(self, attribute: str, **files: Sequence[Entry] | None) -> None:
        """A setting-files document that names one settings document for each keyword; None is one that is not there."""
        urls = []
        for name, entries in files.items():
            urls.append(self.url(f"list/{name}.xml"))
            if entries is not None:
                self._put_settings(f"list/{name}.xml", entries)
        self._offer_document("list/root.xml", setting_files_document(urls, attribute=attribute))

    def serves_instead_in_the_list(self, name: str, entries: Sequence[Entry]) -> None:
        """Another document for one file of the list, which stays as it is."""
        self._put_settings(f"list/{name}.xml", entries)

    def serves_a_list_of(self, *paths: str) -> None:
        """A setting-files document that names these paths of the server, none of which is there."""
        self._offer_document("list/root.xml", setting_files_document([self.url(path) for path in paths]))

    def serves_bad(self, kind: str) -> None:
        """A document no base should obey (see harness.base.bad_documents); what it spoils is put back."""
        self._before = self.base.read_back(list(SAMPLE))
        self.base.about_to_change(SAMPLE)
        document, sent = bad_documents.document(kind), bad_documents.sent(kind)
        self._put("bad/settings.xml", document, Behaviour(cut_after=sent))
        self.offers(option66=self.url("bad/settings.xml"))

    def offers_firmware(self, version: str) -> None:
        """A firmware document that names this version's image."""
        self._offer_document("firmware/offer.xml", firmware_document(self.url(f"firmware/m9-{version}.bin")))

    # small parts

    @property
    def _own(self) -> tuple[str, ...]:
        return self.context.base_addresses

    @property
    def _limit(self) -> float:
        return self.context.rig.timing.boot

    def _broken(self, claim: str, expected: object, seen: object, packet: Any) -> None:
        self.context.broken(claim, expected, seen or "nothing", [packet])

    def spoiled(self) -> dict[tuple[str, int], tuple[str | None, str | None]]:
        """Settings that are not as they were before the bad document: what they were, and what they are."""
        after = self.base.read_back(list(SAMPLE)) if self._before else {}
        return {key: (was, after[key]) for key, was in self._before.items() if after[key] != was}

    def _offer_document(self, path: str, document: bytes) -> None:
        self._put(path, document)
        self.offers(option66=self.url(path))

    def _path(self, path: str) -> str:
        return path.replace("{MAC}", self.context.rig.base.mac_digits)

    def _put_settings(self, path: str, entries: Sequence[Entry]) -> None:
        """A settings document with these entries, journalled first."""
        values = [_value(entry, "RW") for entry in entries]
        self.base.remember(values)
        self._put(path, settings_document(values))

    def _put(self, path: str, document: bytes, behaviour: Behaviour | None = None) -> None:
        self.http.put("/" + path, document, "application/xml", behaviour=behaviour)
        self.context.addfinalizer(lambda: self.http.remove("/" + path))


def _value(entry: Entry, perm: str) -> SettingValue:
    name, value, *index = entry
    return SettingValue(name, value, index[0] if index else 0, perm)
