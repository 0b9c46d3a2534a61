"""One call of a peer: acts in it, and waits for its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core import steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest
from harness.core.limits import Limits, chosen
from harness.softphone.leg_audio import LegAudio
from harness.softphone.leg_transfer import LegTransfer
from harness.softphone.process import RequestRefused, WorkerEvent, WorkerProcess

TOO_EARLY = "PJ_EINVALIDOP"
Edits = Sequence[tuple[str, str]]


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
        self.process = process
        self.number = number
        self.call_id = call_id
        self.account = account
        self.invite = invite
        self._offered: int | None = None

    @property
    def name(self) -> str:
        """Peer and call in two words."""
        return f"{self.process.name}/{self.number}"

    # acts

    def ring(self, code: int = 180, headers: dict[str, str] | None = None) -> None:
        """180 Ringing."""
        self.act("ring", f"rings ({code})", code=code, headers=_pairs(headers))

    def early_media(self) -> None:
        """183 with an SDP answer: from now on both hear each other before the answer."""
        self.act("progress", "sends early media (183)")

    def answer(self, code: int = 200, headers: dict[str, str] | None = None, *, sdp_edits: Edits = ()) -> None:
        """Answer the call."""
        self.act("answer", f"answers ({code})", code=code, headers=_pairs(headers), **_changes(sdp_edits))

    def reject(self, code: int = 486, reason: str = "", headers: dict[str, str] | None = None) -> None:
        """A final answer other than 2xx."""
        self.act("reject", f"rejects ({code})", code=code, reason=reason, headers=_pairs(headers))

    def hangup(self, headers: dict[str, str] | None = None) -> None:
        """BYE, CANCEL or a rejection, by state; a call that has ended is left alone."""
        if self.state == "disconnected":
            return
        try:
            self.act("hangup", "hangs up", headers=_pairs(headers))
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

    def reinvite(
        self,
        direction: str = "sendrecv",
        *,
        sdp: bool = True,
        sdp_edits: Edits = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        """A re-INVITE with this direction, or without SDP (late offer); `sdp_edits` are patterns and replacements."""
        text = f"re-INVITEs {direction if sdp else 'without SDP'}"
        more = {"headers": _pairs(headers), **_changes(sdp_edits)}
        self._offer("reinvite", text, direction=direction, sdp=sdp, **more)

    def move_media(self) -> None:
        """A re-INVITE that names another port, at which this side sends and receives from then on."""
        self._offer("reinvite", "moves its media to another port", moves=True)

    def update(self, direction: str = "sendrecv", *, sdp: bool = True, headers: dict[str, str] | None = None) -> None:
        """An UPDATE with this direction, or without SDP."""
        text = f"UPDATEs {direction if sdp else 'without SDP'}"
        self._offer("update", text, direction=direction, sdp=sdp, headers=_pairs(headers))

    def request(
        self, method: str, *, headers: dict[str, str] | None = None, body: str = "", content_type: str = ""
    ) -> None:
        """Any request inside the dialog, e.g. INFO or MESSAGE."""
        pairs = _pairs(headers)
        self.act("request", f"sends {method}", method=method, headers=pairs, body=body, content_type=content_type)

    def expect_refer(self, within: float | None = None) -> Leg:
        """Wait for a REFER of the far end that was accepted; returns the call that follows it."""
        event = self.wait(lambda e: e.kind == "refer" and e.data.get("new"), "REFER", within)
        return Leg(self.process, event.data["new"], "", self.account, limits=self.limits)

    def expect_replaced(self, within: float | None = None) -> Leg:
        """Wait until an INVITE with Replaces takes the place of this call; returns the call that did."""
        event = self.wait(lambda e: e.kind == "replaced", "INVITE with Replaces", within)
        return Leg(self.process, event.data["new"], "", self.account, limits=self.limits)

    @property
    def audio(self) -> LegAudio:
        """Its sound in both directions."""
        return LegAudio(self)

    @property
    def transfer(self) -> LegTransfer:
        """REFERs in both directions."""
        return LegTransfer(self)

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
        return self.wait(lambda e: e.kind == "state" and e.data.get("state") == state, f"call {state}", within)

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

        return self.wait(matches, f"media {direction or ''} remote_hold={remote_hold}", within)

    def expect_event(self, kind: str, *, within: float | None = None, **fields: Any) -> WorkerEvent:
        """Wait for an event of this call with these fields."""
        return self.wait(
            lambda e: e.kind == kind and all(e.data.get(key) == value for key, value in fields.items()), kind, within
        )

    def events(self) -> list[WorkerEvent]:
        """All events of this call."""
        return [event for event in self.process.events.snapshot() if event.data.get("call") == self.number]

    # small parts

    def _latest(self, kind: str) -> WorkerEvent | None:
        told = [event for event in self.events() if event.kind == kind]
        return told[-1] if told else None

    def _offer(self, do: str, text: str, **fields: Any) -> None:
        """An own offer; the one before is let finish first, as a dialog has one at a time (RFC 3261, 14.1)."""
        if self._offered is not None:
            self.wait(
                lambda e: e.kind == "media" or e.data.get("state") == "disconnected",
                "offer answered",
                self.limits.answer,
                self._offered,
            )
        self._offered = len(self.process.events) if fields.get("sdp", True) else None
        with steps.step("peer", f"{self.name} {text}"):
            try:
                limit = self.limits.answer
                wait_until(lambda: self._offered_now(do, **fields), what=f"{self.name} may {do}", within=limit)
            except WaitExpired as expired:
                raise InvalidTest(str(expired), f"state {self.state}: an earlier offer is open") from expired

    def _offered_now(self, do: str, **fields: Any) -> bool:
        """Whether the library took the offer; it does not between an own answer and its ACK."""
        try:
            self.process.request(do, call=self.number, **fields)
        except RequestRefused as refused:
            if TOO_EARLY not in str(refused) or self.state == "disconnected":
                raise self._cannot(do, refused) from refused
            return False
        return True

    def act(self, do: str, text: str, **fields: Any) -> None:
        """Have the worker do something with this call, as a step."""
        with steps.step("peer", f"{self.name} {text}"):
            self.ask(do, **fields)

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """What the worker says to a request about this call; InvalidTest where it cannot."""
        try:
            return self.process.request(do, call=self.number, **fields)
        except RequestRefused as refused:
            raise self._cannot(do, refused) from refused

    def _cannot(self, do: str, refused: RequestRefused) -> InvalidTest:
        seen = " | ".join(str(event) for event in self.events()[-4:])
        return InvalidTest(f"peer {self.name} can {do}", f"{refused}; {seen}")

    def wait(self, matches: Any, what: str, within: float | None, since: int = 0) -> WorkerEvent:
        """Wait for an event of this call."""
        limit = chosen(within, self.limits.answer)
        try:
            return self.process.events.wait_for(
                lambda event: event.data.get("call") == self.number and matches(event),
                what=what,
                within=limit,
                since=since,
                describe=lambda _: " | ".join(str(event) for event in self.events()[-5:]) or "nothing",
            )
        except WaitExpired as expired:
            self.process.check()
            raise InvalidTest(f"{what} at peer {self.name}", f"not within {limit:g} s; {expired.last_seen}") from None


def _changes(edits: Edits) -> dict[str, Any]:
    return {"sdp_edits": [list(edit) for edit in edits]} if edits else {}


def _pairs(headers: dict[str, str] | None) -> list[list[str]]:
    return [[name, value] for name, value in (headers or {}).items()]
