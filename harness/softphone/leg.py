"""One call as its peer has it: acts on it and waits for what becomes of it."""

from __future__ import annotations

import threading
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.core import steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest, RigFault
from harness.core.limits import Limits, chosen
from harness.core.tones import NOTHING_HEARD, Tones, measure
from harness.softphone.process import RequestRefused, WorkerEvent, WorkerProcess

TOO_EARLY = "PJ_EINVALIDOP"
Edits = Sequence[tuple[str, str]]

_names = iter(range(1, 1 << 30))
_naming = threading.Lock()


class PeerListening:
    """A `hear` under way; `result` waits for its end."""

    def __init__(self, leg: Leg, file: Path, ms: int) -> None:
        self._leg, self._file, self._ms = leg, file, ms

    def result(self) -> Tones:
        """The reading; silence when the call had no audio. Raises RigFault when the worker never tells."""
        within = self._ms / 1000 + self._leg.limits.answer
        event = self._leg.expect_event("heard", within=within, file=str(self._file))
        try:
            tones = NOTHING_HEARD if event.data.get("silent") else measure(self._file, started=event.data["started"])
        except (EOFError, OSError, wave.Error) as error:
            text = f"its recording {self._file.name} cannot be read: {error or type(error).__name__}"
            raise RigFault(f"peer {self._leg.name}", text, remedy=f"is there room in {self._file.parent}?") from error
        steps.publish("peer", f"{self._leg.name} heard {tones}", heard=tones, file=str(self._file))
        return tones


