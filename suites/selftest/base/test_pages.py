"""Snapshots, the search for pages, the log page and the survey, on pages made of data: no browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.base import survey
from harness.base.field_locator import FieldLocator
from harness.base.log_page import read_entries
from harness.base.pages import PageMap, expected
from harness.base.setting_definitions import load
from harness.base.snapshot import Field, Link, Option, Snapshot, from_script
from harness.core.errors import InvalidTest, ProductFailure, UsageError

TABS = ("Account", "SIP")


class PaperSite:
    """Pages by path, and how often each was loaded; stands where the browser session stands."""

    def __init__(self, pages: dict[str, Snapshot]) -> None:
        self.site = pages
        self.loads: list[str] = []
        self.pages = PageMap()

    def visit(self, path: str) -> Snapshot:
        self.loads.append(path)
        return self.site.get(path, Snapshot(path, status=404))

    def open(self, page: str, identity: int | None = None) -> Snapshot:
        return self.pages.find(page, identity or 0, self.visit)


def links(**texts: str) -> tuple[Link, ...]:
    return tuple(Link(text.replace("_", " "), href) for text, href in texts.items())


MENU = (
    *links(Home="/index.htm", Logout="/logout.htm", Reboot="/boot.htm", Network="/net.htm", Status="/status.htm"),
    *(Link(f"Identity {n}", f"/id?{n}") for n in range(1, 10)),
    Link("snom", "http://www.snom.com/"),
)


def site() -> PaperSite:
    pages = {"/index.htm": Snapshot("/index.htm", "snom m9", links=MENU)}
    for n in range(1, 10):
        tabs = (Link("Account", f"/id?{n}"), Link("SIP", f"/id?{n}&sip"))
        pages[f"/id?{n}"] = Snapshot(
            f"/id?{n}",
            headings=(f"Account Settings for Identity {n}",),
            links=MENU + tabs,
            fields=(Field("user_name", "text", "Account", str(40 + n)),),
            tables=((("Display Name:", f"Name {n}"),),),
        )
        choice = (Option("asterisk", "Asterisk", True), Option("x", "New"))
        pages[f"/id?{n}&sip"] = Snapshot(
            f"/id?{n}&sip",
            headings=(f"SIP Settings for Identity {n}",),
            links=MENU + tabs,
            fields=(Field("user_pbxtype", "select", "Server Type", options=choice), Field("user_new", "text", "New")),
        )
    pages["/net.htm"] = Snapshot(
        "/net.htm", links=MENU, fields=(Field("base_name", "text"), Field("setting_server", "text"))
    )
    rows = (("Parameter", "Value"), ("Version", "9.2.45-a"), ("Uptime", "0 00:01:02"), ("MAC", "00:04"))
    pages["/status.htm"] = Snapshot("/status.htm", headings=("Network Status",), links=MENU, tables=(rows,))
    return PaperSite(pages)


def test_a_page_is_found_by_its_words_and_the_second_time_at_once() -> None:
    paper = site()
    assert paper.open("sip", 7).url == "/id?7&sip"
    first = len(paper.loads)
    assert first < 6
    assert paper.open("sip", 7).url == "/id?7&sip"
    assert paper.open("account", 3).url == "/id?3"
    assert len(paper.loads) == first + 2
    assert not {"/logout.htm", "/boot.htm"} & set(paper.loads)


def test_a_page_that_moved_is_searched_for_again() -> None:
    paper = site()
    paper.open("status-network")
    paper.site["/status.htm"] = Snapshot("/status.htm", status=404)
    with pytest.raises(ProductFailure, match="status-network"):
        paper.open("status-network")


def test_missing_pages_are_judged_by_how_sure_the_expectation_is() -> None:
    paper = site()
    with pytest.raises(ProductFailure, match="LDAP Settings for Identity 2"):
        paper.open("ldap", 2)
    with pytest.raises(InvalidTest, match="rss"):
        paper.open("rss", 2)
    with pytest.raises(UsageError, match="unknown page 'sipp'"):
        paper.open("sipp")


def test_a_link_is_no_proof_of_a_page() -> None:
    linked = Snapshot("/x", text="Log Filter\nHome", links=(Link("Log Filter", "/f"),))
    assert PageMap().places(linked) == []
    assert ("log-filter", 0) in PageMap().places(Snapshot("/f", headings=("Log Filter",), links=linked.links))


def test_settings_are_read_where_they_are_and_protected_ones_as_text() -> None:
    paper = site()
    places = FieldLocator(paper, load())  # type: ignore[arg-type]
    shown = places.read([("user_name", 2), ("user_realname", 2), ("user_pbxtype", 1), ("base_name", 0), ("tones", 0)])
    assert shown == {
        ("user_name", 2): "42",
        ("user_realname", 2): "Name 2",
        ("user_pbxtype", 1): "asterisk",
        ("base_name", 0): "",
        ("tones", 0): None,
    }
    assert places.writable(("user_name", 2))
    assert not places.writable(("user_realname", 2))
    assert not places.writable(("tones", 0))


def test_fields_are_found_by_name_then_label_without_colon_or_brackets() -> None:
    page = Snapshot(
        "/",
        fields=(
            Field("user_country_code", "text", "Country code (e.g. 1, 49)", "49"),
            Field("user_pass", "password", "Password"),
            Field("user_pass2", "password", "Password (repeat)"),
            Field("save", "submit", "", "Save", form=1),
        ),
    )
    assert page.field("Country code:") is page.fields[0]
    assert page.field("password") is page.fields[1]
    assert page.field("Password (repeat)") is page.fields[2]
    assert page.field("save") is None
    assert page.button("save", 0) is page.fields[3]


def test_what_the_script_reads_becomes_fields_links_and_rows() -> None:
    raw: dict[str, Any] = {
        "url": "/a?b",
        "title": "T",
        "text": "x",
        "headings": ["H"],
        "blocks": [],
        "links": [["Go", "/go", "http://127.0.0.1:1/go"], ["Top", "#", "http://127.0.0.1:1/a?b#"]],
        "fields": [
            _radio("user_active", "on", "on", True),
            _radio("user_active", "off", "off", False),
            {"name": "c", "type": "checkbox", "label": "C", "value": "on", "options": [["on", "", False]], "form": 0}
            | {"disabled": False},
        ],
        "tables": [[["Type", "Address", "Value"], ["A", "x", "1.2.3.4"]], [["MAC:", "00"]]],
    }
    page = from_script(raw, "http://127.0.0.1:1")
    assert page.links == (Link("Go", "/go"), Link("Top", ""))
    active = page.field("Identity active")
    assert active is not None
    assert (active.shown, len(active.options), len(page.fields)) == ("on", 2, 2)
    assert page.fields[1].sent == "off"
    assert page.rows() == {"MAC": "00"}
    assert page.records("type", "Value") == [{"Type": "A", "Address": "x", "Value": "1.2.3.4"}]


def _radio(name: str, value: str, text: str, chosen: bool) -> dict[str, Any]:
    return {
        "name": name,
        "type": "radio",
        "label": "Identity active:",
        "value": value,
        "options": [[value, text, chosen]],
        "form": 0,
        "disabled": False,
    }


def test_log_entries_come_from_preformatted_text_or_the_longest_table() -> None:
    text = read_entries(Snapshot("/", blocks=("[5] 2011-01-20 SIP: sent\n\n  continued\n",)))
    assert [(entry.level, entry.text) for entry in text] == [(5, "[5] 2011-01-20 SIP: sent"), (-1, "  continued")]
    table = read_entries(Snapshot("/", tables=((("a",),), (("3", "10:20", "x"), ("9", "10:21", "y")))))
    assert [(entry.level, entry.text) for entry in table] == [(3, "3  10:20  x"), (9, "9  10:21  y")]
    assert read_entries(Snapshot("/")) == []


def test_a_survey_names_what_differs_and_survives_its_file(tmp_path: Path) -> None:
    paper = site()
    paper.status = lambda: {"Version": "9.2.45-a"}  # type: ignore[attr-defined]
    taken = survey.take(paper, identities=2)  # type: ignore[arg-type]
    assert taken.version == "9.2.45-a"
    assert {page.identity for page in taken.pages} == {0, 1, 2}
    taken.save(tmp_path / "s.yaml")
    again = survey.load(tmp_path / "s.yaml")
    assert again == taken
    assert again.known()["sip", 2] == "/id?2&sip"
    told = [str(difference) for difference in survey.differences(taken, load())]
    assert "option   user_pbxtype: values that settings.yaml does not have: x (New)" in told
    assert "unknown  user_new: a field that settings.yaml does not have, on /id?1&sip, labelled 'New'" in told
    assert any(line.startswith("missing  user_mailbox: expected on account") for line in told)
    assert any(line.startswith("page     ldap: no such page") for line in told)
    with pytest.raises(UsageError, match="not a survey"):
        survey.load(tmp_path / "absent.yaml")


def test_every_page_named_by_the_catalogue_is_expected() -> None:
    assert {setting.page for setting in load() if setting.page} <= set(expected().pages)
