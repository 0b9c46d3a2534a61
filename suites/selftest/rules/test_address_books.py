"""Address books on paper: whose name a display shows in a call, and whose it must not show."""

from __future__ import annotations

import json

import pytest

from harness.rules.acts import Act, Shown
from harness.rules.address_books import entries_at, shows
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import judge
from suites.selftest.rules.paper_call import BASE, PROXY, PaperCall, description

HELD, BROKEN, NOT_EXERCISED, UNSAID = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
ADA, ZOE = [1, "Ada Groß", "+49 (30) 301", ""], [2, "Zoë of Two", "+4930301", ""]
NUMBER = "+4930301"


class Paper:
    """One call with a handset of identity 1, what is in the books, and what the display shows."""

    def __init__(self, *contacts: list[object]) -> None:
        told = {"user_name": "41", "user_host": PROXY}
        self.acts = [
            Act("setting", 1.0, 1.0, detail={"name": name, "value": value, "identity": "1", "channel": "web"})
            for name, value in told.items()
        ]
        self.call = PaperCall(ends=60.0)
        self.shown: list[Shown] | None = []
        if contacts:
            self.gives(*contacts)

    def gives(self, *contacts: list[object], at: float = 2.0, complete: str = "") -> Paper:
        self.acts.append(Act("contacts", at, at, detail={"text": json.dumps(contacts), "complete": complete}))
        return self

    def rings(self, at: float = 9.0, caller: str = NUMBER) -> Paper:
        header = {"p_asserted_identity": f'"Name by SIP" <sip:{caller}@{PROXY}>'}
        self.call.says(at, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False, **header)
        self.call.says(at + 0.1, "180 Ringing", "1 INVITE", ours=True)
        self.acts.append(Act("called", at, at, 1, "paper"))
        return self

    def dials(self, at: float = 9.0) -> Paper:
        self.call.to_base = False
        self.call.says(at, "INVITE", "1 INVITE", ours=True, body=description(True), tagged=False)
        self.acts.append(Act("dial", at, at, 1, "paper"))
        return self

    def shows(self, at: float, *rows: str) -> Paper:
        assert self.shown is not None
        self.shown.append(Shown("display", at, 1, "\n".join(rows)))
        return self

    @property
    def evidence(self) -> Evidence:
        on_paper, acts = self.call.evidence(), sorted(self.acts, key=lambda act: act.at)
        return Evidence([BASE], sip=on_paper.sip, sight=on_paper.sight, acts=acts, shown=self.shown)

    def result(self, rule: str) -> Result:
        (found,) = judge(self.evidence, "asterisk", [rule])
        return found.result


def test_the_name_of_the_book_keeps_the_rule():
    assert Paper(ADA).rings().shows(9.2, "Incoming call", "Ada Groß", NUMBER).result("BOOK-NAME") is HELD


@pytest.mark.parametrize("row", ["Name by SIP", NUMBER])
def test_a_display_without_the_name_of_the_book_breaks_it(row):
    assert Paper(ADA).rings().shows(11.0, "Incoming call", row).result("BOOK-NAME") is BROKEN


def test_a_name_that_goes_away_in_the_call_breaks_it():
    paper = Paper(ADA).rings().shows(9.2, "Incoming call", "Ada Groß", NUMBER).shows(12.0, "Connected", NUMBER)
    assert paper.result("BOOK-NAME") is BROKEN


def test_at_first_the_number_may_stand_alone():
    paper = Paper(ADA).rings().shows(9.1, "Incoming call", NUMBER).shows(10.0, "Incoming call", "Ada Groß", NUMBER)
    assert paper.result("BOOK-NAME") is HELD


@pytest.mark.parametrize(("name", "result"), [("Three", HELD), ("301", BROKEN)])
def test_a_dialled_number_is_named_too(name, result):
    paper = Paper([1, "Three", "301", ""]).dials().shows(11.5, "Calling", name)
    assert paper.result("BOOK-NAME") is result


@pytest.mark.parametrize("contacts", [[], [[1, "Ben", "302", ""]], [ZOE]])
def test_who_is_no_contact_of_the_identity_is_no_occasion(contacts):
    assert Paper(*contacts).rings().shows(11.0, "Incoming call", NUMBER).result("BOOK-NAME") is NOT_EXERCISED


def test_without_displays_it_cannot_be_said():
    paper = Paper(ADA).rings()
    paper.shown = None
    assert paper.result("BOOK-NAME") is UNSAID


def test_a_contact_that_was_deleted_is_no_occasion():
    paper = Paper(ADA).gives(at=3.0, complete="yes").rings().shows(11.0, "Incoming call", "Name by SIP")
    assert paper.result("BOOK-NAME") is NOT_EXERCISED


@pytest.mark.parametrize(("row", "result"), [("Zoë of Two", BROKEN), ("Name by SIP", HELD)])
def test_the_book_of_another_identity_names_nobody(row, result):
    assert Paper(ZOE).rings().shows(9.5, "Incoming call", row, NUMBER).result("BOOK-OTHER") is result


def test_a_number_in_both_books_is_no_occasion_of_the_other_one():
    assert Paper(ADA, ZOE).rings().shows(9.5, "Incoming call", "Ada Groß").result("BOOK-OTHER") is NOT_EXERCISED


def test_a_later_book_adds_or_takes_the_place():
    paper = Paper(ADA).gives(ZOE, at=3.0)
    assert [one.name for one in entries_at(paper.evidence, 5.0)] == ["Ada Groß", "Zoë of Two"]
    assert [one.name for one in entries_at(paper.gives(ZOE, at=4.0, complete="yes").evidence, 5.0)] == ["Zoë of Two"]


def test_a_long_name_may_be_cut_at_the_end_of_its_row():
    assert shows("Connected\nZoë Müller-Lüde…", "Zoë Müller-Lüdenscheidt")
    assert not shows("Connected\nZoë", "Zoë Müller-Lüdenscheidt")
