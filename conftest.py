"""Makes a checkout usable without installing it: the packages are importable and the plugin is loaded once."""

import importlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the plugin that an installation's entry point would have registered."""
    if not pluginmanager.has_plugin("m9"):
        pluginmanager.register(importlib.import_module("harness.plugin.entry"), "m9")
