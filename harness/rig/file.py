"""Reads a rig file and reports all its mistakes at once, each in one line."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from harness.core import overrides
from harness.core.errors import UsageError
from harness.rig import suggestions, validation_errors, yaml_lines
from harness.rig.model import Rig
from harness.rig.secrets import Secret

LARGEST = 1 << 20
WANTED = "a rig file is wanted (rigs/standin.yaml is one, rigs/lab.example.yaml explains each key)"


class RigFileError(UsageError):
    """A rig file that cannot be used; `mistakes` has one line for each mistake."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.mistakes = lines


def load(path: str | Path, *, secrets: bool = True) -> Rig:
    """The rig that a file describes; raises RigFileError with all its mistakes.

    With `secrets`, a secret that cannot be found is a mistake too. The corrections under `learned:` in its survey are
    used from here on.
    """
    shown = str(path)
    document = yaml_lines.parse(_text(Path(path), shown))
    if document.mistakes:
        raise RigFileError([f"{shown}:{line}  {text}" for line, text in sorted(document.mistakes)])
    if not isinstance(document.data, dict):
        there = "is empty" if document.data is None else f"is {suggestions.shown(document.data)}"
        raise RigFileError([f"{shown}:1  {there}; a rig file is a mapping of keys (see rigs/lab.example.yaml)"])
    try:
        rig = Rig.model_validate(document.data, context={"folder": Path(path).resolve().parent})
    except ValidationError as error:
        raise RigFileError(validation_errors.lines(shown, document, Rig, error)) from None
    if secrets:
        missing = [
            f"{shown}:{document.place(at).line}  {_dotted(at)}: {secret.source} {secret.problem}; {secret.remedy}"
            for at, secret in _secrets(rig, ())
            if secret.problem
        ]
        if missing:
            raise RigFileError(missing)
    rig = _beside(rig, Path(path), f"{shown}:{document.place(('base', 'survey')).line}")
    overrides.use(rig.base.survey)
    return rig


def _dotted(at: yaml_lines.Path) -> str:
    return ".".join(map(str, at))


def _beside(rig: Rig, path: Path, where: str) -> Rig:
    """The same rig with its survey's path relative to the rig file's folder, not to the working directory."""
    if rig.base.survey is None:
        return rig
    survey = path.resolve().parent / rig.base.survey
    from harness.base import survey as surveys

    try:
        surveys.load(survey)
    except UsageError as error:
        raise RigFileError([f"{where}  base.survey: {error.text}; {error.remedy}"]) from None
    return rig.model_copy(update={"base": rig.base.model_copy(update={"survey": str(survey)})})


def _text(path: Path, shown: str) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            kind = "a folder" if stat.S_ISDIR(found.st_mode) else "no file"
            raise RigFileError([f"{shown}: is {kind}; {WANTED}"])
        if found.st_size > LARGEST:
            raise RigFileError([f"{shown}:1  larger than 1 MiB: not a rig file"])
        data = path.read_bytes()
    except OSError as error:
        raise RigFileError([f"{shown}: {error.strerror}; {WANTED}"]) from None
    except ValueError as error:
        raise RigFileError([f"{shown!r}: {error}"]) from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = f"not UTF-8 text ({error.reason} at byte {error.start}): save it as UTF-8"
        raise RigFileError([f"{shown}:{line}  {text}"]) from None


def _secrets(entry: object, at: yaml_lines.Path) -> Iterator[tuple[yaml_lines.Path, Secret]]:
    """Every secret of a model with its path."""
    if isinstance(entry, Secret):
        yield at, entry
    elif isinstance(entry, BaseModel):
        for name in type(entry).model_fields:
            yield from _secrets(getattr(entry, name), (*at, name))
    elif isinstance(entry, dict):
        for key, value in entry.items():
            yield from _secrets(value, (*at, key))
    elif isinstance(entry, list):
        for index, value in enumerate(entry):
            yield from _secrets(value, (*at, index))
