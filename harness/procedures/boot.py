"""Booting a base and giving it documents: what it asks for, what it makes of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from harness import clock
from harness.base import bad_documents
from harness.base.provisioning import (
    SettingValue,
    firmware_document,
    setting_files_document,
    settings_document,
)
from harness.procedures.desk import Desk

if TYPE_CHECKING:
    from harness.power.protocol import Power
    from harness.rig.parts import Services

Entry = tuple[str, str] | tuple[str, str, int]
DHCP_SERVER_OPTION = 66
DHCP_FILE_OPTION = 67
GLOBAL_SAMPLE = ("base_name", "asset_id", "settings_refresh_timer", "retry_t1")
IDENTITY_SAMPLE = ("user_name", "user_host", "user_expiry", "user_pbxtype")


class Boot:
    """The plug, the DHCP offer and the provisioning server of one rig."""

    def __init__(self, desk: Desk, services: Services, power: Power) -> None:
        self.desk = desk
        self.base = desk.base
        self.wire = desk.wire
        self.http = services.http
        self.power = power
        self.version = desk.base.version()
        self.dnsmasq = services.dnsmasq
        self.began = clock.now()
        self._before: dict[str, str] = {}

    def url(self, path: str) -> str:
        """The URL of a path on the harness's server."""
        return self.http.url("/" + path.lstrip("/"))

    # what is offered

    def offers(self, *, option66: str | None = "", option67: str | None = None) -> None:
        """Change what DHCP offers; None leaves the option out. The session's offer comes back after the test."""
        assert self.dnsmasq is not None
        dnsmasq, before = self.dnsmasq, dict(self.dnsmasq.serving.options)
        self.desk.afterwards(lambda: dnsmasq.change(options=before))
        options: dict[int, str] = {}
        if option66 is not None:
            options[DHCP_SERVER_OPTION] = option66 or before[DHCP_SERVER_OPTION]
        if option67 is not None:
            options[DHCP_FILE_OPTION] = option67
        dnsmasq.change(options=options)

    def serves(self, entries: Sequence[Entry], *, perm: str = "RW") -> None:
        """A settings document with these entries beside the session's own; what it changes is journalled first."""
        values = [_value(entry, perm) for entry in entries]
        self.base.remember(values)
        self._offer_document("document/settings.xml", settings_document(values))

    def serves_nothing(self) -> None:
        """The server has no document any more: 404."""
        self._offer_path("nowhere/settings.xml")

    def serves_a_list(self, attribute: str, **files: Sequence[Entry]) -> None:
        """A setting-files document that names one settings document for each keyword."""
        urls = []
        for name, entries in files.items():
            values = [_value(entry, "RW") for entry in entries]
            self.base.remember(values)
            self._put(f"list/{name}.xml", settings_document(values))
            urls.append(self.url(f"list/{name}.xml"))
        self._offer_document("list/root.xml", setting_files_document(urls, attribute=attribute))

    def serves_bad(self, kind: str) -> None:
        """A document no base should obey: see harness.base.bad_documents."""
        self._before = self._some_settings()
        self._offer_document("bad/settings.xml", bad_documents.document(kind))

    def offers_firmware(self, version: str) -> None:
        """A firmware document that names this version's image."""
        image = f"m9-{version.format(version=self.version)}.bin"
        self._offer_document("firmware/offer.xml", firmware_document(self.url(f"firmware/{image}")))

    # the plug

    def power_cycle(self) -> None:
        """Off and on; returns when the base has fetched and its web pages answer."""
        self.power_off()
        self.power_on()
        self.is_ready()

    def power_off(self) -> None:
        """Take power away."""
        self.power.off()

    def power_on(self) -> None:
        """Give power; from here on events count."""
        self.began = self.wire.mark()
        self.power.on()

    def is_ready(self) -> None:
        """Address, web pages, and the first identity registered: what was fetched is obeyed."""
        timing = self.desk.rig.timing
        self._dhcp_request()
        self.base.web.answers(timing.boot)
        self.base.web.forget_session()
        self.wire.sip.expect(
            status=200,
            cseq_method="REGISTER",
            to_user=self.desk.account(self.desk.rig.handsets[0].identity).user,
            since=self.began,
            timeout=timing.boot,
            what="200 to REGISTER after the boot",
            claim="a base with power registers",
        )

    def restarted(self) -> None:
        """The base asks for its settings once more without having lost power."""
        self.began = self.wire.default_since
        self._fetch(lambda path: True, "any document", self.desk.rig.timing.boot)

    # what was seen

    def is_silent(self) -> None:
        """Without power no frame of the base is on the wire, judged after a fence."""
        self.wire.fence()
        since = clock.now()
        exchange = self.base.web.door.get("/index.htm")
        if exchange.status:
            self.desk.broken("a base without power is silent", "no answer", exchange)
        for view in (self.wire.sip, self.wire.dhcp, self.wire.http):
            view.never(source=self.desk.base_addresses, since=since, claim="a base without power is silent")

    def asked_for_an_address_as(self, prefix: str) -> None:
        """The DHCP request carries a host name with this beginning."""
        request = self._dhcp_request()
        if not request.host_name.startswith(prefix):
            self.desk.broken("host name in DHCP", f"a name beginning {prefix}", request.host_name or "none", [request])

    def requested_dhcp_options(self, *numbers: int) -> None:
        """The parameter request list names these options."""
        request = self._dhcp_request()
        missing = [number for number in numbers if number not in request.asked_for]
        if missing:
            self.desk.broken("options asked for", numbers, request.asked_for, [request])

    def fetched(self, path: str, *, ignore_case: bool = False) -> None:
        """The base has asked for exactly this path; {MAC} stands for its twelve upper-case digits."""
        wanted = path.format(MAC=self.desk.rig.base.mac_digits)

        def fits(seen: str) -> bool:
            return seen == wanted or (ignore_case and seen.lower() == wanted.lower())

        self._fetch(fits, wanted, self.desk.rig.timing.boot)

    def fetched_as(self, pattern: str) -> None:
        """Every fetch of this boot has a User-Agent of this form."""
        wanted = re.compile(pattern.format(version=re.escape(self.version)))
        for request in self.wire.http.all(
            since=self.began, source=self.desk.base_addresses, where=lambda m: bool(m.method)
        ):
            if not wanted.match(request.user_agent):
                self.desk.broken("User-Agent of a fetch", wanted.pattern, request.user_agent or "none", [request])

    def fetched_no_image(self) -> None:
        """No firmware image was asked for since power came."""
        self.wire.http.never(
            source=self.desk.base_addresses,
            since=self.began,
            where=lambda m: m.uri.endswith(".bin"),
            what="fetch of an image",
            claim="the running firmware is not fetched again",
        )

    def fetches_again(self, within: float) -> None:
        """Another fetch of the same document without a reboot."""
        first = self.wire.http.witness(method="GET", source=self.desk.base_addresses, since=self.began, timeout=within)
        self.wire.http.expect(
            method="GET",
            source=self.desk.base_addresses,
            uri=first.uri,
            since=first.at + 0.5,
            timeout=within,
            claim="the settings are fetched again when the timer says so",
        )

    def shows(self, **expected: Any) -> None:
        """The web pages show these settings; a pair is (value, identity)."""
        for name, value in expected.items():
            text, identity = value if isinstance(value, tuple) else (value, 0)
            seen = self.desk.setting(name, identity)
            if seen != text:
                where = f" of identity {identity}" if identity else ""
                self.desk.broken(f"{name}{where} on the web page", repr(text), repr(seen))

    def shows_switch(self, name: str, shown: str, identity: int) -> None:
        """A radio pair shows on or off."""
        seen = self.desk.setting(name, identity)
        on = seen.lower() in ("on", "true", "1")
        if on != (shown == "on"):
            self.desk.broken(f"{name} of identity {identity} on the web page", shown, seen)

    def kept_its_settings(self) -> None:
        """The settings read before the bad document are as they were."""
        after = self._some_settings()
        for name, value in self._before.items():
            if after[name] != value:
                self.desk.broken(f"{name} after a bad document", repr(value), repr(after[name]))

    def web_page_cannot_change(self, name: str, value: str) -> None:
        """A save of the field is refused or the field is not writable; either way the old value stays."""
        before = self.desk.setting(name)
        if self.base.places.writable((name, 0)):
            self.base.web.fill(name, value)
            self.base.web.save()
        seen = self.desk.setting(name)
        if seen != before:
            self.desk.broken(f"{name} is read-only", repr(before), repr(seen))

    # small parts

    def _some_settings(self) -> dict[str, str]:
        """A few settings of each kind, as the pages show them."""
        wanted: list[str | tuple[str, int]] = [*GLOBAL_SAMPLE, *((name, 1) for name in IDENTITY_SAMPLE)]
        return {f"{name} {idx}": value or "" for (name, idx), value in self.base.read_back(wanted).items()}

    def _dhcp_request(self) -> Any:
        return self.wire.dhcp.expect(
            type=("Discover", "Request"),
            mac=self.desk.rig.base.mac.lower(),
            since=self.began,
            timeout=self.desk.rig.timing.boot,
            claim="a base with power asks for an address",
        )

    def _fetch(self, fits: Callable[[str], bool], what: str, within: float) -> Any:
        return self.wire.http.expect(
            method="GET",
            source=self.desk.base_addresses,
            since=self.began,
            where=lambda message: fits(message.uri),
            timeout=within,
            what=f"GET {what}",
            claim=f"{what} is fetched",
        )

    def _offer_document(self, path: str, document: bytes) -> None:
        self._put(path, document)
        self._offer_path(path)

    def _offer_path(self, path: str) -> None:
        self.offers(option66=self.url(path))

    def _put(self, path: str, document: bytes) -> None:
        self.http.put("/" + path, document, "application/xml")
        self.desk.afterwards(lambda: self.http.remove("/" + path))


def _value(entry: Entry, perm: str) -> SettingValue:
    name, value, *index = entry
    return SettingValue(name, value, index[0] if index else 0, perm)
