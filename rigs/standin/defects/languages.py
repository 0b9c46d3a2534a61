"""Faults of the handsets' language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from rigs.standin.base.idle_info import IdleInfo
from rigs.standin.core.replacing import defect
from rigs.standin.handset import data, dates

_first: WeakKeyDictionary[IdleInfo, str] = WeakKeyDictionary()


def _english(healthy: Callable[[str], Any], key: str) -> Any:
    chosen = data.language()
    data.speak_language("")
    try:
        return healthy(key)
    finally:
        data.speak_language(chosen)


@defect(feature="languages", replaces=IdleInfo.language)
def language_has_no_effect(healthy: Callable[[IdleInfo], str], info: IdleInfo) -> str:
    """The page says German, and the handsets say English."""
    return ""


@defect(feature="languages", replaces=IdleInfo.language)
def language_is_that_of_the_start(healthy: Callable[[IdleInfo], str], info: IdleInfo) -> str:
    """A language that is chosen comes with the next restart of the base, and none before."""
    return _first.setdefault(info, healthy(info))


@defect(feature="languages", replaces=data._found)
def one_row_was_not_translated(healthy: Callable[[str], Any], key: str) -> Any:
    """In the middle of a German menu stands an English row."""
    return _english(healthy, key) if key == "lists.dialed" else healthy(key)


@defect(feature="languages", replaces=data._found)
def calls_are_told_in_english(healthy: Callable[[str], Any], key: str) -> Any:
    """The menus are German, and the screen of a call is not."""
    return _english(healthy, key) if key.startswith(("call.", "reasons.")) else healthy(key)


@defect(feature="languages", replaces=data._found)
def one_text_runs_off_the_display(healthy: Callable[[str], Any], key: str) -> Any:
    """The end of a German word cannot be read."""
    long = key == "volume.ringer" and data.language() == "de"
    return "Lautstärke des Klingeltons" if long else healthy(key)


@defect(feature="languages", replaces=dates.date)
def date_is_in_english(healthy: Callable[[float], str], at: float) -> str:
    """`Wednesday` stands above a German menu."""
    chosen = data.language()
    data.speak_language("")
    shown = healthy(at)
    data.speak_language(chosen)
    return shown


@defect(feature="languages", replaces=data.speak_language)
def english_does_not_come_back(healthy: Callable[[str], None], code: str) -> None:
    """Who has chosen German once keeps it."""
    if code or not data.language():
        healthy(code)


@defect(feature="languages", replaces=IdleInfo.language)
def language_is_told_when_it_changes_only(healthy: Callable[[IdleInfo], str], info: IdleInfo) -> str:
    """After a restart of the base the handsets speak English again, though the page says German."""
    now = healthy(info)
    return "" if _first.setdefault(info, now) == now else now
