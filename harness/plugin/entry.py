"""The part of the plugin that pytest always loads: options and marks. The rest is loaded if a rig is named."""

from __future__ import annotations

from pathlib import Path

import pytest

MARKS = (
    "profile(*names): runs under these server profiles only",
    "feature(*ids): features of suites/catalogue.yaml that the test is about",
    "needs(*capabilities, handsets=N): what the rig must be able to do",
    "stimulus(*parts): what the test acts with: keys, settings, far_end, server, web",
    "rule(*ids): rules of the profile that the test judges",
    "provokes(*ids): rules of the profile that the test makes the base break on purpose",
    "smoke: belongs to the short selection that must always pass",
    "interop: checks a row of the matrix of platforms, under each profile by its rules",
    "profile_sensitive: its outcome depends on the server profile",
    "reboots: restarting the base is part of what is tested",
    "slow: takes long; left out of `m9 test` unless --all",
)
SUITE_MARKS = ("feature", "needs", "stimulus", "rule", "provokes", "profile")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's options."""
    group = parser.getgroup("m9", "m9: base, handsets and calls on a rig")
    group.addoption("--rig", action="append", default=[], metavar="FILE", help="the rig to drive; one a worker")
    group.addoption("--profile", default=None, metavar="NAME,…|all", help="server profiles (default: the rig's first)")
    group.addoption("--run-dir", default=None, metavar="DIR", help="where the run's evidence goes")
    group.addoption(
        "--strict-rules", action="store_true", help="a broken inferred rule is a product failure, no warning"
    )
    group.addoption(
        "--firmware", default=None, metavar="FILE", help="the image this run is about: the base must run it"
    )
    group.addoption("--wait", type=float, default=0.0, metavar="SECONDS", help="how long to wait for a taken rig")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the marks and, with a rig, everything else."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    if config.option.rig:
        from harness.plugin import configure

        configure.configure(config)
    else:
        _refuse_workers_without_rig(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Ignore the harness's own tests if a rig is named."""
    if config.option.rig and collection_path == config.rootpath / "suites" / "selftest":
        return True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a rig, a suite is a usage error, and no test starts."""
    if config.option.rig:
        return
    for item in items:
        if _wants_rig(item, config.rootpath):
            raise _no_rig(item.nodeid)


def _refuse_workers_without_rig(config: pytest.Config) -> None:
    """Workers collect, and a worker cannot say what is wrong: the arguments tell it before."""
    if getattr(config.option, "numprocesses", None):
        for argument in config.args:
            path = config.invocation_params.dir / argument.partition("::")[0]
            if _is_suite(path, config.rootpath):
                raise _no_rig(argument)


def _no_rig(what: str) -> pytest.UsageError:
    return pytest.UsageError(
        f"{what} needs a rig, and no rig is named\n"
        "  remedy    add --rig rigs/standin.yaml, or run the harness's own tests: pytest suites/selftest"
    )


def _wants_rig(item: pytest.Item, root: Path) -> bool:
    return _is_suite(item.path, root) or any(item.get_closest_marker(name) for name in SUITE_MARKS)


def _is_suite(path: Path, root: Path) -> bool:
    return path.is_relative_to(root / "suites") and not path.is_relative_to(root / "suites" / "selftest")
