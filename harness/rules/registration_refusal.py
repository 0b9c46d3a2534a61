"""What follows a refused REGISTER: a longer expiry, the requested pause, another attempt, or none for a while."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.headers import Address
from harness.capture.messages import SipMessage
from harness.rules.binding import BindingEvidence, asks_for_a_binding
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.registry import rule
from harness.rules.retransmission import GIVES_UP_AFTER_T1, T1_S, t1_of
from harness.rules.transactions import Transaction
from harness.rules.values import QVALUE

AT_ONCE_S = 5.0
"""Seconds until the corrected request, where the refusal says what to correct."""
EARLY, LATE = 0.1, 0.1
"""How far a timer may be off, as shares of it."""
SLACK_S = 5.0
"""Seconds by which a busy base may be late besides."""
BASE_TIME_S, MAX_TIME_S = 30.0, 1800.0
"""RFC 5626 section 4.5: the wait after a failure doubles from twice the base time on, up to the longest.

A phone without outbound need not use the growing wait; no phone may exceed the longest.
"""
INSISTS_S, INSISTS = 5.0, 2
"""More requests than this, in this time after a permanent refusal, are too many."""
BUSY_S, BUSY = 2.0, 5
"""The same after a temporary refusal, where the servers of a set may be tried in turn."""


def retry_after(response: SipMessage) -> int | None:
    """The seconds of Retry-After, a comment or parameters behind them left out; None where there are none."""
    text = next(iter(response.header("retry-after")), "")
    return headers.number(text.partition(";")[0].partition("(")[0])


@rule("REG-8", reads=("sip", "acts", "dhcp"), timed=True)
def min_expires_is_obeyed(binding: BindingEvidence) -> Iterator[Finding]:
    """After 423 the next request proposes at least the server's Min-Expires."""
    claim, source = "a time that is too short is raised to what the server wants", "RFC 3261 §10.2.8, §21.4.17"
    for one in binding.transactions:
        final = one.final
        if final is None or final.status != 423:
            continue
        minimum = headers.number(next(iter(final.header("min-expires")), ""))
        if minimum is None:
            continue
        again = binding.next_after(one.at)
        due = final.at + AT_ONCE_S
        expected = f"at least {minimum} s"
        if again is not None and binding.touched(final.at, again.at):
            continue
        if again is not None and asks_for_a_binding(again.request):
            asked = again.request.expires
            if asked is not None and asked >= minimum:
                yield held(final, again.request)
            else:
                yield broken(final, again.request, expected=expected, seen=f"{asked} s", claim=claim, source=source)
        elif again is None and binding.evidence.saw_all(final.at, due) and not binding.touched(final.at, due):
            yield broken(final, expected=f"a REGISTER for {expected}", seen="none", claim=claim, source=source)


@rule("REG-8", reads=("sip", "acts", "dhcp"))
def time_that_was_set_is_asked_for(binding: BindingEvidence) -> Iterator[Finding]:
    """The proposed expiry is that of the settings, or the value that a 423 demanded."""
    least: dict[str, int] = {}
    for one in binding.transactions:
        request, final = one.request, one.final
        if asks_for_a_binding(request):
            text = binding.evidence.settings.value("user_expiry", binding.identity, at=request.at)
            wanted = headers.number(text or "")
            if binding.identity and wanted is not None:
                wanted = max(wanted, least.get(request.call_id, 0))
                if request.expires == wanted:
                    yield held(request)
                else:
                    claim = "the time that was set is asked for"
                    seen = "none" if request.expires is None else f"{request.expires} s"
                    yield broken(request, expected=f"{wanted} s", seen=seen, claim=claim, source="RFC 3261 §10.2.1.1")
        if final is not None and final.status == 423:
            minimum = headers.number(next(iter(final.header("min-expires")), "")) or 0
            least[request.call_id] = max(minimum, least.get(request.call_id, 0))


@rule("REG-10", reads=("sip", "acts", "dhcp"), timed=True)
def pause_is_kept(binding: BindingEvidence) -> Iterator[Finding]:
    """After Retry-After no REGISTER is sent before the pause has ended, and one soon after it."""
    for one in binding.transactions:
        final = one.final
        seconds = retry_after(final) if final is not None and final.status >= 400 else None
        if final is None or not seconds or not asks_for_a_binding(one.request):
            continue
        over = final.at + seconds
        later = binding.after(one.at)
        again = next((two for two in later if two.request.dst == one.request.dst or two.at > over), None)
        due = over + seconds * LATE + SLACK_S
        if again is not None and again.at < final.at + seconds * (1 - EARLY):
            if not binding.touched(final.at, again.at):
                claim = f"a pause of {seconds} s that the server asks for is kept to"
                seen = f"a REGISTER after {again.at - final.at:.1f} s"
                yield broken(final, again.request, expected=f"none before {seconds} s", seen=seen, claim=claim)
        elif again is not None and again.at <= due:
            yield held(final, again.request)
        elif not binding.touched(final.at, due) and binding.evidence.sight.ends >= due:
            yield _not_back(binding, final, again, due, f"within {due - final.at:.0f} s")


