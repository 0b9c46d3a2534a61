"""`m9 prove`: shows that the suites can fail. A test must kill each seeded defect; none may pass on a dead rig."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from harness.cli import dead_rigs, defect_runs, parallel, standin_facts
from harness.cli.console import JsonOption, RigOption, run, say, shown, write_json
from harness.cli.dead_rigs import DeadResult
from harness.cli.defect_runs import Kill, Proof
from harness.cli.parallel import JobsOption
from harness.cli.standin_facts import Defect
from harness.cli.suites import Outcome
from harness.core import verdict
from harness.core.errors import UsageError
from harness.core.layout import STANDIN_RIG
from harness.evidence import new_run
from harness.rig import file as rig_files
from harness.signoff.results import SCHEMA

T = TypeVar("T")
R = TypeVar("R")

#: From this many defects on, the healthy run uses one rig for each job.
MANY = 8
PART = 50
"""The most defects of one turn: with the healthy run, they take a quarter of an hour on two cores."""


def command(
    defect: Annotated[list[str] | None, typer.Option(metavar="NAME", help="a seeded defect; may be repeated")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all defects")] = False,
    dead_rig: Annotated[list[str] | None, typer.Option(metavar="NAME|all", help="a rig dead in one part")] = None,
    matrix: Annotated[bool, typer.Option("--matrix", help="every kill, not the first only")] = False,
    share: Annotated[str | None, typer.Option(metavar="K/N", help="every N-th defect from the K-th on")] = None,
    turn: Annotated[
        int | None,
        typer.Option(metavar="K", min=0, help="the K-th turn: one dead rig and one part of the defects"),
    ] = None,
    jobs: JobsOption = None,
    batch: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="smoke tests meet so many defects at once; each alone where one fails"),
    ] = 1,
    list_: Annotated[bool, typer.Option("--list", help="only say what there is")] = False,
    rig: RigOption = None,
    json: JsonOption = None,
) -> None:
    """Run the suites against seeded defects, or everything against dead rigs."""
    everything = everything or bool(share and not (defect or dead_rig))
    wanted = ProveRequest(defect or [], everything, dead_rig or [], matrix, share, jobs, batch)
    if list_:
        run(lambda: _list(json))
    else:
        run(lambda: prove(rig or STANDIN_RIG, wanted if turn is None else _of_turn(turn, wanted), json))


@dataclass(frozen=True)
class ProveRequest:
    """What is proven, and the number of runs side by side; `batch` is for smoke tests, see `defect_runs.batches`.

    `without` are left out of all defects.
    """

    defects: list[str] = field(default_factory=list)
    everything: bool = False
    dead_rigs: list[str] = field(default_factory=list)
    matrix: bool = False
    share: str | None = None
    jobs: int | None = None
    batch: int = 1
    without: frozenset[str] = frozenset()


def prove(rig: Path, wanted: ProveRequest, json: Path | None) -> int:
    """Decide what to prove, and prove it; returns 10 when a defect lived or a test passed on a dead rig."""
    if not (wanted.defects or wanted.everything or wanted.dead_rigs):
        raise UsageError("nothing to prove", remedy="name a --defect, --all, or a --dead-rig")
    folder = new_run.create(rig_files.load(rig).name, ["prove"], None)
    content: dict[str, Any] = {"schema": SCHEMA, "folder": str(folder)}
    code = verdict.EXIT_GOOD
    if wanted.defects or wanted.everything:
        proof = _defects(rig, folder, wanted)
        content |= proof.as_json()
        code = proof.exit_code
    if wanted.dead_rigs:
        results = _dead_rigs(rig, folder, wanted)
        content["dead_rigs"] = {result.name: result.as_json() for result in results}
        code = _worst([code, *(result.exit_code for result in results)])
    content["exit_code"] = code
    write_json(folder / "prove.json", content)
    write_json(json, content)
    say(f"m9: evidence in {shown(folder)}")
    return code


def _worst(codes: list[int]) -> int:
    """The exit code of several: a living defect or a pass on a dead rig counts more than a run without judgement."""
    order = [verdict.EXIT_PRODUCT, verdict.EXIT_NOTHING_JUDGED, verdict.EXIT_GOOD]
    return min(codes, key=lambda code: order.index(code) if code in order else -1)


def _list(json: Path | None) -> int:
    known, known_dead = standin_facts.defects(), standin_facts.dead_rigs()
    for defect in known.values():
        replaces = f" (replaces {defect.replaces})" if defect.replaces else ""
        say(f"{defect.name:<40} {defect.feature:<24} {defect.text}{replaces}")
    for rig in known_dead.values():
        say(f"dead rig {rig.name:<31} {rig.stimulus:<24} {rig.text}")
    write_json(json, {"defects": {name: vars(defect) for name, defect in known.items()}, "dead_rigs": list(known_dead)})
    return verdict.EXIT_GOOD


def _share(text: str | None) -> tuple[int, int]:
    """The share K/N as two numbers; raises UsageError for another text."""
    first, slash, parts = (text or "0/1").partition("/")
    if not (slash and first.isdigit() and parts.isdigit() and int(first) < int(parts)):
        raise UsageError(f"--share {text}: not a share", remedy="K/N with K from 0 to N-1, e.g. 3/8")
    return int(first), int(parts)


def _of_turn(turn: int, wanted: ProveRequest) -> ProveRequest:
    """What is proven in this turn: one dead rig and one part of the defects; no part has more than a turn's most."""
    if wanted.defects or wanted.everything or wanted.dead_rigs or wanted.share:
        raise UsageError("--turn chooses what is proven", remedy="leave out --all, --share, --defect, --dead-rig")
    rigs, without = list(standin_facts.dead_rigs()), standin_facts.to_be_proved()
    defects = len(standin_facts.defects().keys() - without)
    dead, parts = rigs[turn % len(rigs)], -(-defects // PART)
    say(f"m9: turn {turn}: part {turn % parts} of {parts} of {defects} defects, and dead rig {dead} of {len(rigs)}")
    if without:
        left_out = standin_facts.TO_BE_PROVED.name
        say(f"m9: {len(without)} defects are still to be proved ({left_out}) and are left out")
    return replace(wanted, everything=True, share=f"{turn % parts}/{parts}", dead_rigs=[dead], without=without)


def _shared(names: list[str], share: tuple[int, int]) -> list[str]:
    """Every N-th name from the K-th on; all shares together are all names."""
    first, parts = share
    return sorted(names)[first::parts] if parts > 1 else names


def _side_by_side(jobs: int, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results in order, with `jobs` runs side by side; after an error no further run begins."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            for done in waiting:
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _dead_rigs(rig: Path, folder: Path, wanted: ProveRequest) -> list[DeadResult]:
    """One run for each dead rig, printed when it ends; the runs mostly wait, so two share a core."""
    known = standin_facts.dead_rigs()
    names = wanted.dead_rigs
    rigs = [known[name] for name in (known if "all" in names else standin_facts.chosen("dead rig", names, known))]
    say(f"m9: {len(rigs)} dead rigs; tests that use the dead part must start and must not pass")
    results = []
    jobs = wanted.jobs or 2 * parallel.jobs_of(rig_files.load(rig), None)
    for result in _side_by_side(jobs, lambda one: dead_rigs.prove(rig, folder / f"dead-{one.name}", one), rigs):
        dead_rigs.tell(result)
        results.append(result)
    return results


def _defects(rig: Path, folder: Path, wanted: ProveRequest) -> Proof:
    """The healthy run first, then one run for each defect, then the smoke tests against batches of defects."""
    known = standin_facts.defects()
    names = (
        [name for name in known if name not in wanted.without]
        if wanted.everything
        else standin_facts.chosen("defect", wanted.defects, known)
    )
    defects = [known[name] for name in _shared(names, _share(wanted.share))]
    file = rig_files.load(rig)
    jobs = parallel.jobs_of(file, wanted.jobs)
    say(f"m9: {len(defects)} defects; the healthy stand-in first")
    all_features = {defect.feature for defect in known.values()} if wanted.everything else set()
    groups = _by_profile(defects, next(iter(file.pbx)))
    healthy = _healthy_runs(rig, folder, groups, all_features, jobs)
    passed = {defect.name: healthy[one] for one, group in groups.items() for defect in group}
    proof = Proof(healthy, wanted.matrix)
    together = [
        batch
        for one, group in groups.items()
        for batch in defect_runs.batches(group, healthy[one], wanted.batch)
        if wanted.batch > 1
    ]
    later = {defect.name for batch in together for defect in batch}

    def kill(defect: Defect) -> Kill:
        met_later = defect.name in later
        return defect_runs.kill(rig, folder, defect, passed[defect.name], wanted.matrix, smoke=not met_later)

    for result in _side_by_side(jobs, kill, defects):
        proof.results.append(result)
        say(result.line())
    for place, result in enumerate(proof.results):
        if result.lived and result.stalled:
            say(f"  the host stood still: {result.defect.name} runs again, alone")
            proof.results[place] = kill(result.defect)
            say(proof.results[place].line())
    for broken_smoke in _side_by_side(
        jobs, lambda batch: defect_runs.broken_smoke(rig, folder, batch, passed[batch[0].name]), together
    ):
        for result in proof.results:
            result.broken_smoke += broken_smoke.get(result.defect.name, [])
            if result.defect.name in broken_smoke:
                say(result.line())
    if together:
        say(f"  smoke tests met {len(later)} defects in {len(together)} batches")
    proof.tell()
    return proof


def _by_profile(defects: list[Defect], rigs_own: str) -> dict[str | None, list[Defect]]:
    """The defects by the profile under which they are met, None for the rig's own; that comes first."""
    groups: dict[str | None, list[Defect]] = {}
    for defect in sorted(defects, key=lambda one: one.profile not in (None, rigs_own)):
        groups.setdefault(None if defect.profile == rigs_own else defect.profile, []).append(defect)
    return groups


def _healthy_runs(
    rig: Path, folder: Path, groups: dict[str | None, list[Defect]], all_features: set[str], jobs: int
) -> dict[str | None, Outcome]:
    """The healthy run of each profile: one of many defects on all rigs, those of few side by side on one rig each."""

    def run(profile: str | None, rigs: int) -> Outcome:
        known = all_features if profile is None else set()
        here = folder / (f"healthy-{profile}" if profile else "healthy")
        features = {defect.feature for defect in groups[profile]}
        return defect_runs.healthy(rig, here, features, rigs, known, profile)

    large = [one for one, group in groups.items() if len(group) >= MANY]
    small = [one for one in groups if one not in large]
    found = {one: run(one, jobs) for one in large}
    return found | dict(zip(small, _side_by_side(jobs, lambda one: run(one, 1), small), strict=True))
