"""The definitions of the settings: every setting of the m9 as data (settings.yaml), with its values and their source.

A lab corrects the data for its real unit by `learned.settings` in its survey (`harness/core/overrides.py`),
an overlay file with the same keys, or `choices` such as `{"user_authname": "user_pname", "file_attribute": "url"}`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.core import overrides
from harness.core.errors import UsageError

Kind = Literal["text", "secret", "boolean", "integer", "choice", "address", "host", "url", "status_line", "codec"]
TRUE_WORDS = ("true", "on", "1")
FALSE_WORDS = ("false", "off", "0")
LAST_INDEX = {"base": 0, "identity": 9, "category": 12}


class Setting(BaseModel):
    """One setting. `open`: `values` may be incomplete. `empty`: "" is a value, although the type has no empty one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: Kind
    values: dict[str, str] = Field(default_factory=dict)
    open: bool = False
    empty: bool = False
    default: str = ""
    range: tuple[int, int] | None = None
    pattern: str = ""
    scope: Literal["base", "identity", "category"] = "base"
    page: str = ""
    label: str = ""
    spellings: tuple[str, ...] = ()
    spelling: str = ""
    source: str
    confidence: Literal["seed", "found", "inferred"]

    @property
    def wire_name(self) -> str:
        """The name of the setting in documents for this unit."""
        return self.spelling or self.name

    @property
    def secret(self) -> bool:
        """Whether its value must not appear in evidence."""
        return self.type == "secret"

    def mistake(self, value: str, idx: int) -> str:
        """The mistake in this value or index, in a few words; empty if it is valid."""
        return self._index_mistake(idx) or self._value_mistake(value)

    def _index_mistake(self, idx: int) -> str:
        last = LAST_INDEX[self.scope]
        if not last:
            return f"idx {idx} on a setting of the whole base" if idx else ""
        return "" if 1 <= idx <= last else f"idx {idx}; it is 1 to {last}"

    def _value_mistake(self, value: str) -> str:
        if value == "" and (self.empty or self.type not in ("boolean", "integer", "choice", "status_line")):
            return ""
        if self.pattern and not re.fullmatch(self.pattern, value):
            return "not of the form " + self.pattern
        return _TYPE_MISTAKES[self.type](self, value) if self.type in _TYPE_MISTAKES else ""


def _boolean_mistake(setting: Setting, value: str) -> str:
    return "" if value.lower() in TRUE_WORDS + FALSE_WORDS else "not one of true, false, on, off"


def _integer_mistake(setting: Setting, value: str) -> str:
    if not re.fullmatch(r"-?\d+", value):
        return "not a whole number"
    if setting.range and not setting.range[0] <= int(value) <= setting.range[1]:
        return f"not between {setting.range[0]} and {setting.range[1]}"
    return ""


def _choice_mistake(setting: Setting, value: str) -> str:
    return "" if setting.open or value in setting.values else f"not one of {', '.join(setting.values)}"


