"""Secrets of a rig file: named there, never written there, and masked in all evidence once read."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.errors import UsageError
from harness.redaction import redaction


class Secret(BaseModel):
    """Where a secret is to be found: `{env: NAME}` or `{file: PATH}`, with a `default` for what guards nothing."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    env: str | None = Field(default=None, description="the name of an environment variable", pattern=r"^\w+$")
    file: str | None = Field(default=None, description="a path; its first line is the secret")
    default: str | None = Field(default=None, description="used where the variable or file is not there", repr=False)

    @model_validator(mode="after")
    def _one_source(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise ValueError("name one of env and file")
        return self

    @property
    def source(self) -> str:
        """Where it comes from, as a person would type it: `$M9_PIN` or the file's path."""
        return f"${self.env}" if self.env else str(self.file)

    def value(self) -> str:
        """The secret itself, registered for masking; raises UsageError when it is nowhere to be found."""
        found = self._found()
        if found is None:
            raise UsageError(f"{self.source} is not set", remedy=self.remedy)
        return redaction.register(found)

    @property
    def available(self) -> bool:
        """Whether `value` would find it."""
        return self._found() is not None

    @property
    def remedy(self) -> str:
        """What to type when it is missing."""
        return f"export {self.env}=…" if self.env else f"write it into {self.file}"

    def _found(self) -> str | None:
        if self.env is not None:
            return os.environ.get(self.env, self.default)
        try:
            return Path(str(self.file)).expanduser().read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError):
            return self.default
