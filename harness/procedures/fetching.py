"""What a base fetches: which addresses, in which words and how often, judged on the requests on the wire."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.base import catalogue
from harness.errors import NotApplicable
from harness.procedures.offers import Offers

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage

EARLY, LATE = 0.35, 0.5
"""How far a timer may be off, as shares of it."""
SOON = 1.0


class Fetching(Offers):
    """The requests of one base since power came."""

    def fetched(self, path: str, *, ignore_case: bool = False) -> None:
        """The base has asked for exactly this path; {MAC} stands for its twelve upper-case digits."""
        wanted = self._path(path)
        self._fetch(lambda seen: seen == wanted or (ignore_case and seen.lower() == wanted.lower()), wanted)

    def option_67_is_said_to_take_an_address(self) -> None:
        """Only where the data says so: that a boot file may be a whole URL is inferred (presentation: a file name)."""
        if catalogue.load().chosen("boot_file") != "url":
            raise NotApplicable("settings.choices.boot_file: this unit takes a file name in option 67, no URL")

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
        self.fetched_only(path)

    def fetched_only(self, *paths: str) -> None:
        """Nothing but these paths was asked for, in this order, and each as often as is known of this unit: once."""
        for path in paths:
            self.fetched(path)
        fetches, wanted = self._fetches(), [self._path(path) for path in paths]
        seen = [request.uri for request in fetches]
        if catalogue.load().chosen("boot_fetches") == "repeated":
            seen = list(dict.fromkeys(seen))
        self.desk.same("a file is fetched once a boot", seen, [wanted], *fetches)

    def fetched_as(self, pattern: str) -> None:
        """Every fetch of this boot has a User-Agent of this form.

        {version} is the one of the status page; whether its letter is told is only inferred (facts sheet 2.2).
        """
        number, dash, letter = self.base.version().partition("-")
        version = re.escape(number) + (f"(?:{re.escape(dash + letter)})?" if letter else "")
        wanted = re.compile(pattern.replace("{version}", version))
        for request in self._fetches():
            if not wanted.match(request.user_agent):
                self._broken("a fetch names product and version", wanted.pattern, request.user_agent, request)

    def fetched_over_ipv6(self, path: str) -> None:
        """The base has asked for this path from an IPv6 address of its own."""
        request = self._fetch(lambda seen: seen == path, path)
        if ":" not in request.src:
            self._broken(f"{path} is fetched over IPv6", "an IPv6 address", request.src, request)

    def fetched_in_good_form(self, path: str, host: str) -> None:
        """The request for this path names the host that was asked, as HTTP/1.1 wants it (RFC 9112 section 3.2)."""
        wanted = self._path(path)
        request = self._fetch(lambda seen: seen == wanted, wanted)
        names = [name.lower().removesuffix(":80") for name in request.header("host")]
        self.desk.same("Host names the server that is asked", names, [[host]], request)

    def fetched_no_image(self) -> None:
        """No firmware image was asked for since power came."""
        self.wire.http.never(
            source=self._own,
            since=self.began,
            during=SOON,
            where=lambda m: m.uri.endswith(".bin"),
            what="fetch of an image",
            claim="the running firmware is not fetched again",
        )

    def fetches_again(self, within: float) -> HttpMessage:
        """Another fetch of the same document without a reboot."""
        first = self._first_fetch(within)
        return self._next_fetch(first, within)

    def fetches_every(self, seconds: float, times: int = 2) -> None:
        """So many further fetches of the same document, each its interval after the one before."""
        last = self._first_fetch(self._limit)
        for _ in range(times):
            again = self._next_fetch(last, seconds * (1 + LATE) + SOON)
            passed = again.at - last.at
            if passed < seconds * (1 - EARLY):
                claim = "the settings are fetched again when the timer says so"
                self.desk.broken(claim, f"{seconds:g} s after the last fetch", f"{passed:.1f} s", [last, again])
            last = again

    def goes_on_fetching(self, every: float, times: int = 2) -> None:
        """For so many intervals no fetch comes late; after a bad answer one may come sooner, which is no fault."""
        first = last = self._first_fetch(self._limit)
        while last.at - first.at < every * (times - EARLY):
            last = self._next_fetch(last, every * (1 + LATE) + SOON)

    def _first_fetch(self, within: float) -> HttpMessage:
        return self.wire.http.expect(
            method="GET",
            source=self._own,
            since=self.began,
            timeout=within,
            what="GET of the settings",
            claim="the settings are fetched at a boot",
        )

    def _next_fetch(self, last: HttpMessage, within: float) -> HttpMessage:
        return self.wire.http.expect(
            method="GET",
            source=self._own,
            uri=last.uri,
            since=last.at + 0.5,
            timeout=within,
            what=f"another GET {last.uri}",
            claim="the settings are fetched again when the timer says so",
        )

    def asked_the_second_name_server(self, name: str) -> None:
        """The question for a name went to the second of the name servers too."""
        self.wire.dns.expect(
            source=self._own,
            dest=self.desk.rig.network.host,
            since=self.began,
            response=False,
            name=name,
            timeout=self._limit,
            what=f"question for {name} at the second name server",
            claim="the second name server is asked when the first is silent",
        )

    def asked_for_the_ipv6_address(self, name: str) -> None:
        """The DNS was asked for the IPv6 addresses of a name."""
        self.wire.dns.expect(
            source=self._own,
            since=self.began,
            response=False,
            name=name,
            type="AAAA",
            timeout=self._limit,
            what=f"AAAA question for {name}",
            claim="a name is asked for its IPv6 addresses",
        )

    def asked_for_the_name(self, name: str, *, times: str = "at all") -> None:
        """Since power came the DNS was asked for this name at all, `once` (for each type) or `again`."""
        asked = self.wire.dns.all(source=self._own, since=self.began, response=False, name=name)
        types = [question.type for question in asked]
        repeated = len(types) > len(set(types))
        if not types or (times != "at all" and repeated != (times == "again")):
            wanted = f"{name} asked for {times}"
            self.desk.broken("a DNS answer is used as long as it lives", wanted, types or "no question", asked)

    # small parts

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
