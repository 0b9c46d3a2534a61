"""Booting a base: what it asks for between the plug and its first registration, and what it makes of what it got."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness import clock
from harness.procedures.offers import Offers

if TYPE_CHECKING:
    from harness.capture.messages import DhcpMessage, HttpMessage, SipMessage
    from harness.power.protocol import Power
    from harness.procedures.desk import Desk
    from harness.rig.parts import Services

KNOCK_SECONDS = 1.0
WEB_PORT = 80
UPTIME = re.compile(r"(\d+) (\d+):(\d\d):(\d\d)")


class Boot(Offers):
    """The plug of one rig, and the wire of its base."""

    def __init__(self, desk: Desk, services: Services, power: Power) -> None:
        super().__init__(desk, services)
        self.wire = desk.wire
        self.power = power
        self.began = clock.now()

    # the plug

    def power_cycle(self) -> None:
        """Off and on; returns when the base has an address, answers, and its first identity is registered."""
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
        """Address, web pages, and the first identity registered."""
        self._dhcp_request()
        self.base.web.answers(self._limit)
        self.base.web.forget_session()
        self._registered(self.desk.rig.handsets[0].identity)

    def restarted(self) -> None:
        """The base asks for its settings once more without having lost power."""
        self.began = self.wire.default_since
        self._fetch(lambda path: True, "any document")

    def is_silent(self) -> None:
        """Without power no frame of the base is on the wire, though somebody knocks; judged after a fence."""
        self.wire.fence()
        since = clock.now()
        with contextlib.suppress(OSError):
            socket.create_connection((self.base.web.address, WEB_PORT), timeout=KNOCK_SECONDS).close()
        for view in (self.wire.sip, self.wire.dhcp, self.wire.http, self.wire.other):
            view.never(source=self._own, since=since, claim="a base without power is silent")

    def counts_its_uptime_from_now(self) -> None:
        """The uptime on the status page began after power came."""
        shown = self.base.web.status().get("Uptime", "")
        since = clock.now() - self.began
        found = UPTIME.fullmatch(shown)
        days, hours, minutes, seconds = (int(text) for text in found.groups()) if found else (0, 0, 0, since + 2)
        if ((days * 24 + hours) * 60 + minutes) * 60 + seconds > since + 1:
            self.desk.broken("the uptime tells when power came", f"at most {since:.0f} s", repr(shown))

    # DHCP

    def asked_for_an_address_as(self, prefix: str) -> None:
        """The DHCP request carries a host name with this beginning."""
        request = self._dhcp_request()
        if not request.host_name.startswith(prefix):
            self._broken("the base asks for its address under its own name", f"{prefix}…", request.host_name, request)

    def requested_dhcp_options(self, *numbers: int) -> None:
        """The parameter request list names these options."""
        request = self._dhcp_request()
        if not set(numbers) <= set(request.asked_for):
            self._broken("the base asks DHCP for these options", numbers, request.asked_for, request)

    # fetches

    def fetched(self, path: str, *, ignore_case: bool = False) -> None:
        """The base has asked for exactly this path; {MAC} stands for its twelve upper-case digits."""
        wanted = self._path(path)
        self._fetch(lambda seen: seen == wanted or (ignore_case and seen.lower() == wanted.lower()), wanted)

    def fetched_in_this_order(self, *paths: str) -> None:
        """These paths were asked for, each after the one before it."""
        for path in paths:
            self.fetched(path)
        seen = [request for request in self._fetches() if request.uri in paths]
        self.desk.same(
            "the files of a list are fetched in its order", list(dict.fromkeys(m.uri for m in seen)), [[*paths]], *seen
        )

    def fetched_once(self, path: str) -> None:
        """Nothing but this path was asked for, and only once."""
        self.fetched(path)
        seen, wanted = self._fetches(), [self._path(path)]
        self.desk.same("a file is fetched once a boot", [request.uri for request in seen], [wanted], *seen)

    def fetched_as(self, pattern: str) -> None:
        """Every fetch of this boot has a User-Agent of this form; {version} is the one of the status page."""
        wanted = re.compile(pattern.replace("{version}", re.escape(self.base.version())))
        for request in self._fetches():
            if not wanted.match(request.user_agent):
                self._broken("a fetch names product and version", wanted.pattern, request.user_agent, request)

    def fetched_over_ipv6(self, path: str) -> None:
        """The base has asked for this path from an IPv6 address of its own."""
        request = self._fetch(lambda seen: seen == path, path)
        if ":" not in request.src:
            self._broken(f"{path} is fetched over IPv6", "an IPv6 address", request.src, request)

    def fetched_no_image(self) -> None:
        """No firmware image was asked for since power came."""
        self.wire.http.never(
            source=self._own,
            since=self.began,
            where=lambda m: m.uri.endswith(".bin"),
            what="fetch of an image",
            claim="the running firmware is not fetched again",
        )

    def fetches_again(self, within: float) -> None:
        """Another fetch of the same document without a reboot."""
        first = self.wire.http.witness(
            method="GET", source=self._own, since=self.began, timeout=within, what="the boot's fetch"
        )
        self.wire.http.expect(
            method="GET",
            source=self._own,
            uri=first.uri,
            since=first.at + 0.5,
            timeout=within,
            what=f"another GET {first.uri}",
            claim="the settings are fetched again when the timer says so",
        )

    def asked_for_the_name(self, name: str, *, times: str) -> None:
        """Since power came the DNS was asked for this name `once` (for each type) or `again`."""
        asked = self.wire.dns.all(source=self._own, since=self.began, response=False, name=name)
        types = [question.type for question in asked]
        if not types or (len(types) > len(set(types))) != (times == "again"):
            wanted = f"{name} asked for {times}"
            self.desk.broken("a DNS answer is used as long as it lives", wanted, types or "no question", asked)

    # registrations, from which settings in effect are read

    def identity_is_called(self, identity: int, name: str) -> None:
        """The identity registers, and From shows this display name."""
        request = self._register(identity)
        self.desk.same(f"display name of identity {identity} in From", request.from_.display, name, request)

    def identity_asks_for(self, identity: int, seconds: int) -> None:
        """The identity registers for this time."""
        request = self._register(identity)
        self.desk.same(f"time identity {identity} registers for", request.expires, seconds, request)

    def identity_keeps_still(self, identity: int) -> None:
        """All other identities register and this one does not."""
        for entry in self.desk.rig.handsets:
            if entry.identity != identity:
                self._registered(entry.identity)
        self.wire.sip.never(
            method="REGISTER",
            source=self._own,
            to_user=self.desk.account(identity).user,
            since=self.began,
            claim=f"identity {identity}, switched off, does not register",
        )

    # small parts

    def _path(self, path: str) -> str:
        return path.replace("{MAC}", self.desk.rig.base.mac_digits)

    @property
    def _own(self) -> tuple[str, ...]:
        return self.desk.base_addresses

    @property
    def _limit(self) -> float:
        return self.desk.rig.timing.boot

    def _broken(self, claim: str, expected: object, seen: object, packet: Any) -> None:
        self.desk.broken(claim, expected, seen or "nothing", [packet])

    def _dhcp_request(self) -> DhcpMessage:
        return self.wire.dhcp.expect(
            type=("Discover", "Request"),
            mac=self.desk.rig.base.mac.lower(),
            since=self.began,
            timeout=self._limit,
            claim="a base with power asks for an address",
        )

    def _fetches(self) -> list[HttpMessage]:
        return self.wire.http.all(since=self.began, source=self._own, method="GET")

    def _fetch(self, fits: Callable[[str], bool], what: str) -> HttpMessage:
        return self.wire.http.expect(
            method="GET",
            source=self._own,
            since=self.began,
            where=lambda message: fits(message.uri),
            timeout=self._limit,
            what=f"GET {what}",
            claim=f"{what} is fetched",
        )

    def _register(self, identity: int) -> SipMessage:
        return self.wire.sip.expect(
            method="REGISTER",
            source=self._own,
            to_user=self.desk.account(identity).user,
            since=self.began,
            where=lambda m: m.expires != 0,
            timeout=self._limit,
            what=f"REGISTER of identity {identity}",
            claim=f"identity {identity} registers after the boot",
        )

    def _registered(self, identity: int) -> SipMessage:
        user = self.desk.account(identity).user
        return self.wire.sip.expect(
            status=200,
            cseq_method="REGISTER",
            to_user=user,
            since=self.began,
            timeout=self._limit,
            what=f"200 to REGISTER of {user}",
            claim="a base with power registers",
        )