def _address_mistake(setting: Setting, value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        return "not an IP address"
    return ""


def _url_mistake(setting: Setting, value: str) -> str:
    return "" if re.match(r"[a-z][a-z0-9+.-]*:\S+$", value, re.IGNORECASE) else "not a URL"


def _status_line_mistake(setting: Setting, value: str) -> str:
    return "" if re.fullmatch(r"[1-6]\d\d \S.*", value) else "not a status line such as 480 Do Not Disturb"


def _host_mistake(setting: Setting, value: str) -> str:
    return "" if not re.search(r"\s", value) else "a host name has no blanks"


_TYPE_MISTAKES = {
    "boolean": _boolean_mistake,
    "integer": _integer_mistake,
    "choice": _choice_mistake,
    "address": _address_mistake,
    "url": _url_mistake,
    "status_line": _status_line_mistake,
    "host": _host_mistake,
}


class Alternative(BaseModel):
    """A question that public documents do not answer: the choice, its alternatives, and how to find the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    chosen: str
    values: tuple[str, ...]
    question: str
    how: str


class SettingDefinitions:
    """All settings by name, and the open alternatives; also found by other spellings."""

    def __init__(
        self,
        settings: Mapping[str, Setting],
        alternatives: Mapping[str, Alternative],
        codecs: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._settings = dict(settings)
        self.alternatives = dict(alternatives)
        self.codecs = {numbering: dict(numbers) for numbering, numbers in codecs.items()}
        self._spellings = {spelling: s.name for s in settings.values() for spelling in s.spellings}

    def __iter__(self) -> Iterator[Setting]:
        return iter(self._settings.values())

    def __len__(self) -> int:
        return len(self._settings)

    def __contains__(self, name: str) -> bool:
        return name in self._settings or name in self._spellings

    def __getitem__(self, name: str) -> Setting:
        """The setting of this name or spelling; UsageError with the nearest known name if there is none."""
        found = self._settings.get(self._spellings.get(name, name))
        if found is None:
            near = difflib.get_close_matches(name, [*self._settings, *self._spellings], 1)
            raise UsageError(
                f"unknown setting {name!r}" + (f" (did you mean {near[0]}?)" if near else ""),
                remedy="find the name in harness/base/settings.yaml",
            )
        return found

    def chosen(self, question: str) -> str:
        """The answer chosen for an open question such as `file_attribute`."""
        return self.alternatives[question].chosen

    def encoded(self, name: str, value: str | int | bool) -> str:
        """A value in this unit's notation: its words for booleans, its numbers for codecs."""
        setting = self[name]
        if setting.type == "boolean" and isinstance(value, bool):
            words = ("true", "false") if self.chosen("booleans") == "truth" else ("on", "off")
            return words[0] if value else words[1]
        text = str(value)
        return self.codecs[self.chosen("codec_numbers")].get(text, text) if setting.type == "codec" else text

    def told(self, name: str, value: str) -> str:
        """A value for a reader, independent of this unit's notation: a codec by its name; empty for a secret."""
        setting = self[name]
        if setting.secret:
            return ""
        names = {number: codec for codec, number in self.codecs[self.chosen("codec_numbers")].items()}
        return names.get(value, value) if setting.type == "codec" else value

    def same(self, name: str, one: str, other: str) -> bool:
        """Whether two values of a setting mean the same: true and on, 0060 and 60."""
        return self._canonical(name, one) == self._canonical(name, other)

    def _canonical(self, name: str, value: str) -> str:
        setting, text = self[name], value.strip()
        if setting.type == "boolean":
            if name == "dhcp" and not text:
                return "true"  # an empty element is DHCP on in the field's templates (facts sheet 3.2)
            return "true" if text.lower() in TRUE_WORDS else "false"
        if setting.type == "integer" and re.fullmatch(r"-?\d+", text):
            return str(int(text))
        if setting.type == "codec":
            return self.encoded(name, text)
        return text

    def mistake(self, name: str, value: str, idx: int) -> str:
        """One line on the mistake of setting `name` to `value`; empty if it is valid."""
        setting = self[name]
        wrong = setting.mistake(value, idx)
        shown = "(secret)" if setting.secret else repr(value)
        where = f"{name} idx={idx}" if idx else name
        return f"{where}: {shown} is {wrong}" if wrong else ""


def load(overlay: Path | None = None, choices: Mapping[str, str] | None = None) -> SettingDefinitions:
    """The definitions, with a lab's corrections from `overlay` and its `choices` among spellings and alternatives.

    Raises UsageError for an overlay that does not fit the model, or for an unknown choice.
    """
    return _load(overlay, tuple(sorted((choices or {}).items())))


@overrides.cached
def _load(overlay: Path | None, choices: tuple[tuple[str, str], ...]) -> SettingDefinitions:
    data = yaml.safe_load(Path(__file__).with_name("settings.yaml").read_text())
    _lay_over(data, overrides.section("settings"))
    if overlay is not None:
        _lay_over(data, yaml.safe_load(overlay.read_text()) or {})
    for name, chosen in choices:
        _choose(data, name, chosen)
    try:
        settings = {name: Setting(name=name, **entry) for name, entry in data["settings"].items()}
        alternatives = {name: Alternative(**entry) for name, entry in data["alternatives"].items()}
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        if overlay is None and overrides.section("settings"):
            raise overrides.mistake("settings", f"{where}: {first['msg']}") from error
        raise UsageError(
            f"settings.yaml{f' with {overlay}' if overlay else ''}: {where}: {first['msg']}",
            remedy="compare with the keys explained at the top of harness/base/settings.yaml",
        ) from error
    return SettingDefinitions(settings, alternatives, data["codecs"])


def _lay_over(data: dict[str, Any], corrections: dict[str, Any]) -> None:
    """Merge a lab's file: entries of `settings`, `alternatives` and `codecs` key by key, `choices` as choices."""
    for section in ("settings", "alternatives", "codecs"):
        for name, entry in (corrections.get(section) or {}).items():
            data[section][name] = {**data[section].get(name, {}), **entry}
    for name, chosen in (corrections.get("choices") or {}).items():
        _choose(data, name, chosen)


def _choose(data: dict[str, Any], name: str, chosen: str) -> None:
    if name in data["alternatives"]:
        offered = data["alternatives"][name]["values"]
        key, entry = "chosen", data["alternatives"][name]
    elif name in data["settings"]:
        entry = data["settings"][name]
        offered = [name, *entry.get("spellings", [])]
        key = "spelling"
    else:
        raise UsageError(f"choice for unknown setting or question {name!r}", remedy="see harness/base/settings.yaml")
    if chosen not in offered:
        raise UsageError(
            f"choice {name}: {chosen!r} is not one of {', '.join(offered)}",
            remedy="choose one of these, or add the value to harness/base/settings.yaml",
        )
    entry[key] = chosen
