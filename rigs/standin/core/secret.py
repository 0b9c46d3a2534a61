"""A secret of the rig file: written there, or where the file says that it stands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError


def _reveal(found: Any, info: ValidationInfo) -> str:
    """A secret is {env: NAME} or {file: PATH}, with a default for what guards nothing; an error without any.

    What is there and empty counts as not there.
    """
    if not isinstance(found, dict):
        return "" if found is None else str(found)
    if ("env" in found) == ("file" in found):
        raise _none("name one of env and file")
    if "env" in found:
        source, (text, problem) = f"${found['env']}", (os.environ.get(str(found["env"])), "is not set")
    else:
        folder: Path = (info.context or {}).get("folder", Path())
        path = folder / Path(str(found["file"])).expanduser()
        source, (text, problem) = str(path), _first_line(path)
    if text:
        return text
    if found.get("default") is None:
        raise _none(f"{source} {'is empty' if text == '' else problem}")
    return str(found["default"])


Secret = Annotated[str, BeforeValidator(_reveal)]


def _none(why: str) -> PydanticCustomError:
    return PydanticCustomError("secret", "{why}", {"why": why})


def _first_line(path: Path) -> tuple[str | None, str]:
    """The first line of a file, or why there is none."""
    try:
        return (path.read_text(encoding="utf-8").splitlines() or [""])[0], ""
    except UnicodeDecodeError:
        return None, "is not UTF-8 text"
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
