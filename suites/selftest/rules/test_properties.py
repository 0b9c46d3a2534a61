"""Whatever arrives, no rule fails: messages in any order, cut, doubled, with headers that are gone or nonsense."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import trace
from harness.capture.messages import SipMessage
from harness.capture.rtp import RtpRow, RtpStream
from harness.capture.sdp import Codec
from harness.capture.sight import Sight
from harness.capture.sip_reader import sip_message
from harness.rules.acts import Act
from harness.rules.evidence import Evidence
from harness.rules.judge import judge
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE, PROXY
from suites.selftest.rules.judging import CAPTURED_BASE, CAPTURES


def octets(message: SipMessage) -> bytes:
    """A message on paper as it would be on the wire."""
    lines = [message.first_line, *(f"{name}: {value}" for name, value in message.headers)]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + message.body


WIRE = [(message, octets(message)) for message in healthy_call.messages()]
NONSENSE = st.one_of(
    st.sampled_from(
        ["", ";", "<", ">", ",", "²", "4294967296", "-1", "sip:", "<sip:@>", ";tag=", "z9hG4bK", "[::1", "*"]
    ),
    st.text(max_size=12).map(lambda text: re.sub(r"[\r\n]", "", text)),
)


@st.composite
def damaged(draw: st.DrawFn, wire: Sequence[tuple[SipMessage, bytes]] = WIRE) -> SipMessage:
    """One of some messages, by default of a call, as it is or with some of its lines or octets spoiled."""
    message, raw = draw(st.sampled_from(wire))
    how = draw(st.sampled_from(["whole", "line", "without", "octet", "cut", "body", "twice"]))
    lines = raw.split(b"\r\n")
    place = draw(st.integers(0, len(lines) - 1))
    if how == "line":
        name, colon, _ = lines[place].partition(b":")
        lines[place] = name + colon + draw(NONSENSE).encode()
    elif how == "without":
        del lines[place]
    elif how == "twice":
        lines.insert(place, lines[draw(st.integers(0, len(lines) - 1))])
    raw = b"\r\n".join(lines)
    if how == "octet":
        at = draw(st.integers(0, len(raw) - 1))
        raw = raw[:at] + draw(st.binary(max_size=3)) + raw[at + 1 :]
    elif how == "cut":
        raw = raw[: draw(st.integers(0, len(raw)))]
    elif how == "body":
        raw += draw(st.binary(max_size=20))
    ends = (message.src, message.dst) if draw(st.booleans()) else (message.dst, message.src)
    at = draw(st.sampled_from([message.at, 0.0, message.at + 0.2, 20.0]))
    transport, cut = draw(st.sampled_from(["udp", "tcp"])), draw(st.booleans()) and how == "cut"
    read = sip_message(message.frame, at, ends[0], 5060, ends[1], 5060, transport, raw, cut=cut)
    return replace(read, resend=draw(st.booleans())) if how == "twice" else read


KINDS = ["hold", "resume", "key", "hang-up", "power-off", "power-on", "reboot", "dial", "answer", "called", "digit",
         "tone", "mute", "setting", "document"]  # fmt: skip
ACTS = st.none() | st.lists(
    st.builds(
        Act,
        kind=st.sampled_from(KINDS),
        at=st.floats(0, 20),
        handset=st.integers(0, 2),
        call_id=st.sampled_from(["paper", ""]),
    ),
    max_size=4,
)


ROW = st.builds(
    RtpRow,
    frame=st.integers(0, 99),
    at=st.floats(0, 20),
    sequence=st.integers(0, 2**16 - 1),
    timestamp=st.integers(0, 2**32 - 1),
    payload_type=st.sampled_from([0, 2, 8, 9, 13, 96, 101, 127]),
    marker=st.booleans(),
    payload=st.sampled_from([b"", b"x", b"x" * 4, b"x" * 80, b"x" * 160]),
    event=st.none() | st.tuples(st.integers(0, 255), st.booleans(), st.integers(0, 65535), st.integers(0, 63)),
)
NAMES = st.sampled_from(["PCMA", "g722", "G726-32", "telephone-event", "H263", ""])


@st.composite
def stream(draw: st.DrawFn) -> RtpStream:
    """Packets of one source of the call, in order of time, with any figures."""
    rows = sorted(draw(st.lists(ROW, min_size=1, max_size=40)), key=lambda row: row.at)
    codecs = {kind: Codec(kind, draw(NAMES), 8000) for kind in draw(st.sets(st.sampled_from([0, 8, 9, 101])))}
    ends = (BASE, draw(st.sampled_from([50000, 4000])), "198.18.9.20", draw(st.sampled_from([50000, 4000])))
    found = RtpStream.of_rows(ends, draw(st.integers(0, 2)), rows, codecs)
    return replace(found, protection=draw(st.sampled_from(["none", "srtp", "unknown"])), described=draw(st.booleans()))


@given(streams=st.lists(stream(), max_size=3), acts=ACTS, lost=st.integers(0, 1), count=st.integers(0, 9))
def test_no_rule_fails_whatever_is_streamed(
    streams: list[RtpStream], acts: list[Act] | None, lost: int, count: int
) -> None:
    messages = healthy_call.messages()[:count]
    sight = replace(Sight.whole(messages), lost_packets=lost)
    evidence = Evidence([BASE], sip=messages, streams=lambda: streams, acts=acts, sight=sight)
    for judgement in judge(evidence, "asterisk"):
        assert all(expectation.expected for expectation in judgement.expectations)


@given(messages=st.lists(damaged(), max_size=14), acts=ACTS, base=st.sampled_from([[BASE], [PROXY], [BASE, PROXY], []]))
def test_no_rule_fails_whatever_arrives(messages: list[SipMessage], acts: list[Act] | None, base: list[str]) -> None:
    for judgement in judge(Evidence(base, sip=messages, acts=acts), "asterisk"):
        for expectation in judgement.expectations:
            assert expectation.claim
            assert expectation.source
            assert expectation.expected or expectation.seen


SIGNALLING = ["paper", "forked_200", "t38_rejected", "internal_call_one_call_id", "ports_again"]


@pytest.mark.parametrize("name", SIGNALLING)
def test_a_call_that_is_cut_off_anywhere_breaks_nothing(name: str) -> None:
    """A trace of a healthy call may begin and end anywhere: what it cut off is held against nobody."""
    messages = healthy_call.messages() if name == "paper" else trace.read(CAPTURES / f"{name}.pcap").sip
    base = BASE if name == "paper" else CAPTURED_BASE
    for first, last in itertools.combinations(range(len(messages) + 1), 2):
        judgements = judge(Evidence([base], sip=messages[first:last]), "asterisk")
        found = [expectation for judgement in judgements for expectation in judgement.expectations]
        assert not found, f"messages {first} to {last}: {found[0]}"