class Leg:
    """A call of one peer. Acts are steps; waits end with the worker's event or raise InvalidTest with the last ones."""

    def __init__(
        self,
        process: WorkerProcess,
        number: int,
        call_id: str,
        account: str,
        invite: WorkerEvent | None = None,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.limits = limits
        self._process = process
        self.number = number
        self.call_id = call_id
        self.account = account
        self.invite = invite
        self._offered: int | None = None

    @property
    def name(self) -> str:
        """Peer and call in two words."""
        return f"{self._process.name}/{self.number}"

    # acts

    def ring(self, code: int = 180) -> None:
        """180 Ringing."""
        self._act("ring", f"rings ({code})", code=code)

    def early_media(self) -> None:
        """183 with an SDP answer: from now on both hear each other before the answer."""
        self._act("progress", "sends early media (183)")

    def answer(self, code: int = 200, headers: dict[str, str] | None = None, *, sdp_edits: Edits = ()) -> None:
        """Answer the call."""
        self._act("answer", f"answers ({code})", code=code, headers=_pairs(headers), **_changes(sdp_edits))

    def reject(self, code: int = 486, reason: str = "", headers: dict[str, str] | None = None) -> None:
        """A final answer other than 2xx."""
        self._act("reject", f"rejects ({code})", code=code, reason=reason, headers=_pairs(headers))

    def hangup(self, headers: dict[str, str] | None = None) -> None:
        """BYE, CANCEL or a rejection, by state; a call that has ended is left alone."""
        if self.state == "disconnected":
            return
        try:
            self._act("hangup", "hangs up", headers=_pairs(headers))
        except InvalidTest:
            # the far end was faster: its BYE or CANCEL came while the request was on its way
            if self.state != "disconnected":
                raise

    def hold(self) -> None:
        """Offer sendonly."""
        self._offer("hold", "holds")

    def resume(self) -> None:
        """Offer sendrecv again."""
        self._offer("resume", "resumes")

    def reinvite(self, direction: str = "sendrecv", *, sdp: bool = True, sdp_edits: Edits = ()) -> None:
        """A re-INVITE with this direction, or without SDP (late offer); `sdp_edits` are patterns and replacements."""
        text = f"re-INVITEs {direction if sdp else 'without SDP'}"
        self._offer("reinvite", text, direction=direction, sdp=sdp, **_changes(sdp_edits))

    def move_media(self) -> None:
        """A re-INVITE that names another port, at which this side sends and receives from then on."""
        self._offer("reinvite", "moves its media to another port", moves=True)

    def update(self, direction: str = "sendrecv", *, sdp: bool = True) -> None:
        """An UPDATE with this direction, or without SDP."""
        self._offer("update", f"UPDATEs {direction if sdp else 'without SDP'}", direction=direction, sdp=sdp)

    def send_dtmf(self, digits: str, method: str = "rfc4733", ms: int = 160) -> None:
        """Send digits by RFC 4733 or `info`; returns when the first is on its way."""
        self._act("dtmf", f"sends DTMF {digits} by {method}", digits=digits, method=method, ms=ms)

    def tone(self, *hz: float, level: float = -10.0, ms: int | None = None) -> None:
        """Let the far end hear one or two tones, level in dBm0, for `ms` or until `mute`."""
        self._act("tone", f"sends {'+'.join(f'{f:g}' for f in hz)} Hz {level:g} dBm0", hz=list(hz), level=level, ms=ms)

    def mute(self) -> None:
        """End the tone."""
        self._act("mute", "is mute")

    def transfer(self, target: str) -> None:
        """REFER the far end to another number."""
        self._act("transfer", f"transfers to {target}", target=target, account=self.account)

    def request(
        self, method: str, *, headers: dict[str, str] | None = None, body: str = "", content_type: str = ""
    ) -> None:
        """Any request inside the dialog, e.g. INFO or MESSAGE."""
        pairs = _pairs(headers)
        self._act("request", f"sends {method}", method=method, headers=pairs, body=body, content_type=content_type)

    # ears

    def listen(self, ms: int = 500) -> PeerListening:
        """Begin to record what comes from the far end; ask its `result` later."""
        with _naming:
            file = self._process.directory / f"{self._process.name}-{next(_names):04d}.wav"
        self._ask("hear", ms=ms, file=str(file))
        return PeerListening(self, file, ms)

    def hear(self, ms: int = 500) -> Tones:
        """What comes from the far end during the next `ms`."""
        return self.listen(ms).result()

    @property
    def digits(self) -> str:
        """The DTMF digits received so far, by any method."""
        return "".join(str(event.data["digit"]) for event in self.events() if event.kind == "dtmf")

    def expect_digits(self, digits: str, within: float | None = None) -> list[WorkerEvent]:
        """Wait until these digits have come; returns their events (with `method` and `ms`)."""
        self._wait(lambda event: event.kind == "dtmf" and digits in self.digits, f"DTMF {digits}", within)
        return [event for event in self.events() if event.kind == "dtmf"]

    # states

    @property
    def state(self) -> str:
        """calling, incoming, early, connecting, confirmed or disconnected."""
        told = [event.data["state"] for event in self.events() if event.kind == "state"]
        return str(told[-1]) if told else ("incoming" if self.invite else "calling")

    @property
    def ended_with(self) -> int:
        """The status code the call ended with (200 after a BYE); 0 while it lives."""
        last = [event for event in self.events() if event.kind == "state"]
        return int(last[-1].data["code"]) if last and last[-1].data["state"] == "disconnected" else 0

    def expect(self, state: str, within: float | None = None) -> WorkerEvent:
        """Wait until the call has been in this state; returns the event with code and reason."""
        return self._wait(lambda e: e.kind == "state" and e.data.get("state") == state, f"call {state}", within)

    def expect_media(
        self, direction: str | None = None, *, remote_hold: bool | None = None, within: float | None = None
    ) -> WorkerEvent:
        """Wait until the latest negotiation has this direction (as this side sees it) or hold by the far end."""

        def matches(event: WorkerEvent) -> bool:
            return (
                event.kind == "media"
                and event is self._latest("media")
                and direction in (None, event.data.get("direction"))
                and remote_hold in (None, event.data.get("remote_hold"))
            )

        return self._wait(matches, f"media {direction or ''} remote_hold={remote_hold}", within)

    def expect_event(self, kind: str, *, within: float | None = None, **fields: Any) -> WorkerEvent:
        """Wait for an event of this call with these fields."""
        return self._wait(
            lambda e: e.kind == kind and all(e.data.get(key) == value for key, value in fields.items()), kind, within
        )

    def events(self) -> list[WorkerEvent]:
        """All events of this call."""
        return [event for event in self._process.events.snapshot() if event.data.get("call") == self.number]

    def statistics(self) -> dict[str, Any]:
        """The worker's own counts: a hint for diagnosis, never a verdict (the capture is)."""
        return self._ask("statistics")

    # small parts

    def _latest(self, kind: str) -> WorkerEvent | None:
        told = [event for event in self.events() if event.kind == kind]
        return told[-1] if told else None

    def _offer(self, do: str, text: str, **fields: Any) -> None:
        """An own offer; the one before is let finish first, as a dialog has one at a time (RFC 3261, 14.1)."""
        if self._offered is not None:
            self._wait(
                lambda e: e.kind == "media" or e.data.get("state") == "disconnected",
                "offer answered",
                self.limits.answer,
                self._offered,
            )
        self._offered = len(self._process.events) if fields.get("sdp", True) else None
        with steps.step("peer", f"{self.name} {text}"):
            try:
                limit = self.limits.answer
                wait_until(lambda: self._offered_now(do, **fields), what=f"{self.name} may {do}", within=limit)
            except WaitExpired as expired:
                raise InvalidTest(str(expired), f"state {self.state}: an earlier offer is open") from expired

    def _offered_now(self, do: str, **fields: Any) -> bool:
        """Whether the library took the offer; it does not between an answer of ours and its ACK."""
        try:
            self._process.request(do, call=self.number, **fields)
        except RequestRefused as refused:
            if TOO_EARLY not in str(refused) or self.state == "disconnected":
                raise self._cannot(do, refused) from refused
            return False
        return True

    def _act(self, do: str, text: str, **fields: Any) -> None:
        with steps.step("peer", f"{self.name} {text}"):
            self._ask(do, **fields)

    def _ask(self, do: str, **fields: Any) -> dict[str, Any]:
        try:
            return self._process.request(do, call=self.number, **fields)
        except RequestRefused as refused:
            raise self._cannot(do, refused) from refused

    def _cannot(self, do: str, refused: RequestRefused) -> InvalidTest:
        seen = " | ".join(str(event) for event in self.events()[-4:])
        return InvalidTest(f"peer {self.name} can {do}", f"{refused}; {seen}")

    def _wait(self, matches: Any, what: str, within: float | None, since: int = 0) -> WorkerEvent:
        limit = chosen(within, self.limits.answer)
        try:
            return self._process.events.wait_for(
                lambda event: event.data.get("call") == self.number and matches(event),
                what=what,
                within=limit,
                since=since,
                describe=lambda _: " | ".join(str(event) for event in self.events()[-5:]) or "nothing",
            )
        except WaitExpired as expired:
            if not self._process.alive:
                raise self._process.fault() from expired
            raise InvalidTest(f"{what} at peer {self.name}", f"not within {limit:g} s; {expired.last_seen}") from None


def _changes(edits: Edits) -> dict[str, Any]:
    return {"sdp_edits": [list(edit) for edit in edits]} if edits else {}


def _pairs(headers: dict[str, str] | None) -> list[list[str]]:
    return [[name, value] for name, value in (headers or {}).items()]
