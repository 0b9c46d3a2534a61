"""The base's DNS questions, and the answers for each name."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from harness.rules.addresses import is_literal

if TYPE_CHECKING:
    from harness.capture.messages import DnsMessage
    from harness.rules.evidence import Evidence
    from harness.rules.fetches import Fetch


class Lookups:
    """The answers to the base for each name, and its questions, in order of time."""

    def __init__(self, evidence: Evidence) -> None:
        self.told: dict[tuple[str, str], list[DnsMessage]] = {}
        self.questions: list[DnsMessage] = []
        for message in evidence.dns:
            if message.response and message.ttl is not None and evidence.is_base(message.dst):
                self.told.setdefault((message.name.lower(), message.type), []).append(message)
            elif not message.response and evidence.is_base(message.src):
                self.questions.append(message)

    def before(self, name: str, kind: str, at: float) -> DnsMessage | None:
        """The last answer for a name and type before a moment."""
        told = self.told.get((name.lower(), kind), [])
        place = bisect_right(told, at, key=lambda one: one.at)
        return told[place - 1] if place else None

    def of_host(self, fetch: Fetch) -> list[DnsMessage]:
        """The last answers for the host that a request names, in each family; empty if the host is an address."""
        host = re.sub(r":\d+$", "", fetch.request.host).lower()
        if not host or is_literal(host):
            return []
        names = [name for name, _ in self.told if name == host or ("." not in host and name.startswith(f"{host}."))]
        found = {(name, kind): self.before(name, kind, fetch.at) for name in names for kind in ("A", "AAAA")}
        return [one for one in found.values() if one is not None]
