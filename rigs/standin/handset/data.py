"""The handset's texts, constants and letters, from texts.yaml, constants.yaml and letters.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("", "de")
"""English, and those that have a file of texts (facts 3.3)."""
_words = ["long"]
_language = [""]


def speak(words: str) -> None:
    """Chooses the words of all handsets of this process: the quirk display_words."""
    _words[:] = [words]


def speak_language(code: str) -> None:
    """The language of all handsets of this process, which are those of one base; English for one that is not known."""
    _language[:] = [code if code in LANGUAGES else ""]


def language() -> str:
    """Its code, empty for English."""
    return _language[0]


@cache
def _load(name: str) -> dict[str, Any]:
    with Path(__file__).with_name(name).open(encoding="utf-8") as text:
        loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def text(key: str, **values: object) -> str:
    """A text by its dotted key, filled in; KeyError if there is none."""
    return _worded(key).format(**values)


def names(key: str) -> list[str]:
    """A list of words by its dotted key: weekdays from Monday on, months."""
    return list(_found(key))


def _worded(key: str) -> str:
    """The text in the words chosen, else in the long ones that every text has."""
    return str(_found(key))


def _found(key: str) -> Any:
    """What stands under a dotted key in the language and the words chosen; KeyError if there is nothing."""
    known = _load("texts.yaml")
    chosen = _load(f"texts_{language()}.yaml") if language() else known["words"].get(_words[0], {})
    for node in (chosen, known):
        for part in key.split("."):
            node = node.get(part, {})
        if node:
            return node
    raise KeyError(key)


def constant(key: str) -> Any:
    """A figure by name: seconds end in _s, milliseconds in _ms."""
    return _load("constants.yaml")[key]


def short_reason(key: str) -> str:
    """How it reads beside a failure; nothing where no text is known for it."""
    return reason(key) if key != "failed" else ""


def letters() -> dict[str, Any]:
    """The keys of letters.yaml."""
    return _load("letters.yaml")


def reason(key: str, said: str = "") -> str:
    """How a call's end reads; an unknown reason shows the server's words."""
    known = key if key in _load("texts.yaml")["reasons"] else "failed"
    return text(f"reasons.{known}", text=said or key)
