"""The action URLs of identities as they are set, and the requests for them on the wire (presentation, CTI).

Names of settings and variables are those of the vendor's desk phones; that this product has them is [inferred].
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from harness.rules.acts import Act
from harness.rules.reactions import SAVED_S

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage
    from harness.rules.evidence import Evidence

SETTINGS = {
    "dnd on": "action_dnd_on_url",
    "dnd off": "action_dnd_off_url",
    "forwarding on": "action_redirection_on_url",
    "forwarding off": "action_redirection_off_url",
    "incoming": "action_incoming_url",
    "outgoing": "action_outgoing_url",
    "off hook": "action_offhook_url",
    "on hook": "action_onhook_url",
    "missed": "action_missed_url",
    "connected": "action_connected_url",
    "disconnected": "action_disconnected_url",
    "logged in": "action_log_on_url",
    "logged out": "action_log_off_url",
    "hold": "action_hold",
    "unhold": "action_unhold",
    "blind transfer": "action_blind_transfer",
    "attended transfer": "action_attended_transfer",
}
"""The setting of each event."""
HTTP, HTTPS = 80, 443
"""The ports of URLs that name none."""
FOLLOWED_S = 2.0
"""Until a redirection is followed; a base may give up in a circle, and the next event is its own."""
_KINDS = {name: kind for kind, name in SETTINGS.items()}
_VARIABLE = re.compile(r"\$([A-Za-z][A-Za-z0-9_-]*)")
_IN_PATH = re.compile(r"\$([A-Za-z][A-Za-z0-9_-]*)&")


@dataclass(frozen=True)
class Template:
    """A URL as it is set, with its variables."""

    text: str

    @property
    def authority(self) -> str:
        """Host and port of its server, empty for what is no URL."""
        try:
            parts = urlsplit(self.text)
            return f"{parts.hostname or ''}:{parts.port or (HTTPS if self.secure else HTTP)}"
        except ValueError:
            return ""

    @property
    def secure(self) -> bool:
        """Whether it is to be requested over TLS."""
        return self.text.lower().startswith("https:")

    @property
    def path(self) -> str:
        """From the first slash to the question mark."""
        found = re.match(r"[a-z]+://[^/?]*([^?]*)", self.text)
        return (found[1] if found else "") or "/"

    @property
    def query(self) -> list[tuple[str, str]]:
        """Its pairs, in order."""
        return pairs(self.text.partition("?")[2])

    def fits(self, request: HttpMessage) -> bool:
        """Whether a request is for it: same server, and same path whatever the variables are.

        A secure one that is requested in clear may have gone to any port of its host.
        """
        literal = [re.escape(part) for part in _IN_PATH.split(self.path)[::2]]
        path = request.uri.partition("?")[0]
        if re.fullmatch("[^/]*".join(literal), path) is None:
            return False
        there = authorities(request)
        lost = self.secure and not is_secure(request)
        return self.authority in there or (lost and _host(self.authority) in map(_host, there))


def pairs(query: str) -> list[tuple[str, str]]:
    """Names and values of a query, as they stand there."""
    return [(name, value) for one in query.split("&") if one for name, _, value in [one.partition("=")]]


def variable(value: str) -> str:
    """The variable that a value of a template is, empty if it is none."""
    found = _VARIABLE.fullmatch(value)
    return found[1] if found else ""


def authorities(request: HttpMessage) -> set[str]:
    """How a request names its server: by address and port, and by Host."""
    host = request.host.lower()
    usual = HTTPS if is_secure(request) else HTTP
    return {f"{request.dst}:{request.dport}", host if re.search(r":\d+$", host) else f"{host}:{usual}"}


def is_secure(request: HttpMessage) -> bool:
    """Whether it went over TLS."""
    return "tls" in request.protocols.split(":")


def _host(authority: str) -> str:
    return authority.rpartition(":")[0]


@dataclass(frozen=True)
class ActionRequest:
    """One request for an action URL: what it may be for, and when its answer was whole (infinity: not seen)."""

    request: HttpMessage
    meant: Sequence[tuple[int, str, Template]]
    answered_at: float

    @property
    def at(self) -> float:
        """The time of the request."""
        return self.request.at

    def __str__(self) -> str:
        return str(self.request)


class ActionUrls:
    """What is set, by the acts, and what was asked for, in order; follow-ups of redirections are left out."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[tuple[int, str], list[Template]] = {}
        self.begins, self.ends = float("inf"), 0.0
        """From when on, and until when, any URL was set."""
        last: dict[tuple[int, str], str] = {}
        for act in evidence.acts_of("setting"):
            kind, identity = _KINDS.get(act.detail.get("name", "")), act.detail.get("identity", "")
            if not kind or not identity.isdigit():
                continue
            key, text = (int(identity), kind), act.detail.get("value", "")
            found = self._known.setdefault(key, [])
            if text and _template(text) not in found:
                found.append(_template(text))
            self.begins, self.ends, last[key] = min(self.begins, act.at), max(self.ends, act.ended), text
        if any(last.values()):
            self.ends = float("inf")
        self._servers: dict[str, list[Act]] = {}
        for act in evidence.acts_of("action-server"):
            self._servers.setdefault(act.detail.get("authority", ""), []).append(act)

    @property
    def used(self) -> bool:
        """Whether any was ever set, or could be asked for."""
        return any(self._known.values()) or bool(self._servers)

    def at(self, kind: str, identity: int, at: float) -> Template | None:
        """The URL of an event at a moment; None if it is not known, or was saved in that very moment.

        An empty template is none that is set.
        """
        settings, name = self._evidence.settings, SETTINGS[kind]
        now, soon = (settings.value(name, identity, at=moment) for moment in (at, at + SAVED_S))
        return _template(now.strip()) if now is not None and now == soon else None

    def is_served(self, authority: str, at: float) -> bool:
        """Whether a server is known to listen there at a moment."""
        before = [act for act in self._servers.get(authority, []) if act.at <= at]
        return bool(before) and before[-1].detail.get("there") == "yes"

    def meant_by(self, request: HttpMessage) -> list[tuple[int, str, Template]]:
        """The identities and events whose URL, of any time, a request may be for."""
        return [(*key, one) for key, known in self._known.items() for one in known if one.fits(request)]

    def concerns(self, request: HttpMessage) -> bool:
        """Whether a request of the base is for an action URL, or goes to a server that is there for these alone."""
        if any(one in self._servers for one in authorities(request)):
            return True
        return bool(self._known and self.meant_by(request))

    def requests(self) -> list[ActionRequest]:
        """All of them, in order."""
        found: list[ActionRequest] = []
        follow: dict[tuple[str, str], float] = {}
        for get in self._evidence.gets:
            if not self.concerns(get.request):
                continue
            answer, own = get.answer, (get.request.dst, get.request.uri)
            followed = follow.pop(own, 0.0) + FOLLOWED_S >= get.at
            if answer is not None:
                follow |= {(get.request.dst, _target(get.request, one)): answer.at for one in answer.header("location")}
            if not followed:
                found.append(ActionRequest(get.request, self.meant_by(get.request), _ended(answer)))
        return found


@lru_cache(maxsize=1024)
def _template(text: str) -> Template:
    return Template(text)


def _ended(answer: HttpMessage | None) -> float:
    """When an answer was whole; one without a length lasts until its connection ends, which is not seen."""
    if answer is None:
        return float("inf")
    endless = answer.status == 200 and not (answer.header("content-length") or answer.header("transfer-encoding"))
    return float("inf") if endless else answer.at


def _target(request: HttpMessage, place: str) -> str:
    """The path and query that an answer sends to."""
    parts = urlsplit(urljoin(f"http://{request.host}{request.uri}", place))
    return parts.path + (f"?{parts.query}" if parts.query else "")
