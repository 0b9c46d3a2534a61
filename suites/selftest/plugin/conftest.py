"""Projects written for one test, and pytest run on them."""

import json

import pytest

# Loaded here once: pytester forgets after each run what was loaded during it, and numpy does not like that.
import harness.plugin.evidence
import harness.plugin.fixtures
import harness.plugin.procedures
import harness.plugin.run_record
import harness.plugin.selection
import harness.plugin.verdict_pipeline
import harness.plugin.verdicts  # noqa: F401

RIG = """
name: paper
kind: simulated
base:
  mac: "00:04:13:30:01:21"
  web: {password: {env: PAPER_WEB, default: password}}
handsets:
  - {number: 1, ipui: "005C30C840", identity: 1}
capture: {interface: eth1}
network: {interface: eth1, address: 192.0.2.1/24}
pbx:
  asterisk: {kind: baseline}
  broadsoft: {kind: external, registrar: 192.0.2.9, accounts: [{user: "1", password: {env: X, default: x}}], peer_accounts: [{user: "2", password: {env: X, default: x}}]}
capabilities: [dhcp]
"""  # noqa: E501


QUICK = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--assert=plain")


class Project:
    """A folder with suites and a rig file that nothing is ever sent to."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.suites = pytester.path / "suites"
        (self.suites / "selftest").mkdir(parents=True)
        (pytester.path / "rig.yaml").write_text(RIG)
        # The rig of paper cannot be driven: its profile is as good as read back.
        code = 'import pytest\n@pytest.fixture(scope="session")\ndef profile_read_back(): return "Asterisk"\n'
        (self.suites / "conftest.py").write_text(code)
        (pytester.path / "pytest.ini").write_text("[pytest]\n")
        self.run_dir = pytester.path / "run"

    def write(self, code: str, name: str = "test_it.py") -> None:
        """A test module of the suites."""
        (self.suites / name).write_text("import pytest\nfrom harness.core import errors\n" + code)

    def run(self, *words: str, rig: bool = True) -> pytest.RunResult:
        """pytest on the project, in this process."""
        with_rig = ["--rig", "rig.yaml", "--run-dir", str(self.run_dir)] if rig else []
        return self.pytester.runpytest_inprocess("suites", *with_rig, *QUICK, *words)

    @property
    def result(self) -> dict:
        """The run's run.json."""
        return json.loads((self.run_dir / "run.json").read_text())

    def verdict(self, name: str) -> str:
        """The verdict of the one test with this name."""
        (found,) = [test["verdict"] for test in self.result["tests"] if name in test["id"]]
        return found


@pytest.fixture
def project(pytester):
    return Project(pytester)
