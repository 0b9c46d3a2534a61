"""Dresses what goes to a phone of the base as its platform does: names, timers, late offers, headers of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dialect import sdp, values
from harness.dialect.message import Header, Message

if TYPE_CHECKING:
    from harness.dialect.core import Core
    from harness.dialect.legs import Leg
    from harness.dialect.platform import Platform

ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>'
SDP_TYPE = "Content-Type: application/sdp"
PAI, RPID = "P-Asserted-Identity", "Remote-Party-ID"


class Dress:
    """The platform's hand on messages towards the base's phones; far ends get what the other end has sent."""

    def __init__(self, core: Core, platform: Platform) -> None:
        self._core = core
        self.platform = platform

    # requests

    def request(self, message: Message, leg: Leg) -> None:
        """A request that goes to the phone, the first of a dialog or one within it."""
        if leg.sender != "base":
            return
        if message.method == "INVITE" and not message.to_tag:
            self._name_the_caller(message, leg)
            self._ask_for_a_timer(message, leg)
            self._offer(message, leg)
        elif message.method in ("INVITE", "UPDATE") and leg.timed and not message.get("session-expires"):
            message.add(f"Session-Expires: {self.platform.session_timer.expires};refresher=uas")
        self._decorate(message, leg, message.method, "user-agent")

    def acknowledge(self, message: Message, leg: Leg) -> None:
        """The ACK of a late offer carries the answer, made of what the caller had offered."""
        if leg.late and leg.offered and message.cseq[0] == leg.late_number and not message.body:
            message.body = sdp.answered(leg.late, leg.offered)
            message.replace("content-type", [SDP_TYPE])
        if leg.sender == "base":
            self._decorate(message, leg, "ACK", "user-agent")

    # answers

    def answer(self, message: Message, source: Leg, asked: Message, leg: Leg | None) -> None:
        """An answer from the phone at `source` to its caller, or from a far end to the phone at `leg`."""
        if source.sender == "base":
            self._undress(message, source, asked)
        if leg is None or leg.sender != "base":
            return
        refreshed = leg.timed and asked.get("session-expires") and 200 <= message.status < 300
        if refreshed and not message.get("session-expires"):
            message.add(f"Session-Expires: {self.platform.session_timer.expires};refresher=uac", "Require: timer")
        if message.method == "INVITE" and not asked.to_tag and 100 < message.status < 300:
            user = values.Uri.of(values.address(asked.get("to"))).user
            self._name(message, self._core.registrar.shown.get(user, ""), user, "called", hidden=False)
        self._decorate(message, leg, "answer" if message.method == "INVITE" else "", "server")

    def _undress(self, message: Message, source: Leg, asked: Message) -> None:
        if source.timed and not asked.get("session-expires"):
            message.replace("session-expires", [])
            message.headers = [h for h in message.headers if h.name != "require" or h.value.lower() != "timer"]
        if source.late and asked.method == "INVITE" and not asked.to_tag:
            if message.status >= 200 and message.body:
                source.offered = message.body
                message.body = sdp.answered(message.body, source.late)
            elif message.status < 200:
                message.body = b""
                message.replace("content-type", [])

    def diverted(self, user: str, to: str) -> list[str]:
        """The header by which the platform says who was called first."""
        first, second = (f"<sip:{one}@{self._home}" for one in (user, to))
        if self.platform.diverted == "Diversion":
            return [f"Diversion: {first}>;reason=unconditional;counter=1"]
        if self.platform.diverted == "History-Info":
            reason = "?Reason=SIP%3Bcause%3D302"
            return [f"History-Info: {first}{reason}>;index=1, {second}>;index=1.1"]
        return []

    # what it consists of

    def _name_the_caller(self, message: Message, leg: Leg) -> None:
        given = message.get(PAI.lower()) or message.get("from")
        uri = values.Uri.of(values.address(given))
        hidden = "id" in message.get("privacy").replace(",", ";").split(";")
        ways = self.platform.withheld
        if hidden and ways != "passed on":
            host = "anonymous.invalid" if ways == "anonymous From" else self._home
            leg.local = f'"Anonymous" <sip:anonymous@{host}>'
            message.replace("from", [f"From: {values.with_tag(leg.local, leg.local_tag)}"])
            message.replace(PAI.lower(), [])
        if not hidden or ways == "Remote-Party-ID":
            self._name(message, _display(given), uri.user, "calling", hidden)

    def _name(self, message: Message, display: str, user: str, party: str, hidden: bool) -> None:
        shown = f'"{display}" ' if display else ""
        value = f"{shown}<sip:{user}@{self._home}>"
        for name in self.platform.names:
            if message.get(name.lower()) or (hidden and name == PAI):
                continue
            message.add(f"{name}: {value}{self.remark(name, party, 'full' if hidden else 'off')}")

    @staticmethod
    def remark(name: str, party: str, privacy: str = "off") -> str:
        """What stands behind the address in a header that names somebody."""
        return f";party={party};screen=yes;privacy={privacy}" if name == RPID else ""

    def _ask_for_a_timer(self, message: Message, leg: Leg) -> None:
        timer = self.platform.session_timer
        if timer.expires and not message.get("session-expires"):
            leg.timed = True
            refresher = f";refresher={timer.refresher}" if timer.refresher else ""
            message.add(f"Session-Expires: {timer.expires}{refresher}")
            if not message.get("min-se"):
                message.add(f"Min-SE: {timer.least}")
            if "timer" not in message.listed("supported"):
                message.add("Supported: timer")

    def _offer(self, message: Message, leg: Leg) -> None:
        if not message.body or "sdp" not in message.get("content-type").lower():
            return
        if self.platform.late_offer:
            leg.late, leg.late_number = message.body, message.cseq[0]
            message.body = b""
            kept = [one for one in message.listed("supported") if one != "100rel"]
            message.replace("supported", [f"Supported: {', '.join(kept)}"] if kept else [])
            message.headers = [header for header in message.headers if not _describes_the_body(header)]
        elif self.platform.codecs:
            message.body = sdp.with_codecs(message.body, self.platform.codecs)

    def _decorate(self, message: Message, leg: Leg, kind: str, agent: str) -> None:
        lines = self.platform.lines(kind)
        message.add(*(line.replace("{host}", self._home).replace("{user}", leg.user) for line in lines))
        if self.platform.agent:
            message.headers = [h for h in message.headers if h.name not in ("user-agent", "server")]
            message.add(f"{agent.title()}: {self.platform.agent}")
        contact = message.get("contact")
        if self.platform.contact and contact:
            message.replace("contact", [f"Contact: {contact}{self.platform.contact}"])

    @property
    def _home(self) -> str:
        return values.bracketed(self._core.options.hosts[0])


def _display(value: str) -> str:
    return value.partition("<")[0].strip().strip('"') if "<" in value else ""


def _describes_the_body(header: Header) -> bool:
    return header.name in ("content-type", "content-disposition", "content-language") or header.value == "100rel"
