"""Texts about a wrong value in a file: what was found, and what is allowed."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
}
LIMITS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
LENGTHS = {"min_length": "at least", "max_length": "at most"}


def nearest(word: str, allowed: Iterable[str]) -> str:
    """` (did you mean X?)`, or empty if no known word is similar."""
    known = {one.lower(): one for one in allowed}
    given = word.lower()
    close = difflib.get_close_matches(given, list(known), n=1, cutoff=0.6)
    close = close or [one for one in known if given and len(one) > 2 and one in given]
    return f" (did you mean {known[close[0]]}?)" if close else ""


def plain(kind: str, given: Any, context: Mapping[str, Any], message: str, written: str | None) -> str:
    """The text for one of pydantic's errors, with the value as it was written."""
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    there = written if written and not isinstance(given, str) else shown(given)
    if given is None and kind in KINDS:
        return f"is empty; {KINDS[kind]} is wanted"
    if kind in KINDS:
        return f"{there} is not {KINDS[kind]}{_as_meant(kind, given)}"
    if kind == "string_pattern_mismatch":
        return f"{there} does not fit"
    for limit, words in LIMITS.items():
        if limit in context:
            return f"{there} is out of range; {words} {context[limit]} is allowed"
    for limit, words in LENGTHS.items():
        if limit in context:
            unit = "characters" if isinstance(given, str) else "entries"
            has = f"has {len(given)} {unit}" if given else "is empty"
            return f"{has}; {words} {context[limit]} {'is' if context[limit] == 1 else 'are'} wanted"
    return f"{there}: {message[0].lower()}{message[1:]}"


def _as_meant(kind: str, given: Any) -> str:
    """How a value of the wrong type is written rightly, where that is plain."""
    if kind == "list_type" and isinstance(given, str | int | float) and not isinstance(given, bool):
        return f"; write [{given}]"
    number = r"-?\d+" if kind.startswith("int") else r"-?\d+(\.\d+)?"
    if kind in ("int_type", "float_type") and isinstance(given, str) and re.fullmatch(number, given):
        return f"; write {given} without quotes"
    return ""


def needs_quotes(written: str | None, given: Any, hint: str) -> str:
    """The text for a value that was meant as text and that YAML reads as another type."""
    note = f" ({hint})" if hint else ""
    if given is None:
        return f"is empty{note}"
    what = "true or false" if isinstance(given, bool) else "a number" if isinstance(given, int | float) else ""
    what = "a date" if isinstance(given, datetime.date) else what
    if not what:
        return f"{shown(given)} is not text{note}"
    value = str(given).lower() if isinstance(given, bool) else str(given)
    return f'{value} is {what}; quote it: "{written or value}"{note}'


def not_one_of(given: Any, allowed: list[str]) -> str:
    """The text for an unknown word, with the known words and the most similar one."""
    return f"{shown(given)} is not one of {', '.join(allowed)}{nearest(str(given), allowed)}"


def shown(given: Any) -> str:
    """A value in a message: short, without the contents of a mapping or a list."""
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, list):
        return "a list"
    if given is None:
        return "empty"
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "…'"
