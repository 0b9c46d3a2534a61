"""Faults of dialling: addresses, dial plan, E.164, emergency numbers, star codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.base.settings import Settings
from rigs.standin.call import dial_plan
from rigs.standin.call.dial_plan import Destination
from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import spoils_request
from rigs.standin.handset import letters
from rigs.standin.handset.letters import Letters
from rigs.standin.sip.account import Account
from rigs.standin.sip.agent import SipAgent
from rigs.standin.sip.message import Request
from rigs.standin.sip.strategies import CalleeStrategy
from rigs.standin.sip.values import Uri, unescape

Callee = Callable[[SipAgent, Account, str], Uri]
Where = Callable[[str, Settings, int], Destination]


# addresses


@defect(feature="uri-dialing", replaces=SipAgent.callee)
def address_called_at_the_registrar(healthy: Callee, agent: SipAgent, account: Account, target: str) -> Uri:
    """Anna at another host is looked for at the own registrar."""
    found = healthy(agent, account, target)
    return replace(found, host=account.uri.host, port=account.uri.port)


@defect(feature="uri-dialing", replaces=SipAgent.callee)
def port_of_an_address_forgotten(healthy: Callee, agent: SipAgent, account: Account, target: str) -> Uri:
    """An address with a port is called without it."""
    found = healthy(agent, account, target)
    return replace(found, port=None) if "@" in target else found


@spoils_request("INVITE", feature="uri-dialing", within=False)
def brackets_of_ipv6_forgotten(request: Request) -> Request:
    """An IPv6 address is written without its brackets: the server cannot tell it from a port."""
    return replace(request, uri=re.sub(r"[\[\]]", "", request.uri))


@defect(feature="uri-dialing", replaces=letters.letter)
def only_first_letters_can_be_typed(healthy: Callable[[str, int], str], choice: str, presses: int) -> str:
    """A key types its first letter, however often it is pressed."""
    return healthy(choice, 0)


@defect(feature="uri-dialing", replaces=Letters.end_letter)
def second_letter_of_a_key_replaces_the_first(healthy: Callable[[Letters], None], typing: Letters) -> None:
    """Two letters of one key in a row cannot be typed: the second one takes the place of the first."""


@defect(feature="uri-dialing", replaces=dial_plan.is_address)
def address_of_digits_goes_through_the_plan(healthy: Callable[[str], bool], dialled: str) -> bool:
    """An address that begins with digits is taken for a number: the digits are called, the host is ignored."""
    return healthy(dialled) and not dialled[:1].isdigit()


# numbers


class HashStands(CalleeStrategy):
    """A star code with a hash has no effect: the hash stands in the address as it is."""

    feature = "dial"

    def uri(self, user: str, host: str, port: int | None) -> Uri:
        return super().uri(unescape(user), host, port)


@defect(feature="dial-plan", replaces=dial_plan.plans)
def dial_plan_ignored(healthy: Callable[[str], list[tuple[str, str]]], text: str) -> list[tuple[str, str]]:
    """The dial plan of the identity has no effect."""
    return []


@defect(feature="dial-plan", replaces=dial_plan.plans)
def last_plan_wins(healthy: Callable[[str], list[tuple[str, str]]], text: str) -> list[tuple[str, str]]:
    """Of two plans that fit the last one counts: star codes get a prefix."""
    return healthy(text)[::-1]


@defect(feature="dial-plan", replaces=dial_plan.plans)
def only_one_plan_is_read(healthy: Callable[[str], list[tuple[str, str]]], text: str) -> list[tuple[str, str]]:
    """Of several plans only the first is known."""
    return healthy(text)[:1]


@defect(feature="dial-plan", replaces=dial_plan.plans)
def alternatives_of_a_plan_lost(healthy: Callable[[str], list[tuple[str, str]]], text: str) -> list[tuple[str, str]]:
    """Of two alternatives in a pattern only the first is known."""
    return [(pattern.partition("|")[0], replacement) for pattern, replacement in healthy(text)]


@defect(feature="dial-plan", replaces=dial_plan.filled)
def groups_of_a_plan_lost(
    healthy: Callable[[str, re.Match[str], str], str], replacement: str, found: re.Match[str], domain: str
) -> str:
    """A plan's replacement is called without the digits that were dialled."""
    return healthy(replacement.replace(r"\1", ""), found, domain)


