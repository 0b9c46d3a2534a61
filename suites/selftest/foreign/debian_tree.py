"""Programs of other Debian suites, unpacked into a tree of their own: nothing is built, nothing is installed.

`tree("sid", "tshark")` fetches the packages that `locked/sid-tshark.lock` names, by version and hash, into the user's
cache folder and unpacks them once. `entered(tree)` begins a command line that runs a program of it.

Renew a lock, here with a package that nothing else would bring:

    python -m suites.selftest.foreign.debian_tree sid tshark base-files
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).with_name("locked")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
MERGED = ("bin", "sbin", "lib", "lib64")
PATIENCE = 300.0
_ARCHITECTURE = "# architecture:"
_ENTER = """
set -e
tree=$1; shift
mount --make-rprivate /
mount --rbind /dev "$tree/dev"
mount --rbind /proc "$tree/proc"
while [ "$1" != -- ]; do mkdir -p "$tree$1"; mount --rbind "$1" "$tree$1"; shift; done
shift
exec chroot "$tree" "$@"
"""


class NotDone(Exception):
    """The tree cannot be had here: no Debian archive in sight, or it no longer has what is locked."""

    def __str__(self) -> str:
        return f"not done: {super().__str__()}"


@dataclass(frozen=True)
class Package:
    """A package file as the lock names it."""

    name: str
    version: str
    sha256: str


def tree(suite: str, package: str) -> Path:
    """The folder with the package, all that it needs and `bin`, `lib` … as a machine of that suite has them.

    Raises NotDone when the archive cannot be reached or has other versions by now; what was fetched once stays.
    """
    lock = lock_file(suite, package)
    packages = locked(lock)
    _same_architecture(lock)
    folder = cache() / f"{lock.stem}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    with _alone(folder.with_suffix(".busy")):
        if not folder.is_dir():
            stored = _fetched(suite, packages)
            with tempfile.TemporaryDirectory(prefix="unpacking-", dir=cache()) as unfinished:
                _unpack(stored, Path(unfinished) / "tree")
                (Path(unfinished) / "tree").rename(folder)
    return folder


def required(suite: str, package: str) -> Path:
    """The tree for a test; where it cannot be had the test is skipped, and the last lines of the run say so."""
    import pytest

    try:
        return tree(suite, package)
    except NotDone as reason:
        pytest.skip(str(reason))


def entered(tree: Path, *visible: Path | str) -> list[str]:
    """The beginning of a command line that runs a program of the tree, with the host's folders `visible` in it.

    It works as root and, through a user namespace, as an ordinary user; the network stays that of the caller.
    """
    namespaces = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    return ["unshare", *namespaces, "sh", "-c", _ENTER, "enter", str(tree), *map(str, visible), "--"]


def cache() -> Path:
    """Where trees and package files are kept, outside of any checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "m9" / "debian"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def lock_file(suite: str, package: str) -> Path:
    """The lock of a tree."""
    return LOCKS / f"{suite}-{package}.lock"


def locked(lock: Path) -> list[Package]:
    """The packages of a lock: name, version and SHA-256 a line."""
    return [Package(*line.split()) for line in lock.read_text().splitlines() if not line.startswith("#")]


def renew(suite: str, packages: Sequence[str]) -> list[Package]:
    """Ask the archive for the packages and what they depend on, and write the lock of the first one."""
    with _apt(suite) as apt:
        plan = _run([*apt, "-s", "install", *packages], "the packages cannot be had together")
        found = re.findall(r"^Inst (\S+) \((\S+) ", plan, re.MULTILINE)
        wanted = [f"{name}={version}" for name, version in found]
        shown = _run(["apt-cache", *apt[1:], "show", *wanted], "the archive does not describe its packages")
    hashes = {}
    for entry in shown.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|SHA256): (.+)$", entry, re.MULTILINE))
        if fields:
            hashes[fields["Package"], fields["Version"]] = fields["SHA256"]
    result = [Package(name, version, hashes[name, version]) for name, version in sorted(found)]
    lines = [
        f"# python -m suites.selftest.foreign.debian_tree {suite} {' '.join(packages)}",
        f"{_ARCHITECTURE} {_here()}",
    ]
    lines += [f"{one.name} {one.version} {one.sha256}" for one in result]
    lock_file(suite, packages[0]).write_text("\n".join(lines) + "\n")
    return result


