"""The data of a test from its collection to its line in the results: pytest's `user_properties`, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

WORDS = ("verdict", "phase", "reason", "broken", "kind", "worker", "rig", "profile")
"""Stored in the results unchanged."""
LISTS = ("features", "stimuli")
"""Joined by commas here, and lists in the results."""


def note(item: pytest.Item, key: str, value: str) -> None:
    """Set one of the test's properties, replacing its old value."""
    item.user_properties[:] = [pair for pair in item.user_properties if pair[0] != key]
    if value:
        item.user_properties.append((key, value))


def of_test(
    *, profile: str, rig: str, rule: str, features: Iterable[str], stimuli: Iterable[str] = (), smoke: bool = False
) -> list[tuple[str, object]]:
    """The properties known before a test runs."""
    return [
        ("features", ",".join(features)),
        ("stimuli", ",".join(stimuli)),
        ("rule", rule),
        ("smoke", "yes" if smoke else ""),
        ("profile", profile),
        ("rig", rig),
    ]


def take_over(test: dict[str, Any], found: Mapping[str, object]) -> None:
    """Update a test's record from the properties of its latest report."""
    test |= {key: found[key] for key in WORDS if key in found}
    for key in LISTS:
        test[key] = words(found, key) or test.get(key, [])
    test["rule"] = found.get("rule", test.get("rule", ""))
    test["smoke"] = found.get("smoke") == "yes" or test.get("smoke", False)


def words(found: Mapping[str, object], key: str) -> list[str]:
    """The words of one of `LISTS`."""
    return [word for word in str(found.get(key, "")).split(",") if word]
