"""Turns a test's error into a rig fault if a part died; replaces a far end that the base may have killed."""

from __future__ import annotations

import pytest

from harness.core.errors import Expectation, InvalidTest, ProductFailure, RigFault
from harness.rig import liveness
from harness.rig.liveness import PeerKilled
from harness.rig.profile_session import ProfileSession
from harness.softphone.process import BARESIP_WORKER


def blame_a_dead_part(item: pytest.Item, error: BaseException | None) -> BaseException | None:
    """The fault of the first dead part replaces the body's result: with a dead part no test passes or is left out."""
    fault = _fault(_profile_session(item))
    if fault is None or (isinstance(error, RigFault) and isinstance(fault, RigFault)):
        return error  # the first report of a fault is the nearest to its cause
    return fault


def with_the_other_softphone(item: pytest.Function, death: PeerKilled) -> InvalidTest:
    """Run the test again with baresip: if it passes, the test is invalid; a second death is a product failure."""
    _try_again(item, death)
    return InvalidTest(death.requirement, f"{death.seen}; with baresip the test passes")


def _try_again(item: pytest.Function, death: PeerKilled) -> None:
    """Set the test up again and run its body against baresip."""
    under = _profile_session(item)
    assert under is not None
    peers = under.peers
    state = item.session._setupstate
    state.teardown_exact(item.parent)  # type: ignore[arg-type]  # all fixtures but the test's own stay
    peers.renew(list(BARESIP_WORKER))
    try:
        item._initrequest()
        state.setup(item)
        item.runtest()
    except PeerKilled as second:
        raise ProductFailure(
            Expectation(
                claim="the far end survives what the base sends",
                expected="two independent SIP stacks survive it",
                seen=f"{death.seen}; with baresip: {second.seen}",
                source="design, law 8",
            )
        ) from second
    finally:
        peers.renew()


def _fault(under: ProfileSession | None) -> RigFault | PeerKilled | None:
    """The error of the first dead part; None if no part is dead."""
    try:
        if under is not None:
            liveness.check(under)
    except (RigFault, PeerKilled) as fault:
        return fault
    return None


def _profile_session(item: pytest.Item) -> ProfileSession | None:
    """The profile that the test ran on; None if it used no part of a profile."""
    found = getattr(item, "funcargs", {}).get("profile_session")
    return found if isinstance(found, ProfileSession) else None
