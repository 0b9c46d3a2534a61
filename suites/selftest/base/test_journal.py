"""The settings journal survives crashes at any byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.base.journal import FILE_NAME, Change, SettingsJournal, read
from harness.core.errors import RigFault


def test_changes_are_undone_newest_first_with_the_oldest_value_of_each(tmp_path: Path) -> None:
    journal = SettingsJournal(tmp_path)
    journal.before(Change("a", 1, "1"))
    journal.before(Change("b", 0, "x"))
    journal.before(Change("a", 1, "2"))
    assert [(c.name, c.old) for c in journal.to_undo()] == [("b", "x"), ("a", "1")]
    seen: list[Change] = []
    assert journal.undo(seen.extend) == 2
    assert [c.name for c in seen] == ["b", "a"]
    assert not (tmp_path / FILE_NAME).exists()


def test_a_journal_left_by_a_crash_is_replayed_by_the_next_holder(tmp_path: Path) -> None:
    SettingsJournal(tmp_path).before(Change("retry_t1", 0, "500", perm="R"))
    seen: list[Change] = []
    assert SettingsJournal(tmp_path).undo(seen.extend) == 1
    assert (seen[0].name, seen[0].old, seen[0].perm) == ("retry_t1", "500", "R")
    assert SettingsJournal(tmp_path).undo(seen.extend) == 0


def test_a_failed_undo_leaves_the_journal(tmp_path: Path) -> None:
    journal = SettingsJournal(tmp_path)
    journal.before(Change("a", 0, "1"))

    def fails(changes: list[Change]) -> None:
        raise RigFault("base", "gone", remedy="power")

    with pytest.raises(RigFault):
        journal.undo(fails)
    assert [c.name for c in read(tmp_path / FILE_NAME)] == ["a"]


def test_cut_at_every_byte_the_journal_is_still_readable(tmp_path: Path) -> None:
    journal = SettingsJournal(tmp_path)
    journal.before(Change("first", 0, "ä{}\n"))
    whole_first = len((tmp_path / FILE_NAME).read_bytes())
    journal.before(Change("second", 3, "y"))
    data = (tmp_path / FILE_NAME).read_bytes()
    for cut in range(len(data) + 1):
        folder = tmp_path / f"cut{cut}"
        folder.mkdir()
        (folder / FILE_NAME).write_bytes(data[:cut])
        names = [change.name for change in read(folder / FILE_NAME)]
        assert names == (["first"] * (cut >= whole_first - 1) + ["second"] * (cut >= len(data) - 1))
        if cut % 20 == 0:
            SettingsJournal(folder).before(Change("third", 0, "z"))
            assert read(folder / FILE_NAME)[-1].name == "third"


def test_a_damaged_line_in_the_middle_is_a_rig_fault(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('rubbish\n{"do": "undone", "seq": 1}\n')
    with pytest.raises(RigFault, match="line 1 is damaged"):
        SettingsJournal(tmp_path)


def test_a_secret_never_reaches_the_disk(tmp_path: Path) -> None:
    SettingsJournal(tmp_path).before(Change("user_pass", 1, "hunter22", secret=True))
    text = (tmp_path / FILE_NAME).read_text()
    assert "hunter22" not in text
    assert json.loads(text)["secret"] is True
    assert os.stat(tmp_path / FILE_NAME).st_mode & 0o077 == 0


def test_the_line_is_there_after_kill_9(tmp_path: Path) -> None:
    script = (
        "import os, sys, signal; from pathlib import Path; from harness.base.journal import *\n"
        "SettingsJournal(Path(sys.argv[1])).before(Change('x', 0, 'old')); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=Path(__file__).parents[3], timeout=30)
    assert done.returncode == -signal.SIGKILL
    assert read(tmp_path / FILE_NAME)[0].old == "old"
