"""Session descriptions: reading what others write, answering line by line, raising the version."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigs.standin.core.strategies import Strategies
from rigs.standin.media.description import CodecSpec, MediaDescription
from rigs.standin.sip import sdp
from rigs.standin.sip.negotiation import Negotiation, NotAcceptable

from .sip_room import sdp as far_sdp

PCMA, PCMU, G722 = CodecSpec(8, "PCMA", 8000), CodecSpec(0, "PCMU", 8000), CodecSpec(9, "G722", 8000)


class Audio:
    """A media session that speaks three codecs and keeps what it was told."""

    encryption = False

    def __init__(self):
        self.applied = []

    def local_offer(self, direction):
        return MediaDescription("192.0.2.10", 50000, (PCMA, PCMU, G722), direction, None, 101)

    def local_answer(self, remote, direction):
        codecs = tuple(c for c in remote.codecs if c.name in ("PCMA", "PCMU", "G722"))
        own = MediaDescription("192.0.2.10", 50000, codecs, direction, None, remote.telephone_event)
        return own if codecs else None

    def apply(self, local, remote):
        self.applied.append((local, remote))


@pytest.fixture
def audio():
    return Audio()


@pytest.fixture
def session(audio):
    return Negotiation(audio, Strategies(), lambda: "192.0.2.10")


def described(body):
    description = sdp.parse(body)
    assert description.audio is not None
    return description, sdp.media_of(description, description.audio)


def test_static_numbers_need_no_rtpmap_and_unknown_ones_are_left_out():
    _, media = described(far_sdp(formats="8 0 97 18 101"))
    assert [codec.name for codec in media.codecs] == ["PCMA", "PCMU", "G729"]
    assert media.telephone_event == 101


def test_every_line_of_an_offer_is_answered_in_order(session):
    offer = far_sdp().replace(
        b"m=audio", b"m=video 5000 RTP/AVP 99\r\nm=audio 0 RTP/AVP 8\r\nm=audio 41000 RTP/SAVP 8\r\nm=audio"
    )
    answer = sdp.parse(session.answer(offer + b"m=application 9 TCP/BFCP *\r\n"))
    assert [(line.kind, line.port != 0, line.profile) for line in answer.lines] == [
        ("video", False, "RTP/AVP"),
        ("audio", False, "RTP/AVP"),
        ("audio", False, "RTP/SAVP"),
        ("audio", True, "RTP/AVP"),
        ("application", False, "TCP/BFCP"),
    ]
    again = sdp.parse(session.offer())
    assert [line.port != 0 for line in again.lines] == [False, False, False, True, False]


def test_hold_and_resume_raise_the_version_by_one_and_keep_the_session(session):
    first = sdp.parse(session.offer())
    session.take_answer(far_sdp())
    session.holding = True
    hold = sdp.parse(session.offer())
    session.take_answer(far_sdp(direction="recvonly"))
    session.holding = False
    back = sdp.parse(session.offer())
    session.take_answer(far_sdp())
    again = sdp.parse(session.offer())
    assert [d.version - first.version for d in (hold, back, again)] == [1, 2, 2]
    assert {d.session_id for d in (first, hold, back)} == {first.session_id}
    assert [described(sdp.write(d))[1].direction for d in (hold, back)] == ["sendonly", "sendrecv"]
    assert not session.held


@pytest.mark.parametrize(
    ("offered", "address", "answer", "held"),
    [
        ("sendrecv", "192.0.2.1", "sendrecv", False),
        ("sendonly", "192.0.2.1", "recvonly", True),
        ("inactive", "192.0.2.1", "inactive", True),
        ("recvonly", "192.0.2.1", "sendonly", False),
        ("sendrecv", "0.0.0.0", "recvonly", True),
        ("inactive", "0.0.0.0", "inactive", True),
    ],
)
def test_a_hold_of_the_far_end_is_answered_in_kind(session, offered, address, answer, held):
    _, media = described(session.answer(far_sdp(direction=offered, address=address)))
    assert media.direction == answer
    assert session.held is held


def test_a_refused_hold_answer_of_inactive_does_not_stick_after_resume(session):
    session.offer()
    session.take_answer(far_sdp())
    session.holding = True
    session.offer()
    session.take_answer(far_sdp(direction="inactive"))
    session.holding = False
    assert described(session.offer())[1].direction == "sendrecv"


def test_no_common_codec_is_not_acceptable_and_changes_nothing(session, audio):
    session.answer(far_sdp())
    with pytest.raises(NotAcceptable):
        session.answer(far_sdp(formats="97"))
    assert len(audio.applied) == 1


def test_an_early_answer_may_be_followed_by_another(session, audio):
    session.offer()
    session.take_answer(far_sdp(port=41000), final=False)
    session.take_answer(far_sdp(port=42000))
    assert [remote.port for _, remote in audio.applied] == [41000, 42000]
    assert not session.awaiting_answer


def test_ipv6_is_written_bare(audio):
    body = Negotiation(audio, Strategies(), lambda: "fe80::1%eth1").offer()
    assert b"c=IN IP6 fe80::1\r\n" in body


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_sdp_reader(data):
    with suppress(sdp.SdpError):
        sdp.parse(data)


@given(st.integers(0, 200), st.binary(max_size=5))
def test_no_damaged_offer_crashes_an_answer(place, junk):
    body = far_sdp()
    with suppress(NotAcceptable):
        Negotiation(Audio(), Strategies(), lambda: "192.0.2.10").answer(body[:place] + junk + body[place + 3 :])
