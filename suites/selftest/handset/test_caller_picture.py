"""AT+PIC: a picture from the serial line, and answers that are damaged; the pictures that tests send."""

from __future__ import annotations

import pytest

from harness.handset.caller_picture import Picture, read_picture, shown_picture
from harness.handset.dongle import Dongle
from harness.handset.loopback_dongle import LoopbackDongle, picture_lines
from harness.rules.pictures import ERROR
from harness.services import portraits

ROWS = bytes(range(250)) * 24


def test_a_picture_comes_over_the_line(tmp_path):
    with LoopbackDongle(tmp_path / "dongle") as loop, Dongle(str(loop.link)) as dongle:
        assert shown_picture(dongle, 1) is None
        loop.handsets[1].picture = ROWS
        assert shown_picture(dongle, 1) == Picture(40, 50, ROWS)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["+PIC: 40,50"],
        picture_lines(ROWS)[:-1],
        [picture_lines(ROWS)[0], *picture_lines(bytes(6000))[1:]],
        [*picture_lines(ROWS)[:-1], "no base64!"],
    ],
)
def test_an_answer_that_is_damaged_is_no_picture(lines):
    with pytest.raises(ValueError):
        read_picture(lines)


def test_portraits_of_two_names_differ_by_more_than_decoders_do():
    names = ["Ada", "Carl", "Dora", "Zoë", "By Call-Info", "Nobody", "A card", "A page"]
    made = [portraits.portrait(name).rows for name in names]
    assert {len(rows) for rows in made} == {40 * 50 * 3}
    for at, one in enumerate(made):
        for other in made[at + 1 :]:
            assert sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one) > 2 * ERROR


def test_what_is_unfit_is_no_jpeg_of_the_size():
    assert all(not portraits.unfit(kind).rows for kind in portraits.KINDS)
    assert len({portraits.unfit(kind).file for kind in portraits.KINDS}) == len(portraits.KINDS)
