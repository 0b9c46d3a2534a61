"""Settings of documents are used in the first registration after the start and are shown on the web pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, judged
from harness.rules.intervals import between
from harness.rules.registry import Expect, rule
from harness.rules.starts import Given, Start

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

NAME, EXPIRY = "user_realname", "user_expiry"
OFF = ("off", "false", "0", "no", "")
TAKEN_S = 0.5
"""Seconds after a document in which a page may still show the old value; a base that registers has taken it."""
ALL_REGISTER_S = 8.0
"""From the first REGISTER after a start to the last identity's."""
BY_DOCUMENT = "document"
"""The channel of an act that only says that a document is about to be offered: it changes nothing by itself."""


@rule("PRV-GIVEN", reads=("http", "sip", "dhcp", "acts"))
def the_name_of_a_document_is_used(evidence: Evidence) -> Iterator[Finding]:
    """The display name of an identity's first REGISTER is that of the documents of this start."""
    return _obeyed(evidence, NAME)


@rule("PRV-EXPIRY", reads=("http", "sip", "dhcp", "acts"))
def the_time_of_a_document_is_asked_for(evidence: Evidence) -> Iterator[Finding]:
    """An identity's first REGISTER asks for the time of the documents of this start."""
    return _obeyed(evidence, EXPIRY)


def first_registers(evidence: Evidence, start: Start) -> Iterator[tuple[int, SipMessage]]:
    """Each identity's first REGISTER after a start of which all documents are known."""
    first: dict[str, SipMessage] = {}
    for request in _registers(evidence, start):
        first.setdefault(request.to.user, request)
    for user, request in first.items():
        identity = evidence.settings.identity_of(user, at=request.at)
        if identity and _is_alone(evidence, user) and not start.is_hidden(request.at):
            yield identity, request


def settings_in(request: SipMessage) -> Mapping[str, str]:
    """The settings of an identity that a REGISTER shows, and their values."""
    found = {NAME: request.from_.display}
    return found if request.expires is None else {**found, EXPIRY: str(request.expires)}


def _obeyed(evidence: Evidence, name: str) -> Iterator[Finding]:
    for start in evidence.starts:
        for identity, request in first_registers(evidence, start) if start.documents else ():
            given, seen = _values(evidence, start, name, identity, request.at), settings_in(request).get(name)
            if given is not None and seen is not None:
                claim = f"{name} of identity {identity} is what the document said"
                good = is_shown(given.values, seen, request)
                yield judged(good, given.answer, request, expected=given, seen=repr(seen), claim=claim)


def is_shown(values: Sequence[str], seen: str, request: SipMessage) -> bool:
    """Whether a REGISTER shows one of these values; where a name is empty it may show the account instead."""
    return seen in values or (tuple(values) == ("",) and seen == request.from_.user)


@rule("PRV-GIVEN", reads=("http", "sip", "dhcp", "acts"), timed=True)
def a_switch_of_an_identity_is_obeyed(evidence: Evidence) -> Iterator[Finding]:
    """An identity that a document of this start switched off does not register; one that it switched on does."""
    for start in evidence.starts:
        for identity in start.indexes("user_active"):
            user = evidence.settings.value("user_name", identity, at=start.began)
            due = start.registers_at + ALL_REGISTER_S
            given = _values(evidence, start, "user_active", identity, due)
            words = {value.lower() in OFF for value in given.values} if given is not None else set()
            if not user or given is None or len(words) > 1 or start.is_hidden(due) or not _is_alone(evidence, user):
                continue
            request = next((one for one in _registers(evidence, start) if one.to.user == user), None)
            claim = f"user_active of identity {identity} is what the document said"
            if request is not None:
                found = [given.answer, request]
                yield judged(words == {False}, *found, expected="no REGISTER", seen="one", claim=claim)
            elif due <= start.ends and evidence.has_seen(start.began, due):
                yield judged(words == {True}, given.answer, expected="a REGISTER", seen="none", claim=claim)


class ShownExpect(Expect):
    """PRV-SHOWN: the settings that a page shows as a document writes them."""

    settings: frozenset[str]


@rule("PRV-SHOWN", reads=("http", "dhcp", "sip", "acts", "shown"), timed=True)
def pages_show_what_documents_gave(evidence: Evidence, expect: ShownExpect) -> Iterator[Finding]:
    """A page shows a setting's value of the last document, unless it was written in another way since."""
    pages = evidence.index.shown_between("setting", 0, 0.0, float("inf"))
    starts = [one for one in evidence.starts if one.documents]
    for shown in pages:
        name, identity = shown.detail.get("name", ""), shown.detail.get("identity", "0")
        start = next((one for one in reversed(starts) if one.began <= shown.at), None)
        if name not in expect.settings or start is None or start.ends < shown.at or start.is_hidden(shown.at):
            continue
        given = _values(evidence, start, name, int(identity), shown.at)
        if given is None or not _is_taken(start, given.at, shown.at):
            continue
        where = f"{name} of identity {identity}" if identity != "0" else name
        claim = f"{where} on its page is what the document said"
        good = shown.value in given.values
        yield judged(good, given.answer, shown, expected=given, seen=repr(shown.value), claim=claim)


def _is_taken(start: Start, given_at: float, shown_at: float) -> bool:
    """Whether a document was read by the moment of a page: it is some time ago, or the base has registered since."""
    return given_at + TAKEN_S <= shown_at or given_at <= start.registers_at <= shown_at


def _values(evidence: Evidence, start: Start, name: str, identity: int, at: float) -> Given | None:
    """The value from this start's documents until a moment; None if there is none or it was written since."""
    told = start.given(name, identity, at)
    if not told:
        return None
    written = [act for act in evidence.settings.acts_on(identity, name) if told[-1].at < act.ended and act.at < at]
    if any(act.detail.get("channel") != BY_DOCUMENT for act in written):
        return None
    return told[-1]


def _registers(evidence: Evidence, start: Start) -> Iterator[SipMessage]:
    """The base's requests for a binding in this start."""
    for one in between(evidence.asked_by_base, start.began, start.ends):
        if one.request.method == "REGISTER" and one.request.expires != 0:
            yield one.request


def _is_alone(evidence: Evidence, user: str) -> bool:
    """Whether no two identities have this account."""
    settings, ends = evidence.settings, evidence.sight.ends
    return [settings.value("user_name", one, at=ends) for one in settings.identities].count(user) <= 1
