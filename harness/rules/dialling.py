"""What the base calls for what was dialled: the number itself, an address, or what plan and settings make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers
from harness.rules.addresses import is_literal, plain
from harness.rules.dial_plan import BASE_NAMES, NAMES, Called, called
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held, judged
from harness.rules.reactions import NO_ACT, WITHIN_S, reaction, unfelt
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act, ActKind

NUMBER = re.compile(r"\+?[0-9]+")
USER = re.compile(r"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/:]|%[0-9A-Fa-f]{2})*")
"""A user part with its password (RFC 3261 section 25.1)."""
UNKNOWN = "not all settings that decide what is called are known at this moment"
BY_NAME = "the emergency proxy is a name, and where it leads to is not known"
DEFAULT_PORT = 5060


class DialExpect(Expect):
    """CAL-1."""

    uri_parameters_absent: tuple[str, ...]
    number_parameters: tuple[str, ...]


@rule("CAL-1", reads=("sip", "acts"), timed=True)
def what_is_dialled_is_called(evidence: Evidence) -> Iterator[Finding]:
    """An INVITE of the base soon follows what was dialled."""
    if evidence.acts is None:
        for call in evidence.calls:
            if call.opening is not None and not call.incoming:
                yield cannot_be_said(call.opening, why=NO_ACT)
    for act, invite in dialled(evidence):
        claim = "a dialled number is called"
        within = WITHIN_S + pause_of(act)
        finding = unfelt(act) or reaction(
            evidence, act, invite, expected="INVITE of the base", claim=claim, within=within
        )
        if finding is not None and finding.result is not Result.HELD:
            yield finding


@rule("CAL-1", reads=("sip", "acts", "shown"))
def dialled_number_is_called(evidence: Evidence, expect: DialExpect) -> Iterator[Finding]:
    """The dialled number is the user part of the base's INVITE, with the parameters that the platform wants."""
    for act, invite in dialled(evidence):
        decided = called_by(evidence, act, act.detail.get("number", ""))
        if invite is None or act.felt is False or (decided is not None and decided.row != "CAL-1"):
            continue
        finding = _number(act, invite, expect)
        unknown = decided is None and finding.result is Result.BROKEN
        yield cannot_be_said(act, why=UNKNOWN) if unknown else finding


@rule("DIAL-URI", reads=("sip", "acts", "shown"))
def an_address_is_called_as_typed(evidence: Evidence) -> Iterator[Finding]:
    """An address that was dialled is the Request-URI: user, host and port."""
    for act, invite, wanted in _decided_by(evidence, "DIAL-URI"):
        yield judged(reaches(wanted, invite), act, invite, expected=wanted.target, seen=invite.request_uri)


@rule("DIAL-PLAN", reads=("sip", "acts", "shown"))
def the_first_plan_that_fits_decides(evidence: Evidence) -> Iterator[Finding]:
    """The first plan whose pattern fits makes the address that is called; where none fits the number is called."""
    for act, invite, wanted in _decided_by(evidence, "DIAL-PLAN"):
        yield judged(reaches(wanted, invite), act, invite, expected=wanted.target, seen=invite.request_uri)


@rule("DIAL-GLOBAL", reads=("sip", "acts", "shown"))
def a_number_is_called_in_its_global_form(evidence: Evidence) -> Iterator[Finding]:
    """With E.164 substitution a number is called in its global form; star codes are called as dialled."""
    for act, invite, wanted in _decided_by(evidence, "DIAL-GLOBAL"):
        yield judged(user_of(invite) == wanted.target, act, invite, expected=wanted.target, seen=invite.request_uri)


@rule("DIAL-EMERGENCY", reads=("sip", "acts", "shown"))
def an_emergency_number_goes_to_its_proxy(evidence: Evidence) -> Iterator[Finding]:
    """An emergency number is called as it is, by way of the emergency proxy, whatever plan or substitution say."""
    for act, invite, wanted in _decided_by(evidence, "DIAL-EMERGENCY"):
        if user_of(invite) != wanted.target:
            yield broken(
                act, invite, expected=wanted.target, seen=invite.request_uri, claim="an emergency number is called"
            )
            continue
        proxy = headers.parse_address(f"<sip:{wanted.proxy.removeprefix('sip:')}>")
        if not wanted.proxy:
            yield held(act, invite)
        elif not is_literal(proxy.host):
            yield cannot_be_said(act, why=BY_NAME)
        else:
            seen, port = (plain(invite.dst), invite.dport), _port(proxy) or DEFAULT_PORT
            yield judged(seen == (plain(proxy.host), port), act, invite, expected=wanted.proxy, seen=_place(invite))


@rule("DIAL-ESCAPE", reads=("sip",), of_one_packet=True)
def a_user_part_is_escaped(evidence: Evidence) -> Iterator[Finding]:
    """What may not stand in the user part of an address is escaped in the base's INVITE: # is %23."""
    for call in evidence.calls:
        invite = call.opening
        if invite is None or call.incoming:
            continue
        user = invite.request_uri.partition(":")[2].rpartition("@")[0]
        good = USER.fullmatch(user) is not None and "#" not in invite.request_uri
        yield judged(good, invite, expected="each character one of RFC 3261 §25.1", seen=invite.request_uri)


