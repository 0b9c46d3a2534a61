"""A fault that breaks a general row and the platform's row of the same claim is one result of the watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.core import clock
from harness.evidence.act_log import ActLog
from harness.evidence.slices import Slices
from harness.host.watch import HostWatch
from harness.plugin.profile_watch import ProfileWatch
from harness.rules import tally
from harness.rules.findings import Result
from harness.rules.rows import rows_of
from harness.rules.tally import Tally
from harness.signoff import exercised
from suites.selftest.rules.paper_call import BASE, PaperCall, description
from suites.selftest.watch.paper_session import PaperWire

SPECIAL, GENERAL = "HLD-5", "SDP-ORIGIN"


def holds(version: int, user: str = "x") -> PaperCall:
    """A call that the base holds with this version in its o= line, by this user."""
    own = description(True, "sendonly", version=version).replace("o=x", f"o={user}")
    return PaperCall().answered(10.0).offers(12.1, 2, own, description(False, "recvonly", version=2), ours=True)


BEGINS = 1000.0


def watched(*calls: PaperCall, provokes: tuple[str, ...] = ()) -> dict[str, Tally]:
    """What the watch counts of calls in one test; each begins as the test does and is long over when it ends."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: BEGINS)
        return _watched(patched, calls, provokes)


def _watched(patched: pytest.MonkeyPatch, calls: Sequence[PaperCall], provokes: tuple[str, ...]) -> dict[str, Tally]:
    wire, slices = PaperWire(), Slices()
    watch = ProfileWatch(wire, HostWatch(), ActLog(), slices)  # type: ignore[arg-type]  # what it asks of a wire is there
    watch.listen()
    watch.open(rows_of("asterisk"), lambda: [BASE])
    slices.begin("a test", BEGINS, provokes)
    for number, call in enumerate(calls):
        for message in call.sip:
            wire.followers[0](replace(message, at=BEGINS + message.at, call_id=f"c{number}"))
    patched.setattr(clock, "now", lambda: BEGINS + 100)
    watch.close()
    assert not watch.fault
    return watch.tallies({SPECIAL: ["hold-version"]})


def test_what_breaks_both_rows_is_told_once_and_for_the_features_of_both() -> None:
    found = watched(holds(2), holds(1), holds(4))
    special, general = found[SPECIAL], found[GENERAL]
    assert (special.broken, general.broken, general.covered) == (2, 0, {SPECIAL: 2})
    assert special.result is general.result is Result.BROKEN
    assert general.first is None
    assert tally.by_test({"asterisk": found})["a test"].count(GENERAL) == 0
    assert {"hold-version", *rows_of("asterisk")[GENERAL].rule.features} <= set(special.features)
    (line,) = [one for one in exercised.lines("asterisk", {"asterisk": found}) if one.id == GENERAL]
    assert line.note == f"2 × broken, reported as {SPECIAL}"


def test_another_fault_of_the_general_row_is_told_beside_it() -> None:
    found = watched(holds(1), holds(2, "another"))
    assert (found[SPECIAL].broken, found[GENERAL].broken, found[GENERAL].covered) == (1, 2, {})


def test_what_was_broken_on_purpose_covers_nothing() -> None:
    found = watched(holds(1), provokes=(SPECIAL,))
    assert (found[SPECIAL].provoked, found[SPECIAL].broken, found[GENERAL].broken) == (1, 0, 1)
    found = watched(holds(1), provokes=(SPECIAL, GENERAL))
    assert (found[GENERAL].provoked, found[GENERAL].broken, found[GENERAL].covered) == (1, 0, {})


def test_what_workers_handed_over_adds_up_and_stays_broken() -> None:
    one, other = (watched(holds(version)) for version in (1, 2))
    (found,) = tally.total(
        tally.read({"rules": tally.as_json({"asterisk": each})}) for each in (one, other, one)
    ).values()
    assert found[GENERAL].covered == {SPECIAL: 2}
    assert found[GENERAL].held
    assert found[GENERAL].result is Result.BROKEN
