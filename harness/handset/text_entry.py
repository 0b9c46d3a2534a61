"""Which keys type a text: digits as they are, all else by the letters of the keys."""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.errors import UsageError
from harness.handset.menus import menus

DIGITS = frozenset("0123456789*#")


def keys_for(text: str, *, in_letters: bool = False) -> list[str]:
    """The keys that type a text, in their order; UsageError for a letter that no key has.

    A screen begins in digits, as the idle screen does, or `in_letters`.
    """
    return list(_keys(text, in_letters))


def _keys(text: str, in_letters: bool) -> Iterator[str]:
    letters, last = menus().dialling.letters, ""
    for character in text:
        if (character not in DIGITS) is not in_letters:
            in_letters, last = not in_letters, ""
            yield letters.switch
        if not in_letters:
            yield character
            continue
        key, presses = _key_of(character)
        if key == last:
            yield letters.next
        yield from [key] * presses
        last = key


def _key_of(character: str) -> tuple[str, int]:
    """The key that has a letter, and how often it is pressed."""
    known = menus().dialling.letters.keys
    for key, choice in known.items():
        if character in choice:
            return key, choice.index(character) + 1
    raise UsageError(f"no key of a handset types {character!r}", remedy=f"use {' '.join(known.values())}")
