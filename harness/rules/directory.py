"""Searches of the base in an LDAP directory: by the settings, and literally what was typed (RFC 4511, RFC 4515)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.rules.directory_settings import DirectorySettings, filled, in_use, searches, server_is_up, value_in
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.reactions import WITHIN_S, unfelt
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.ldap import LdapMessage
    from harness.rules.acts import Act

UNKNOWN = "what the identity is told of its directory is not known at this moment"


class TypedExpect(Expect):
    """LDAP-TYPED: what may stand behind the typed text, as it is the beginning of a name."""

    ending: tuple[str, ...]


def _of_settings(evidence: Evidence, message: LdapMessage) -> Sequence[DirectorySettings] | Finding:
    """The settings that this message may follow; a finding where they are not known."""
    known = in_use(evidence, message.at)
    if any(not one.known for one in known) or not evidence.settings.known:
        return cannot_be_said(message, why=UNKNOWN)
    return known


@rule("LDAP-FILTER", reads=("ldap", "acts", "shown"))
def the_filter_is_the_one_that_is_set(evidence: Evidence) -> Iterator[Finding]:
    """What is searched for stands in the set filter as one value: the filter keeps its structure."""
    for search in searches(evidence):
        known = _of_settings(evidence, search)
        if isinstance(known, Finding):
            yield known
            continue
        names, numbers = ([one.text(f"{kind}_filter") for one in known] for kind in ("search", "number"))
        good = any(value_in(one, search.filter, beginning=True) is not None for one in names if one)
        good = good or any(value_in(one, search.filter) is not None for one in numbers if one)
        if known:
            expected = " or ".join(dict.fromkeys(one for one in (*names, *numbers) if one))
            yield judged(good, search, expected=f"{expected} with one value for %", seen=search.filter)


@rule("LDAP-TYPED", reads=("ldap", "acts", "shown"), timed=True)
def the_typed_name_is_searched(evidence: Evidence, expect: TypedExpect) -> Iterator[Finding]:
    """A name that a user types at a handset is searched for as it was typed."""
    for act in evidence.acts_of("look-up"):
        if (excuse := unfelt(act)) is not None:
            yield excuse
            continue
        due = act.at + WITHIN_S
        found = next(searches(evidence, act.at, due), None)
        if found is None:
            yield from _not_searched(evidence, act, due)
            continue
        known = _of_settings(evidence, found)
        if isinstance(known, Finding):
            yield known
            continue
        text, templates = act.detail.get("text", ""), [one.text("search_filter") for one in known]
        wanted = [filled(template, text, ending) for template in templates for ending in expect.ending]
        good = found.filter.lower() in (one.lower() for one in wanted)
        yield judged(good, found, expected=" or ".join(wanted), seen=found.filter)


def _not_searched(evidence: Evidence, act: Act, due: float) -> Iterator[Finding]:
    """Without a bind the base did not even ask; after one the server may have refused the login."""
    known = in_use(evidence, act.at)
    asked = any(evidence.is_base(m.src) for m in evidence.ldap if act.at <= m.at <= due)
    wanted = bool(known) and all(one.is_on("enabled") for one in known) and server_is_up(evidence, act.at, due)
    if wanted and not asked and evidence.has_seen(act.at, due):
        yield broken(act, expected="a bind and a search", seen="none")


@rule("LDAP-SEARCH", reads=("ldap", "acts", "shown"))
def a_search_is_as_it_is_set(evidence: Evidence) -> Iterator[Finding]:
    """Base, size limit and attributes of a search are those of the LDAP tab."""
    for search in searches(evidence):
        known = _of_settings(evidence, search)
        if isinstance(known, Finding):
            yield known
            continue
        if not known:
            continue
        one = next((one for one in known if _plain(one.text("base")) == _plain(search.name)), known[0])
        yield from _as_set(one, search)


def _as_set(one: DirectorySettings, search: LdapMessage) -> Iterator[Finding]:
    base, limit = one.text("base"), one.text("max_hits")
    wanted = one.words("name_attributes", "number_attributes")
    asked = {name.lower() for name in search.attributes}
    if _plain(base) != _plain(search.name):
        yield broken(search, expected=base, seen=search.name, claim="the base of a search is the one that is set")
    elif str(search.limit) != limit:
        claim = "the size limit of a search is Max. Hits"
        yield broken(search, expected=limit, seen=search.limit, claim=claim)
    elif not wanted <= asked:
        claim = "the attributes that are set are asked for"
        yield broken(search, expected=" ".join(sorted(wanted)), seen=" ".join(search.attributes) or "none", claim=claim)
    else:
        yield held(search)


def _plain(name: str) -> str:
    """A distinguished name without its blanks, in lower case."""
    return ",".join(part.strip() for part in name.lower().split(","))


@rule("LDAP-BIND", reads=("ldap", "acts", "shown"))
def the_login_is_the_one_that_is_set(evidence: Evidence) -> Iterator[Finding]:
    """A bind names the user that is set, with a password, by LDAP version 3; without a user it is anonymous."""
    bound: set[frozenset[tuple[str, int]]] = set()
    for message in evidence.ldap:
        if not evidence.is_base(message.src) or message.operation not in ("bind", "search"):
            continue
        known = _of_settings(evidence, message)
        if isinstance(known, Finding):
            yield known
        elif known and message.operation == "bind":
            bound.add(message.connection)
            yield _login(known, message)
        elif known and message.connection not in bound and all(one.text("username") for one in known):
            claim = "a search comes after the login that is set"
            yield broken(message, expected="a bind before it", seen="none on this connection", claim=claim)


def _login(known: Sequence[DirectorySettings], bind: LdapMessage) -> Finding:
    users = [one.text("username") for one in known]
    if bind.name not in users:
        expected = " or ".join(user or "an anonymous bind" for user in dict.fromkeys(users))
        return broken(bind, expected=expected, seen=bind.name or "an anonymous bind")
    if bind.name and bind.passwordless:
        claim = "a login goes with its password (RFC 4513 section 5.1.2)"
        return broken(bind, expected="a password", seen="none", claim=claim)
    return judged(bind.version == 3, bind, expected="version 3", seen=f"version {bind.version}")
