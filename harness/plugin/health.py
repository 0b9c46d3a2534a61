"""After each test: a part of the rig that died explains it, and a far end that the base may have killed is replaced."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from harness.core.errors import Expectation, InvalidTest, NotApplicable, ProductFailure, RigFault
from harness.rig import liveness
from harness.rig.liveness import PeerKilled

if TYPE_CHECKING:
    from harness.rig.profile_session import ProfileSession


class Health:
    """Looks at the parts when a test's body has ended, passed or not: what a dead one spoiled is not the firmware's."""

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """The body's error, unless a dead part is behind it; nothing passes with a dead part."""
        under = _profile_night(pyfuncitem)
        try:
            result = yield
        except NotApplicable:
            raise
        except Exception as error:
            fault = _fault(under)
            if fault is None or (isinstance(error, RigFault) and isinstance(fault, RigFault)):
                raise  # the first word about a fault is the nearest to its cause
            raise fault from error
        fault = _fault(under)
        if fault is not None:
            raise fault
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test whose peer may have been killed by the base is tried once more with baresip (design, law 8)."""
        try:
            return (yield)
        except PeerKilled as death:
            if not isinstance(item, pytest.Function):
                raise
            self._try_again(item, death)
            raise InvalidTest(death.witness, f"{death.seen}; with baresip the test passes") from death

    def _try_again(self, item: pytest.Function, death: PeerKilled) -> None:
        """Set the test up anew and run its body against baresip; a second death is the product's."""
        from harness.softphone.process import BARESIP_WORKER

        under = _profile_night(item)
        assert under is not None
        peers = under.peers
        state = item.session._setupstate
        state.teardown_exact(item.parent)  # type: ignore[arg-type]  # all but what is this test's own stays
        peers.renew(list(BARESIP_WORKER))
        try:
            item._initrequest()
            state.setup(item)
            item.runtest()
        except PeerKilled as second:
            raise ProductFailure(
                Expectation(
                    claim="the far end lives through what the base sends",
                    expected="two independent SIP stacks bear it",
                    seen=f"{death.seen}; with baresip: {second.seen}",
                    source="design, law 8",
                )
            ) from second
        finally:
            peers.renew()


def _fault(under: ProfileSession | None) -> RigFault | PeerKilled | None:
    """What the first dead part is to the test; None when all live."""
    try:
        if under is not None:
            liveness.check(under)
    except (RigFault, PeerKilled) as fault:
        return fault
    return None


def _profile_night(item: pytest.Function) -> ProfileSession | None:
    """The profile that the test ran on; None for one that asked for no part of it."""
    from harness.rig.profile_session import ProfileSession

    found = item.funcargs.get("profile_night")
    return found if isinstance(found, ProfileSession) else None
