"""Secrets of a rig file: the file only says where they are, and all evidence masks them."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from harness.core.errors import UsageError
from harness.core.redaction import redaction


class Secret(BaseModel):
    """Where a secret is: `{env: NAME}` or `{file: PATH}`; a `default` is for a secret that protects nothing."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    env: str | None = Field(default=None, description="the name of an environment variable", pattern=r"^\w+$")
    file: str | None = Field(default=None, description="a path; its first line is the secret")
    default: str | None = Field(default=None, description="used if the variable or file does not exist", repr=False)

    @field_validator("file")
    @classmethod
    def _beside_the_rig_file(cls, path: str | None, info: ValidationInfo) -> str | None:
        """Make a relative path relative to the rig file's folder, not to the working directory."""
        if path is None or not info.context:
            return path
        return str(Path(info.context["folder"]) / Path(path).expanduser())

    @model_validator(mode="after")
    def _one_source(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise ValueError("name one of env and file")
        return self

    @property
    def source(self) -> str:
        """Its source as a person would type it: `$M9_PIN` or the file's path."""
        return f"${self.env}" if self.env else str(self.file)

    def value(self) -> str:
        """The secret itself, registered for masking; raises UsageError if it cannot be found."""
        found, problem = self._found()
        if found is None:
            raise UsageError(f"{self.source} {problem}", remedy=self.remedy)
        return redaction.register(found)

    @property
    def problem(self) -> str:
        """Why `value` would not find it; empty if it would."""
        return self._found()[1]

    @property
    def remedy(self) -> str:
        """What to type when it is missing."""
        return f"export {self.env}=…" if self.env else f"write it into {self.file}"

    def _found(self) -> tuple[str | None, str]:
        """The secret, or why there is none; an empty one counts as missing."""
        if self.env is not None:
            found, problem = os.environ.get(self.env), "is not set"
        else:
            found, problem = _first_line(Path(str(self.file)))
        if found:
            return found, ""
        if self.default is not None:
            return self.default, ""
        return None, "is empty" if found == "" else problem


def _first_line(path: Path) -> tuple[str | None, str]:
    try:
        return (path.read_text(encoding="utf-8").splitlines() or [""])[0], ""
    except UnicodeDecodeError:
        return None, "is not UTF-8 text"
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
