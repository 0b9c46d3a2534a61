"""`m9 profile`: the server profiles, the rules of one, how two differ, and what a PBX was seen to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from harness.cli.console import JsonOption, run, say, shown, write_json
from harness.core import files, verdict
from harness.core.errors import UsageError

if TYPE_CHECKING:
    from harness.profiles.model import Profile
    from harness.trace_report.fingerprint import Departure, Trait

NAME = typer.Argument(metavar="NAME", help="a profile of `m9 profile list`, or baseline: the RFCs' at any server")
COMPARED = ("claim", "level", "source", "expect", "stimulus", "means", "look", "by_far_end", "features", "covers")
"""The keys of a row in the order in which a difference is printed."""

app = typer.Typer(help="Server profiles and their rules.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Server profiles and their rules."""


@app.command(name="list")
def list_(json: JsonOption = None) -> None:
    """List the profiles: title, Server Type, and how many rules are the platform's own."""
    run(lambda: _list(json))


@app.command()
def show(name: Annotated[str, NAME], json: JsonOption = None) -> None:
    """Print a profile's rules with their level and source."""
    run(lambda: _show(name, json))


@app.command()
def diff(one: Annotated[str, NAME], other: Annotated[str, NAME], json: JsonOption = None) -> None:
    """Print the rows in which two profiles differ, each key with both values."""
    run(lambda: _diff(one, other, json))


@app.command()
def fingerprint(
    file: Annotated[Path, typer.Argument(metavar="RUN|FILE", help="a run's folder, or a pcap or pcapng file")],
    base: Annotated[
        str, typer.Option("--base", metavar="ADDRESS[,…]", help="the base's addresses (default: those of its run)")
    ] = "",
    name: Annotated[str, typer.Option("--profile", metavar="NAME", help="which claims it is compared with")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="write the `learned:` section of a survey file")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Print what the PBX of a trace was seen to do for each row, and where it departs from the profile."""
    addresses = tuple(word.strip() for word in base.split(",") if word.strip())
    run(lambda: _fingerprint(file, addresses, name, output, json))


def _list(json: Path | None) -> int:
    from harness.profiles import model

    rows: list[dict[str, Any]] = []
    for name in model.names():
        found = model.load(name)
        own = _differences("baseline", name)
        rows.append({"name": name, "title": found.title, "web": found.web.model_dump(), "note": found.note,
                     "own": sorted(own)})  # fmt: skip
        say(f"  {name:<12} {found.title:<20} {len(own):>2} of {len(found.rules)} rules differ from baseline")
        if found.note:
            say(f"               {found.note}")
    write_json(json, {"profiles": rows})
    return verdict.EXIT_GOOD


def _show(name: str, json: Path | None) -> int:
    from harness.plugin.profiles import profile

    found = profile(name)
    say(f"{found.title} ({name}): {len(found.rules)} rules")
    if found.note:
        say(f"  {found.note}")
    rows: list[dict[str, Any]] = []
    for identifier, rule in found.rules.items():
        rows.append(rule.model_dump())
        say(f"  {identifier:<16} {rule.level:<11} {rule.claim}")
        say(f"                   source: {rule.source}")
    write_json(json, {"name": name, "title": found.title, "note": found.note, "rules": rows})
    return verdict.EXIT_GOOD


def _diff(one: str, other: str, json: Path | None) -> int:
    found = _differences(one, other)
    say(f"{one} and {other}: {len(found)} rules differ")
    for identifier, keys in found.items():
        say(f"  {identifier}")
        for key, values in keys.items():
            width = max(len(one), len(other))
            for name, value in zip((one, other), values, strict=True):
                say(f"    {key:<10} {name:<{width}}  {_words(value)}")
    write_json(json, {"profiles": [one, other], "rules": found})
    return verdict.EXIT_GOOD


def _differences(one: str, other: str) -> dict[str, dict[str, list[Any]]]:
    """The rows of two profiles that differ: of each key both values; None where a profile does not have the row."""
    from harness.profiles import model

    left, right = model.load(one).rules, model.load(other).rules
    found: dict[str, dict[str, list[Any]]] = {}
    for identifier in dict.fromkeys((*left, *right)):
        first, second = (rules[identifier].model_dump() if identifier in rules else {} for rules in (left, right))
        keys = {key: [first.get(key), second.get(key)] for key in COMPARED if first.get(key) != second.get(key)}
        if keys:
            found[identifier] = keys
    return found


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(each)}" for key, each in value.items()) or "nothing"
    if isinstance(value, list | tuple):
        return " ".join(str(each) for each in value) or "none"
    return "no such row" if value is None else str(value)


def _fingerprint(file: Path, base: tuple[str, ...], name: str, output: Path | None, json: Path | None) -> int:
    from harness.evidence.run_folder import RunFolder
    from harness.trace_report import fingerprint, reading

    captures = sorted(RunFolder(file).capture.glob("*.pcap")) if file.is_dir() else [file]
    if not captures:
        raise UsageError(f"{file}: no capture in this folder", remedy="name a folder of reports/runs/, or a capture")
    materials = [reading.material(reading.Question(capture, base, name)) for capture in captures]
    profile = materials[0].profile
    traits = fingerprint.traits([one.evidence for one in materials])
    seen: dict[str, dict[str, Any]] = {}
    for one in materials:
        seen = fingerprint.stimuli(one.evidence) | seen
    departs = fingerprint.departures(profile, seen)
    _tell_fingerprint(file, profile, traits, departs)
    learned = fingerprint.override(profile, seen, file.name)
    if output is not None:
        files.write(output, yaml.safe_dump(learned or {"learned": {}}, sort_keys=False, allow_unicode=True))
        say(f"m9: {shown(output)}: name it as `survey` under `base` in the rig file, or add it to the one there")
    write_json(json, {"profile": profile.name, "traits": [vars(trait) for trait in traits], "stimuli": seen,
                      "departures": [vars(one) for one in departs], "learned": learned})  # fmt: skip
    return verdict.EXIT_GOOD if traits else verdict.EXIT_NOTHING_JUDGED


def _tell_fingerprint(file: Path, profile: Profile, traits: list[Trait], departs: list[Departure]) -> None:
    say(f"What the PBX in {file} was seen to do, beside {profile.title} ({profile.name})")
    for trait in traits:
        say(f"  {trait.row:<7} {trait.what}")
        for line in trait.shown:
            say(f"            {line}")
    say(f"{len(departs)} departures from what the tests of the profile send")
    for one in departs:
        say(f"  {one.row:<7} {one.key}: the profile has {_words(one.claimed)}, seen {_words(one.seen)}")
