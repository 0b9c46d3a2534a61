"""Identities that are switched on and off: one that is on registers, one that is off removes its binding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from harness.capture.equality import canonical
from harness.rules.acts import Act
from harness.rules.binding import BindingEvidence, asks_for_a_binding
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import rule
from harness.rules.settings import OFFERED, WEB
from harness.rules.transactions import Transaction

REGISTERS_WITHIN_S = 15.0
"""Seconds from the save of a page to the REGISTER: the base may look the server up, or try another one of a set."""
GOES_WITHIN_S = 5.0
OFF = ("off", "false", "0", "")
SIGN_OUT: Final = "sign-out"
"""An act beside the setting: its detail `everybody` says whether this unit may remove all bindings (`*`)."""


@rule("REG-SIGN-IN", reads=("sip", "acts", "dhcp"), timed=True)
def who_is_on_registers(evidence: Evidence) -> Iterator[Finding]:
    """An identity that is switched on asks for a binding."""
    settings = evidence.settings
    for identity in settings.identities:
        acts = [act for act in settings.acts_on(identity, "user_active") if act.detail.get("channel") in (WEB, OFFERED)]
        for before, act in pairwise(acts):
            if _is_off(act) or not _is_off(before) or act.detail.get("channel") != WEB:
                continue
            user = settings.value("user_name", identity, at=act.at)
            due = act.at + REGISTERS_WITHIN_S
            if not user:
                continue
            binding = evidence.binding_of(user)
            found = (
                next((one for one in binding.after(act.at) if asks_for_a_binding(one.request)), None)
                if binding
                else None
            )
            if found is not None and found.at <= due:
                yield held(act, found.request)
            elif evidence.saw_all(act.at, due) and not settings.touched(identity, act.at + 0.001, due):
                seen = "none" if found is None else f"the first after {found.at - act.at:.1f} s"
                yield broken(act, expected=f"a REGISTER of {user} within {REGISTERS_WITHIN_S:g} s", seen=seen)


@rule("REG-SIGN-OUT", reads=("sip", "acts", "dhcp"), timed=True)
def who_goes_takes_the_binding_back(binding: BindingEvidence) -> Iterator[Finding]:
    """An identity that is switched off removes its binding with Expires 0 and registers no other."""
    acts = [act for act in binding.acts("user_active") if act.detail.get("channel") == WEB]
    for number, act in enumerate(acts):
        bound = binding.bound_at(act.at)
        if not _is_off(act) or bound is None:
            continue
        due = act.at + GOES_WITHIN_S
        gone = next((one for one in binding.after(act.at) if one.request.expires == 0), None)
        if gone is not None and gone.at <= due:
            yield held(bound.response, act, gone.request)
            until = acts[number + 1].at if number + 1 < len(acts) else binding.evidence.sight.ends
            yield from _stays_away(binding, act, gone, until)
        elif binding.evidence.saw_all(act.at, due) and not binding.touched(act.at + 0.001, due):
            claim = "an identity that is switched off is de-registered"
            expected = f"a REGISTER with Expires 0 within {GOES_WITHIN_S:g} s"
            yield broken(bound.response, act, expected=expected, seen="none", claim=claim)


def _stays_away(binding: BindingEvidence, act: Act, gone: Transaction, until: float) -> Iterator[Finding]:
    again = next((one for one in binding.after(gone.at) if asks_for_a_binding(one.request)), None)
    if again is not None and again.at <= until and not binding.touched(gone.at, again.at):
        claim = "an identity that is switched off does not register"
        yield broken(act, gone.request, again.request, expected="no REGISTER for a binding", seen="one", claim=claim)


@rule("REG-SIGN-OUT", reads=("sip", "acts"), timed=True)
def the_own_binding_only(binding: BindingEvidence) -> Iterator[Finding]:
    """The base removes its own binding: the server then lists none of its Contacts.

    A base that lost its power knows nothing of the bindings before; it begins another Call-ID (RFC 3261 section 10.2).
    """
    bound: dict[str, set[str]] = {}
    for one in binding.transactions:
        request = one.request
        if asks_for_a_binding(request):
            bound.setdefault(request.call_id, set()).add(canonical(request.contact.uri))
        elif request.expires == 0:
            fault = _too_much(binding, one) or _left(binding, one, bound.pop(request.call_id, set()))
            yield fault if fault is not None else held(request)


def _too_much(binding: BindingEvidence, one: Transaction) -> Finding | None:
    request = one.request
    text = ", ".join(request.header("contact"))
    claim, source = "a de-registration takes back the own binding only", "RFC 3261 §10.2.2"
    if text.strip() == "*":
        wanted = [act for act in binding.evidence.acts_of(SIGN_OUT) if act.detail.get("user") == binding.user]
        everybody = all(act.detail.get("everybody") == "yes" for act in wanted if abs(act.at - one.at) < GOES_WITHIN_S)
        if everybody:
            return None
        return broken(request, expected="the own Contact", seen=text, claim=claim, source=source)
    if not text or not all(binding.evidence.is_base(contact.host) for contact in request.contacts):
        if text and not binding.evidence.settings.known:
            return cannot_be_said(request, why="a STUN server may have named the address of the Contact", claim=claim)
        return broken(request, expected="the own Contact", seen=text or "no Contact", claim=claim, source=source)
    return None


def _left(binding: BindingEvidence, one: Transaction, bound: set[str]) -> Finding | None:
    """Another binding of the base that its server still lists."""
    final = one.final
    if final is None or final.status >= 300:
        return None
    taken_back = {canonical(contact.uri) for contact in one.request.contacts}
    for listed in final.contacts:
        if canonical(listed.uri) in bound - taken_back:
            claim = "a de-registration leaves no binding of the base"
            return broken(one.request, final, expected="no Contact of the base", seen=listed, claim=claim)
    return None


def _is_off(act: Act) -> bool:
    return act.detail.get("value", "").lower() in OFF
