"""Callers whose name comes from a directory: looked up where it is asked for, shown, and never waited for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers
from harness.rules.call_evidence import CallEvidence
from harness.rules.directory_settings import (
    DirectorySettings,
    searches,
    server_is_up,
    settings_at,
    shown_forms,
    value_in,
)
from harness.rules.findings import Finding, broken, held, judged
from harness.rules.reactions import WITHIN_S, over_at, rung
from harness.rules.registry import rule

if TYPE_CHECKING:
    from harness.capture.ldap import LdapMessage
    from harness.capture.messages import SipMessage

SHOWN_S = 1.5
"""Seconds in which a display shows a name that the base has got."""
PRESENTED_BY = ("p-asserted-identity", "remote-party-id")


@rule("LDAP-LOOKUP", reads=("sip", "ldap", "acts", "shown"), timed=True)
def a_caller_is_looked_up_where_it_is_asked_for(call: CallEvidence) -> Iterator[Finding]:
    """A caller's number is searched by the number filter, in its notations; nobody's where the lookup is off."""
    invite, settings = call.opening, _settings(call)
    if invite is None or settings is None or not call.incoming:
        return
    numbers = _numbers(invite)
    found = list(_lookups(call, settings, invite))
    if settings.is_on("lookup_incoming") and settings.is_on("enabled"):
        for search, value in found:
            good = any(value in settings.forms(number) for number in numbers)
            claim = "a caller is looked up by the number"
            yield judged(good, invite, search, expected=shown_forms(settings, numbers), seen=value, claim=claim)
        if not found and server_is_up(call.evidence, invite.at, invite.at + WITHIN_S):
            yield from _missing(call, invite)
    elif settings.text("number_filter"):
        of_caller = [s for s, value in found if any(value in settings.forms(number) for number in numbers)]
        if of_caller:
            claim = "a caller is not looked up where the lookup is off"
            yield broken(invite, of_caller[0], expected="no search", seen=of_caller[0].filter, claim=claim)
        else:
            yield held(invite)


def _missing(call: CallEvidence, invite: SipMessage) -> Iterator[Finding]:
    limit = min(invite.at + WITHIN_S, over_at(call, invite.at) or float("inf"))
    if limit > invite.at + SHOWN_S and call.evidence.has_seen(invite.at, limit):
        claim = "a caller is looked up where the identity wants it"
        yield broken(invite, expected="a search for the number", seen="no search", claim=claim)


@rule("LDAP-NAME", reads=("sip", "ldap", "acts", "shown"), timed=True)
def the_name_found_is_shown(call: CallEvidence) -> Iterator[Finding]:
    """The handset shows a caller's name that the directory knows, written by the pattern of the LDAP tab."""
    invite, settings = call.opening, _settings(call)
    if invite is None or settings is None or not call.incoming or not settings.text("display_name"):
        return
    searched = {(search.connection, search.id): search for search, _ in _lookups(call, settings, invite)}
    entries = [
        m for m in call.evidence.ldap
        if m.operation == "entry" and m.at >= invite.at and (m.connection, m.id) in searched
    ]  # fmt: skip
    names = [name for name in map(settings.names_of, entries) if name]
    if not names:
        return
    over = over_at(call, invite.at) or float("inf")
    displays = [one for one in call.shown("display", call.handset) if entries[0].at <= one.at < over]
    with_name = [one for one in displays if any(name in one.value for name in names)]
    numbers = _numbers(invite)
    late = [
        one for one in displays
        if one.at > entries[0].at + SHOWN_S and any(number and number in one.value for number in numbers)
    ]  # fmt: skip
    if with_name:
        yield held(entries[0], with_name[0])
    elif late:
        yield broken(entries[0], late[-1], expected=" or ".join(names), seen=_one_line(late[-1].value))


@rule("LDAP-DELAY", reads=("sip", "acts", "shown"), timed=True)
def the_ringing_waits_for_no_directory(call: CallEvidence) -> Iterator[Finding]:
    """A call to an identity that looks callers up rings at once, whatever the directory does."""
    invite, settings = call.opening, _settings(call)
    if invite is None or settings is None or not call.incoming:
        return
    if not settings.is_on("lookup_incoming") or not settings.is_on("enabled"):
        return
    yield from rung(call, invite)


def _settings(call: CallEvidence) -> DirectorySettings | None:
    """Those of the identity that is called; None where they are not known."""
    invite = call.opening
    identity = call.identity(invite.at) if invite is not None else 0
    if invite is None or not identity:
        return None
    found = settings_at(call.evidence, identity, invite.at)
    return found if found.known else None


def _numbers(invite: SipMessage) -> list[str]:
    """The numbers by which a caller may be known."""
    asserted = [headers.parse_address(value).user for name in PRESENTED_BY for value in invite.header(name)]
    return [unquote(number) for number in dict.fromkeys((*asserted, invite.from_.user)) if number]


def _lookups(call: CallEvidence, settings: DirectorySettings, invite: SipMessage) -> Iterator[tuple[LdapMessage, str]]:
    """The searches by the number filter while the call lasts, with the number in each."""
    over = over_at(call, invite.at) or float("inf")
    for search in searches(call.evidence, invite.at, over):
        value = value_in(settings.text("number_filter"), search.filter)
        if value is not None:
            yield search, value


def _one_line(text: str) -> str:
    return " / ".join(line.strip() for line in text.splitlines() if line.strip())
