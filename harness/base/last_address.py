"""The address of a base whose DHCP a test switches off: on disk before the change, for the run after a crash.

Such a base no longer asks for an address, so a run that waits for its DHCP lease would wait without end.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE_NAME = "base.address"


class LastAddress:
    """One address in the folder of a lease, beside the settings journal."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME

    @property
    def address(self) -> str:
        """The stored address; empty without one."""
        try:
            return self._path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return ""

    def keep(self, address: str) -> None:
        """Store the address; it is on disk when this returns."""
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="ascii") as file:
            file.write(f"{address}\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)

    def drop(self) -> None:
        """Remove the stored address."""
        self._path.unlink(missing_ok=True)