@rule("REG-10", reads=("sip", "acts", "dhcp"), timed=True)
def redirection_is_followed(binding: BindingEvidence) -> Iterator[Finding]:
    """A redirection is followed, to the preferred Contact of several."""
    for one in binding.transactions:
        final = one.final
        places = final.contacts if final is not None and final.status in (301, 302) else []
        if final is None or not places or not asks_for_a_binding(one.request):
            continue
        best = max(_weight(place) for place in places)
        hosts = {place.host.lower() for place in places if _weight(place) == best}
        again = binding.next_after(one.at)
        claim, source = "a redirection of the registration is followed", "RFC 3261 §8.1.3.4"
        expected = f"a REGISTER for {' or '.join(sorted(hosts))}"
        if again is not None and again.at <= final.at + AT_ONCE_S:
            if not binding.touched(final.at, again.at):
                asked = headers.parse_address(f"<{again.request.request_uri}>").host
                occasions = (final, again.request)
                yield judged(
                    asked.lower() in hosts, *occasions, expected=expected, seen=asked, claim=claim, source=source
                )
        elif binding.evidence.saw_all(final.at, final.at + AT_ONCE_S) and not binding.touched(
            final.at, final.at + AT_ONCE_S
        ):
            yield broken(final, expected=expected, seen="none", claim=claim, source=source)


def _weight(place: Address) -> float:
    """The preference of a Contact, 1 if it has none or no valid one (RFC 3261 section 20.10)."""
    text = place.params.get("q", "")
    return float(text) if QVALUE.fullmatch(text) else 1.0


def _not_back(
    binding: BindingEvidence, failed: SipMessage, again: Transaction | None, due: float, within: str
) -> Finding:
    claim = "REGISTER comes back after a refusal that ends by itself"
    occasions = (failed, *([again.request] if again is not None else []))
    if not binding.evidence.saw_all(failed.at, due):
        return cannot_be_said(*occasions, why="the capture lost packets after the refusal", claim=claim)
    if not binding.evidence.settings.known and not binding.evidence.alive_after(due):
        return cannot_be_said(*occasions, why="nothing shows that the base still had power", claim=claim)
    seen = "none" if again is None else f"the next after {again.at - failed.at:.0f} s"
    return broken(*occasions, expected=f"a REGISTER {within}", seen=seen, claim=claim)


@rule("REG-RECOVERY", reads=("sip", "acts", "dhcp"), timed=True)
def comes_back(binding: BindingEvidence) -> Iterator[Finding]:
    """A registration that failed temporarily is tried again: the wait grows with each failure, up to a limit."""
    failures = 0
    for one in binding.transactions:
        final = one.final
        if not asks_for_a_binding(one.request) or (final is not None and not _for_a_time(final)):
            failures = 0
            continue
        if final is not None and retry_after(final):
            continue  # judged by the requested pause
        failures += 1
        ended = (
            final.at if final is not None else one.at + GIVES_UP_AFTER_T1 * (t1_of(binding.evidence, one.at) or T1_S)
        )
        soon = BASE_TIME_S * 2 ** min(failures, 10) if "outbound" in one.request.header("supported") else MAX_TIME_S
        wait = min(MAX_TIME_S, soon) * (1 + LATE)
        again = binding.next_after(one.at)
        if again is not None and again.at <= ended + wait:
            if not binding.touched(one.at, again.at):
                yield held(one.request, again.request)
        elif binding.evidence.sight.ends >= ended + wait and not binding.touched(one.at, ended + wait):
            yield _not_back(binding, final or one.sends[-1], again, ended + wait, f"within {wait:.0f} s")


def _for_a_time(final: SipMessage) -> bool:
    return final.status in (408, 500, 502, 503, 504)


@rule("REG-REFUSED", reads=("sip", "acts", "dhcp"), timed=True)
def does_not_insist(binding: BindingEvidence) -> Iterator[Finding]:
    """After a refusal the base sends few requests; the limit is lower after a permanent refusal."""
    for one in binding.transactions:
        final = one.final
        if final is None or final.status < 400 or final.status in (401, 407, 420, 423):
            continue
        if not asks_for_a_binding(one.request):
            continue
        seconds, most = (BUSY_S, BUSY) if _for_a_time(final) else (INSISTS_S, INSISTS)
        tries: list[SipMessage] = []
        for late in binding.after(one.at):
            if late.at > final.at + seconds or len(tries) > most:
                break
            tries.append(late.request)
        if binding.touched(final.at, final.at + seconds):
            continue
        if len(tries) > most:
            claim = "a registration that was refused is not tried without a pause"
            expected, seen = f"at most {most} in {seconds:g} s", f"{len(tries)}"
            yield broken(final, *tries, expected=expected, seen=seen, claim=claim)
        elif binding.evidence.saw_all(final.at, final.at + seconds):
            yield held(final)
