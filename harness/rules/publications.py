"""Publications of the base (RFC 3903), and what their documents say (RFC 3863, RFC 4480)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.etree import ElementTree

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.evidence import Evidence

PUBLISHES = "user_publish_presence"
YES = ("true", "on", "1", "yes")
CHALLENGES = (401, 407)
REFUSALS = (405, 489, 501)
"""A server with one of these takes no presence at all."""
ACTIVITIES = {"on-the-phone": "in-call", "away": "away", "busy": "busy", "dnd": "dnd", "do-not-disturb": "dnd"}


@dataclass(frozen=True)
class Publication:
    """One PUBLISH of an account with its final answer; challenges are left out."""

    request: SipMessage
    final: SipMessage | None

    @property
    def at(self) -> float:
        """When it was sent."""
        return self.request.at

    @property
    def condition(self) -> str:
        """SIP-If-Match; empty without one."""
        return next(iter(self.request.header("sip-if-match")), "").strip()

    @property
    def withdraws(self) -> bool:
        """Whether it takes the publication back."""
        return _seconds(self.request) == 0

    @property
    def taken(self) -> bool:
        """Whether the server took it."""
        return self.final is not None and self.final.status < 300

    @property
    def etag(self) -> str:
        """The SIP-ETag of the answer."""
        return next(iter(self.final.header("sip-etag")), "").strip() if self.final is not None else ""

    @property
    def lasts_until(self) -> float:
        """When the publication runs out at the server, if it took it."""
        granted = _seconds(self.final) if self.final is not None else None
        return self.at + (granted if granted is not None else _seconds(self.request) or 0)


def publications(evidence: Evidence) -> dict[str, list[Publication]]:
    """The publications of presence by each account, in order."""
    found: dict[str, list[Publication]] = {}
    for one in evidence.asked_by_base:
        event = next(iter(one.request.header("event")), "").partition(";")[0].strip().lower()
        if one.request.method != "PUBLISH" or event != "presence":
            continue
        if one.final is None or one.final.status not in CHALLENGES:
            found.setdefault(one.request.from_.user, []).append(Publication(one.request, one.final))
    return found


def state_in(document: bytes) -> str:
    """What a document says: online, in-call, busy, away, dnd or offline; empty for one that cannot be read."""
    root = _root(document)
    if root is None:
        return ""
    elements = list(root.iter())
    names = {re.sub(r"^\{.*\}", "", element.tag).lower() for element in elements}
    basic = [(element.text or "").strip().lower() for element in elements if element.tag.endswith("}basic")]
    if "disturb" in " ".join(element.text or "" for element in elements).lower():
        return "dnd"
    doing = [state for name, state in ACTIVITIES.items() if name in names]
    return "" if not basic else "offline" if basic == ["closed"] else (doing or ["online"])[0]


def entity_of(document: bytes) -> str:
    """The user whose presence a document tells; empty for one that cannot be read."""
    root = _root(document)
    found = re.match(r"(?:sips?|pres):([^@;:]+)@", root.get("entity", "")) if root is not None else None
    return unquote(found[1]) if found else ""


def _root(document: bytes) -> ElementTree.Element | None:
    """The document as XML; one with declarations of its own is not read."""
    try:
        return None if b"<!" in document else ElementTree.fromstring(document)
    except ElementTree.ParseError:
        return None


def _seconds(message: SipMessage) -> int | None:
    text = next(iter(message.header("expires")), "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
