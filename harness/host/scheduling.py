"""How long processes waited for a processor, from the kernel's own accounts (proc(5), sched-stats)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Thread = tuple[int, int]
"""The numbers of its process and of itself."""
PROC = Path("/proc")
NOT_WATCHED = ("chrom", "sh", "npm", "node", "java")
"""Beginnings of the names of programs whose waits decide no verdict: a page that comes late is waited for."""


def _read(path: str) -> str:
    """A small file of /proc: hundreds are read every second, and `Path.read_text` takes five times as long."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096).decode(errors="replace")
    finally:
        os.close(descriptor)


def descendants(root: int) -> list[int]:
    """A process and all below it that are watched, as far as they can be read."""
    children: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for entry in os.listdir(PROC):
        if entry.isdigit():
            with suppress(OSError, ValueError, IndexError):
                head, _, rest = _read(f"/proc/{entry}/stat").rpartition(")")
                names[int(entry)] = head.partition("(")[2]
                children.setdefault(int(rest.split()[1]), []).append(int(entry))
    found, left = [], [root]
    while left:
        one = left.pop()
        found.append(one)
        left += children.get(one, [])
    return [pid for pid in found if not names.get(pid, "").startswith(NOT_WATCHED)]


@dataclass(frozen=True)
class Account:
    """Seconds that a thread ran, and that it was ready and had no processor, since it began."""

    ran: float
    waited: float

    def __sub__(self, earlier: Account) -> Account:
        return Account(self.ran - earlier.ran, self.waited - earlier.waited)


def accounts(processes: Iterable[int]) -> dict[Thread, Account]:
    """The accounts of all threads of these processes, as far as they can be read."""
    found = {}
    for pid in processes:
        with suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):
                with suppress(OSError, ValueError, IndexError):
                    ran, waited, _ = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
                    found[pid, int(thread)] = Account(int(ran) / 1e9, int(waited) / 1e9)
    return found


def pressure() -> float | None:
    """Seconds since the start of the host in which some task waited for a processor; None where it is not told."""
    with suppress(OSError, ValueError, IndexError):
        some = (PROC / "pressure" / "cpu").read_text().splitlines()[0]
        return int(some.rpartition("total=")[2]) / 1e6
    return None


def name_of(pid: int) -> str:
    """The program of a process in a word or two, such as `tshark` or `rigs.standin`; its number if it has ended."""
    with suppress(OSError):
        words = (PROC / str(pid) / "cmdline").read_text(errors="replace").split("\0")
        if "-m" in words[1:-1]:
            return words[words.index("-m") + 1]
        if words[0]:
            return Path(words[1] if "python" in words[0] and len(words) > 2 else words[0]).name
    return f"process {pid}"
