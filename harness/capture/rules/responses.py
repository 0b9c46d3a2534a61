"""The base's answers: what they copy, tags, Contact, order and repetition (RFC 3261, RFC 3581, RFC 4028)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.capture.rules.talk import Talk, broken, same_list, same_uri, squeezed
from harness.errors import Expectation

AFTER_ACK_S = 0.1
"""A repetition may cross its ACK on the wire; later it is one too many."""
SHORTEST_S = 90
DEFAULT_PORTS = {"sip": 5060, "sips": 5061}


def broken_responses(talk: Talk) -> list[Expectation]:
    """Everything that the answers of one call break."""
    return [fault for rule in (_copies, _tags, _routes, _order, _repetition, _timers) for fault in rule(talk)]


def broken_contacts(talk: Talk) -> list[Expectation]:
    """The Contact of each message that opens or refreshes a dialog: there, once, and where the base can be reached."""
    reached = {m.sport for m in talk.sent} | {m.dport for m in talk.heard}
    found = []
    for message in [*talk.requests, *talk.responses]:
        if not _targets(message):
            continue
        if len(message.contacts) != 1:
            claim = "a dialog is opened and refreshed with one Contact"
            found.append(broken(claim, 1, len(message.contacts), "RFC 3261 §8.1.1.8, §12.1.1", message))
            continue
        uri = message.contact.uri
        scheme, _, rest = uri.partition(":")
        port = rest.rpartition("@")[2].partition(";")[0].rpartition("]")[2].rpartition(":")[2]
        written = headers.number(port) if ":" in rest.rpartition("@")[2] else None
        number = written if written is not None else DEFAULT_PORTS.get(scheme.lower(), 0)
        lost = message.transport.lower() == "udp" and number not in reached  # by TCP it may listen elsewhere
        if scheme.lower() not in DEFAULT_PORTS or not talk.is_base(message.contact.host) or lost:
            where = " or ".join(f"{address}:{one}" for address in sorted(talk.base) for one in sorted(reached))
            found.append(broken("Contact is where the base is reached", where, uri, "RFC 3261 §8.1.1.8", message))
    return found


def _targets(message: SipMessage) -> bool:
    if message.is_request:
        return message.method in ("INVITE", "UPDATE")
    if message.cseq.method == "INVITE":
        return 200 <= message.status < 300 or (100 < message.status < 200 and bool(message.to.tag))
    return message.cseq.method == "UPDATE" and 200 <= message.status < 300


def _copies(talk: Talk) -> Iterator[Expectation]:
    for response in talk.responses:
        request = talk.asked(response)
        if request is None:
            claim = "an answer carries the Via of a request"
            yield broken(claim, "a branch of the far end", response.branch or "none", "RFC 3261 §8.2.6.2", response)
            continue
        if not same_list(response.via[1:], request.via[1:]) or len(response.via) != len(request.via):
            claim = "an answer has all Vias of its request in order"
            yield broken(claim, request.via, response.via, "RFC 3261 §8.2.6.2", request, response)
        asked = headers.parameters(request.via[0].partition(";")[2])
        given = headers.parameters(response.via[0].partition(";")[2])
        if asked.get("rport") == "" and given.get("rport") != str(request.sport):
            seen = given.get("rport") or "none"
            yield broken("rport is filled in", request.sport, seen, "RFC 3581 §4", request, response)
        if response.cseq.number != request.cseq.number:
            yield broken(
                "an answer has the CSeq of its request", request.cseq, response.cseq, "RFC 3261 §8.2.6.2", response
            )
        if not same_list(response.header("from"), request.header("from")):
            claim = "an answer has the From of its request"
            yield broken(claim, request.header("from"), response.header("from"), "RFC 3261 §8.2.6.2", response)
        if not same_uri(response.to.uri, request.to.uri):
            claim = "an answer has the To of its request"
            yield broken(claim, request.to.uri, response.to.uri, "RFC 3261 §8.2.6.2", response)


def _tags(talk: Talk) -> Iterator[Expectation]:
    """One tag for all answers to one request, and the tag of the dialog where it has one."""
    given: dict[tuple[str, str], SipMessage] = {}
    for response in talk.responses:
        request = talk.asked(response)
        if request is None or response.status == 100:
            continue
        if not response.to.tag:
            yield broken("an answer has a tag in To", ";tag=", "none", "RFC 3261 §8.2.6.2", response)
            continue
        if request.to.tag and response.to.tag != request.to.tag:
            claim = "To of an answer has the tag of its request"
            yield broken(claim, request.to.tag, response.to.tag, "RFC 3261 §8.2.6.2", request, response)
        first = given.setdefault((response.branch, response.cseq.method), response)
        if first.to.tag != response.to.tag:
            claim = "all answers to a request have one tag in To"
            yield broken(claim, first.to.tag, response.to.tag, "RFC 3261 §8.2.6.2", first, response)


def _routes(talk: Talk) -> Iterator[Expectation]:
    for response in talk.responses:
        request = talk.asked(response)
        if request is None or request.method != "INVITE" or request.to.tag or not 100 < response.status < 300:
            continue
        wanted, seen = request.header("record-route"), response.header("record-route")
        if wanted and not same_list(seen, wanted):
            claim = "an answer that opens a dialog copies Record-Route"
            yield broken(claim, wanted, seen or "none", "RFC 3261 §12.1.1", request, response)


def _order(talk: Talk) -> Iterator[Expectation]:
    finals: dict[tuple[str, str], SipMessage] = {}
    for response in talk.sent:
        if response.is_request:
            continue
        key = (response.branch, response.cseq.method)
        final = finals.get(key)
        if response.status >= 200:
            finals.setdefault(key, response)
        if final is not None and response.status != final.status:
            claim = "a request has one final answer and nothing else after it"
            yield broken(claim, f"{final.status} at the end", response.status, "RFC 3261 §17.2.1", final, response)


def _repetition(talk: Talk) -> Iterator[Expectation]:
    """A final answer to INVITE is repeated only until its ACK has come."""
    for ack in (m for m in talk.heard if m.method == "ACK" and not m.resend):
        for response in talk.sent:
            same = response.cseq.method == "INVITE" and response.cseq.number == ack.cseq.number
            if same and response.status >= 200 and response.to.tag == ack.to.tag and response.at > ack.at + AFTER_ACK_S:
                claim = "an acknowledged answer is not repeated"
                yield broken(claim, "nothing after ACK", "once more", "RFC 3261 §13.3.1.4, §17.2.1", ack, response)


def _timers(talk: Talk) -> Iterator[Expectation]:
    """Session timers that are asked for and granted (RFC 4028 §7 to §9)."""
    for message in (m for m in [*talk.requests, *talk.responses] if m.header("session-expires")):
        seconds, named = _interval(message)
        least = max([SHORTEST_S, *_numbers(message.header("min-se"))])
        if seconds < least:
            claim = "Session-Expires is not below Min-SE"
            yield broken(claim, f"{least} s at least", f"{seconds} s", "RFC 4028 §4, §5", message)
        if message.is_request:
            if "timer" not in [tag.lower() for tag in message.header("supported")]:
                claim = "who asks for a session timer supports it"
                yield broken(claim, "timer in Supported", message.header("supported"), "RFC 4028 §7.1", message)
        elif named not in ("uac", "uas"):
            yield broken("the answer names the refresher", "uac or uas", named or "none", "RFC 4028 §9", message)
        else:
            yield from _granted(talk, message, seconds, named)


def _granted(talk: Talk, response: SipMessage, seconds: int, named: str) -> Iterator[Expectation]:
    request = talk.asked(response)
    if request is None:
        return
    asked, wish = _interval(request)
    if asked and seconds > asked:
        yield broken("a session interval is not raised", f"{asked} s at most", f"{seconds} s", "RFC 4028 §9", response)
    if wish and named != wish:
        claim = "the refresher that was asked for is taken"
        yield broken(claim, wish, named, "RFC 4028 §9 (table 2)", request, response)
    if named == "uac" and "timer" not in [tag.lower() for tag in response.header("require")]:
        claim = "Require: timer, where the far end is to refresh"
        yield broken(claim, "timer in Require", response.header("require") or "none", "RFC 4028 §9", response)


def _interval(message: SipMessage) -> tuple[int, str]:
    text = squeezed("".join(message.header("session-expires")))
    seconds, _, rest = text.partition(";")
    return headers.number(seconds) or 0, headers.parameters(rest).get("refresher", "").lower()


def _numbers(values: list[str]) -> list[int]:
    found = (headers.number(value.partition(";")[0].strip()) for value in values)
    return [number for number in found if number is not None]
