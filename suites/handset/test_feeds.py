"""The news reader of the handset: feeds of each form are fetched when they are opened, and bad ones do no harm."""

import pytest

pytestmark = [pytest.mark.feature("rss-reader"), pytest.mark.stimulus("keys", "settings")]
NEWS = [("First of all", "The lift <b>works</b> &amp; the door too."), ("Second", ""), ("Größe 3 & mehr", "")]
TITLES = [title for title, _ in NEWS]
BROKEN = {"cut": "<rss version='2.0'><channel><item><title>First", "a page": "<html><body>Welcome</body></html>"}


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_the_titles_of_a_feed_are_listed_and_an_entry_is_read(news, kind):
    news.offer(kind, NEWS)
    news.set_on_page("news")
    news.open()
    news.expect_titles(*TITLES)
    news.open_first_entry()
    news.expect_words("The lift works & the door too.")


def test_a_feed_that_has_moved_is_followed(news):
    news.offer_elsewhere("rss", NEWS)
    news.set_on_page("news")
    news.open()
    news.expect_titles(*TITLES)


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_feed_is_told_of_and_the_next_one_is_read(news, what):
    news.offer_text(BROKEN[what], name="broken")
    news.offer("rss", NEWS)
    news.set_on_page("broken", "news")
    news.open("broken")
    news.expect_unreadable()
    news.open()
    news.expect_titles(*TITLES)


def test_a_feed_that_is_not_there_is_told_of(news):
    news.set_on_page("nowhere")
    news.open("nowhere")
    news.expect_no_answer()


def test_of_a_big_feed_the_first_entries_are_read(news):
    news.offer("rss", [*NEWS, *((f"Entry {n}", "word " * 100) for n in range(600))])
    news.set_on_page("news")
    news.open()
    news.expect_titles(*TITLES)


def test_a_feed_is_fetched_anew_when_it_is_opened_again(news):
    news.offer("atom", NEWS)
    news.set_on_page("news")
    news.open()
    news.expect_titles(*TITLES)
    news.offer("atom", [("Just in", ""), *NEWS])
    news.open()
    news.expect_titles("Just in", *TITLES)