def archive() -> str:
    """The Debian archive that this machine's own apt sources name."""
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE))
    layout = "$(RELEASE) $(COMPONENT) $(CREATED_BY) $(REPO_URI)"
    targets = _run(["apt-get", "indextargets", "--format", layout], "apt-get names no sources")
    for line in targets.splitlines():
        name, component, kind, uri = line.split()
        own = name in (release.get("VERSION_CODENAME"), "stable", "oldstable")
        if own and release.get("ID") == "debian" and (component, kind) == ("main", "Packages"):
            return uri
    raise NotDone("this machine's apt sources name no Debian archive")


def _same_architecture(lock: Path) -> None:
    names = [
        line.removeprefix(_ARCHITECTURE).strip() for line in lock.read_text().splitlines() if _ARCHITECTURE in line
    ]
    if names != [_here()]:
        raise NotDone(f"{lock.name} is of {', '.join(names)}, this machine is {_here()}")


def _here() -> str:
    return _run(["dpkg", "--print-architecture"], "dpkg does not say what machine this is").strip()


@contextlib.contextmanager
def _apt(suite: str) -> Iterator[list[str]]:
    """An apt-get with lists and a status of its own, which knows this suite only and nothing as installed."""
    with tempfile.TemporaryDirectory(prefix="apt-") as name:
        folder = Path(name)
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        signed = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
        (folder / "sources.list").write_text(f"deb {signed}{archive()} {suite} main\n")
        options = {
            "Dir::State": folder,
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Dir::Etc::sourcelist": folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::Etc::preferencesparts": "-",
            "APT::Default-Release": "",
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::http::Timeout": "20",
            "Acquire::Retries": "1",
        }
        apt = ["apt-get", *(word for key, value in options.items() for word in ("-o", f"{key}={value}"))]
        _run([*apt, "--error-on=any", "update"], f"suite {suite} cannot be reached")
        yield apt


def _fetched(suite: str, packages: Sequence[Package]) -> list[Path]:
    """The files of the packages, in the order of the lock; those that are not in the cache are fetched."""
    store = cache() / "packages"
    store.mkdir(exist_ok=True)
    paths = {package: store / f"{package.sha256}.deb" for package in packages}
    missing = [package for package, path in paths.items() if not path.exists()]
    if missing:
        with _apt(suite) as apt, tempfile.TemporaryDirectory(prefix="fetching-", dir=store) as folder:
            _download(apt, suite, missing, Path(folder))
            arrived = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in Path(folder).glob("*.deb")}
            for package in missing:
                if package.sha256 not in arrived:
                    raise NotDone(f"{package.name} {package.version} of {suite} is not the locked file")
                arrived[package.sha256].rename(paths[package])
    return list(paths.values())


def _download(apt: list[str], suite: str, packages: Sequence[Package], folder: Path) -> None:
    wanted = [f"{package.name}={package.version}" for package in packages]
    done = subprocess.run(
        [*apt, "download", *wanted], cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    gone = re.findall(r"Version '(\S+)' for '(\S+)' was not found|Unable to locate package (\S+)", done.stderr)
    if gone:
        names = ", ".join(f"{name} {version}".strip() if name else unknown for version, name, unknown in gone)
        raise NotDone(f"{suite} no longer has {names}; renew the lock (suites/selftest/foreign/debian_tree.py)")
    if done.returncode != 0:
        raise NotDone(f"the packages of {suite} cannot be fetched: {_last_line(done.stderr)}")


def _unpack(files: Sequence[Path], root: Path) -> None:
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in ("dev", "proc", "sys", "tmp", "run", "root"):
        (root / name).mkdir()
    for file in files:
        _run(["dpkg-deb", "-x", str(file), str(root)], f"{file.name} cannot be unpacked")
    shutil.copy("/etc/passwd", root / "etc" / "passwd")
    shutil.copy("/etc/group", root / "etc" / "group")


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; the lock is free again when the process ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _run(command: Sequence[str], problem: str) -> str:
    """The output of a command; NotDone with its last words when it fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except FileNotFoundError as missing:
        raise NotDone(f"{command[0]} is not on this machine") from missing
    except subprocess.TimeoutExpired as late:
        raise NotDone(f"{problem} within {PATIENCE:g} s") from late
    if done.returncode != 0:
        raise NotDone(f"{problem}: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no word from it")


if __name__ == "__main__":
    sys.stdout.write(f"{len(renew(sys.argv[1], sys.argv[2:]))} packages locked\n")
