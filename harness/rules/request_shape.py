"""The contents of a REGISTER: names, Contact, option tags, and the form that RFC 3261 requires."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.capture.equality import canonical, same_uri
from harness.capture.messages import SipMessage
from harness.rules.binding import BindingEvidence, asks_for_a_binding
from harness.rules.digest import credentials_of
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, held_unless
from harness.rules.registry import Expect, rule
from harness.rules.values import QVALUE

URN = re.compile("<urn:[^<>]+>", re.IGNORECASE)
GRUUS = ("pub-gruu", "temp-gruu")


class NamesExpect(Expect):
    """REG-3."""

    from_parameters: frozenset[str]
    from_needs: tuple[str, ...]


@rule("REG-3", of_one_packet=True)
def names_nothing_but_the_account(binding: BindingEvidence, expect: NamesExpect) -> Iterator[Finding]:
    """From and To are plain addresses: no parameter in the URI, and of header parameters only those of the platform."""
    allowed = {"From": {*expect.from_parameters, *expect.from_needs}, "To": expect.from_parameters}
    for request in binding.requests:
        strange = {
            name: found
            for name, address in (("From", request.from_), ("To", request.to))
            if (found := [one for one in (*address.uri_params, *address.params) if one not in allowed[name]])
        }
        missing = [name for name in expect.from_needs if name not in request.from_.params]
        if missing:
            seen = ", ".join(request.from_.params) or "none"
            yield broken(request, expected=", ".join(missing), seen=seen, claim="parameters of From")
        for name, found in strange.items():
            expected = f"only {', '.join(sorted(expect.from_parameters)) or 'the address'}"
            yield broken(request, expected=expected, seen=", ".join(found), claim=f"parameters of {name}")
        if not strange and not missing:
            yield held(request)


@rule("REG-3", reads=("sip", "acts"))
def login_is_the_authentication_name(binding: BindingEvidence) -> Iterator[Finding]:
    """The digest user name is the authentication name of the identity, or its account if it has none."""
    settings, identity = binding.evidence.settings, binding.identity
    for request in (one for one in binding.requests if identity and one.expires != 0):
        account = settings.value("user_name", identity, at=request.at)
        login = settings.value("user_authname", identity, at=request.at)
        for given in credentials_of(request) if account and login is not None else ():
            name, wanted = given.parameters.get("username", ""), login or account
            claim = "the login in the credentials is the authentication name"
            if name == wanted:
                yield held(request)
            else:
                yield broken(request, expected=wanted, seen=name, claim=claim, source="RFC 2617 §3.2.2")


class ContactExpect(Expect):
    """REG-4."""

    uri_parameters: tuple[str, ...]
    header_parameters: tuple[str, ...]
    reg_id: str


@rule("REG-4", of_one_packet=True)
def contact_names_line_and_unit(binding: BindingEvidence, expect: ContactExpect) -> Iterator[Finding]:
    """The Contact's URI and header carry what the platform needs to find identity and unit."""
    if why := binding.of_another_device:
        yield cannot_be_said(binding.requests[0], why=why)
        return
    for request in binding.requests:
        if not asks_for_a_binding(request):
            continue
        contact, text = request.contact, ", ".join(request.header("contact"))
        missing = [f"{name} in the URI" for name in expect.uri_parameters if name not in contact.uri_params]
        missing += [name for name in expect.header_parameters if name not in contact.params]
        number = contact.params.get("reg-id", "")
        if missing:
            yield broken(request, expected=", ".join(missing), seen=text, claim=f"the Contact carries {missing[0]}")
        elif number != expect.reg_id and "reg-id" in expect.header_parameters:
            yield broken(request, expected=expect.reg_id, seen=number, claim=f"reg-id is {expect.reg_id}")
        else:
            yield held(request)


class GruuExpect(Expect):
    """REG-5."""

    contact_without: str


@rule("REG-5")
def no_gruu_of_its_own(evidence: Evidence, expect: GruuExpect) -> Iterator[Finding]:
    """A Contact is a GRUU only if the server gave it, and never in a REGISTER (RFC 5627 sections 4.2 and 4.4)."""
    given: set[str] = set()
    for message in evidence.sip:
        if message.cseq.method == "REGISTER" and 200 <= message.status < 300:
            given |= {contact.params[name] for contact in message.contacts for name in GRUUS if name in contact.params}
        if not evidence.is_base(message.src) or message.cseq.method not in ("REGISTER", "INVITE"):
            continue
        if message.status >= 300 or not message.has("contact"):
            continue
        contact = message.contact
        if expect.contact_without not in contact.uri_params:
            yield held(message)
        elif message.method == "REGISTER" or not any(same_uri(contact.uri, one) for one in given):
            claim = f"the Contact of the {message.method or message.status} is no GRUU that the server did not give"
            yield broken(message, expected=f"no {expect.contact_without}", seen=contact.uri, claim=claim)


