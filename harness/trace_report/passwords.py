"""Reads the passwords of `--password [USER=]env:NAME` and `[USER=]file:PATH`; no output ever shows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from harness.core.errors import UsageError
from harness.core.redaction import redaction

_REMEDY = "--password env:NAME, file:PATH, or USER=env:NAME for one account; never the password itself"


def passwords(words: Sequence[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The passwords by digest user name, and those that are tried for every name; raises UsageError without one."""
    by_name: dict[str, list[str]] = {}
    of_all: list[str] = []
    for text in words:
        name, where = _parts(text)
        secret = redaction.register(_secret(where))
        (by_name.setdefault(name, []) if name else of_all).append(secret)
    return by_name, of_all


def _parts(text: str) -> tuple[str, str]:
    """The account and where its password is; an account may have an equals sign in it."""
    for kind in ("env:", "file:"):
        if text.startswith(kind):
            return "", text
        name, found, place = text.partition(f"={kind}")
        if found and name:
            return name, kind + place
    # The text may be the password: it is not repeated.
    raise UsageError("--password: neither env:NAME nor file:PATH", remedy=_REMEDY)


def _secret(where: str) -> str:
    kind, _, place = where.partition(":")
    if kind == "env":
        secret = os.environ.get(place, "")
        if not secret:
            raise UsageError(f"--password {where}: not in the environment", remedy=f"export {place or 'NAME'}=…")
        return secret
    try:
        secret = Path(place).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no text"
        raise UsageError(f"--password {where}: {why}", remedy=_REMEDY) from None
    if not secret:
        raise UsageError(f"--password {where}: the file is empty", remedy=_REMEDY)
    return secret
