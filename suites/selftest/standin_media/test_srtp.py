"""Encrypted media of the stand-in: key lines, what an offer and its answer agree on, packets."""

from __future__ import annotations

import base64

import pytest

from rigs.standin.media import srtp
from rigs.standin.media.srtp import Crypto, Protection

KEY = base64.b64encode(bytes(range(30))).decode()
PACKET = bytes.fromhex("8008000100000010deadbeef") + b"\xd5" * 160
HMAC_80, HMAC_32 = srtp.SUITES


@pytest.mark.parametrize(
    ("value", "known"),
    [
        (f"1 {HMAC_80} inline:{KEY}", True),
        (f"7 {HMAC_32.lower()} inline:{KEY}|2^31", True),
        (f"1 {HMAC_80} inline:{KEY}|2^31|1:1", False),
        (f"1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}", False),
        (f"1 {HMAC_80} inline:{KEY} UNENCRYPTED_SRTP", False),
        (f"1 {HMAC_80} inline:{KEY[:36]}", False),
        (f"1 {HMAC_80} inline:not base64", False),
        (f"x {HMAC_80} inline:{KEY}", False),
        ("", False),
    ],
)
def test_a_line_that_is_not_known_whole_is_not_used(value: str, known: bool) -> None:
    assert (srtp.parse(value) is not None) is known


def test_a_line_is_written_as_it_is_read() -> None:
    for line in srtp.fresh():
        assert srtp.parse(str(line)) == line


def test_both_sides_agree_on_one_tag_and_suite() -> None:
    own, theirs = srtp.fresh(), Crypto(2, HMAC_32, bytes(30))
    assert srtp.common(own, (theirs,)) == (own[1], theirs)
    assert srtp.common(own, (Crypto(1, HMAC_32, bytes(30)),)) is None


@pytest.mark.parametrize(("suite", "tag"), [(HMAC_80, 10), (HMAC_32, 4)])
def test_packets_are_longer_by_the_tag_and_read_by_the_other_side_alone(suite: str, tag: int) -> None:
    one, other, third = (Crypto(1, suite, bytes([n]) * 30) for n in range(3))
    near, far, stranger = Protection(one, other), Protection(other, one), Protection(third, other)
    sent = near.protect(PACKET, rtcp=False)
    assert len(sent) == len(PACKET) + tag
    assert PACKET[12:] not in sent
    assert stranger.unprotect(near.protect(PACKET[:3] + b"\x02" + PACKET[4:], rtcp=False), rtcp=False) is None
    assert far.unprotect(sent, rtcp=False) == PACKET
    assert far.unprotect(sent, rtcp=False) is None, "sent again"
    assert far.unread == 1
