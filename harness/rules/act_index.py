"""An index of acts and of what handsets showed, by call, kind, handset and time: a session has thousands of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.rules.sound import Talking, talking

if TYPE_CHECKING:
    from harness.rules.acts import Act, ActKind, Shown


class ActIndex:
    """Made once for each state of the two lists, which are in order of time."""

    def __init__(self, acts: Sequence[Act] | None, shown: Sequence[Shown] | None) -> None:
        self.acts, self.shown = acts, shown
        self._by_call: dict[str, list[Act]] = {}
        self._by_kind: dict[str, list[Act]] = {}
        for act in acts or ():
            self._by_kind.setdefault(act.kind, []).append(act)
            if act.call_id:
                self._by_call.setdefault(act.call_id, []).append(act)
        self._talking: dict[int, list[Talking]] = {}
        self._shown: dict[tuple[str, int], list[Shown]] = {}
        for one in shown or ():
            self._shown.setdefault((one.kind, one.handset), []).append(one)

    def is_of(self, acts: Sequence[Act] | None, shown: Sequence[Shown] | None) -> bool:
        """Whether it was made from these lists."""
        return self.acts is acts and self.shown is shown

    def of_kinds(self, kinds: Sequence[ActKind]) -> list[Act]:
        """The acts of these kinds in the order of time."""
        found = [act for kind in dict.fromkeys(kinds) for act in self._by_kind.get(kind, ())]
        return found if len(kinds) == 1 else sorted(found, key=lambda act: act.at)

    def of_call(self, call_id: str) -> list[Act]:
        """The acts that were meant for one call."""
        return self._by_call.get(call_id, [])

    def of_handset(self, handset: int, *kinds: ActKind) -> list[Act]:
        """The acts of these kinds at one handset, in the order of time."""
        return [act for act in self.of_kinds(kinds) if act.handset == handset]

    def talking(self, handset: int) -> list[Talking]:
        """The tones that were talked into a handset."""
        if handset not in self._talking:
            self._talking[handset] = talking(self.of_handset(handset, "tone", "mute"))
        return self._talking[handset]

    def shown_between(self, kind: str, handset: int, start: float, end: float) -> list[Shown]:
        """What a handset showed of a kind between two moments, both included."""
        found = self._shown.get((kind, handset), [])
        first = bisect_left(found, start, key=lambda one: one.at)
        return found[first : bisect_right(found, end, key=lambda one: one.at)]

    @property
    def handsets(self) -> list[int]:
        """The handsets that showed anything."""
        return sorted({handset for _, handset in self._shown if handset})
