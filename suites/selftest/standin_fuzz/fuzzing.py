"""How the doors of the stand-in are tried: many damaged cases, for as long as M9_FUZZ_SECONDS says.

Without it each door gets the same few hundred cases in each run. With it (`M9_FUZZ_SECONDS=600 pytest
suites/selftest/standin_fuzz`) the doors share the time, and each run finds new cases.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

SECONDS = float(os.environ.get("M9_FUZZ_SECONDS", "0"))
DOORS = 12
"""Tests that share the time."""
AT_A_TIME = 400
PATIENCE_S = 5.0
"""A case that takes longer lets the base stand."""

T = TypeVar("T")

NASTY = (
    *(b"\x00", b"\r\n", b"\n", b"\r", b"\t", b" ", b"  /  ", b"\x7f", b"\xff\xfe", b"\xed\xa0\x80", "²".encode()),
    *("٣".encode(), "ü".encode(), b"\xe2\x80\xa8", b"%00", b"%", b"%0d%0aX:y", b"{mac}", b"{0}", b"%s"),
    *(b"", b"0", b"-1", b"+1", b"65535", b"65536", b"2147483648", b"4294967296", b"1e9", b"0x10", b"NaN", b"9" * 20),
    *(b"9" * 400, b"9" * 5000, b"a" * 300, b"a" * 9000, b"=" * 40, b";" * 40, b"," * 40, b"(" * 60, b"[" * 60),
    *(b'"', b"\\", b"<", b">", b"<>", b"=", b";", b",", b":", b"::", b"@", b"&", b"#", b"*", b"?", b"/", b"//", b"../"),
    *(b"fe80::1%eth1", b"fe80::1%\x00", b"[::1]", b"[", b"]", b"0.0.0.0", b"255.255.255.255", b"slow.example.net"),
    *(
        b"true",
        b"null",
        b"None",
        b"sip:",
        b"sip:@",
        b"tel:1",
        b"<sip:x@[::1>",
        b"http://[",
        b"\xef\xbb\xbf",
        b"\x1b[0m",
    ),
)
"""What programs have stumbled over before."""


@st.composite
def damaged(draw: Any, samples: Sequence[bytes]) -> bytes:
    """A sample with words, or any octets, replaced, left out or put in."""
    data: bytes = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(0, 4))):
        words = list(re.finditer(rb"[^\s:;=,<>@\"/&?]+", data))
        if words and draw(st.booleans()):
            word = draw(st.sampled_from(words))
            start, end = word.span()
        else:
            start = draw(st.integers(0, len(data)))
            end = min(len(data), start + draw(st.integers(0, 40)))
        piece = draw(st.one_of(st.sampled_from(NASTY), st.binary(max_size=6), st.just(data[start:end] * 2)))
        data = data[:start] + piece + data[end:]
    return data


def odd_text() -> st.SearchStrategy[str]:
    """A text as somebody may type or send it."""
    nasty = st.sampled_from([piece.decode("utf-8", errors="replace") for piece in NASTY])
    return st.one_of(nasty, st.text(max_size=12), st.builds("".join, st.lists(nasty, max_size=4)))


NOTHING: st.SearchStrategy[Any] = st.none()


def odd_json(leaves: st.SearchStrategy[Any] = NOTHING) -> st.SearchStrategy[Any]:
    """Any JSON value, small."""
    leaf = st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.floats(), odd_text(), leaves)
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text(), inner, max_size=3)
    )


def fuzz(cases: st.SearchStrategy[T], check: Callable[[T], None], examples: int) -> None:
    """Runs `check` over cases; the first that fails is made as small as it can be and shown."""
    end = time.monotonic() + SECONDS / DOORS
    long = SECONDS > 0

    @settings(
        max_examples=AT_A_TIME if long else examples,
        derandomize=not long,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(cases)
    def tried(case: T) -> None:
        started = time.monotonic()
        check(case)
        assert time.monotonic() - started < PATIENCE_S, "the base stood still"

    tried()
    while time.monotonic() < end:
        tried()
