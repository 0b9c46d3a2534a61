"""Documents that the rig's provisioning server has for a base; put back after the test."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.base import bad_documents
from harness.base.provisioning import (
    PERMISSIONS,
    Contact,
    SettingValue,
    certificates_document,
    firmware_document,
    phone_book_document,
    setting_files_document,
    settings_document,
)
from harness.services.http import Behaviour, ProvisioningServer

if TYPE_CHECKING:
    from harness.procedures.provisioning.dhcp import DhcpOffer
    from harness.procedures.provisioning.names import OfferedNames
    from harness.procedures.provisioning.state import BootState

Entry = tuple[str, str] | tuple[str, str, int]
SETTINGS = "document/settings.xml"
SAMPLE = ("base_name", "asset_id", "settings_refresh_timer", "retry_t1")


class Documents:
    """What the base is given when it asks; what it changes in the base is journalled first."""

    def __init__(self, state: BootState, dhcp: DhcpOffer, names: OfferedNames) -> None:
        self._state = state
        self._dhcp = dhcp
        self._names = names
        self._context = state.context
        self._base = state.context.base
        self._before: dict[tuple[str, int], str | None] = {}

    def url(self, path: str, *, host: str = "") -> str:
        """The URL of a path on the harness's server, by its address or by a name of it."""
        http = self._state.services.http
        url = http.url("/" + path.lstrip("/"))
        return url.replace(http.address, host, 1) if host else url

    def serve(
        self, entries: Sequence[Entry], *, perm: str = "RW", host: str = "", path: str = SETTINGS, chunked: bool = False
    ) -> None:
        """A settings document with these entries in place of the session's; what it changes is journalled first.

        With `host` the base is told this name of the server instead of its address.
        """
        values = [_value(entry, perm) for entry in entries]
        self._base.remember(values)
        document = settings_document(values, checked=perm in PERMISSIONS)
        self._put(path, document, Behaviour(chunked=chunked))
        self._dhcp.offer(option66=self.url(path, host=host))

    def serve_besides_the_session(self, entries: Sequence[Entry], *, path: str = SETTINGS) -> None:
        """A document that says what the session's says, and these entries: the base needs nothing that it has kept."""
        values = [_value(entry, "RW") for entry in entries]
        self._base.remember(values)
        own = {(value.name, value.idx) for value in values}
        others = [value for value in self._base.document if (value.name, value.idx) not in own]
        self._offer_document(self._path(path), settings_document([*others, *values]))

    def serve_instead(self, entries: Sequence[Entry]) -> None:
        """Another document under the address that the base asks already; from here on fetches count."""
        self._put_settings(SETTINGS, entries)
        self._state.began = self._context.wire.mark()

    def serve_broken_instead(self, kind: str) -> None:
        """From now on a document no base should obey (see harness.base.bad_documents) under the address it asks."""
        self._put(SETTINGS, bad_documents.document(kind), Behaviour(cut_after=bad_documents.sent(kind)))
        self._state.began = self._context.wire.mark()

    def serve_written(self, document: str, entries: Sequence[Entry]) -> None:
        """A document written by hand, which says what `entries` say."""
        self._base.remember([_value(entry, "RW") for entry in entries])
        self._offer_document(SETTINGS, document.encode())

    def refuse(self) -> None:
        """The server refuses the settings with 503 from now on."""
        self._put(SETTINGS, b"", Behaviour(status=503))

    def serve_from(self, server: ProvisioningServer, entries: Sequence[Entry]) -> None:
        """A document of another server with these entries, beside what the session's document says."""
        values = [_value(entry, "RW") for entry in entries]
        self._base.remember(values)
        own = {(value.name, value.idx) for value in values}
        others = [value for value in self._base.document if (value.name, value.idx) not in own]
        self._dhcp.offer(option66=server.put(f"/{SETTINGS}", settings_document([*others, *values])))

    def serve_over_ipv6(self, entries: Sequence[Entry], *, host: str) -> None:
        """The same from a server that listens on IPv6 only, named by DHCP with a name that has no IPv4 address."""
        values = [_value(entry, "RW") for entry in entries]
        self._base.remember(values)
        self._names.add(host, ipv6=True)
        serving = contextlib.ExitStack()
        server = serving.enter_context(ProvisioningServer(str(self._context.rig.network.host6)))
        self._context.addfinalizer(serving.close)
        server.put("/six/settings.xml", settings_document(values))
        self._dhcp.offer(option66=f"http://{host}/six/settings.xml")

    def serve_nothing(self) -> None:
        """The server has no document any more: 404."""
        self._dhcp.offer(option66=self.url("nowhere/settings.xml"))

    def serve_list(self, attribute: str, **files: Sequence[Entry] | None) -> None:
        """A setting-files document that names one settings document for each keyword; None is one that is not there."""
        urls = []
        for name, entries in files.items():
            urls.append(self.url(f"list/{name}.xml"))
            if entries is not None:
                self._put_settings(f"list/{name}.xml", entries)
        self._offer_document("list/root.xml", setting_files_document(urls, attribute=attribute))

    def serve_instead_in_list(self, name: str, entries: Sequence[Entry]) -> None:
        """Another document for one file of the list, which stays as it is."""
        self._put_settings(f"list/{name}.xml", entries)

    def serve_certificates(self, *authorities: str) -> None:
        """A list with the session's document and one that gives the base these trusted roots, as PEM texts."""
        self._put("certificates/roots.xml", certificates_document(cas=authorities))
        urls = [self._state.services.http.url(self._base.path), self.url("certificates/roots.xml")]
        self._offer_document("certificates/list.xml", setting_files_document(urls))

    def serve_phone_book(self, contacts: Iterable[Contact], *, complete: bool = True) -> None:
        """A list with the session's document and one of contacts, which is `complete` or adds to what there is."""
        self._put("contacts/book.xml", phone_book_document(contacts, complete=complete))
        urls = [self._state.services.http.url(self._base.path), self.url("contacts/book.xml")]
        self._offer_document("contacts/list.xml", setting_files_document(urls))

    def serve_list_of(self, *paths: str) -> None:
        """A setting-files document that names these paths of the server, none of which is there."""
        self._offer_document("list/root.xml", setting_files_document([self.url(path) for path in paths]))

    def serve_bad(self, kind: str) -> None:
        """A document no base should obey (see harness.base.bad_documents); what it spoils is put back."""
        self._before = self._base.read_back(list(SAMPLE))
        self._base.about_to_change(SAMPLE)
        document, sent = bad_documents.document(kind), bad_documents.sent(kind)
        self._put("bad/settings.xml", document, Behaviour(cut_after=sent))
        self._dhcp.offer(option66=self.url("bad/settings.xml"))

    def offer_firmware(self, version: str) -> None:
        """A firmware document that names this version's image."""
        self._offer_document("firmware/offer.xml", firmware_document(self.url(f"firmware/m9-{version}.bin")))

    # small parts

    def spoiled(self) -> dict[tuple[str, int], tuple[str | None, str | None]]:
        """Settings that are not as they were before the bad document: what they were, and what they are."""
        after = self._base.read_back(list(SAMPLE)) if self._before else {}
        return {key: (was, after[key]) for key, was in self._before.items() if after[key] != was}

    def _offer_document(self, path: str, document: bytes) -> None:
        self._put(path, document)
        self._dhcp.offer(option66=self.url(path))

    def _path(self, path: str) -> str:
        return path.replace("{MAC}", self._context.rig.base.mac_digits)

    def _put_settings(self, path: str, entries: Sequence[Entry]) -> None:
        """A settings document with these entries, journalled first."""
        values = [_value(entry, "RW") for entry in entries]
        self._base.remember(values)
        self._put(path, settings_document(values))

    def _put(self, path: str, document: bytes, behaviour: Behaviour | None = None) -> None:
        self._state.services.http.put("/" + path, document, "application/xml", behaviour=behaviour)
        self._context.addfinalizer(lambda: self._state.services.http.remove("/" + path))


def _value(entry: Entry, perm: str) -> SettingValue:
    name, value, *index = entry
    return SettingValue(name, value, index[0] if index else 0, perm)
