"""HTTP requests for files: their Host and User-Agent, their number, and the files of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from harness.capture.messages import HttpMessage
from harness.rules.addresses import is_literal, plain
from harness.rules.evidence import Evidence
from harness.rules.fetches import Address, Fetch, address_of
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.intervals import between
from harness.rules.registry import Expect, rule

NEXT_WITHIN_S = 10.0
"""From one file of a list to the request for the next one; a name may have to be resolved in between."""
MOST_FILES = 32
"""The most files of a list that are followed."""
AGAIN = (301, 302, 303, 307, 308, 401, 407, 503)
"""Statuses after which a client may repeat its request."""
VERSION = r"[0-9]+(?:\.[0-9]+)+(?:-[0-9A-Za-z]+)?"


@rule("HTTP-HOST", reads=("http", "dns"))
def host_names_the_server_that_is_asked(evidence: Evidence) -> Iterator[Finding]:
    """A request of HTTP/1.1 has one Host header, which names the server that it is sent to."""
    for fetch in evidence.gets:
        request = fetch.request
        if request.version == "HTTP/1.0":
            continue
        names = request.header("host")
        host = plain(re.sub(r":\d+$", "", names[0])) if names else ""
        if len(names) != 1 or not host:
            yield broken(request, expected="one Host header", seen=", ".join(map(repr, names)) or "none")
        elif is_literal(host):
            yield judged(host == plain(request.dst), request, expected=plain(request.dst), seen=names[0])
        elif request.dst in _addresses(evidence, host, request.at):
            yield held(request)
        else:
            yield cannot_be_said(request, why=f"what {host} was resolved to was not seen")


def _addresses(evidence: Evidence, host: str, until: float) -> set[str]:
    """The addresses of a name in DNS answers; of a name without dots also with a domain behind it."""
    words = (f"{host.lower()}:", f"{host.lower()}.")
    return {
        plain(text.rpartition(" ")[2])
        for message in evidence.dns
        if message.response and message.at <= until and message.name.lower().startswith(host.lower())
        for text in message.answers
        if ", addr" in text and text.lower().startswith(words)
    }


class AgentExpect(Expect):
    """PRV-AGENT: the form of User-Agent, {version} being the one that the status page shows."""

    pattern: str


@rule("PRV-AGENT", reads=("http", "shown"), of_one_packet=True)
def user_agent_names_product_and_version(evidence: Evidence, expect: AgentExpect) -> Iterator[Finding]:
    """User-Agent names product and firmware; whether the letter of the version is there is only inferred."""
    told = evidence.index.shown_between("version", 0, 0.0, float("inf"))
    number, dash, letter = (told[-1].value if told else "").partition("-")
    version = f"{re.escape(number)}(?:{re.escape(dash + letter)})?" if number else VERSION
    pattern = expect.pattern.replace("{version}", version)
    form = re.compile(pattern)
    for fetch in evidence.gets:
        agent = fetch.request.user_agent
        yield judged(bool(form.fullmatch(agent)), fetch.request, expected=pattern, seen=agent or "none")


class OnceExpect(Expect):
    """PRV-ONCE: the most requests for the same file in a row, and the time for them."""

    times: int
    within: float


@rule("PRV-ONCE", reads=("http", "sip", "acts"))
def a_file_is_not_asked_for_again_at_once(evidence: Evidence, expect: OnceExpect) -> Iterator[Finding]:
    """A file that was delivered, or does not exist, is not requested again at once."""
    seen: dict[tuple[str, str, str], list[Fetch]] = {}
    for fetch in evidence.fetches:
        before = seen.setdefault((fetch.request.dst, fetch.request.host, fetch.request.uri), [])
        before[:] = [one for one in before if one.at > fetch.at - expect.within and not _excused(evidence, one, fetch)]
        before.append(fetch)
        if len(before) <= expect.times:
            yield held(fetch.request)
        else:
            expected = f"{expect.times} request{'s' * (expect.times > 1)} within {expect.within:g} s"
            yield broken(*(one.request for one in before), expected=expected, seen=len(before))


def _excused(evidence: Evidence, before: Fetch, after: Fetch) -> bool:
    """Whether there was a reason to request it again: the answer, a restart, a NOTIFY, a changed setting, a reader."""
    if before.answer is None or before.answer.status in AGAIN or evidence.settings.restarted(before.at, after.at):
        return True
    return any(m.method == "NOTIFY" for m in between(evidence.sip, before.at, after.at)) or any(
        act.kind in ("setting", "feed") for act in between(evidence.acts or (), before.at, after.at)
    )


@rule("PRV-LIST", reads=("http", "dhcp", "acts"), timed=True)
def the_files_of_a_list_are_fetched_in_its_order(evidence: Evidence) -> Iterator[Finding]:
    """After each list of files its files are requested in its order, also if the list is unchanged."""
    for number, fetch in enumerate(evidence.fetches):
        named = fetch.content.files[:MOST_FILES] if fetch.content is not None else ()
        if fetch.answer is None or not named:
            continue
        files = [_address(evidence, fetch.request, name) for name in named]
        if all(file is not None and file.scheme == "http" for file in files):
            wanted = [file for file in files if file is not None]
            yield from _followed(evidence, fetch.answer, wanted, evidence.fetches[number + 1 :])


def _address(evidence: Evidence, request: HttpMessage, name: str) -> Address | None:
    return address_of(urljoin(f"http://{request.host or request.dst}{request.uri}", name), evidence.own_macs)


def _followed(
    evidence: Evidence, answer: HttpMessage, wanted: Sequence[Address], later: Sequence[Fetch]
) -> Iterator[Finding]:
    begun = answer.at
    asked = iter(later)
    for place, file in enumerate(wanted):
        due = begun + NEXT_WITHIN_S
        rest = wanted[place:]
        request = next((f.request for f in asked if any(one.is_of(f.request) for one in rest)), None)
        if request is not None and request.at <= due and file.is_of(request):
            begun = request.at
            continue
        if evidence.settings.restarted(begun, due) or (request is None and not evidence.has_seen(begun, due)):
            return
        late = request is not None and request.at > due
        seen = f"GET {request.uri}{' too late' if late else ''}" if request is not None else "no such GET"
        yield broken(answer, *([request] if request else []), expected=f"GET {file.path}, file {place + 1}", seen=seen)
        return
    yield held(answer)
