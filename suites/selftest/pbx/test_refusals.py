"""A registration that an external PBX refuses: whose fault it is, by what was on the wire."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.capture import headers
from harness.capture.headers import parse_address
from harness.capture.messages import CSeq, SipMessage
from harness.core.errors import Expectation, ProductFailure, RigFault
from harness.pbx.protocol import PbxAccount
from harness.procedures.context import TestContext
from harness.rig.pbx_rejection import refusal
from harness.rules.digest import response_for

ACCOUNT = PbxAccount("201", "right")
TO = parse_address("<sip:201@pbx>")
CHALLENGE = 'Digest realm="pbx",nonce="n"'


def message(number: int, status: int = 0, *lines: tuple[str, str], at: float = 100.0) -> SipMessage:
    """A REGISTER, or an answer to it."""
    ends = ("pbx", "base") if status else ("base", "pbx")
    return SipMessage(
        frame=number, at=at, src=ends[0], sport=5060, dst=ends[1], dport=5060, transport="udp", call_id="c",
        method="" if status else "REGISTER", status=status, reason="Forbidden" if status == 403 else "",
        cseq=CSeq(number, "REGISTER"), to=TO, headers=lines,
    )  # fmt: skip


def signed(number: int, password: str = "right") -> SipMessage:
    value = 'Digest username="201",realm="pbx",nonce="n",uri="sip:pbx",response="{}"'
    response = response_for(headers.credentials(value)[1], "REGISTER", password)
    return message(number, 0, ("Authorization", value.format(response)))


def challenge(number: int, extra: str = "") -> SipMessage:
    return message(number, 401, ("WWW-Authenticate", CHALLENGE + extra))


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ([message(1), challenge(1), signed(2), message(2, 403)], "refuses 201: 403 Forbidden to credentials that fit"),
        ([message(1), challenge(1), signed(2), challenge(2), signed(3), challenge(3)], "refuses 201: 401"),
        ([message(1), challenge(1), signed(2), challenge(2)], "refuses 201: 401"),
        ([message(1), message(1, 403)], "403 Forbidden before it asks for credentials"),
        ([message(1), message(2)], "answers OPTIONS, but not the base's REGISTER as 201"),
    ],
)
def test_a_refusal_of_right_credentials_is_the_rigs(seen, text):
    fault = refusal(seen, ACCOUNT, "pbx", now=105.0)
    assert fault is not None
    assert text in fault.text
    assert fault.remedy


@pytest.mark.parametrize(
    "seen",
    [
        [],
        [message(1), challenge(1)],
        [message(1), challenge(1), signed(2, "wrong"), message(2, 403)],
        [message(1), challenge(1), signed(2), challenge(2, ",stale=TRUE"), signed(3)],
        [message(1), challenge(1), signed(2), challenge(2), signed(3)],
        [message(1), challenge(1), signed(2), message(2, 423)],
        [message(1), message(1, 301)],
        [message(1), message(1, 420)],
        [message(1), challenge(1), signed(2), message(2, 400)],
    ],
    ids=[
        "no request",
        "no credentials",
        "wrong ones",
        "stale nonce",
        "a forgotten nonce",
        "too brief",
        "redirected",
        "an extension that is not known",
        "a request that is not understood",
    ],
)
def test_what_the_base_may_have_to_do_better_is_not_the_rigs(seen):
    assert refusal(seen, ACCOUNT, "pbx", now=105.0) is None


def test_a_server_has_time_to_answer():
    assert refusal([message(1)], ACCOUNT, "pbx", now=102.0) is None


def context_with(seen: list[SipMessage]) -> TestContext:
    """A context that has nothing but an external PBX with one account, and what was on the wire."""
    pbx: Any = SimpleNamespace(abilities=(), accounts=(ACCOUNT,), registrar="pbx")
    wire: Any = SimpleNamespace(messages=lambda since: seen)
    nothing: Any = None
    return TestContext(nothing, nothing, nothing, pbx, wire, nothing, nothing)


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        ([message(1), challenge(1), signed(2), message(2, 503)], RigFault),
        ([message(1), challenge(1), signed(2), message(2, 403)], RigFault),
        ([message(1), challenge(1), signed(2, "wrong"), message(2, 403)], ProductFailure),
        ([], ProductFailure),
    ],
)
def test_a_registration_that_does_not_come_in_a_test_is_the_rigs_where_the_pbx_refuses(seen, error):
    with pytest.raises(error), context_with(seen).registering(1, since=0.0):
        raise ProductFailure(Expectation("201 is registered", "200", "nothing"))


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (403, "check user, authname and password"),
        (404, "the domain of registrar"),
        (503, "overloaded, starting or down"),
    ],
)
def test_the_remedy_of_a_refusal_fits_its_status(status, remedy):
    fault = refusal([message(1), challenge(1), signed(2), message(2, status)], ACCOUNT, "pbx", now=105.0)
    assert fault is not None
    assert remedy in fault.remedy
