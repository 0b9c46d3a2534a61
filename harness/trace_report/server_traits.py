"""What is looked at in a trace to say what a PBX does in its own way, by the rows of the matrix."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from harness.capture.messages import SipMessage
from harness.rules.as_any_call import DIVERTED, is_focus
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.known_names import HEADERS, OPTION_TAGS
from harness.rules.notify import event_of
from harness.rules.session import audio_of, direction_of, offers_null_address

NAMES = ("p-asserted-identity", "remote-party-id", "privacy")
OF_CALLS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "PRACK", "UPDATE")
OF_TIMERS = ("session-expires", "min-se")

Found = Iterator[tuple[str, SipMessage]]
"""What was seen, with the message that shows it."""


def to_base(evidence: Evidence, method: str = "") -> Iterator[SipMessage]:
    """The requests that the base received, each once."""
    for message in evidence.sip:
        if (
            message.is_request
            and not message.resend
            and evidence.is_base(message.dst)
            and method in ("", message.method)
        ):
            yield message


def _answers(evidence: Evidence, method: str) -> Iterator[SipMessage]:
    """The final answers to the base's requests of a method."""
    for one in evidence.asked_by_base:
        if one.request.method == method and one.final is not None:
            yield one.final


def _transports(evidence: Evidence) -> Found:
    return ((message.transport.upper(), message) for message in _answers(evidence, "REGISTER"))


def _challenges(evidence: Evidence) -> Found:
    for one in evidence.asked_by_base:
        if one.final is not None and one.final.status in (401, 407):
            for name in ("www-authenticate", "proxy-authenticate"):
                for value in one.final.header(name):
                    scheme, qop = value.split()[0], ", qop" if "qop=" in value else ""
                    yield f"{one.final.status} to {one.request.method}: {scheme}{qop}", one.final


