"""Each text of the handset is there in each language, and those that stand in a row of their own fit into it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rigs.standin.handset import data, dates

FOLDER = Path(data.__file__).parent
COLUMNS = 20
LANGUAGES = [code for code in data.LANGUAGES if code]
DAY = 86400


def texts(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return {key: value for key, value in found.items() if key != "words"}


def flat(node: dict[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.items():
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


@pytest.fixture(params=data.LANGUAGES)
def spoken(request):
    data.speak_language(request.param)
    yield request.param
    data.speak_language("")


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_every_text_and_no_other(code):
    english, other = flat(texts("texts.yaml")), flat(texts(f"texts_{code}.yaml"))
    assert other.keys() == english.keys()
    same = [key for key in english if isinstance(english[key], str) and english[key] == other[key]]
    assert set(same) <= {"idle.brand", "idle.clock_unknown", "soft.ok", "battery.level"}


@pytest.mark.parametrize("name", ["texts.yaml", *(f"texts_{code}.yaml" for code in LANGUAGES)])
def test_each_text_fits_into_a_row(name):
    long = {k: v for k, v in flat(texts(name)).items() if isinstance(v, str) and "{" not in v and len(v) > COLUMNS}
    assert not long


def test_every_day_of_a_year_fits_into_a_row(spoken):
    shown = [dates.date(day * DAY) for day in range(366)]
    assert max(map(len, shown)) <= COLUMNS
    assert len(set(shown)) > 364


def test_a_language_that_is_not_known_is_english():
    data.speak_language("xx")
    assert data.text("menu.title") == "Menu"


def test_the_handsets_speak_the_language_of_the_base(play):
    async def scene(room):
        await room.press(1, "OK")
        room.set("language", "de")
        assert (await room.shows(1, "Nicht stören: aus"))[2] == "Wecker"
        room.set("language", "")
        await room.shows(1, "Do not disturb: off")

    play(scene)
