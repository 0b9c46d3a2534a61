"""Plugins that run a failed test again: one failure of the base must not vanish behind a second try."""

from __future__ import annotations

import pytest

from harness.core.errors import UsageError

PLUGINS = {"rerunfailures": "pytest-rerunfailures", "flaky": "flaky", "pytest-retry": "pytest-retry"}
"""Names at pytest, and at the package index."""
WITHOUT = tuple(word for name in PLUGINS for word in ("-p", f"no:{name}"))
"""Pytest's words to load none of them."""


def refuse(manager: pytest.PytestPluginManager) -> None:
    """Raise UsageError if one of them is loaded."""
    for name, package in PLUGINS.items():
        if manager.hasplugin(name):
            raise UsageError(
                f"{package} is loaded: it hides a failure if the test passes later, and breaks rigs side by side",
                remedy=f"add -p no:{name}; `m9 nightly` does so itself",
            )
