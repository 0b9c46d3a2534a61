"""Pictures of callers on paper: the one that was sent, the default one, and what Call-Info names."""

from __future__ import annotations

import base64
import json

import pytest

from harness.capture.messages import HttpMessage
from harness.rules.acts import Act, Shown
from harness.rules.call_info import icons, told_by
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import judge
from harness.rules.pictures import ERROR, difference
from suites.selftest.rules.paper_call import BASE, PROXY, PaperCall, description

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED
HOST = "198.18.9.1:8088"
URL, CARD = f"http://{HOST}/carl.jpg", f"http://{HOST}/card"
ICON = f"<{URL}>;purpose=icon"


def rows(*colour: int) -> str:
    return base64.b64encode(bytes(colour) * 2000).decode()


CARL, DORA, AVATAR = rows(200, 40, 40), rows(40, 40, 200), rows(128, 128, 128)


class Paper:
    """One call to a handset, what was sent of its caller, and what the handset shows."""

    def __init__(self, call_info: str = "") -> None:
        self.acts = [
            Act("setting", 1.0, 1.0, detail={"name": name, "value": value, "identity": "1", "channel": "web"})
            for name, value in {"user_name": "41", "user_host": PROXY}.items()
        ]
        self.call = PaperCall(ends=60.0)
        self.shown: list[Shown] = []
        self.http: list[HttpMessage] = []
        self._call_info = {"call_info": call_info} if call_info else {}

    def offers(self, name: str, pixels: str, url: str = URL, at: float = 3.0, **detail: str) -> Paper:
        self.acts.append(Act("picture", at, at, detail={"name": name, "url": url, "text": pixels, **detail}))
        return self

    def has_contact(self, picture: str, number: str = "301") -> Paper:
        text = json.dumps([[1, "Ada", number, picture]])
        self.acts.append(Act("contacts", 2.0, 2.0, detail={"text": text, "complete": ""}))
        return self

    def rings(self, at: float = 9.0, answer: float = 0.1) -> Paper:
        self.call.says(at, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False, **self._call_info)
        self.call.says(at + answer, "180 Ringing", "1 INVITE", ours=True)
        self.acts.append(Act("called", at, at, 1, "paper"))
        return self

    def shows(self, at: float, pixels: str, **detail: str) -> Paper:
        self.shown.append(Shown("picture", at, 1, "40x50", {"rows": pixels, **detail}))
        return self

    def asks(self, at: float, url: str) -> Paper:
        path = url.partition(HOST)[2]
        request = HttpMessage(
            round(at * 100), at, BASE, 40000, "198.18.9.1", 8088, "tcp", method="GET", uri=path, version="HTTP/1.1",
            headers=(("Host", HOST),),
        )  # fmt: skip
        self.http.append(request)
        return self

    def result(self, rule: str) -> Result:
        on_paper, acts = self.call.evidence(), sorted(self.acts, key=lambda act: act.at)
        evidence = Evidence(
            [BASE], sip=on_paper.sip, sight=on_paper.sight, acts=acts, shown=self.shown, http=self.http
        )  # fmt: skip
        (found,) = judge(evidence, "asterisk", [rule])
        return found.result


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ('icon="http://myserver.com/john.jpg"', ["http://myserver.com/john.jpg"]),
        (ICON, [URL]),
        (f"<{CARD}>;purpose=card, <{URL}> ; Purpose = ICON", [URL]),
        (f'<{URL}>;rank="1;2";purpose="icon"', [URL]),
        (f"<{URL}>;purpose=info", []),
        (f"<{URL}>", []),
        ("<ftp://x/y.jpg>;purpose=icon", []),
        ("<sip:198.18.9.11>;answer-after=0", []),
    ],
)
def test_icons_of_call_info_are_found_in_each_spelling(value, found):
    message = Paper(value).rings().call.sip[0]
    assert icons(message) == found


def test_what_call_info_names_has_a_purpose():
    message = Paper(f"<{CARD}>;purpose=card, {ICON}").rings().call.sip[0]
    assert list(told_by(message)) == [("card", CARD), ("icon", URL)]


def test_pictures_differ_by_the_mean_of_their_colours():
    assert difference(CARL, CARL) == 0
    assert difference(CARL, rows(203, 38, 44)) < ERROR < difference(CARL, DORA)
    assert difference(CARL, base64.b64encode(b"\0" * 30).decode()) == 255


@pytest.mark.parametrize("seen", [CARL, rows(203, 38, 44)])
def test_the_picture_that_was_sent_is_shown(seen):
    assert Paper(ICON).offers("Carl", CARL).rings().shows(9.5, AVATAR).shows(10.0, seen).result("PIC-SHOWN") is HELD


@pytest.mark.parametrize("seen", [AVATAR, DORA, ""])
def test_another_picture_breaks_the_rule(seen):
    assert Paper(ICON).offers("Carl", CARL).rings().shows(13.0, seen).result("PIC-SHOWN") is BROKEN


def test_a_picture_that_goes_away_breaks_it():
    paper = Paper(ICON).offers("Carl", CARL).rings().shows(10.0, CARL).shows(14.0, AVATAR)
    assert paper.result("PIC-SHOWN") is BROKEN


def test_a_picture_may_come_a_little_later():
    assert Paper(ICON).offers("Carl", CARL).rings().shows(9.5, AVATAR).result("PIC-SHOWN") is NOT_EXERCISED


@pytest.mark.parametrize(("seen", "result"), [(DORA, HELD), (CARL, BROKEN)])
def test_the_contacts_picture_comes_before_that_of_call_info(seen, result):
    paper = Paper(ICON).offers("Carl", CARL).offers("Dora", DORA, url="").has_contact("Dora").rings()
    assert paper.shows(13.0, seen).result("PIC-SHOWN") is result


@pytest.mark.parametrize(("seen", "result"), [(AVATAR, HELD), ("", HELD), (CARL, BROKEN), (DORA, BROKEN)])
def test_without_a_fit_picture_the_default_one_is_shown(seen, result):
    paper = Paper(ICON).offers("Carl", CARL, url=CARD).offers("bad", "").shows(5.0, AVATAR, default="yes").rings()
    assert paper.shows(13.0, seen).result("PIC-DEFAULT") is result


def test_a_picture_that_no_act_tells_of_may_be_any():
    assert Paper(ICON).rings().shows(13.0, DORA).result("PIC-DEFAULT") is NOT_EXERCISED


@pytest.mark.parametrize(("answer", "result"), [(0.2, HELD), (2.5, BROKEN)])
def test_the_ringing_waits_for_no_picture(answer, result):
    assert Paper(ICON).offers("Carl", CARL).rings(answer=answer).result("PIC-DELAY") is result


def test_a_call_without_a_picture_is_no_occasion_of_the_delay():
    assert Paper().rings(answer=2.5).result("PIC-DELAY") is NOT_EXERCISED


def test_the_icon_is_fetched_and_nothing_else():
    both = f"<{CARD}>;purpose=card, {ICON}"
    assert Paper(both).rings().asks(9.2, URL).result("PIC-FETCH") is HELD
    assert Paper(both).rings().asks(9.2, URL).asks(9.3, CARD).result("PIC-FETCH") is BROKEN
    assert Paper(both).rings().result("PIC-FETCH") is BROKEN
    assert Paper().rings().result("PIC-FETCH") is NOT_EXERCISED
    assert Paper(ICON).offers("Carl", "", there="no").rings().result("PIC-FETCH") is NOT_EXERCISED
