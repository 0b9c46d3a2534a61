"""For `m9 prove` only (`-p harness.plugin.defect_selection`): selects the tests of some features and smoke tests."""

from __future__ import annotations

import pytest

from harness.plugin.plan import plan_of
from harness.plugin.selection import stimuli, words
from harness.plugin.watch import WATCH, watch_of

#: The key of `run.json` for tests whose features have no defect.
WITHOUT_DEFECT = "tests_without_a_defect"
PLATFORM = "profile-"
"""How the features begin that are platforms."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add options that only `m9 prove` uses."""
    group = parser.getgroup("m9 prove")
    group.addoption("--proof-features", default="", metavar="ID,…", help="tests of these features, then smoke tests")
    group.addoption("--proof-known", default="", metavar="ID,…", help="note tests that have none of these features")
    group.addoption("--proof-stimulus", default="", metavar="PART", help="tests that act with this part")
    group.addoption("--proof-without-smoke", action="store_true", help="no smoke tests beside the features' tests")
    group.addoption("--first-kill", action="store_true", help="the first product failure ends the features' tests")


def pytest_configure(config: pytest.Config) -> None:
    """Register the selection."""
    config.pluginmanager.register(Proof(config), "m9-proof")


class Proof:
    """Selects tests by feature; after the first kill the feature's other tests are skipped."""

    def __init__(self, config: pytest.Config) -> None:
        self.features = {name for name in config.option.proof_features.split(",") if name}
        self.known = {name for name in config.option.proof_known.split(",") if name}
        self.stimulus = config.option.proof_stimulus.replace("-", "_")
        self.first_kill = config.option.first_kill
        self.killed_by = ""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the features' tests first and smoke tests after them; deselect all others."""
        if self.known:
            without = [item.nodeid.split("@")[0] for item in items if not self.known & set(words(item, "feature"))]
            plan_of(config).facts[WITHOUT_DEFECT] = without
        first = sorted((item for item in items if self.proves(item)), key=self._is_far)
        alone = self.stimulus or config.option.proof_without_smoke
        smoke = [] if alone else [item for item in items if item.get_closest_marker("smoke")]
        chosen = list(dict.fromkeys([*first, *smoke]))
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen

    def _is_far(self, item: pytest.Item) -> bool:
        """Of a platform's tests those come first that send what this platform sends: most of its defects die there."""
        of_a_platform = any(name.startswith(PLATFORM) for name in self.features)
        return of_a_platform and item.get_closest_marker("interop") is None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a test after the first kill, as another adds nothing; a broken rule of the feature is a kill too."""
        self.killed_by = self.killed_by or self._watched(item.config)
        if self.first_kill and self.killed_by and self.proves(item):
            pytest.skip(f"not applicable: the defect was killed by {self.killed_by}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A product failure in a test's own body is a kill."""
        properties = dict(report.user_properties)
        proven = self.features & set(str(properties.get("features", "")).split(","))
        if proven and report.when == "call" and properties.get("verdict") == "product failure":
            self.killed_by = self.killed_by or report.nodeid

    def _watched(self, config: pytest.Config) -> str:
        """The watch result that is a kill: a broken rule of one of the features; empty if there is none."""
        if not self.first_kill or not config.pluginmanager.has_plugin(WATCH):
            return ""
        watch = watch_of(config)
        killers = [rule for rule in watch.broken_rules if self.features & set(watch.features_of(rule))]
        return f"watch of {min(killers)}" if killers else ""

    def proves(self, item: pytest.Item) -> bool:
        """Whether the test is about one of the features, or uses the part."""
        if self.stimulus:
            return self.stimulus in stimuli(item)
        return bool(self.features & set(words(item, "feature")))
