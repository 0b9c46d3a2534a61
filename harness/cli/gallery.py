"""`m9 gallery RUN`: the handsets' screens of a run's tests as PNG, one picture for a feature."""

from __future__ import annotations

import json as json_module
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from harness.cli.console import JsonOption, run, say, shown, write_json
from harness.core import verdict
from harness.core.errors import UsageError
from harness.core.layout import ROOT
from harness.evidence import stored_displays, timeline
from harness.evidence.run_folder import RunFolder
from harness.handset.picture_file import Screen, write_png

PICTURES = Path(__file__).with_name("gallery.yaml")
GALLERY = ROOT / "reports" / "gallery"


@dataclass(frozen=True)
class Wanted:
    """A screen: the first one with this text in the test."""

    test: str
    shows: str


@dataclass(frozen=True)
class Picture:
    """One picture, its screens in order."""

    name: str
    title: str
    screens: tuple[Wanted, ...]

    @property
    def tests(self) -> list[str]:
        """The tests that show them, each once."""
        return list(dict.fromkeys(screen.test for screen in self.screens))


def command(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="the folder of a run of these tests")],
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="where the pictures are written")] = GALLERY,
    json: JsonOption = None,
) -> None:
    """Draw what handsets showed in a run's tests."""
    run(lambda: gallery(folder, output, json))


def gallery(folder: Path, output: Path, json: Path | None) -> int:
    """Write each picture whose test the run has; UsageError for a folder without any of them."""
    source = RunFolder(folder)
    if not source.is_a_run:
        raise UsageError(f"{folder} is not the folder of a run", remedy="name a folder of reports/runs/")
    lines, note = timeline.read(source.timeline), _note(source)
    output.mkdir(parents=True, exist_ok=True)
    written = []
    for picture in pictures():
        screens = _screens(lines, picture)
        if len(screens) == len(picture.screens):
            written.append(output / f"{picture.name}.png")
            write_png(written[-1], picture.title, note, screens)
            say(f"m9: {shown(written[-1])}: {len(screens)} screens")
        else:
            say(f"m9: no {picture.name}.png: the run has {len(screens)} of its {len(picture.screens)} screens")
    if not written:
        tests = " or ".join(test for picture in pictures() for test in picture.tests)
        raise UsageError(f"{folder} has no test with screens to draw", remedy=f"first run: pytest suites -k '{tests}'")
    write_json(json, {"pictures": [str(path) for path in written]})
    return verdict.EXIT_GOOD


def pictures() -> list[Picture]:
    """The pictures, as gallery.yaml describes them."""
    told = yaml.safe_load(PICTURES.read_text(encoding="utf-8"))
    return [
        Picture(name, one["title"], tuple(Wanted(**screen) for screen in one["screens"])) for name, one in told.items()
    ]


def _screens(lines: list[dict[str, Any]], picture: Picture) -> list[Screen]:
    """The screens that were seen of those wanted."""
    found, left = [], {test: stored_displays.displays_of(lines, test) for test in picture.tests}
    for screen in picture.screens:
        shown_then = left[screen.test]
        place = next((place for place, one in enumerate(shown_then) if one.display.has(screen.shows)), None)
        if place is not None:
            one = shown_then[place]
            keys = " ".join(name for name, _ in groupby(one.keys))
            found.append(Screen(one.display, f"Handset {one.handset}", f"after {keys}" if keys else ""))
            left[screen.test] = shown_then[place + 1 :]
    return found


def _note(source: RunFolder) -> str:
    """From which rig, and that it was simulated, if it was."""
    record = json_module.loads(source.record.read_text(encoding="utf-8")) if source.record.exists() else {}
    stamp = "SIMULATED  " if record.get("simulated") else ""
    return f"{stamp}rig {record.get('rig', {}).get('name', 'unknown')}"