def _lines(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        if not message.to.tag:
            yield ("with" if ";line=" in message.request_uri else "without") + " line=", message


def _granted(evidence: Evidence) -> Found:
    for one in evidence.asked_by_base:
        final = one.final
        if one.request.method == "REGISTER" and final is not None and (one.request.expires or 0) > 0:
            if final.status == 423:
                yield f"423, Min-Expires {', '.join(final.header('min-expires'))}", final
            elif final.status == 200 and final.header("contact"):
                granted = final.contact.params.get("expires") or ", ".join(final.header("expires"))
                yield f"{one.request.expires} s asked, {granted} s granted", final


def _pings(evidence: Evidence) -> Found:
    return (("OPTIONS outside a call", m) for m in to_base(evidence, "OPTIONS") if not m.to.tag)


def _offers(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        kind = "re-INVITE" if message.to.tag else "INVITE"
        yield f"{kind} {'with' if message.sdp_or_none is not None else 'without'} an offer", message


def _progress(evidence: Evidence) -> Found:
    for message in evidence.sip:
        if evidence.is_base(message.dst) and 100 < message.status < 200:
            reliable = ", reliable" if message.has("require", "100rel") else ""
            yield f"{message.status}{' with media' if message.sdp_or_none is not None else ''}{reliable}", message


def timer_of(message: SipMessage) -> dict[str, Any]:
    """The session timer that an INVITE asks for; nothing where it asks for none."""
    words = [part.strip() for part in "".join(message.header("session-expires")[:1]).split(";")]
    if not words[0].isdigit():
        return {}
    named = next((w.partition("=")[2] for w in words if w.startswith("refresher=")), "uac")
    least = "".join(message.header("min-se")[:1]).strip()
    return {"expires": int(words[0]), "refresher": named} | ({"least": int(least)} if least.isdigit() else {})


def _timers(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        if timer := timer_of(message):
            yield ", ".join(f"{name} {value}" for name, value in timer.items()), message


def strange_in(message: SipMessage) -> dict[str, str]:
    """The headers that no registry has, and in `Supported` the option tags."""
    found = {name: value for name, value in message.headers if name.lower() not in (*HEADERS, *OF_TIMERS)}
    tags = [tag for tag in message.header("supported") if tag.lower() not in OPTION_TAGS]
    return found | ({"Supported": ",".join(tags)} if tags else {})


def _unknown(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        for name, value in strange_in(message).items():
            yield f"Supported: {value}" if name == "Supported" else name, message


def _named(*names: str) -> Callable[[Evidence], Found]:
    def look(evidence: Evidence) -> Found:
        for message in to_base(evidence, "INVITE"):
            there = [name for name in names if message.header(name)]
            if there and not message.to.tag:
                yield " and ".join(there), message

    return look


def _callers(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        if not message.to.tag:
            yield " and ".join([name for name in NAMES if message.header(name)] or ["From only"]), message


def _reasons(evidence: Evidence) -> Found:
    return ((", ".join(m.header("reason")) or "no Reason", m) for m in to_base(evidence, "CANCEL"))


def _hold_answers(evidence: Evidence) -> Found:
    for call in evidence.calls:
        for session in call.sessions:
            offered = direction_of(session.offer) if session.by_base else ""
            if offered in ("sendonly", "inactive"):
                yield f"{offered} is answered {direction_of(session.answer)}", session.answer


def _holds(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        if message.to.tag and message.sdp_or_none is not None:
            said = "0.0.0.0" if offers_null_address(message) else direction_of(message)
            if said != "sendrecv":
                yield said, message


def _refers(evidence: Evidence) -> Found:
    return ((f"REFER is answered {message.status}", message) for message in _answers(evidence, "REFER"))


def _reports(evidence: Evidence) -> Found:
    for message in to_base(evidence, "NOTIFY"):
        if event_of(message)[0] == "refer":
            parameters = "with id" if "id" in event_of(message)[1] else "without id"
            yield f"{parameters}, {', '.join(message.header('content-type'))}", message


def _summaries(evidence: Evidence) -> Found:
    for message in to_base(evidence, "NOTIFY"):
        if event_of(message)[0] == "message-summary":
            asked = "in a subscription" if message.to.tag else "unasked"
            state = "" if message.header("subscription-state") else ", no Subscription-State"
            counts = "" if b"oice-" in message.body else ", no counts"
            yield f"{asked}{state}{counts}", message


def _status_of(method: str) -> Callable[[Evidence], Found]:
    return lambda evidence: ((f"{method} is answered {m.status}", m) for m in _answers(evidence, method))


def spelt_focus(message: SipMessage) -> str:
    """`isfocus` in the letters of the Contact."""
    found = re.search(r";\s*(isfocus)", "".join(message.header("contact")), re.IGNORECASE)
    return found[1] if found else ""


def _bridges(evidence: Evidence) -> Found:
    return ((spelt_focus(m), m) for m in to_base(evidence, "INVITE") if is_focus(m))


def _foreign(evidence: Evidence) -> Found:
    for message in to_base(evidence):
        package = event_of(message)[0]
        if message.method not in OF_CALLS and package not in ("message-summary", "refer"):
            yield f"{message.method} {package}".strip(), message


def _codecs(evidence: Evidence) -> Found:
    for call in evidence.calls:
        yield from _codecs_of(call)


def _codecs_of(call: CallEvidence) -> Found:
    if call.opening is not None and call.incoming and (audio := audio_of(call.opening)) is not None:
        yield f"{audio.proto}: {', '.join(audio.names)}", call.opening


def _events(evidence: Evidence) -> Found:
    for message in to_base(evidence, "INVITE"):
        audio = audio_of(message)
        if audio is not None:
            yield str(audio.telephone_event or "none"), message


LOOKS: tuple[tuple[str, str, Callable[[Evidence], Found]], ...] = (
    ("REG-1", "transport of the registrar", _transports),
    ("REG-2", "challenges", _challenges),
    ("REG-4", "Request-URI of calls", _lines),
    ("REG-8", "time of a registration", _granted),
    ("REG-9", "pings", _pings),
    ("CAL-2", "offers", _offers),
    ("CAL-3", "answers before the final one", _progress),
    ("CAL-5", "session timers", _timers),
    ("CAL-7", "headers and option tags of its own", _unknown),
    ("CAL-10", "reasons of CANCEL", _reasons),
    ("CAL-11", "forms that may ask for an automatic answer", _named("answer-mode", "call-info", "alert-info")),
    ("HLD-1", "answers to a hold of the base", _hold_answers),
    ("HLD-2", "how the far end holds", _holds),
    ("XFR-1", "answers to a transfer", _refers),
    ("XFR-5", "reports of a transfer", _reports),
    ("CID-1", "headers that name the caller", _callers),
    ("CID-4", "headers of a diverted call", _named(*DIVERTED)),
    ("MWI-1", "subscriptions", _status_of("SUBSCRIBE")),
    ("MWI-2", "notices of the mailbox", _summaries),
    ("CNF-2", "Contacts of a bridge", _bridges),
    ("FEA-1", "publications", _status_of("PUBLISH")),
    ("FEA-8", "requests that a plain phone may not know", _foreign),
    ("DTM-1", "number of telephone-event", _events),
    ("RTP-1", "codecs of an offer", _codecs),
)