@rule("CALL-IDENTITY", reads=("sip", "acts"))
def the_identity_of_the_handset_calls(evidence: Evidence) -> Iterator[Finding]:
    """A handset calls as the identity it is bound to: From names its account."""
    for act, invite in dialled(evidence):
        account = act.detail.get("account", "")
        if account and invite is not None and act.felt is not False:
            yield judged(invite.from_.user == account, act, invite, expected=account, seen=invite.from_.user)


def dialled(evidence: Evidence, *kinds: ActKind) -> Iterator[tuple[Act, SipMessage | None]]:
    """Each dialling with the base's INVITE that followed it: that of its number before that of another.

    `kinds` are `dial` or other acts that call.
    """
    acts = evidence.acts_of(*(kinds or ("dial",)))
    if not acts:
        return
    openings = [call.opening for call in evidence.calls if call.opening is not None and not call.incoming]
    for number, act in enumerate(acts):
        until = min(
            act.at + 2 * WITHIN_S + pause_of(act), acts[number + 1].at if number + 1 < len(acts) else float("inf")
        )
        near = [m for m in openings if act.at <= m.at <= until]
        named = [m for m in openings if act.call_id and m.call_id == act.call_id]
        wanted = act.detail.get("number", "")
        found = named or [m for m in near if user_of(m) == wanted] or near
        yield act, next(iter(found), None)


def pause_of(act: Act) -> float:
    """How long a number that was dialled off hook may wait for another digit, in s."""
    return float(act.detail.get("pause") or 0)


def user_of(invite: SipMessage) -> str:
    """The user part of a Request-URI, unescaped."""
    return unquote(invite.request_uri.partition(":")[2].partition("@")[0])


def _decided_by(evidence: Evidence, row: str) -> Iterator[tuple[Act, SipMessage, Called]]:
    """The diallings that a row decides, with what came of them; a missing INVITE is CAL-1's."""
    for act, invite in dialled(evidence):
        decided = called_by(evidence, act, act.detail.get("number", ""))
        if invite is not None and act.felt is not False and decided is not None and decided.row == row:
            yield act, invite, decided


def called_by(evidence: Evidence, act: Act, number: str) -> Called | None:
    """What is to be called for a number by the account of an act; None if a setting that decides it is not known."""
    settings = evidence.settings
    identity = settings.identity_of(act.detail.get("account", ""), at=act.at)
    if not identity and any(settings.acts_on(one, *NAMES) for one in settings.identities):
        return None
    places = [(name, 0) for name in BASE_NAMES] + [(name, identity) for name in NAMES]
    known = {name: settings.value(name, place, at=act.at) for name, place in places}
    values = {name: value for name, value in known.items() if value is not None}
    return called(number, values) if len(values) == len(known) else None


def reaches(wanted: Called, invite: SipMessage) -> bool:
    """Whether an INVITE calls this number or address."""
    named = "@" in wanted.target or wanted.row == "DIAL-URI"
    return _same_address(wanted.target, invite) if named else user_of(invite) == wanted.target


def _number(act: Act, invite: SipMessage, expect: DialExpect) -> Finding:
    wanted, seen = act.detail.get("number", ""), user_of(invite)
    if wanted and seen != wanted:
        return broken(act, invite, expected=wanted, seen=seen, claim="the number that is called")
    carried = [part.lower() for part in invite.request_uri.split(";")[1:]]
    names = [part.partition("=")[0] for part in carried]
    absent = [name for name in expect.uri_parameters_absent if name.lower() in names]
    # A star code is no telephone number (RFC 3261 section 19.1.1, user=phone).
    needed = expect.number_parameters if NUMBER.fullmatch(seen) else ()
    missing = [part for part in needed if part.lower() not in carried]
    wanted = ", ".join([*missing, *(f"no {name}" for name in absent)])
    claim = "parameters of the number that is called"
    return judged(not wanted, act, invite, expected=wanted, seen=invite.request_uri, claim=claim)


def _same_address(wanted: str, invite: SipMessage) -> bool:
    """Whether the Request-URI names this user at this host and port."""
    text = wanted if wanted.lower().startswith(("sip:", "sips:")) else f"sip:{wanted}"
    asked, seen = headers.parse_address(f"<{text}>"), headers.parse_address(f"<{invite.request_uri}>")
    same_host = plain(asked.host.lower()) == plain(seen.host.lower())
    return (unquote(asked.user), _port(asked)) == (unquote(seen.user), _port(seen)) and same_host


def _port(address: headers.Address) -> int | None:
    """The port of a URI; None where it names none."""
    place = address.uri.partition(":")[2].partition(";")[0].partition("?")[0].rpartition("@")[2]
    found = re.search(r":([0-9]+)$", place.rpartition("]")[2])
    return int(found[1]) if found else None


def _place(invite: SipMessage) -> str:
    return f"{invite.dst} port {invite.dport}"
