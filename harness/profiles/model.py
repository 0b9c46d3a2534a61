"""A profile's rules and where they come from; files inherit from one another."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.core import overrides
from harness.core.errors import UsageError

try:  # libyaml's where it was built in: ten times as fast
    from yaml import CSafeLoader as _Loader
except ImportError:
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

FOLDER = Path(__file__).parent
INHERITED = ("baseline", "standards")
"""Files that others inherit from; they are not profiles themselves."""
MATRIX = "matrix"
"""The file about the rows of all profiles, read by `matrix.py`."""
OF_A_PROFILE = "profile-"
"""How the catalogue's features of one server profile begin: `profile-snom-one`."""
Level = Literal["documented", "standard", "inferred"]


class Entry(BaseModel):
    """Unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(Entry):
    """One observable behaviour; the functions of `harness/rules` with its id judge it and read `expect`.

    `level` is its certainty: documented (a source shows it), standard (the RFC's default) or inferred.
    `means` says what a user notices when it is broken, `look` what to look at next. `features` are
    those of suites/catalogue.yaml that the rule is about; of a row without any it is those of the tests that judge it.
    `covers` are general rows whose claim this one states for the platform: what breaks both is one result of the watch.
    `stimulus` is what a test has server or far end do, as this platform does it: the tests of suites/interop read it.
    `by_far_end`: its occasion is something that the far end does, which a PBX in between may keep to itself.
    """

    id: str
    claim: str
    level: Level
    source: str
    means: str = Field(min_length=1)
    look: str = Field(min_length=1)
    features: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    by_far_end: bool = False
    expect: dict[str, Any] = Field(default_factory=dict)
    stimulus: dict[str, Any] = Field(default_factory=dict)

    @property
    def of_all_traffic(self) -> bool:
        """Whether it judges every message and stream in every test: a row of standards.yaml."""
        return not self.id.rpartition("-")[2].isdigit()


class Web(Entry):
    """How the profile is chosen on the base: the drop-down's text and the stored value, empty where unknown."""

    server_type: str = ""
    stored: str = ""


class Profile(Entry):
    """One server profile with all its rules by id."""

    name: str
    title: str
    web: Web
    rules: dict[str, Rule]
    own: frozenset[str] = frozenset()
    """The rules that its own file states: what they say differs from the baseline, or is documented for it."""
    note: str = ""
    """What each report says beside the title: how far the results of this profile reach."""

    @property
    def feature(self) -> str:
        """The catalogue's feature that its own rules are about."""
        return OF_A_PROFILE + self.name.replace("_", "-")

    def rule(self, rule_id: str) -> Rule:
        """A rule by its id; UsageError with the known ids."""
        try:
            return self.rules[rule_id]
        except KeyError:
            known = ", ".join(sorted(self.rules))
            raise UsageError(f"profile {self.name} has no rule {rule_id}", remedy=f"use one of {known}") from None


class _Strict(_Loader):
    """Safe, and a key that stands twice is an error: the second rule would hide the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def names() -> list[str]:
    """The profiles there are."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem not in (*INHERITED, MATRIX))


@overrides.cached
def load(name: str) -> Profile:
    """A profile by its name, with what it inherits; UsageError for a name or file that is wrong."""
    overrides.check("rules", [*names(), *INHERITED])
    raw = _merged(name)
    rules = {rule_id: {"id": rule_id, **fields} for rule_id, fields in raw.pop("rules", {}).items()}
    own = frozenset(_read(name).get("rules", {}))
    try:
        return Profile.model_validate({"name": name, **raw, "rules": rules, "own": own})
    except ValidationError as error:
        places = [(tuple(map(str, e["loc"])), e["msg"]) for e in error.errors()]
        lines = [f"{'.'.join(place)}: {text}" for place, text in places]
        if overrides.section("rules"):
            raise overrides.mistake("rules", f"{name}: {'; '.join(lines)}") from None
        files = [_file_of(name, place) for place, _ in places]
        said = "; ".join(f"harness/profiles/{file}.yaml: {line}" for file, line in zip(files, lines, strict=True))
        raise UsageError(said, remedy="harness/profiles/model.py explains the keys of a row") from None


def _read(name: str) -> dict[str, Any]:
    """One file as it stands, without what it inherits."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise UsageError(f"no profile {name!r}", remedy=f"choose one of {', '.join(names())}")
    try:
        found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Strict) or {}
    except yaml.YAMLError as error:
        text = " ".join(str(error).split())
        raise UsageError(f"harness/profiles/{name}.yaml: {text}", remedy="correct the file") from None
    return found


def _file_of(name: str, place: tuple[str, ...]) -> str:
    """Which of a profile and those it inherits from says `rules.ID.key`; else the one that introduces the row."""
    holder, file = name, name
    while file:
        content = _read(file)
        row = content.get("rules", {}).get(place[1]) if place[0] == "rules" and len(place) > 2 else None
        if row is not None:
            holder = file
            if place[2] in row:
                break
        file = content.get("inherits", "")
    return holder


def _merged(name: str) -> dict[str, Any]:
    own = _read(name)
    if corrections := overrides.section("rules").get(name):
        own["rules"] = overrides.merged(own.get("rules", {}), corrections)
    parent = own.pop("inherits", None)
    if parent is None:
        return own
    merged = _merged(parent)
    rules = {**merged.pop("rules", {})}
    for rule_id, fields in own.pop("rules", {}).items():
        inherited = rules.get(rule_id, {})
        rules[rule_id] = {
            **inherited,
            **fields,
            "expect": {**inherited.get("expect", {}), **fields.get("expect", {})},
        }
    return {**merged, **own, "rules": rules}
