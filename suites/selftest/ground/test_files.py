"""Files on a disk that is full: errors name them, readers never see a part, and logs go on."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core import files
from harness.evidence import reserve


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond a hundred octets: writes fail as on a full disk."""
    import signal

    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, before)


def test_an_error_names_the_file_and_leaves_the_old_one(tmp_path: Path, small_files: None) -> None:
    path = tmp_path / "run.json"
    files.write(path, "old")
    with pytest.raises(OSError) as error:
        files.write(path, "x" * 1000)
    assert files.told(error.value) == f"{path}: {os.strerror(error.value.errno or 0)}"
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]


def test_a_pipe_is_written_to_directly(tmp_path: Path) -> None:
    read, write = os.pipe()
    files.write(Path(f"/proc/self/fd/{write}"), "text")
    assert os.read(read, 9) == b"text"
    os.close(read)
    os.close(write)


def test_a_log_loses_lines_and_never_its_writer(tmp_path: Path, small_files: None) -> None:
    with files.LogFile(tmp_path / "log") as log:
        for _ in range(30):
            log.write(b"0123456789")
    assert (tmp_path / "log").stat().st_size == 100


def test_the_reserve_occupies_room_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve.hold(path, 1 << 16)
    assert path.stat().st_blocks * 512 >= 1 << 16
    reserve.release(path)
    reserve.release(path)
    assert not path.exists()


def test_a_reserve_that_does_not_fit_leaves_nothing(tmp_path: Path, small_files: None) -> None:
    reserve.hold(tmp_path / "reserve")
    assert not list(tmp_path.iterdir())
