"""Faults of session descriptions: origin, grammar, formats."""

from __future__ import annotations

import random
import re

from rigs.standin.defects._altering import spoils_description
from rigs.standin.media.strategies import AnswerStrategy
from rigs.standin.sip.call_strategies import OriginStrategy
from rigs.standin.sip.message import Message, Request


@spoils_description(feature="hold-version")
def origin_user_changes(body: str, message: Message) -> str:
    """The user of o= is another one in each message: to the far end each offer is of another session."""
    return re.sub(r"(?m)^o=\S+", f"o=u{random.getrandbits(20)}", body)


@spoils_description(feature="hold-version")
def session_id_changes(body: str, message: Message) -> str:
    """Far ends that compare origins refuse a hold as a new session: the session id of o= is another in each message."""
    return re.sub(r"(?m)^(o=\S+) \d+", rf"\1 {random.getrandbits(30)}", body)


class OriginVersionJumps(OriginStrategy):
    """Strict far ends take a hold for one whose forerunners were lost and refuse it: the o= version jumps by seven."""

    feature = "hold-version"

    def version(self, previous: int, changed: bool) -> int:
        return previous + 7 if changed else previous


@spoils_description(feature="call-out")
def events_unmapped(body: str, message: Message) -> str:
    """Keys do nothing at the far end's voice menu: the offer lists the number of telephone-event and not what it is."""
    return re.sub(r"a=rtpmap:\d+ telephone-event/8000\r\n", "", body) if isinstance(message, Request) else body


@spoils_description(feature="dtmf-in")
def events_of_digits_only(body: str, message: Message) -> str:
    """telephone-event is said to know 0 to 9 only: star and hash may not be sent."""
    return re.sub(r"(a=fmtp:\d+) 0-16", r"\1 0-9", body)


@spoils_description(feature="codec-g722")
def wideband_at_sixteen(body: str, message: Message) -> str:
    """G.722 is described with a clock of 16 kHz, as it sounds and not as RFC 3551 counts."""
    return body.replace("G722/8000", "G722/16000")


@spoils_description(feature="call-out")
def no_session_name(body: str, message: Message) -> str:
    """Strict far ends refuse the call: the offer has no s= line."""
    return re.sub(r"(?m)^s=.*\r\n", "", body) if isinstance(message, Request) else body


@spoils_description(feature="call-in")
def no_time_line(body: str, message: Message) -> str:
    """Strict callers drop the call at the moment it is answered: the answer has no t= line."""
    return body if isinstance(message, Request) else body.replace("t=0 0\r\n", "")


@spoils_description(feature="hold")
def hold_in_two_directions(body: str, message: Message) -> str:
    """Some far ends on hold go on talking into nothing: the offer says sendonly and sendrecv at once."""
    return body.replace("a=sendonly\r\n", "a=sendonly\r\na=sendrecv\r\n")


@spoils_description(feature="remote-hold")
def answer_to_hold_with_the_zero_address(body: str, message: Message) -> str:
    """A hold of the far end is answered with the address 0.0.0.0, so that nothing of its music can come."""
    return re.sub(r"(?m)^c=IN IP4 .*$", "c=IN IP4 0.0.0.0\r", body) if "a=recvonly" in body else body


@spoils_description(feature="codec-answer")
def answer_with_a_time_of_its_own(body: str, message: Message) -> str:
    """Strict callers end the call as one of another time: t= of the answer is not that of the offer."""
    return body if isinstance(message, Request) else body.replace("t=0 0", "t=3500000000 0")


class WidebandInOwnCallsOnly(AnswerStrategy):
    """Calls that come in are never wideband: G.722 is offered, but an offer of it is not taken."""

    feature = "codec-g722"

    def codecs(self, offered: list[str], ours: list[str]) -> list[str]:
        common = super().codecs(offered, ours)
        return [name for name in common if name != "G722"] or common


@spoils_description(feature="ipv6")
def origin_of_the_other_family(body: str, message: Message) -> str:
    """Strict far ends refuse calls over IPv6: the o= line calls the IPv6 address IP4."""
    return re.sub(r"(?m)^(o=.*) IN IP6 ", r"\1 IN IP4 ", body)
