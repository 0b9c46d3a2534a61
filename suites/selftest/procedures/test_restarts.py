"""A restart that no DHCP request tells of: the uptime of the status page does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from harness.errors import Expectation, ProductFailure
from harness.procedures import notices

ASKED_AT, NOW = 1000.0, 1010.0


class _Restarts(notices.Notices):
    """A registered identity of a base with a fixed address, whose wire shows nothing of interest."""

    def __init__(self, uptime: int | None) -> None:
        never = SimpleNamespace(never=lambda **conditions: None, expect=lambda **conditions: None)
        web = SimpleNamespace(answers=lambda within: None, uptime=lambda: uptime)
        base = SimpleNamespace(web=web, wait_ready=lambda **conditions: None)
        rig = SimpleNamespace(base=SimpleNamespace(mac="00:04:13:30:01:21"), timing=SimpleNamespace(boot=1.0))
        account = lambda identity: SimpleNamespace(user="40")  # noqa: E731
        self.identity = 1
        self.wire: Any = SimpleNamespace(dhcp=never, sip=never, default_since=ASKED_AT)
        self.desk: Any = SimpleNamespace(base=base, rig=rig, base_addresses=(), account=account, broken=self._broken)

    def _broken(self, claim: str, expected: object, seen: object, packets: object = ()) -> NoReturn:
        raise ProductFailure(Expectation(claim, str(expected), str(seen)))


@pytest.fixture(autouse=True)
def ten_seconds_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices.clock, "now", lambda: NOW)


@pytest.mark.parametrize("uptime", [9, 10, 5000, None])
def test_an_uptime_that_goes_on_is_no_restart(uptime: int | None) -> None:
    _Restarts(uptime).goes_on_without_a_restart()


@pytest.mark.parametrize("uptime", [0, 4, 8])
def test_an_uptime_that_began_anew_is_a_restart(uptime: int) -> None:
    with pytest.raises(ProductFailure, match="goes on without a restart"):
        _Restarts(uptime).goes_on_without_a_restart()
    _Restarts(uptime).restarts_and_fetches()


def test_an_uptime_from_before_is_no_restart_that_was_wanted() -> None:
    with pytest.raises(ProductFailure, match="a restart that the server asked for"):
        _Restarts(5000).restarts_and_fetches()
