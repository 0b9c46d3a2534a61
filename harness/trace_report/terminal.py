"""Emphasis on a terminal: colours only if the output is a terminal."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

GOOD, BAD, WARN, FAINT, HEAD = "32", "31", "33", "2", "1"
_WIDTH = 110
_NARROWEST = 60


@dataclass(frozen=True)
class Style:
    """Width in characters, and whether escape sequences are wanted."""

    width: int = _WIDTH
    coloured: bool = False

    @classmethod
    def of_terminal(cls) -> Style:
        """That of the standard output; plain where it is no terminal, or NO_COLOR is set."""
        if not sys.stdout.isatty():
            return cls()
        width = min(shutil.get_terminal_size((_WIDTH, 24)).columns, 140)
        return cls(max(_NARROWEST, width), not os.environ.get("NO_COLOR"))

    def __call__(self, words: str, code: str) -> str:
        """The words in a colour."""
        return f"\x1b[{code}m{words}\x1b[0m" if self.coloured else words

    def head(self, words: str) -> str:
        """The words as the head of a section."""
        return self(words, HEAD)
