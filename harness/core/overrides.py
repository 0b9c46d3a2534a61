"""Corrections of a lab for its own unit, merged into the data files of the harness, so that no code is changed.

They stand under `learned:` in the file that `base.survey` of the rig file names, one key for each data file.
`settings` is an overlay of the catalogue (`choices`, `settings`, `alternatives`, `codecs`). In the other files mappings
are merged key by key, and any other value replaces the old one:

    learned:
      settings: {choices: {user_authname: user_pname, codec_numbers: index}}
      texts: {talking: [In call]}
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from harness.core.errors import UsageError

FILES = {
    "settings": "harness/base/settings.yaml",
    "pages": "harness/base/pages.yaml",
    "menus": "harness/handset/menus.yaml",
    "texts": "harness/procedures/texts.yaml",
    "limits": "harness/procedures/limits.yaml",
    "tones": "harness/procedures/tones.yaml",
    "directory": "harness/procedures/directory/defaults.yaml",
    "rules": "harness/profiles: a profile's name, a rule's id, its fields",
}
Loader = TypeVar("Loader", bound=Callable[..., Any])

_corrections: dict[str, Any] = {}
_source: list[str] = []
_caches: list[Callable[[], None]] = []


def use(survey: str | Path | None) -> None:
    """Apply the corrections of this survey file to all data from now on; None for the data as shipped.

    Raises UsageError with the place of the mistake.
    """
    found = _read(Path(survey)) if survey else {}
    if found == _corrections and [str(survey or "")] == _source:
        return
    _corrections.clear()
    _corrections.update(found)
    _source[:] = [str(survey or "")]
    for forget in _caches:
        forget()


def section(name: str) -> dict[str, Any]:
    """The corrections to one data file, empty where there are none."""
    found: dict[str, Any] = _corrections.get(name) or {}
    return found


def over(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The data of one file with the corrections to it; UsageError for a key that the file does not have."""
    check(name, data)
    return merged(data, section(name))


def check(name: str, known: Iterable[str]) -> None:
    """Raise UsageError for a correction with an unknown key, as no code would read it."""
    known = list(known)
    for key in section(name):
        if key not in known:
            raise _unknown(name, key, known)


def merged(data: dict[str, Any], corrections: dict[str, Any]) -> dict[str, Any]:
    """Merge mappings key by key; for anything else take the correction."""
    found = dict(data)
    for key, value in corrections.items():
        before = found.get(key)
        both = isinstance(before, dict) and isinstance(value, dict)
        found[key] = merged(before, value) if both else value  # type: ignore[arg-type]  # both are mappings
    return found


def mistake(name: str, text: str) -> UsageError:
    """The error for corrections that do not fit the data they correct."""
    where = f"{_source[0]}: learned.{name}" if section(name) and _source else FILES[name]
    return UsageError(f"{where}: {text}", remedy=f"compare with {FILES[name]}")


def cached(loader: Loader) -> Loader:
    """Like functools.cache, for loaders of data: cleared when other corrections are used."""
    kept = functools.cache(loader)
    _caches.append(kept.cache_clear)
    return kept  # type: ignore[return-value]  # functools hides the signature


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise UsageError(f"{path}: not a survey: {text}", remedy="make one with `m9 survey`") from error
    found = (content.get("learned") or {}) if isinstance(content, dict) else {}
    if not isinstance(found, dict):
        raise UsageError(f"{path}: learned is not a mapping", remedy=f"its keys are {', '.join(FILES)}")
    for key, value in found.items():
        if key not in FILES:
            raise _unknown("", key, FILES, path)
        if not isinstance(value, dict):
            raise UsageError(f"{path}: learned.{key} is not a mapping", remedy=f"compare with {FILES[key]}")
    return found


def _unknown(name: str, key: str, known: Iterable[str], path: Path | None = None) -> UsageError:
    near = difflib.get_close_matches(str(key), list(known), 1)
    where = f"{path or _source[0]}: learned.{name + '.' if name else ''}{key}"
    hint = f" (did you mean {near[0]}?)" if near else ""
    return UsageError(f"{where}: no such key{hint}", remedy=f"compare with {FILES.get(name, ', '.join(FILES))}")
