"""Feeds as the stand-in's base reads them, and as the harness's server writes them."""

from __future__ import annotations

import pytest

from harness.services import feeds
from rigs.standin.feeds import parsing
from rigs.standin.feeds.parsing import BadFeed, News

BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><rss><channel><item><title>&a;</title></item></channel></rss>"


@pytest.mark.parametrize("kind", feeds.KINDS)
def test_what_the_server_writes_is_read(kind):
    written = [feeds.News("A & B", "The <b>lift</b> &amp; door"), feeds.News("Größe")]
    assert parsing.parse(feeds.document(kind, written)) == [News("A & B", "The lift & door"), News("Größe", "")]


def test_only_the_first_entries_are_read():
    many = [feeds.News(f"{n}") for n in range(300)]
    assert [one.title for one in parsing.parse(feeds.document("rss", many))] == [str(n) for n in range(20)]


@pytest.mark.parametrize("data", [b"", b"<rss>", b"<html/>", b"\xff\xfe", BOMB, b"no XML"])
def test_what_is_no_feed_is_refused(data):
    with pytest.raises(BadFeed):
        parsing.parse(data)


def test_atom_may_have_its_words_in_its_content():
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>T</title><content>C</content></entry></feed>"
    assert parsing.parse(atom.encode()) == [News("T", "C")]
