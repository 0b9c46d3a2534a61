"""A test's questions to the capture: `expect` or `require` one event, see `all`, or check that none came (`never`)."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Collection, Iterable
from typing import Any, Generic, Protocol, TypeVar

from harness.capture.messages import Packet
from harness.core import clock, steps
from harness.core.errors import Expectation, InvalidTest, ProductFailure, UsageError
from harness.core.limits import Limits, chosen

E = TypeVar("E", bound=Packet)
Ends = str | Collection[str] | object | None

_ALIASES: dict[str, Callable[[Any], Any]] = {
    "cseq_method": lambda message: message.cseq.method,
    "cseq_number": lambda message: message.cseq.number,
    "from_user": lambda message: message.from_.user,
    "to_user": lambda message: message.to.user,
    "to_tag": lambda message: message.to.tag,
    "from_tag": lambda message: message.from_.tag,
}


class Stream(clock.EventList[E]):
    """The events of one protocol in the order of their dissection, which is not always that of the wire."""

    def __init__(self) -> None:
        super().__init__()
        self._latest: list[float] = []
        """For each event, the latest time of it and all before it: it only grows, so that it can be searched."""

    def append(self, item: E) -> None:
        """Add an event and wake all waiting threads."""
        self._latest.append(max(item.at, self._latest[-1]) if self._latest else item.at)
        super().append(item)

    def reopen(self) -> None:
        """Events are accepted again after a restart."""
        self._closed = ""

    def position(self, since: float) -> int:
        """The index of the first event from a moment on; older ones that were dissected late may come behind it."""
        return bisect.bisect_left(self._latest, since)

    def from_on(self, since: float) -> list[E]:
        """The events from a moment on, by the time of their packets."""
        return [event for event in self.snapshot(self.position(since)) if event.at >= since]


class CaptureControl(Protocol):
    """The methods of the wire that a view needs."""

    @property
    def default_since(self) -> float:
        """The moment from which events count: the test's last act."""

    def fence(self) -> None:
        """Wait until everything on the wire until now has been dissected."""

    def settle(self) -> None:
        """As `fence`, and raises RigFault if packets were lost: then a missing packet may have been sent."""

    def check(self) -> None:
        """Raise RigFault if the capture has died."""

    def before(self) -> str:
        """The last acts in one line."""


