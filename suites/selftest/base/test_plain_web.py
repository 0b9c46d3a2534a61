"""Pages read without a browser: from HTML as pages of 2011 have it, and from a base made of paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.base.html_page import read_page
from harness.base.plain_web import NotShown, PlainWeb
from harness.base.web import WebUi

from .paper_base import PaperBase, paper_base

PAGE = """<html><head><title>A
 page</title><style>td {color: red}</style></head><body><h1>Network &amp; more</h1>
<table><tr><td id=left><a href="/a.htm">Home</a></td><td>
 <table><tr><th>Parameter<th>Value</tr><tr><td>Version<td>9.2<tr><td>MAC<td> 00:04 </table>
 <form method=post action=/a.htm><input name=base value="x &quot;y&quot;"><input type=password name=secret value=z>
 <input type=radio name=on value=true checked>on <input type=radio name=on value=false>off
 <input type=checkbox name=tick checked><select name=kind><option value=1>One<option value=2 selected>Two</select>
 <select name=first><option>Alpha<option>Beta</select><textarea name=text>
a
b</textarea><input type=submit name=go value=Save></form>
 <pre>line 1
line 2</pre></td></tr></table><p>Done<br>at last"""


def test_a_page_is_read_with_what_it_leaves_open() -> None:
    page = read_page("/a.htm", PAGE)
    assert (page.title, page.headings) == ("A page", ("Network & more",))
    assert page.tables == ((("Parameter", "Value"), ("Version", "9.2"), ("MAC", "00:04")),)
    assert page.rows(with_row="Version") == {"Version": "9.2", "MAC": "00:04"}
    assert page.says("done")
    assert page.says("at last")
    assert not page.says("Home")
    assert [(link.text, link.href) for link in page.links] == [("Home", "/a.htm")]


def test_fields_are_read_with_what_they_would_send() -> None:
    page = read_page("/a.htm", PAGE)
    assert {field.name: (field.type, field.sent) for field in page.fields} == {
        "base": ("text", 'x "y"'),
        "secret": ("password", "z"),
        "on": ("radio", "true"),
        "tick": ("checkbox", "on"),
        "kind": ("select", "2"),
        "first": ("select", "Alpha"),
        "text": ("textarea", "a\nb"),
        "go": ("submit", "Save"),
    }
    assert page.button("save") is not None
    assert page.blocks == ("a\nb", "line 1\nline 2")


@pytest.fixture
def base(tmp_path: Path) -> Iterator[tuple[PaperBase, PlainWeb]]:
    with paper_base() as (base, port), WebUi("127.0.0.1", "admin", "password", tmp_path, port=port, within=3) as web:
        yield base, PlainWeb(web)
        assert not web.browser.running
        assert not web.proxy.exchanges.snapshot()


def test_pages_are_found_and_a_session_begun(base: tuple[PaperBase, PlainWeb]) -> None:
    paper, plain = base
    assert plain.open("status-network").rows(with_row="Version")["Uptime"] == "0 00:01:02"
    assert plain.open("sip", 3).says("SIP Settings for Identity 3")
    assert paper.sessions == 1
    assert plain.open("status-registration").tables[-1][1] == ("1", "40", "registered")
    asked = len([line for line in paper.seen if line.startswith("GET")])
    plain.open("status-registration")
    assert len([line for line in paper.seen if line.startswith("GET")]) == asked + 1


def test_a_session_that_is_over_is_begun_anew(base: tuple[PaperBase, PlainWeb]) -> None:
    paper, plain = base
    plain.open("status-network")
    paper.session = "another"
    plain.open("status-network")
    assert paper.sessions == 2


@pytest.mark.parametrize("ill", ["mute", "eula"])
def test_what_is_not_to_be_had_is_not_shown(base: tuple[PaperBase, PlainWeb], ill: str) -> None:
    paper, plain = base
    setattr(paper, ill, True)
    with pytest.raises(NotShown):
        plain.open("status-network")


def test_a_page_that_was_not_found_is_not_looked_for_again(base: tuple[PaperBase, PlainWeb]) -> None:
    paper, plain = base
    for _ in range(2):
        with pytest.raises(NotShown):
            plain.open("capture")
        asked = len(paper.seen)
    with pytest.raises(NotShown, match="before"):
        plain.open("capture")
    assert len(paper.seen) == asked
