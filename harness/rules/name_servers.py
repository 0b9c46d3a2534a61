"""Names are looked up at the servers that DHCP named, used for the answer's time to live, then looked up again."""

from __future__ import annotations

from collections.abc import Iterator

from harness.rules.addresses import is_literal
from harness.rules.evidence import Evidence
from harness.rules.fetches import address_of
from harness.rules.findings import Finding, broken, held
from harness.rules.intervals import between
from harness.rules.leases import NAME_SERVERS, SETTINGS_SERVER
from harness.rules.registry import rule

MARGIN_S = 1.0
"""A time to live has whole seconds, and the base's clock starts when it reads the answer."""
NEXT_SERVER_S = 10.0
"""Seconds after a question to a silent server until the next server is asked."""
LOOKED_UP_WITHIN_S = 10.0
"""Seconds for each name server, after the address came, until the settings server is looked up."""


@rule("DNS-CACHE", reads=("dns", "http", "sip", "dhcp", "acts"), timed=True)
def an_answer_that_lives_is_not_asked_for(evidence: Evidence) -> Iterator[Finding]:
    """A name is not looked up again during its time to live, except after a restart."""
    answers = evidence.lookups
    for question in answers.questions:
        answer = answers.before(question.name, question.type, question.at)
        if answer is None or evidence.settings.restarted(answer.at, question.at):
            continue
        left = answer.at + (answer.ttl or 0) - question.at
        if left > MARGIN_S:
            yield broken(answer, question, expected=f"no question for {left:.0f} s more", seen="the same question")
    used: set[int] = set()
    for fetch in evidence.fetches:
        for answer in answers.of_host(fetch):
            if id(answer) in used:
                yield held(answer, fetch.request)
            used.add(id(answer))


@rule("DNS-TTL", reads=("dns", "http", "sip", "dhcp", "acts"), timed=True)
def an_answer_that_is_over_is_not_used(evidence: Evidence) -> Iterator[Finding]:
    """A request to a name follows an answer whose time to live has not ended, in either family of addresses."""
    answers = evidence.lookups
    for fetch in evidence.fetches:
        told = answers.of_host(fetch)
        if not told:
            continue
        last = max(told, key=lambda one: one.at + (one.ttl or 0))
        over = last.at + (last.ttl or 0)
        asked = between(answers.questions, last.at, fetch.at)
        if fetch.at <= over + MARGIN_S or any((one.name, one.type) == (last.name, last.type) for one in asked):
            yield held(last, fetch.request)
        else:
            expected = f"a question for {last.name}, as its answer ended {fetch.at - over:.1f} s before"
            yield broken(last, fetch.request, expected=expected, seen="none")


@rule("NET-NAME-SERVERS", reads=("dhcp", "dns", "acts", "shown"), timed=True)
def the_settings_server_is_looked_up(evidence: Evidence) -> Iterator[Finding]:
    """The settings server that DHCP names is looked up at DHCP's name servers, even if one of them is dead.

    A question to a server that does not exist is not on the wire: the question to the next one shows the attempt.
    """
    questions = evidence.lookups.questions
    for lease in evidence.leases:
        servers, address = lease.addresses(NAME_SERVERS), address_of(lease.text(SETTINGS_SERVER), {lease.ack.mac})
        other = evidence.settings.value("setting_server", at=lease.at, factory="")
        if not (lease.starts and servers and address) or is_literal(address.host) or other != "":
            continue
        due = lease.at + LOOKED_UP_WITHIN_S * len(servers)
        asked = [m for m in between(questions, lease.at, due) if m.name.lower().startswith(address.host.lower())]
        if foreign := [m for m in asked if m.dst not in servers]:
            yield broken(lease.ack, foreign[0], expected=" or ".join(servers), seen=foreign[0].dst)
        elif asked:
            yield held(lease.ack, asked[0])
        elif not evidence.settings.restarted(lease.at + 0.001, due) and evidence.has_seen(lease.at, due):
            yield broken(lease.ack, expected=f"a question for {address.host}", seen="none")


@rule("NET-NAME-SERVERS", reads=("dhcp", "dns", "sip", "acts"), timed=True)
def the_next_name_server_is_asked(evidence: Evidence) -> Iterator[Finding]:
    """A question without an answer is repeated to the next name server."""
    questions = evidence.lookups.questions
    answered = {(m.id, m.src) for m in evidence.dns if m.response}
    for number, lease in enumerate(evidence.leases):
        servers = lease.addresses(NAME_SERVERS)
        until = evidence.leases[number + 1].at if number + 1 < len(evidence.leases) else float("inf")
        for question in between(questions, lease.at, until) if len(servers) > 1 else ():
            due = question.at + NEXT_SERVER_S
            if question.dst not in servers[:-1] or (question.id, question.dst) in answered:
                continue
            same = [m for m in between(questions, question.at - NEXT_SERVER_S, due) if m.name == question.name]
            if {m.dst for m in same} & set(servers) - {question.dst}:
                yield held(question)
            elif not evidence.settings.restarted(question.at, due) and evidence.has_seen(question.at, due):
                yield broken(question, expected="the same of the next name server", seen="nothing")
