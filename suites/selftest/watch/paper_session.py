"""A profile on paper for a project of self-tests: what its tests put on the wire is watched, and nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from harness.capture.messages import Packet, SipMessage
from harness.core import clock
from harness.core.errors import InvalidTest
from harness.host.watch import HostWatch
from harness.plugin import profiles
from harness.plugin.plan import plan_of
from harness.plugin.watch import watch_of
from suites.selftest.rules import healthy_call
from suites.selftest.rules.healthy_call import BASE
from suites.selftest.rules.judging import with_header, without

# A project's conftest: the fixture `rings` puts a call on the wire; its words name the faults of the base.
CONFTEST = """
import pytest
from suites.selftest.watch import paper_session
@pytest.fixture(scope="session")
def profile_session(request, profile):
    with paper_session.up(request.config, profile.name) as wire:
        yield wire
@pytest.fixture
def rings(profile_session):
    return profile_session.rings
"""


class PaperWire:
    """What the watch asks of a wire."""

    def __init__(self) -> None:
        self.followers: list[Callable[[Packet], None]] = []
        self.gaps: list[tuple[float, float]] = []
        self.calls = 0
        self.host = HostWatch()
        self.reads_back = True

    def fence(self) -> None:
        """Everything has come."""

    def has_media(self, start: float, end: float) -> bool:
        """There is none."""
        return False

    def messages(self, *, since: float, until: float) -> list[SipMessage]:
        """None that a ladder would show."""
        return []

    def packets_between(self, start: float, end: float) -> tuple[bytes, int]:
        """No packets."""
        raise InvalidTest("packets", "none on paper")

    def rings(self, *faults: str) -> None:
        """A call of nine messages that begins now."""
        self.calls += 1
        begins = clock.now()
        for m in healthy_call.messages():
            told = _spoiled(self._branched(m), faults)
            moved = replace(
                told, at=begins + m.at / 10_000, frame=1000 * self.calls + m.frame, call_id=f"c{self.calls}"
            )
            for follower in self.followers:
                follower(moved)

    def _branched(self, m: SipMessage) -> SipMessage:
        """The transactions of each call have their own branches."""
        return with_header("Via", m.via[0].replace("z9hG4bK-", f"z9hG4bK-{self.calls}-"))(m)


def _spoiled(m: SipMessage, faults: tuple[str, ...]) -> SipMessage:
    if m.src == BASE and m.method == "BYE":
        for fault in faults:
            m = without(fault)(m) if fault.islower() else with_header("Via", "SIP/2.0/UDP b;branch=old")(m)
    return m


@contextmanager
def up(config: pytest.Config, profile: str) -> Iterator[PaperWire]:
    """The profile while it is up, as the fixture of a real rig has it."""
    wire, watch = PaperWire(), watch_of(config)
    web = SimpleNamespace(address=BASE)
    rig_session = SimpleNamespace(rig=plan_of(config).rig, names={}, wire=wire)
    under = _Under(profiles.profile(profile), SimpleNamespace(web=web), rig_session, wire)
    entered: Any = under
    listening = watch.listening(wire, wire.host)  # type: ignore[arg-type]  # what it asks of a wire is there
    with listening, watch.of_profile(entered):
        yield wire


class _Under:
    """What the watch asks of a profile that is up."""

    def __init__(self, profile: Any, base: Any, rig_session: Any, wire: PaperWire) -> None:
        self.profile, self.base, self.rig_session, self.wire = profile, base, rig_session, wire
        self.pbx = SimpleNamespace(accounts=())
        self.names = {base.web.address: "base"}

    @property
    def read_back(self) -> str:
        """What the web UI shows."""
        if not self.wire.reads_back:
            raise InvalidTest("the web UI shows Server Type Asterisk", "it shows Lync")
        return "Asterisk"
