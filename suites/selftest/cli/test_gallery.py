"""`m9 gallery`: pictures out of a run's timeline, and what is said where the run lacks the screens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from harness.cli import gallery as command
from harness.core.errors import UsageError
from harness.handset.display import Display, Row
from harness.handset.picture_file import Screen, write_png

DESCRIBED = command.pictures
ROWS = tuple(
    Row(number, text, number == 7) for number, text in enumerate(["Held", "Peer A", "", "", "", "", "Back"], 1)
)


def run_with(folder: Path, *displays: str) -> Path:
    """The folder of a run whose only test read these displays, each with one row of text."""
    lines = []
    for number, text in enumerate(displays):
        for line in ("> AT+KEY=1,HOLD", "> AT+DISP=1", f'< +DISP: 1,"{text}"', "< +ICON: CALL", "< OK"):
            lines.append(
                {"at": float(number), "source": "serial", "text": line, "test": "suites/x.py::test_it[asterisk]"}
            )
    (folder / "timeline.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "run.json").write_text(json.dumps({"simulated": True, "rig": {"name": "standin"}}))
    return folder


@pytest.fixture(autouse=True)
def one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = command.Picture(
        "held", "A held call", (command.Wanted("test_it", "Talking"), command.Wanted("test_it", "Held"))
    )
    monkeypatch.setattr(command, "pictures", lambda: [picture])


def test_a_picture_has_the_screens_in_their_order(tmp_path, capsys):
    folder = run_with(tmp_path, "Held", "Talking", "Holding", "Held")
    assert command.gallery(folder, tmp_path / "out", None) == 0
    assert "held.png: 2 screens" in capsys.readouterr().out
    with Image.open(tmp_path / "out" / "held.png") as picture:
        assert picture.format == "PNG"


def test_a_run_without_the_screens_is_refused_with_what_to_do(tmp_path, capsys):
    with pytest.raises(UsageError, match="no test with screens"):
        command.gallery(run_with(tmp_path, "Held"), tmp_path / "out", None)
    assert "no held.png: the run has 1 of its 2 screens" in capsys.readouterr().out
    with pytest.raises(UsageError, match="not the folder of a run"):
        command.gallery(tmp_path / "nothing", tmp_path / "out", None)


def test_five_screens_stand_in_two_rows_and_an_inverse_row_is_inverse(tmp_path):
    screen = Screen(Display(ROWS, ("CALL",)), "Handset 1", "after HOLD")
    write_png(tmp_path / "one.png", "A held call", "SIMULATED", [screen])
    write_png(tmp_path / "five.png", "A held call", "SIMULATED", [screen] * 5)
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "five.png") as five:
        assert five.width > 2.5 * one.width
        assert five.height > 1.8 * one.height - 60
        colours = {colour for _, colour in one.getcolors(1 << 16) or []}
    assert {(0xC9, 0xD8, 0xB6), (0x1D, 0x2A, 0x18)} <= colours


def test_every_described_picture_is_of_tests_that_there_are():
    suites = "".join(path.read_text(encoding="utf-8") for path in (command.ROOT / "suites" / "calls").glob("test_*.py"))
    found = DESCRIBED()
    names = [picture.name for picture in found]
    assert names == ["call-waiting", "conference", "transfer", "attended-transfer", "forwarding"]
    assert [test for picture in found for test in picture.tests if f"def {test}(" not in suites] == []
    assert all((command.GALLERY / f"{picture.name}.png").is_file() for picture in found)
