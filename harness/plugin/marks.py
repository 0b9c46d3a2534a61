"""The marks for suite authors; suites import only these and pytest."""

from __future__ import annotations

import pytest

feature = pytest.mark.feature
interop = pytest.mark.interop
needs = pytest.mark.needs
profile = pytest.mark.profile
profile_sensitive = pytest.mark.profile_sensitive
provokes = pytest.mark.provokes
reboots = pytest.mark.reboots
rule = pytest.mark.rule
slow = pytest.mark.slow
smoke = pytest.mark.smoke
stimulus = pytest.mark.stimulus
