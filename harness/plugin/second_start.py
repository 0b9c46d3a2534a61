"""A rig or a profile that did not start is started again by the next test: a night loses one test to the fault."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from harness.core import steps
from harness.core.errors import RigFault

STARTED = ("rig_session", "profile_session")
"""The fixtures that start a rig and a profile on it; pytest keeps their error for all tests that follow."""


class SecondStart:
    """In a run whose tests no other rig could take: forgets the first rig fault of each start."""

    def __init__(self) -> None:
        self._failed: set[tuple[str, str]] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """The test that meets the first fault ends with it; the next one starts again, and a second fault stays."""
        try:
            return (yield)
        except RigFault as fault:
            if fixturedef.argname in STARTED:
                self._forget(fixturedef, request, fault)
            raise

    def _forget(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest, fault: RigFault) -> None:
        of_a_profile = "profile" in fixturedef.argnames
        start = (fixturedef.argname, request.getfixturevalue("profile").name if of_a_profile else "")
        if start not in self._failed:
            self._failed.add(start)
            fixturedef.finish(request)  # type: ignore[arg-type]
            steps.publish("rig", f"the next test starts it once more: {fault.text}")
