"""Reads a rig file: every mistake in it at once, each in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from harness.errors import UsageError
from harness.rig import mistakes, yaml_lines
from harness.rig.model import Rig
from harness.rig.secrets import Secret

LARGEST = 1 << 20


class RigFileError(UsageError):
    """A rig file that cannot be used; `mistakes` has one line for each mistake."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.mistakes = lines


def load(path: str | Path, *, secrets: bool = True) -> Rig:
    """The rig that a file describes; raises RigFileError with all its mistakes.

    With `secrets`, a secret that is nowhere to be found is a mistake as well.
    """
    shown = str(path)
    document = yaml_lines.parse(_text(Path(path), shown))
    if document.mistakes:
        raise RigFileError([f"{shown}:{line}  {text}" for line, text in sorted(document.mistakes)])
    if not isinstance(document.data, dict):
        raise RigFileError([f"{shown}:1  a rig file is a mapping of keys (see rigs/lab.example.yaml)"])
    try:
        rig = Rig.model_validate(document.data)
    except ValidationError as error:
        raise RigFileError(mistakes.lines(shown, document, Rig, error)) from None
    if secrets:
        missing = [
            f"{shown}:{document.place(at).line}  {'.'.join(map(str, at))}: {secret.source} is not set; {secret.remedy}"
            for at, secret in _secrets(rig, ())
            if not secret.available
        ]
        if missing:
            raise RigFileError(missing)
    return _beside(rig, Path(path))


def _beside(rig: Rig, path: Path) -> Rig:
    """The same rig with its survey found from the rig file's folder, wherever the command was typed."""
    if rig.base.survey is None:
        return rig
    survey = str(path.resolve().parent / rig.base.survey)
    return rig.model_copy(update={"base": rig.base.model_copy(update={"survey": survey})})


def _text(path: Path, shown: str) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise RigFileError([f"{shown}:1  larger than 1 MiB: not a rig file"])
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RigFileError([f"{shown}:1  not UTF-8 text ({error.reason} at byte {error.start})"]) from None
    except OSError as error:
        raise RigFileError([f"{shown}: {error.strerror}"]) from None


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
