"""Checks the arguments of the command line before anything is started."""

from __future__ import annotations

import re

from harness.core.errors import UsageError
from harness.plugin.entry import MARKS
from harness.rig import profile_selection
from harness.rig.model import Rig
from harness.rig.suggestions import nearest

PYTESTS_OWN = ("skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings", "timeout", "xdist_group")


def profile(rig: Rig, wanted: str | None) -> str:
    """The one profile that `--profile` names."""
    names = profile_selection.profiles(rig, wanted)
    if len(names) > 1:
        raise UsageError(f"--profile {wanted}: one at a time", remedy=f"name one of {', '.join(names)}")
    return names[0]


def check_selection(select: str | None) -> None:
    """Find a mistake in `--select` before a rig is started for it; raises UsageError."""
    from _pytest.mark.expression import Expression

    if select is None:
        return
    remedy = 'marks, as in "smoke and not slow"'
    if not select.strip():
        raise UsageError("--select is empty", remedy=remedy)
    try:
        Expression.compile(select)
    except SyntaxError as error:
        raise UsageError(f"--select {select}: {error.msg}", remedy=remedy) from error
    known = [re.split(r"[:(]", mark)[0] for mark in MARKS]
    for word in _names(select):
        if word not in known and word not in PYTESTS_OWN:
            text = f"--select {select}: no test has the mark {word}{nearest(word, known)}"
            raise UsageError(text, remedy=f"choose one of {', '.join(known)}")


def _names(select: str) -> list[str]:
    """The marks of an expression, without its operators and the arguments of marks."""
    bare = re.sub(r"\([^()]*=[^()]*\)", "", re.sub(r"\"[^\"]*\"|'[^']*'", "", select))
    return [word for word in re.findall(r"[^\s()]+", bare) if word not in ("and", "or", "not", "True", "False", "None")]
