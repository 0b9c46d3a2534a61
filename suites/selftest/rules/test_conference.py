"""A conference at a conference URI on paper: one thing spoiled at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.rules.acts import Act
from harness.rules.conference import calls_a_conference
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PROXY, PaperCall, description

URI = f"sip:meet@{PROXY}"
RULE = "CNF-1"


def moved(call: PaperCall, call_id: str) -> PaperCall:
    """The same call under another Call-ID."""
    call.sip = [replace(m, call_id=call_id) for m in call.sip]
    call.acts = [replace(act, call_id=call_id) for act in call.acts]
    return call


def talking(call_id: str, refer_at: float | None, target: str = URI) -> PaperCall:
    """A call that was answered at 1 s; its far end is sent to a conference."""
    call = PaperCall().did("called", 0.0).answered(1.0)
    if refer_at is not None:
        call.says(refer_at, "REFER", "5 REFER", ours=True, refer_to=f"<{target}>")
        call.says(refer_at + 0.1, "202 Accepted", "5 REFER", ours=False)
    return moved(call, call_id)


def conference(
    *, status: str = "200 OK", first: float | None = 11.0, second: float | None = 12.0, called: str = URI, to: str = URI
) -> PaperCall:
    """Two calls of a handset; at 10 s the key makes a conference of them."""
    paper = PaperCall()
    for name, value in (("user_name", "41"), ("conference_uri", URI)):
        detail = {"name": name, "value": value, "identity": "1", "channel": "web"}
        paper.acts.append(Act("setting", -5.0, -4.9, detail=detail))
    focus = PaperCall(to_base=False)
    if called:
        says = focus.says(10.1, "INVITE", "1 INVITE", ours=True, tagged=False, body=description(True), uri=called)
        focus.sip[0] = replace(says, request_uri=called)
        body = description(False) if status.startswith("2") else ""
        focus.says(10.4, status, "1 INVITE", ours=False, body=body)
    for part in (talking("first", first, to), talking("second", second, to), moved(focus, "focus")):
        paper.sip += part.sip
        paper.acts += part.acts
    paper.acts.append(Act("conference", 10.0, 10.0, 1, "first", {}, True))
    paper.ends = 40.0
    return paper


def test_both_far_ends_are_sent_to_the_conference() -> None:
    assert conference().result(RULE) is Result.HELD
    assert not conference().broken(RULE)


@pytest.mark.parametrize("called", ["", f"sip:301@{PROXY}"])
def test_a_conference_uri_that_is_not_called_is_named(called: str) -> None:
    assert conference(called=called).broken(RULE) == ["the conference URI is called"]


@pytest.mark.parametrize(("first", "second"), [(None, 12.0), (11.0, None)])
def test_a_far_end_that_is_not_sent_there_is_named(first: float | None, second: float | None) -> None:
    assert conference(first=first, second=second).broken(RULE) == ["each far end is sent to the conference"]


@pytest.mark.parametrize("hung_up", [False, True])
def test_a_far_end_that_is_cut_off_instead_is_named(hung_up: bool) -> None:
    paper = conference(second=None)
    bye = PaperCall().says(11.5, "BYE", "6 BYE", ours=True)
    paper.sip.append(replace(bye, call_id="second"))
    if hung_up:
        paper.acts.append(Act("hang-up", 11.4, 11.4, 1, "second", {}, True))
    assert bool(paper.broken(RULE)) is not hung_up


def test_a_far_end_is_sent_to_the_conference_and_nowhere_else() -> None:
    assert len(conference(to=f"sip:302@{PROXY}").broken(RULE)) == 2


def test_far_ends_are_sent_to_a_conference_that_stands() -> None:
    assert conference(first=10.2).broken(RULE) == ["far ends are sent to a conference that stands"]


def test_a_refused_conference_sends_nobody_away() -> None:
    assert not conference(status="486 Busy Here", first=None, second=None).broken(RULE)
    broken = conference(status="486 Busy Here", first=None).broken(RULE)
    assert broken == ["who talks stays in the call when the server has no conference"]


def test_the_call_to_the_conference_is_told_from_others() -> None:
    assert [calls_a_conference(call) for call in conference().evidence().calls] == [False, False, True]