@defect(feature="dial-plan", replaces=dial_plan.planned)
def number_without_a_plan_is_not_called_as_dialled(
    healthy: Callable[[str, list[tuple[str, str]], str], str | None],
    dialled: str,
    known: list[tuple[str, str]],
    domain: str,
) -> str | None:
    """A number that no plan fits loses its first digit."""
    found = healthy(dialled, known, domain)
    return dialled[1:] if found is None and known else found


# E.164

Global = Callable[[str, str, str], str]


@defect(feature="dial-e164", replaces=dial_plan.global_number)
def local_number_stays_local(healthy: Global, dialled: str, country: str, area: str) -> str:
    """E.164 substitution leaves out the area code: a local number ends somewhere else in the country."""
    return healthy(dialled, country, "")


@defect(feature="dial-e164", replaces=dial_plan.global_number)
def trunk_zero_kept(healthy: Global, dialled: str, country: str, area: str) -> str:
    """A number of another area keeps its zero behind the country code: there is no such number."""
    found = healthy(dialled, country, area)
    trunk = dialled.startswith("0") and not dialled.startswith("00")
    return f"+{country}{dialled}" if trunk else found


@defect(feature="dial-e164", replaces=dial_plan.global_number)
def number_abroad_called_at_home(healthy: Global, dialled: str, country: str, area: str) -> str:
    """A number abroad gets the own country code too."""
    return f"+{country}{dialled[2:]}" if dialled.startswith("00") else healthy(dialled, country, area)


@defect(feature="dial-e164", replaces=dial_plan.global_number)
def star_code_becomes_a_number(healthy: Global, dialled: str, country: str, area: str) -> str:
    """With E.164 substitution star codes have no effect: they are called as numbers of the own area."""
    return f"+{country}{area}{dialled}" if dialled[:1] in "*#" else healthy(dialled, country, area)


@defect(feature="dial-e164", replaces=dial_plan.global_number)
def plus_is_prefixed_again(healthy: Global, dialled: str, country: str, area: str) -> str:
    """A number with a plus gets the country code once more."""
    return healthy(dialled.removeprefix("+"), country, area)


@defect(feature="dial-e164", replaces=dial_plan.destination)
def substitution_cannot_be_switched_off(healthy: Where, dialled: str, settings: Settings, identity: int) -> Destination:
    """With a country code set, numbers are rewritten though E.164 substitution is off."""
    found = healthy(dialled, settings, identity)
    country, area = settings.get("user_country_code", identity), settings.get("area_code", identity)
    return replace(found, target=dial_plan.global_number(found.target, country, area))


# emergency


@defect(feature="emergency-call", replaces=dial_plan.destination)
def emergency_proxy_ignored(healthy: Where, dialled: str, settings: Settings, identity: int) -> Destination:
    """An emergency number goes to the identity's own server."""
    return replace(healthy(dialled, settings, identity), proxy="")


@defect(feature="emergency-call", replaces=dial_plan.emergency)
def only_the_first_emergency_number_is_known(healthy: Callable[[str, str], bool], dialled: str, numbers: str) -> bool:
    """Of several emergency numbers only the first goes to the emergency proxy; the dial plan rewrites the others."""
    return healthy(dialled, numbers.partition(" ")[0])


@defect(feature="emergency-call", replaces=dial_plan.destination)
def dial_plan_rewrites_emergency_numbers(
    healthy: Where, dialled: str, settings: Settings, identity: int
) -> Destination:
    """The dial plan puts its prefix before an emergency number."""
    found = healthy(dialled, settings, identity)
    known = dial_plan.plans(settings.get("user_dp_str", identity))
    rewritten = dial_plan.planned(dialled, known, settings.get("user_host", identity)) if found.proxy else None
    return replace(found, target=rewritten or found.target)


@defect(feature="emergency-call", replaces=dial_plan.emergency)
def numbers_beginning_like_an_emergency_number_go_there(
    healthy: Callable[[str, str], bool], dialled: str, numbers: str
) -> bool:
    """An ordinary number that begins like an emergency number ends at the emergency provider."""
    return any(dialled.startswith(number) for number in numbers.split())