class TagsExpect(Expect):
    """REG-6."""

    supported: frozenset[str]


@rule("REG-6", of_one_packet=True)
def option_tags(binding: BindingEvidence, expect: TagsExpect) -> Iterator[Finding]:
    """The option tags are in Supported and none in Require; a tag that a 420 named is left out."""
    if why := binding.of_another_device:
        yield cannot_be_said(binding.requests[0], why=why)
        return
    refused: dict[str, set[str]] = {}
    for one in binding.transactions:
        request, final = one.request, one.final
        gone = refused.setdefault(request.call_id, set())
        wanted = set(expect.supported) - gone
        supported, required = set(request.header("supported")), request.header("require")
        expected = ", ".join(sorted(wanted)) or "none"
        if supported != wanted:
            seen = ", ".join(sorted(supported)) or "none"
            yield broken(request, expected=expected, seen=seen, claim="Supported of the REGISTER")
        elif required:
            yield broken(request, expected="none", seen=", ".join(required), claim="Require of the REGISTER")
        else:
            yield held(request)
        if final is not None and final.status == 420:
            gone |= set(final.header("unsupported"))


class EventExpect(Expect):
    """REG-7."""

    absent: tuple[str, ...]
    carries: dict[str, str]


@rule("REG-7", of_one_packet=True)
def about_no_event(binding: BindingEvidence, expect: EventExpect) -> Iterator[Finding]:
    """The REGISTER carries none of these headers, and of others the one value that the platform knows."""
    for request in binding.requests:
        wrong = [name for name, value in expect.carries.items() if list(request.header(name)) != [value]]
        for name in wrong:
            seen = ", ".join(request.header(name)) or "none"
            yield broken(request, expected=expect.carries[name], seen=seen, claim=f"{name} of the REGISTER")
        there = [name for name in expect.absent if request.has(name)]
        for name in there:
            seen = ", ".join(request.header(name))
            yield broken(request, expected="none", seen=seen, claim=f"{name} of the REGISTER")
        if not there and not wrong:
            yield held(request)


@rule("REG-REQUEST", of_one_packet=True)
def formed_as_the_rfc_has_it(binding: BindingEvidence) -> Iterator[Finding]:
    """The requirements of RFC 3261 on a REGISTER beyond those on every request, one claim each."""
    for request in binding.requests:
        yield from held_unless(_faults(request), request)


def _faults(request: SipMessage) -> Iterator[Finding]:
    same = canonical(request.from_.uri) == canonical(request.to.uri)
    contacts = len(request.contacts)
    weight = request.contact.params.get("q")
    good = weight is None or QVALUE.fullmatch(weight) is not None
    claims: list[tuple[str, bool, object, object, str]] = [
        ("the Request-URI names the domain and no user", "@" not in request.request_uri, "sip:host",
         request.request_uri, "§10.2"),
        ("To of a REGISTER has no tag", not request.to.tag, "no tag", request.to.tag, "§8.1.1.2"),
        ("From is the address that registers", same, request.to.uri, request.from_.uri, "§10.2"),
        ("there is one Contact", contacts == 1 or not asks_for_a_binding(request), 1, contacts, "§10.2.1"),
        ("q of the Contact is 0 to 1 with three digits at most", good, "0 to 1", weight, "§25.1"),
    ]  # fmt: skip
    for claim, kept, expected, seen, section in claims:
        if not kept:
            yield broken(request, expected=expected, seen=seen, claim=claim, source=f"RFC 3261 {section}")


@rule("SIP-INSTANCE", of_one_packet=True)
def instance_is_the_units(binding: BindingEvidence) -> Iterator[Finding]:
    """+sip.instance is a URN in angle brackets and quotes, and never changes (RFC 5626 section 4.1)."""
    before: SipMessage | None = None
    for request in binding.requests:
        instance = request.contact.params.get("+sip.instance")
        if instance is None or not asks_for_a_binding(request):
            continue
        text = ", ".join(request.header("contact"))
        if not URN.fullmatch(instance) or '+sip.instance="<' not in text.replace(" ", ""):
            claim = "+sip.instance is a URN in angle brackets"
            yield broken(request, expected='+sip.instance="<urn:…>"', seen=text, claim=claim)
        elif before is not None and before.contact.params.get("+sip.instance") != instance:
            claim = "+sip.instance stays the same, also after a power cut"
            expected = before.contact.params["+sip.instance"]
            yield broken(before, request, expected=expected, seen=instance, claim=claim)
        else:
            yield held(request)
        before = request
