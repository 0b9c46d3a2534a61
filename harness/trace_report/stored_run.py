"""A capture of an m9 run: the acts, displays and idle states that the run kept belong to its evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core.errors import UsageError
from harness.evidence import run_folder, stored_acts
from harness.evidence.session import Session
from harness.evidence.slices import BETWEEN
from harness.evidence.stored_acts import StoredActs
from harness.trace_report.wording import count, joined

if TYPE_CHECKING:
    from harness.capture.sight import Sight


@dataclass(frozen=True)
class StoredRun:
    """What a run kept beside a capture; `session` is the profile that is judged, None where the log tells of none.

    `whole` says that the capture is that of the whole run, so that it lasted as long as the session.
    """

    path: Path
    told: StoredActs
    session: Session | None
    whole: bool

    @property
    def words(self) -> str:
        """What it has, in a line."""
        told = self.told
        seen = [count(len(told.acts), "act"), count(len(told.shown), "sign") + " of handsets and pages"]
        return f"{joined([*seen, count(len(told.idle), 'idle state')])} of {self.path.parent.name}/{self.path.name}"

    def seen(self, sight: Sight) -> Sight:
        """What was seen of the session that is judged: the harness itself knows when its capture ran."""
        one = self.session
        if one is None:
            return sight
        ends = sight.ends if one.ends is None else one.ends
        sight = replace(sight, gaps=one.gaps, stalls=one.stalls)
        if not self.whole or sight.damaged:
            return replace(sight, begins=max(one.begins, sight.begins), ends=min(ends, sight.ends))
        return replace(sight, begins=one.begins, ends=ends)

    def is_of_the_time(self, sight: Sight) -> bool:
        """Whether the trace was made while it was noted."""
        told = self.told
        at = [one.at for noted in (told.acts, told.shown, told.idle) for one in noted]
        return bool(at) and min(at) <= sight.ends and sight.begins <= max(at)

    def test_at(self, at: float) -> str:
        """The test in whose time a moment is; empty between tests."""
        test = self.told.slices.at(at).test
        return "" if test == BETWEEN else test

    def provoked(self, rule: str, at: float) -> bool:
        """Whether a test made the base break a rule at this moment on purpose."""
        return rule in self.told.slices.at(at).provokes


def of_capture(capture: Path, named: Path | None, profile: str) -> StoredRun | None:
    """The run of a capture, whose acts may be named; None for a foreign trace.

    Raises UsageError for a named file that is not a log of acts.
    """
    path = named or _beside(capture.resolve())
    if path is None:
        return None
    try:
        told = stored_acts.read(path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", remedy="name a run's log of acts: --acts FILE") from error
    if not (told.acts or told.shown or told.idle):
        raise UsageError(f"{path}: no act in it", remedy="name a run's log of acts: --acts FILE")
    return StoredRun(path, told, _session(told.sessions, profile), named is None and run_folder.is_of_a_run(capture))


def _beside(capture: Path) -> Path | None:
    """The log of a run's capture, that of the same rig; of one test's packets, that of the only rig; one beside it."""
    return next((one.acts for one in run_folder.around(capture) if one.acts.is_file()), None)


def key_of(capture: Path) -> Path | None:
    """The private key of the servers of a capture's run, which opens TLS; None where there is none."""
    beside = run_folder.around(capture.resolve())
    return next((one.server_key for one in beside if one.server_key.is_file()), None)


def _session(sessions: list[Session], profile: str) -> Session | None:
    """The first of this profile, or of any where none is named; another profile's rules may judge an only one."""
    found = [one for one in sessions if not profile or one.profile == profile]
    if found:
        return found[0]
    return sessions[0] if len(sessions) == 1 else None
