"""What a lawful server, or a lawful base, may do otherwise than the stand-in is not held against the base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from harness.capture.headers import parse_address
from harness.capture.messages import SipMessage
from harness.core.errors import InvalidTest, NotApplicable
from harness.pbx.external import ExternalPbx
from harness.procedures.call.far_end import FarEnd
from harness.procedures.call.invite import Invite, quoted
from harness.procedures.context import TestContext
from suites.selftest.rules.paper_call import PaperCall, description

EXTERNAL: Any = ExternalPbx("as.example.net", [])


def nothing(**conditions: Any) -> NoReturn:
    raise InvalidTest(conditions["what"], "nothing")


class _Between:
    """The state of a call through a back-to-back agent; `require` is asked for what reaches the base."""

    base = ()
    dialog = None

    def __init__(self, require: Callable[..., Any] = nothing) -> None:
        def done(*args: Any, **more: Any) -> None:
            """The far end does as it is told."""

        nobody: Any = None
        self.context = TestContext(nobody, nobody, nobody, EXTERNAL, nobody, nobody, nobody)
        self.wire = SimpleNamespace(sip=SimpleNamespace(require=require))
        self.leg = SimpleNamespace(hold=done, early_media=done)
        self.answered = 0

    def mark_act(self) -> float:
        return 0.0

    def require_response(self, status: int, since: float, **more: Any) -> NoReturn:
        raise InvalidTest(f"{status} of the far end", "nothing")

    def await_message(self, claim: str, **conditions: Any) -> None:
        self.answered = conditions["cseq_number"]

    def await_audio(self, answer: Any) -> None:
        """The paper has no media."""


def far_end(state: Any) -> FarEnd:
    return FarEnd(state, Invite(state))


@pytest.mark.parametrize(("act", "what"), [("hold", "hold of the far end"), ("announce", "183")])
def test_what_an_agent_in_between_keeps_to_itself_is_not_applicable(act: str, what: str) -> None:
    with pytest.raises(NotApplicable, match=f"keeps it to itself: {what}"):
        getattr(far_end(_Between()), act)()


def offered(*directions: str) -> _Between:
    """These re-INVITEs reach the base, numbered from 2; `answered` is the one whose answer is waited for."""
    paper = PaperCall()
    for number, direction in enumerate(directions, 2):
        paper.says(number, "INVITE", f"{number} INVITE", ours=False, body=description(False, direction))

    def require(**conditions: Any) -> Any:
        for message in paper.sip:
            if conditions["where"](message):
                return message
        raise InvalidTest(conditions["what"], "others")

    return _Between(require)


def test_an_offer_of_the_pbx_itself_is_not_taken_for_that_of_the_far_end() -> None:
    held = offered("sendrecv", "sendonly")
    far_end(held).hold()
    assert held.answered == 3
    with pytest.raises(NotApplicable, match="keeps it to itself: hold of the far end"):
        far_end(offered("sendrecv", "sendrecv")).hold()


@pytest.mark.parametrize("header", ["from", "p_asserted_identity"])
def test_a_name_that_the_pbx_escapes_once_too_often_is_not_the_callers(header: str) -> None:
    invite, name = Invite(_Between()), 'Anna "Ann" Weber'  # type: ignore[arg-type]  # a part of a state
    written = quoted(name)
    invite.require_name(named(header, written), name)
    with pytest.raises(NotApplicable, match='keeps it to itself: the name Anna "Ann" Weber'):
        invite.require_name(named(header, quoted(written[1:-1])), name)


def named(header: str, display: str) -> SipMessage:
    """An INVITE with a caller's name."""
    value = f"{display} <sip:301@pbx>"
    if header == "from":
        return replace(PaperCall().says(1, "INVITE", "1 INVITE", ours=False), from_=parse_address(value))
    return PaperCall().says(1, "INVITE", "1 INVITE", ours=False, **{header: value})
