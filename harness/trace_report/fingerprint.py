"""What a PBX was seen to do in a trace, by the rows of the matrix: how a lab turns its own server into rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.profiles.model import Profile
from harness.rules.as_any_call import is_focus
from harness.rules.evidence import Evidence
from harness.rules.notify import event_of
from harness.rules.session import audio_of
from harness.trace_report.server_traits import LOOKS, spelt_focus, strange_in, timer_of, to_base

MOST = 5
"""Values of one trait that are shown, the most frequent first."""


@dataclass
class Trait:
    """One thing that a server does in its own way: its row, its values with their counts, the first packet of each."""

    row: str
    what: str
    values: Counter[str] = field(default_factory=Counter)
    frames: dict[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> list[str]:
        """The values, the most frequent first."""
        return [f"{value} ({count} ×, packet {self.frames[value]})" for value, count in self.values.most_common(MOST)]


@dataclass(frozen=True)
class Departure:
    """A stimulus of the profile that this server does not send so: what the profile says, and what was seen."""

    row: str
    key: str
    claimed: Any
    seen: Any


def traits(traces: Sequence[Evidence]) -> list[Trait]:
    """Every trait of the server that the traces show, in the order of the matrix."""
    found = []
    for row, what, look in LOOKS:
        trait = Trait(row, what)
        for evidence in traces:
            for value, message in look(evidence):
                trait.values[value] += 1
                trait.frames.setdefault(value, message.frame)
        if trait.values:
            found.append(trait)
    return found


def stimuli(evidence: Evidence) -> dict[str, dict[str, Any]]:
    """What the server sends, in the words of a row's `stimulus`; only rows of which something was seen."""
    found: dict[str, dict[str, Any]] = {}
    for message in to_base(evidence, "INVITE"):
        if (timer := timer_of(message)) and "CAL-5" not in found:
            found["CAL-5"] = timer
        if alert := message.header("alert-info"):
            found.setdefault("CAL-12", {"headers": {"Alert-Info": ", ".join(alert)}})
        if strange := strange_in(message):
            found.setdefault("CAL-7", {"headers": strange})
        if is_focus(message):
            found.setdefault("CNF-2", {"contact": f";{spelt_focus(message)}"})
        audio = audio_of(message)
        if audio is not None and audio.telephone_event is not None:
            found.setdefault("DTM-1", {"number": audio.telephone_event})
    for message in to_base(evidence, "NOTIFY"):
        tells = b"yes" in message.body.lower() and event_of(message)[0] == "message-summary"
        if tells and not message.to.tag:
            state = message.header("subscription-state")
            headers = {"Subscription-State": ", ".join(state)} if state else {}
            lines = message.body.decode("utf-8", "replace").split("\r\n")
            found.setdefault("MWI-2", {"headers": headers, "lines": [line for line in lines if line]})
    return found


def departures(profile: Profile, seen: dict[str, dict[str, Any]]) -> list[Departure]:
    """Where the server departs from the stimuli of a profile."""
    found = []
    for row, told in seen.items():
        claimed = profile.rules[row].stimulus if row in profile.rules else {}
        for key, value in told.items():
            if claimed.get(key) != value:
                found.append(Departure(row, key, claimed.get(key), value))
    return found


def override(profile: Profile, seen: dict[str, dict[str, Any]], source: str) -> dict[str, Any]:
    """The `learned:` section of a survey file that makes the tests do what this server was seen to do."""
    rows = dict.fromkeys(one.row for one in departures(profile, seen))
    rules = {row: {"stimulus": seen[row], "source": f"seen in {source}"} for row in rows if row in profile.rules}
    return {"learned": {"rules": {profile.name: rules}}} if rules else {}
