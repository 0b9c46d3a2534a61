"""Trees of other Debian suites: what is locked is what runs, and what cannot be had is said."""

import hashlib
import subprocess

import pytest

from suites.selftest.capture.frames import datagram, ethernet, pcap, request
from suites.selftest.foreign import debian_tree

pytest_plugins = ["pytester"]
LOCKED = sorted(debian_tree.LOCKS.glob("*.lock"))


@pytest.fixture
def no_archive(monkeypatch, tmp_path):
    """A machine whose cache is empty and whose archive does not answer."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(debian_tree, "archive", lambda: "file:/nowhere/debian")


@pytest.mark.parametrize("lock", LOCKED, ids=lambda path: path.stem)
def test_a_lock_names_version_and_hash_of_each_package(lock):
    packages = debian_tree.locked(lock)
    assert len({one.name for one in packages}) == len(packages) > 1
    assert lock.stem.partition("-")[2] in {one.name for one in packages}
    assert all(len(one.sha256) == 64 for one in packages)


def test_a_suite_that_cannot_be_reached_is_not_done(no_archive):
    with pytest.raises(debian_tree.NotDone, match="not done: suite trixie cannot be reached"):
        debian_tree.tree("trixie", "tshark")


def test_a_package_that_the_suite_no_longer_has_is_named(monkeypatch, tmp_path):
    said = "E: Version '1.2-3' for 'libfoo1' was not found"
    monkeypatch.setattr(
        debian_tree.subprocess, "run", lambda command, **rest: subprocess.CompletedProcess(command, 100, "", said)
    )
    package = debian_tree.Package("libfoo1", "1.2-3", "0" * 64)
    with pytest.raises(debian_tree.NotDone, match=r"sid no longer has libfoo1 1.2-3; renew the lock"):
        debian_tree._download(["apt-get"], "sid", [package], tmp_path)


def test_a_file_with_another_hash_is_not_taken(monkeypatch, tmp_path, no_archive):
    monkeypatch.setattr(debian_tree, "_run", lambda command, problem: "")
    monkeypatch.setattr(
        debian_tree, "_download", lambda apt, suite, packages, folder: (folder / "a.deb").write_bytes(b"other")
    )
    package = debian_tree.Package("libfoo1", "1.2-3", hashlib.sha256(b"locked").hexdigest())
    with pytest.raises(debian_tree.NotDone, match=r"libfoo1 1.2-3 of sid is not the locked file"):
        debian_tree._fetched("sid", [package])


def test_what_is_not_done_is_in_the_last_lines(pytester, monkeypatch):
    pytester.makeconftest("from suites.selftest.conftest import pytest_terminal_summary  # noqa: F401")
    pytester.makepyfile("import pytest\ndef test_it(): pytest.skip('not done: suite sid cannot be reached')")
    result = pytester.runpytest("-p", "no:m9", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["not done: suite sid cannot be reached"])


@pytest.mark.slow
@pytest.mark.parametrize("suite", ["trixie", "sid"])
def test_a_program_of_another_suite_runs_and_sees_the_hosts_folder(suite, tmp_path):
    tree = debian_tree.required(suite, "tshark")
    version = {one.name: one.version for one in debian_tree.locked(debian_tree.lock_file(suite, "tshark"))}["tshark"]
    (tmp_path / "one.pcap").write_bytes(pcap([ethernet(datagram(request("OPTIONS")))]))
    said, read = (
        subprocess.run(
            [*debian_tree.entered(tree, tmp_path), *words], capture_output=True, text=True, check=True
        ).stdout
        for words in (["tshark", "--version"], ["tshark", "-r", str(tmp_path / "one.pcap")])
    )
    assert version.partition("-")[0] in said
    assert "Request: OPTIONS" in read
