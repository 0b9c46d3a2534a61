"""A checkout in miniature for the set-up: its real code, no dependencies, a build backend in the tree, no network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "m9-harness"
version = "0"
dependencies = [{dependencies}]

[tool.ruff]
"""
BACKEND = """
import base64, hashlib, os, pathlib, time, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    with open("pip-runs", "a") as runs:
        runs.write("once\\n")
    while os.environ.get("HOLD") and not os.path.exists("go"):
        time.sleep(0.05)
    name = "m9_harness-0-py3-none-any.whl"
    files = {
        "m9_harness.pth": os.getcwd() + "\\n",
        "m9_harness-0.dist-info/METADATA":
            "Metadata-Version: 2.1\\nName: m9-harness\\nVersion: 0\\nProvides-Extra: develop\\n",
        "m9_harness-0.dist-info/WHEEL":
            "Wheel-Version: 1.0\\nGenerator: m9\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{path},,\\n" for path in files) + "m9_harness-0.dist-info/RECORD,,\\n"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for path, text in {**files, "m9_harness-0.dist-info/RECORD": record}.items():
            wheel.writestr(path, text)
    return name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    return build_editable(folder)
"""
NODE = """#!/bin/sh
[ "$1" = --version ] && echo v22.0.0
"""
NPM = """#!/bin/sh
[ -n "$NPM_FAILS" ] && { echo "npm ERR! network no route to the registry"; exit 1; }
mkdir -p node_modules/allure && : > node_modules/allure/cli.js
"""


APT = """#!/bin/sh
[ "$1" = install ] || exit 0
: > apt-began
while [ -n "$HOLD_APT" ] && [ ! -e go ]; do sleep 0.05; done
cp policy-rc.d policy-seen
: > installed
"""
DPKG = """#!/bin/sh
[ ! -e installed ] || echo "some-package installed"
"""
SUDO = """#!/bin/sh
exec "$@"
"""


@dataclass
class Miniature:
    """The checkout at `root`; `start` and `run` do what a user types in it."""

    root: Path

    @classmethod
    def made(cls, root: Path) -> Miniature:
        """With the code of this checkout that runs before anything is installed, and a command that says so."""
        for room in ("cli", "core"):
            (root / "harness" / room).mkdir(parents=True)
        for name in (
            "__init__.py",
            "__main__.py",
            "cli/__init__.py",
            "cli/bootstrap.py",
            "cli/policy_rc_d.py",
            "core/__init__.py",
            "core/layout.py",
            "core/signals.py",
            "cli/progress.py",
        ):
            shutil.copy(ROOT / "harness" / name, root / "harness" / name)
        (root / "harness" / "cli" / "requirements.lock").touch()
        data = {"debian": {}, "services": [], "node": 20}
        (root / "harness" / "cli" / "packages.json").write_text(json.dumps(data))
        (root / "harness" / "cli" / "main.py").write_text("def main():\n    print('m9 ran')\n")
        (root / "pyproject.toml").write_text(PROJECT.format(dependencies=""))
        (root / "backend.py").write_text(BACKEND)
        (root / "reports").mkdir()
        (root / "reports" / "package-lock.json").write_text("{}")
        for name, text in (("node", NODE), ("npm", NPM)):
            (root / "bin").mkdir(exist_ok=True)
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
        return cls(root)

    def wants_a_package(self) -> Path:
        """From now on a Debian package is missing; returns where this checkout looks for a policy-rc.d."""
        data = {"debian": {"some-package": "a reason"}, "services": [], "node": 20}
        (self.root / "harness" / "cli" / "packages.json").write_text(json.dumps(data))
        for name, text in (("apt-get", APT), ("dpkg-query", DPKG), ("sudo", SUDO)):
            (self.root / "bin" / name).write_text(text)
            (self.root / "bin" / name).chmod(0o755)
        policy, own = self.root / "harness" / "cli" / "policy_rc_d.py", self.root / "policy-rc.d"
        policy.write_text(policy.read_text().replace("/usr/sbin/policy-rc.d", str(own)))
        return own

    def locks(self, *packages: str) -> None:
        """From now on the set-up installs these packages too, at a version that is nowhere."""
        lines = [f"{name}==1 --hash=sha256:{'0' * 64}\n" for name in packages]
        (self.root / "harness" / "cli" / "requirements.lock").write_text("".join(lines))

    def start(self, **environment: str) -> subprocess.Popen[str]:
        """`python3 -m harness`, and come back at once."""
        path = f"{self.root / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin"
        own = {"PATH": path, "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "HOME": str(self.root)}
        kept = {key: value for key, value in os.environ.items() if key in ("TMPDIR", "LANG")}
        return subprocess.Popen(
            [os.path.realpath(sys.executable), "-m", "harness"],
            cwd=self.root,
            env={**kept, **own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )

    def run(self, **environment: str) -> tuple[int, str, str]:
        """The same to its end: exit code, what it printed, what it said of the set-up."""
        process = self.start(**environment)
        out, said = process.communicate(timeout=120)
        return process.returncode, out, said

    @property
    def pip_runs(self) -> int:
        """How often pip came to build the checkout."""
        path = self.root / "pip-runs"
        return len(path.read_text().splitlines()) if path.exists() else 0
