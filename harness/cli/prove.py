"""`m9 prove`: can the suites fail? Against seeded defects the kill matrix, against dead rigs that nothing passes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from harness import verdict
from harness.cli import dead, killing, standin_facts
from harness.cli.console import STANDIN_RIG, JsonOption, RigOption, run, say, shown, write_json
from harness.cli.dead import DeadResult
from harness.cli.killing import Proof
from harness.cli.standin_facts import DeadRig, Defect
from harness.errors import UsageError
from harness.plugin import runfolder
from harness.rig import file as rig_files

T = TypeVar("T")
R = TypeVar("R")

#: From this many defects on, the healthy run is worth a rig for each job.
MANY = 8


def command(
    defect: Annotated[list[str] | None, typer.Option(metavar="NAME", help="a seeded defect; may be repeated")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all defects")] = False,
    dead_rig: Annotated[list[str] | None, typer.Option(metavar="NAME|all", help="a rig dead in one part")] = None,
    matrix: Annotated[bool, typer.Option("--matrix", help="every kill, not the first only")] = False,
    quarter: Annotated[int | None, typer.Option(metavar="N", min=0, max=3, help="every fourth defect only")] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="runs side by side (default: as many as cores; dead rigs, which wait, twice that)"
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="only say what there is")] = False,
    rig: RigOption = None,
    json: JsonOption = None,
) -> None:
    """Run the suites against seeded defects, or everything against dead rigs."""
    run(lambda: prove(rig or STANDIN_RIG, defect or [], everything, dead_rig or [], matrix, quarter, jobs, list_, json))


def prove(
    rig: Path,
    names: list[str],
    everything: bool,
    dead_names: list[str],
    matrix: bool,
    quarter: int | None,
    jobs: int | None,
    listed: bool,
    json: Path | None,
) -> int:
    """Decide what to prove and prove it; 10 when a defect lived or a dead rig's test passed."""
    if listed:
        return _list(json)
    if not (names or everything or dead_names):
        raise UsageError("nothing to prove", remedy="name a --defect, --all, or a --dead-rig")
    folder = runfolder.create(rig_files.load(rig), ["prove"], None)
    cores = os.cpu_count() or 1
    content: dict[str, Any] = {"schema": runfolder.SCHEMA, "folder": str(folder)}
    code = verdict.EXIT_GOOD
    if names or everything:
        known = standin_facts.defects()
        chosen = list(known) if everything else standin_facts.chosen("defect", names, known)
        proof = _defects(rig, folder, [known[name] for name in _quarter(chosen, quarter)], matrix, jobs or cores)
        content |= proof.as_json()
        code = proof.exit_code
    if dead_names:
        known_dead = standin_facts.dead_rigs()
        wanted = list(known_dead) if "all" in dead_names else standin_facts.chosen("dead rig", dead_names, known_dead)
        results = _dead_rigs(rig, folder, [known_dead[name] for name in wanted], jobs or 2 * cores)
        content["dead_rigs"] = {result.name: result.as_json() for result in results}
        code = _worst([code, *(result.exit_code for result in results)])
    content["exit_code"] = code
    write_json(folder / "prove.json", content)
    write_json(json, content)
    say(f"m9: evidence in {shown(folder)}")
    return code


def _worst(codes: list[int]) -> int:
    """A defect that lived or a dead rig's pass outweighs that nothing was judged."""
    order = [verdict.EXIT_PRODUCT, verdict.EXIT_NOTHING_JUDGED, verdict.EXIT_GOOD]
    return min(codes, key=lambda code: order.index(code) if code in order else -1)


def _list(json: Path | None) -> int:
    known, known_dead = standin_facts.defects(), standin_facts.dead_rigs()
    for defect in known.values():
        say(f"{defect.name:<40} {defect.feature:<24} {defect.text}")
    for rig in known_dead.values():
        say(f"dead rig {rig.name:<31} {rig.stimulus:<24} {rig.text}")
    write_json(json, {"defects": {name: vars(defect) for name, defect in known.items()}, "dead_rigs": list(known_dead)})
    return verdict.EXIT_GOOD


def _quarter(names: list[str], quarter: int | None) -> list[str]:
    """Every fourth of the names, from this one on: four quarters are all of them."""
    return names if quarter is None else sorted(names)[quarter::4]


def _side_by_side(jobs: int, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results in order, as many at work as there are jobs; an error ends what has not begun."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [pool.submit(work, item) for item in items]
        try:
            for done in waiting:
                yield done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _dead_rigs(rig: Path, folder: Path, rigs: list[DeadRig], jobs: int) -> list[DeadResult]:
    """A run a dead rig, told as each ends."""
    say(f"m9: {len(rigs)} dead rigs; what acts with the dead part must start well and must not pass")
    results = []
    for result in _side_by_side(jobs, lambda known: dead.prove(rig, folder / f"dead-{known.name}", known), rigs):
        dead.tell(result)
        results.append(result)
    return results


def _defects(rig: Path, folder: Path, defects: list[Defect], matrix: bool, jobs: int) -> Proof:
    """The healthy run first, then a run a defect, as many side by side as there are cores."""
    say(f"m9: {len(defects)} defects; the healthy stand-in first")
    few = len(defects) < MANY
    healthy = killing.healthy(rig, folder / "healthy", {defect.feature for defect in defects}, 1 if few else jobs)
    proof = Proof(healthy, matrix)
    for result in _side_by_side(jobs, lambda defect: killing.kill(rig, folder, defect, healthy, matrix), defects):
        proof.results.append(result)
        say(result.line())
    proof.tell()
    return proof
