"""Plugins that try a failed test again: refused by name, and no try is lost."""

import pytest

from harness.plugin import reruns

pytest_plugins = ["pytester"]

AGAIN = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    "As such plugins do: the first try's teardown is not reported."
    if "xdist_again" not in item.name:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    first = runtestprotocol(item, nextitem=item.session, log=False)
    for report in first[:2]:
        report.outcome = "rerun" if report.failed else report.outcome
        item.ihook.pytest_runtest_logreport(report=report)
    item._initrequest()
    runtestprotocol(item, nextitem=nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""


@pytest.mark.parametrize("name", reruns.PLUGINS)
def test_a_plugin_that_tries_again_is_refused_by_name(project, name):
    (project.pytester.path / "other_plugin.py").write_text("def pytest_configure(config): pass\n")
    code = f"import other_plugin\ndef pytest_load_initial_conftests(early_config): early_config.pluginmanager.register(other_plugin, '{name}')\n"  # noqa: E501
    (project.pytester.path / "loader.py").write_text(code)
    project.pytester.syspathinsert()
    project.write("def test_a(): pass\n")
    ended = project.run("-p", "loader")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines([f"*{reruns.PLUGINS[name]} is loaded*", f"*-p no:{name}*"])


def test_the_nightly_run_loads_none_of_them():
    assert {f"no:{name}" for name in reruns.PLUGINS} <= set(reruns.WITHOUT)


def test_each_try_of_an_unknown_plugin_counts(project):
    with (project.suites / "conftest.py").open("a") as file:
        file.write(AGAIN)
    project.write("tries = []\ndef test_xdist_again():\n    tries.append(1)\n    assert len(tries) > 1, 'broken'\n")
    project.run()
    told = {test["id"].rpartition("::")[2]: test["verdict"] for test in project.result["tests"]}
    assert told == {"test_xdist_again (try 1)": "product failure", "test_xdist_again": "passed"}
    assert project.result["exit_code"] == 10
