"""A restart keeps what was set: what the web pages show after it is what they showed, or were given, before."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.rules.acts import Act, Shown
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, judged
from harness.rules.registry import rule

RESTARTS = ("power-on", "reboot")
ON, OFF = ("on", "true", "1", "yes"), ("off", "false", "0", "no", "")


@rule("AFTER-RESTART", reads=("acts", "shown"))
def settings_are_kept(evidence: Evidence) -> Iterator[Finding]:
    """A setting that no document says anything of stays over a restart, as it was read or written on the pages."""
    restarts = evidence.acts_of(*RESTARTS)
    documents = evidence.acts_of("document")
    history: dict[tuple[str, str], list[Act | Shown]] = {}
    for act in evidence.acts_of("setting"):
        history.setdefault(_key(act), []).append(act)
    for shown in evidence.index.shown_between("setting", 0, 0.0, float("inf")):
        history.setdefault(_key(shown), []).append(shown)
    for (name, identity), told in history.items():
        if not any(isinstance(one, Act) and one.detail.get("channel") == "provisioning" for one in told):
            yield from _kept(name, identity, sorted(told, key=lambda one: one.at), restarts, documents)


def _kept(
    name: str, identity: str, told: list[Act | Shown], restarts: list[Act], documents: list[Act]
) -> Iterator[Finding]:
    for before, after in pairwise(told):
        if isinstance(after, Act) or (isinstance(before, Act) and "error" in before.detail):
            continue
        between = [act for act in restarts if before.at < act.at < after.at]
        changed = any(before.at < act.at < after.at for act in documents)
        if between and not changed:
            old = before.detail.get("value", "") if isinstance(before, Act) else before.value
            where = f"{name} of identity {identity}" if identity != "0" else name
            claim = f"{where} is kept over a restart"
            good = _same(old, after.value)
            yield judged(good, before, between[-1], after, expected=old, seen=after.value, claim=claim)


def _key(one: Act | Shown) -> tuple[str, str]:
    return one.detail.get("name", ""), one.detail.get("identity", "0")


def _same(one: str, other: str) -> bool:
    """Whether two values mean the same: a switch has several words."""
    words = one.lower(), other.lower()
    return one == other or all(word in ON for word in words) or all(word in OFF for word in words)
