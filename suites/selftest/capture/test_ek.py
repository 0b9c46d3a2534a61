"""Values of tshark's lines in the writing of each version, and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import dissect, ek


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1700000000.123456000", 1700000000.123456),
        ("2023-11-14T22:13:20.123456000Z", 1700000000.123456),
        ("2023-11-14T22:13:20Z", 1700000000.0),
        ("2023-11-14T22:13:20.5+0000", 1700000000.5),
    ],
)
def test_a_time_is_read_as_each_version_writes_it(written: str, seconds: float) -> None:
    assert ek.moment(written) == ek.moment([written]) == seconds


@pytest.mark.parametrize("written", ["", "²", "9" * 400, "2023-13-40T99:00:00Z", "Nov 14, 2023", None, {}])
def test_what_is_no_time_is_named(written: object) -> None:
    with pytest.raises(ValueError, match="time"):
        ek.moment(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [("17", 17), ("0x1f", 31), ("-1", -1), (["5060", "5061"], 5060), ("²", 0), ("9" * 5000, 0), ("0x", 0), (None, 0)],
)
def test_a_number_is_read_and_what_is_none_is_0(written: object, number: int) -> None:
    assert ek.integer(written) == number


def line(**layers: object) -> bytes:
    frame = {"frame_frame_number": "7", "frame_frame_time_epoch": "1.5", "frame_frame_protocols": "eth"}
    return json.dumps({"timestamp": "1500", "layers": {"frame": frame, **layers}}).encode()


def test_a_number_of_any_length_and_octets_that_are_no_utf_8_are_no_obstacle() -> None:
    odd = line().replace(b'"timestamp"', b'"timestamp": 1e999, "n": ' + b"9" * 6000 + b', "\xfc"', 1)
    odd = odd.replace(b'{"timestamp"', b'{"timestamp"', 1)
    (event,) = dissect.events(odd)
    assert (event.frame, event.at) == (7, 1.5)


def test_index_lines_give_nothing_and_a_broken_line_is_named_by_its_number() -> None:
    assert list(dissect.events(b'{"index":{"_index":"packets-2023-11-14"}}\n')) == []
    with pytest.raises(ValueError):
        list(dissect.events(line()[:-20]))
    assert ek.frame_number(line()[:-2]) == 7
    assert ek.frame_number(b"garbage") == 0


@given(st.binary(max_size=60))
def test_octets_that_are_no_hexadecimal_digits_are_none(data: bytes) -> None:
    assert ek.octets(data.hex()) == ek.octets(data.hex(":")) == data
    assert ek.octets(data.hex() + "g") == b""