class View(Generic[E]):
    """The events of one protocol. Conditions have the names of the event's fields: a value, several values or a test.

    `source` and `dest` take an address, several, or anything with `.address` or `.addresses`; `within` a dialog;
    `since` a moment (epoch seconds, by default the test's last act); `where` any further test, described by `what`.
    """

    def __init__(
        self,
        control: CaptureControl,
        stream: Stream[E],
        kind: type[E],
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        """`limits` are those of the rig: a wait without a time-out of its own ends after `limits.answer`."""
        self._limits = limits
        self._control = control
        self._stream = stream
        self._kind = kind

    def expect(
        self,
        *,
        timeout: float | None = None,
        since: float | None = None,
        what: str = "",
        claim: str = "",
        rule: str = "",
        cites: str = "",
        **conditions: Any,
    ) -> E:
        """The first event that fits, already there or within `timeout` seconds, by default those of an answer.

        Otherwise raises ProductFailure with the last events, but RigFault if the capture failed.
        """
        __tracebackhide__ = True  # the test's own line is shown instead
        text = what or describe(self._kind, conditions)
        within = chosen(timeout, self._limits.answer)
        found = self._search(conditions, text, within, since)
        if found is not None:
            return found
        seen, frames = self._story(conditions, since)
        raise ProductFailure(
            Expectation(
                claim=claim or f"{text} is sent",
                expected=f"{text} within {within:g} s",
                seen=seen,
                rule=rule,
                source=cites,
                before=self._control.before(),
                frames=frames,
            )
        )

    def require(
        self, *, timeout: float | None = None, since: float | None = None, what: str = "", **conditions: Any
    ) -> E:
        """As `expect`, for an event without which the test judges nothing: InvalidTest if it is missing."""
        text = what or describe(self._kind, conditions)
        found = self._search(conditions, text, chosen(timeout, self._limits.answer), since)
        if found is None:
            raise InvalidTest(
                text,
                self._story(conditions, since)[0],
                remedy="check in the ladder of the test whether the stimulus reached the base",
            )
        return found

    def all(self, *, since: float | None = None, fenced: bool = True, **conditions: Any) -> list[E]:
        """All events that fit, in order, up to now: a fence comes first."""
        self._control.check()
        matches = matcher(self._kind, conditions)
        if fenced:
            self._control.fence()
        return [event for event in self._since(since) if matches(event)]

    def never(
        self,
        *,
        during: float = 0.0,
        since: float | None = None,
        fence: bool = True,
        what: str = "",
        claim: str = "",
        rule: str = "",
        cites: str = "",
        **conditions: Any,
    ) -> None:
        """No event fits until now and for `during` seconds more; judged after a fence. Raises ProductFailure."""
        self._control.check()
        matches = matcher(self._kind, conditions)
        text = what or describe(self._kind, conditions)
        start = self._control.default_since if since is None else since
        try:
            if during:
                self._next(matches, text, during, start)
        except clock.WaitExpired:
            self._control.check()
        if fence:
            self._control.settle()
        broken = [event for event in self._since(start) if matches(event)]
        if broken:
            raise ProductFailure(
                Expectation(
                    claim=claim or f"no {text}",
                    expected=f"no {text}",
                    seen=last_lines(broken, 3),
                    rule=rule,
                    source=cites,
                    before=self._control.before(),
                    frames=tuple(event.frame for event in broken),
                )
            )

    def __iter__(self) -> Any:
        return iter(self._stream.snapshot())

    def _search(self, conditions: dict[str, Any], text: str, timeout: float, since: float | None) -> E | None:
        self._control.check()
        matches = matcher(self._kind, conditions)
        start = self._control.default_since if since is None else since
        deadline = clock.now() + timeout
        found: E | None
        try:
            found = self._next(matches, text, timeout, start)
        except clock.WaitExpired:
            self._control.settle()
            late = (event for event in self._since(start) if event.at <= deadline and matches(event))
            found = next(late, None)
        if found is not None:
            steps.publish("wire", f"seen: {found}", frame=found.frame, event=found)
        return found

    def _next(self, matches: Callable[[E], bool], text: str, within: float, start: float) -> E:
        """The first event that fits from this moment on; an older packet that is dissected late does not count."""

        def fits(event: E) -> bool:
            return event.at >= start and matches(event)

        return self._stream.wait_for(fits, what=text, within=within, since=self._stream.position(start))

    def _since(self, since: float | None) -> list[E]:
        start = self._control.default_since if since is None else since
        return self._stream.from_on(start)

    def _story(self, conditions: dict[str, Any], since: float | None) -> tuple[str, tuple[int, ...]]:
        """The events seen instead: messages of the same dialog and side, else the last of all."""
        events = self._since(since)
        ends = {name: value for name, value in conditions.items() if name in ("source", "dest", "within")}
        kin = [event for event in events if matcher(self._kind, ends)(event)]
        shown = kin or events
        return last_lines(shown, 5) or "no packet of this protocol", tuple(event.frame for event in kin[-1:])


def matcher(kind: type[Packet], conditions: dict[str, Any]) -> Callable[[Any], bool]:
    """A test for all conditions together; UsageError for a name that is no field of the event."""
    tests: list[Callable[[Any], bool]] = []
    for name, wanted in conditions.items():
        if wanted is None:
            continue
        if name in ("source", "dest"):
            addresses = addresses_of(wanted)
            tests.append(_end_test("src" if name == "source" else "dst", addresses))
        elif name == "within":
            tests.append(wanted.holds)
        elif name == "where":
            tests.append(wanted)
        else:
            if name not in _ALIASES and not hasattr(kind, name) and name not in _fields(kind):
                known = ", ".join(sorted(_fields(kind)))
                raise UsageError(f"{kind.__name__} has no {name}", remedy=f"use one of {known}, or where=")
            tests.append(_value_test(_ALIASES.get(name) or _getter(name), wanted))
    return lambda event: all(test(event) for test in tests)


def addresses_of(ends: Ends) -> set[str]:
    """The addresses of a text, of several texts, or of a part of the rig."""
    if isinstance(ends, str):
        return {ends}
    for attribute in ("addresses", "address"):
        value = getattr(ends, attribute, None)
        if value is not None:
            value = value() if callable(value) else value
            return addresses_of(value)
    if isinstance(ends, Iterable):
        return {address for end in ends for address in addresses_of(end)}
    return {str(ends)}


def describe(kind: type[Packet], conditions: dict[str, Any]) -> str:
    """The conditions in words: `INVITE from 198.18.9.50 in the dialog`."""
    rest = {name: value for name, value in conditions.items() if value is not None}
    words = [str(rest.pop(name)) for name in ("method", "status", "type") if isinstance(rest.get(name), str | int)]
    if "cseq_method" in rest:
        words.append(f"to {rest.pop('cseq_method')}")
    source, dest = rest.pop("source", None), rest.pop("dest", None)
    within, where = rest.pop("within", None), rest.pop("where", None)
    words += [f"{name} {_value_text(value)}" for name, value in rest.items()]
    words += [f"from {'/'.join(sorted(addresses_of(source)))}"] if source is not None else []
    words += [f"to {'/'.join(sorted(addresses_of(dest)))}"] if dest is not None else []
    words += ["in the dialog"] if within is not None else []
    words += ["that fits"] if where is not None else []
    return " ".join(words) or kind.__name__


def last_lines(events: Iterable[Packet], count: int) -> str:
    """The last few events, one on each line."""
    lines = [str(event) for event in events][-count:]
    return "\n            ".join(lines)


def _fields(kind: type[Packet]) -> set[str]:
    return {name for name in kind.__dataclass_fields__ if name != "fields"}


def _getter(name: str) -> Callable[[Any], Any]:
    return lambda event: getattr(event, name)


def _end_test(attribute: str, addresses: set[str]) -> Callable[[Any], bool]:
    return lambda event: getattr(event, attribute) in addresses


def _value_test(get: Callable[[Any], Any], wanted: Any) -> Callable[[Any], bool]:
    if callable(wanted):
        return lambda event: bool(wanted(get(event)))
    if isinstance(wanted, tuple | list | set | frozenset | range):
        return lambda event: get(event) in wanted
    return lambda event: bool(get(event) == wanted)


def _value_text(value: Any) -> str:
    if isinstance(value, tuple | list | set | frozenset):
        return " or ".join(str(one) for one in value)
    return "as tested" if callable(value) else str(value)
