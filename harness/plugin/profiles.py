"""The plugin's view of the server profiles: a profile by its name, and its rules by their ids."""

from __future__ import annotations

from collections.abc import Mapping

from harness.profiles import model
from harness.profiles.model import Profile, Rule


def profile(name: str) -> Profile:
    """The profile of this name, as harness/profiles has it."""
    return model.load(name)


def own_feature(name: str, rule: str) -> tuple[str, ...]:
    """The catalogue's feature of a profile for a rule that the profile's own file states; none for any other rule."""
    return (profile(name).feature,) if name and rule in profile(name).own else ()


def rules_of(name: str) -> Mapping[str, Rule]:
    """A profile's rules by id, e.g. `HLD-1`."""
    return profile(name).rules
