"""Short folders: private, gone when closed, and cleared by the next one when their owner was killed."""

import signal
import subprocess
import sys

import pytest

from harness.core.runtime_dirs import ShortFolder

OWNER = """
import sys
from harness.core.runtime_dirs import ShortFolder
folder = ShortFolder("left-")
(folder.path / "socket").touch()
print(folder.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def runtime(tmp_path, monkeypatch):
    """A runtime folder of this test's own; with a name that is short enough to be used."""
    monkeypatch.setattr("harness.core.runtime_dirs.LONGEST_RUNTIME", 200)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_a_closed_folder_is_gone_with_what_is_in_it():
    with ShortFolder("browser-") as folder:
        (folder.path / "SingletonLock").touch()
        assert folder.path.is_dir()
    assert not folder.path.exists()
    folder.close()


def test_a_folder_in_use_is_left_alone_by_the_next():
    with ShortFolder("first-") as first, ShortFolder("second-") as second:
        assert first.path.is_dir()
        assert first.path != second.path


def test_what_a_killed_owner_left_is_cleared_by_the_next():
    program = OWNER.replace(
        "folder = ", "import harness.core.runtime_dirs; harness.core.runtime_dirs.LONGEST_RUNTIME = 200\nfolder = "
    )
    owner = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    left = owner.stdout.readline().strip()
    with ShortFolder("next-") as held:
        assert (held.path.parent / left).is_dir()
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    with ShortFolder("next-") as following:
        assert not (following.path.parent / left).exists()
