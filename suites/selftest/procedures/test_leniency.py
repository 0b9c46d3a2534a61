"""What a lawful server, or a lawful base, may do otherwise than the stand-in is not held against the base."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from harness.core.errors import Expectation, InvalidTest, NotApplicable, ProductFailure
from harness.pbx.external import ExternalPbx
from harness.procedures.call.dissolve import SecondActs
from harness.procedures.context import TestContext
from suites.selftest.rules.paper_call import PaperCall, description

EXTERNAL: Any = ExternalPbx("as.example.net", [])


def context() -> Any:
    return TestContext(rig=None, profile=None, base=None, pbx=EXTERNAL, wire=None, handset=None, peer=None)  # type: ignore[arg-type]


def broken(claim: str, expected: object, seen: object, packets: object = ()) -> NoReturn:
    raise ProductFailure(Expectation(claim, str(expected), str(seen)))


def missing(witness: str, seen: str) -> NoReturn:
    raise InvalidTest(witness, seen)


# a back-to-back agent


class _Between(SecondActs):
    """A call through a back-to-back agent that keeps the far end's messages to itself."""

    base = ()

    def __init__(self) -> None:
        def nothing(**conditions: Any) -> NoReturn:
            raise InvalidTest(conditions["what"], "nothing")

        done = lambda *args, **more: None  # noqa: E731
        self.context = context()
        self.wire: Any = SimpleNamespace(mark=lambda: 0.0, sip=SimpleNamespace(witness=nothing))
        self._dialog: Any = None
        self._leg: Any = SimpleNamespace(hold=done, early_media=done)

    @property
    def dialog(self) -> Any:
        return None

    def _witness_response(self, status: int, since: float, method: str = "INVITE", *, where: Any = None) -> Any:
        raise InvalidTest(f"{status} of the far end", "nothing")


@pytest.mark.parametrize(
    ("act", "what"), [("is_held_by_the_peer", "hold of the far end"), ("gets_early_media_from_the_peer", "183")]
)
def test_what_an_agent_in_between_keeps_to_itself_is_not_applicable(act: str, what: str) -> None:
    with pytest.raises(NotApplicable, match=f"keeps it to itself: {what}"):
        getattr(_Between(), act)()


class _Offered(_Between):
    """These re-INVITEs reach the base, numbered from 2; `asked` is the one whose answer is waited for."""

    def __init__(self, *directions: str) -> None:
        super().__init__()
        paper = PaperCall()
        for number, direction in enumerate(directions, 2):
            paper.says(number, "INVITE", f"{number} INVITE", ours=False, body=description(False, direction))

        def witness(**conditions: Any) -> Any:
            for message in paper.sip:
                if conditions["where"](message):
                    return message
            raise InvalidTest(conditions["what"], "others")

        self.asked = 0
        self.wire.sip.witness = witness

    def awaits(self, claim: str, *, since: float, timeout: float | None = None, **conditions: Any) -> Any:
        self.asked = conditions["cseq_number"]

    def audio_begins(self, answer: Any) -> None:
        pass


def test_an_offer_of_the_pbx_itself_is_not_taken_for_that_of_the_far_end() -> None:
    held = _Offered("sendrecv", "sendonly")
    held.is_held_by_the_peer()
    assert held.asked == 3
    with pytest.raises(NotApplicable, match="keeps it to itself: hold of the far end"):
        _Offered("sendrecv", "sendrecv").is_held_by_the_peer()
