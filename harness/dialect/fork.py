"""A request outside any dialog that goes on to one place or to several: each answer makes a pair of legs."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.dialect import values
from harness.dialect.legs import Leg, answering, replaces
from harness.dialect.message import REASONS, Message
from harness.dialect.rewrite import in_latin1, passed_on
from harness.dialect.transactions import LIFE

if TYPE_CHECKING:
    from harness.dialect.core import Core, Target
    from harness.dialect.relay import Relay
    from harness.dialect.transactions import ClientTransaction, ServerTransaction

FORMS_A_DIALOG = ("INVITE", "SUBSCRIBE", "REFER")


class Branch:
    """One of the places: the server's leg there, and what it answered."""

    def __init__(self, target: Target, leg: Leg) -> None:
        self.target = target
        self.leg = leg
        self.client: ClientTransaction
        self.final: Message | None = None
        self.early: dict[str, Leg] = {}
        """The caller's leg for each tag that came from there."""


class Fork:
    """Passes a request on and its answers back; one final answer that is no 2xx, the best, goes back."""

    def __init__(self, core: Core, relay: Relay, server: ServerTransaction, targets: Sequence[Target]) -> None:
        self._core, self._relay, self._server = core, relay, server
        self._request = server.request
        self._sender = core.sender(self._request.from_user)
        self._branches = [Branch(target, self._leg_to(target)) for target in targets]
        self._forced = 0
        self._confirmed: set[str] = set()
        self._given_up: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Send it to every place."""
        self._server.on_cancel = self._cancelled
        if self._request.method == "INVITE":
            self._server.respond(100)
            self._given_up = self._core.later(self._core.options.no_answer, self._unanswered)
        for branch in self._branches:
            answered = functools.partial(self._answered, branch)
            branch.client = self._core.originate(self._towards(branch), branch.target.flow, answered)

    # towards the far end

    def _leg_to(self, target: Target) -> Leg:
        asked = self._request
        leg = Leg(
            self._relay,
            target.sender,
            call_id=values.token(),
            local=values.with_tag(asked.get("from"), ""),
            local_tag=values.token(),
            remote=values.with_tag(asked.get("to"), ""),
            remote_tag="",
            target=target.uri,
            flow=target.flow,
            user=asked.from_user,
            serves=target.user,
        )
        leg.next_cseq(asked.cseq[0])
        return leg

    def _towards(self, branch: Branch) -> Message:
        asked, leg, core = self._request, branch.leg, self._core
        core.dialogs.add(leg)
        if asked.method in FORMS_A_DIALOG:
            leg.opening = functools.partial(self._join, branch)
        changes = leg.own_request(leg.cseq, asked.method)
        changes["via"] = [core.via(leg.flow)]
        changes["max-forwards"] = [str(int(asked.get("max-forwards") or 70) - 1)]
        if asked.get("contact"):
            changes["contact"] = [values.with_address(asked.listed("contact")[0], core.own_uri(leg.flow, leg.user))]
        if asked.method in FORMS_A_DIALOG:
            changes["record-route"] = core.recorded(leg.flow, self._server.flow)
        replaced = core.dialogs.replaced(asked)
        if replaced is not None:
            changes["replaces"] = [replaces(replaced, asked.get("replaces"))]
        message = passed_on(asked, f"{asked.method} {leg.target} SIP/2.0", changes)
        core.dress.request(message, leg)
        if core.faults.of(self._sender, "latin1"):
            in_latin1(message)
        if self._renames:
            message.body = message.body.replace(b" G726-32/", b" AAL2-G726-32/")
        return message

    # answers

    def _answered(self, branch: Branch, answer: Message) -> None:
        if answer.status == 100:
            return
        if answer.status >= 300:
            branch.final = answer
            self._all_refused(answer)
            return
        if answer.status >= 200:
            branch.final = answer
            self._take_back([other for other in self._branches if other is not branch], ["Reason: SIP;cause=200"])
            if self._server.final >= 300:
                self._hang_up(branch, answer)
                return
            self._core.later(LIFE, self._forget_the_rest)
        message = self._towards_caller(branch, answer)
        if answer.status >= 200:
            self._stop_timer()
            self._confirmed.add(answer.to_tag)
        self._server.send(message)

    def _towards_caller(self, branch: Branch, answer: Message) -> Message:
        leg = self._pair(branch, answer) if self._request.method in FORMS_A_DIALOG else None
        changes = dict(answering(self._request, leg.local_tag if leg else self._server.tag))
        changes["record-route"] = []
        if leg is not None:
            own = self._core.recorded(leg.flow, branch.leg.flow)[::-1]
            changes["record-route"] = [*own, *self._request.all("record-route")]
            if answer.get("contact"):
                uri = self._core.own_uri(leg.flow, leg.user)
                changes["contact"] = [values.with_address(answer.listed("contact")[0], uri)]
        message = passed_on(answer, answer.start, changes)
        self._core.dress.answer(message, branch.leg, self._request, leg)
        if self._renames:
            message.body = message.body.replace(b" AAL2-G726-32/", b" G726-32/")
        return message

    def _pair(self, branch: Branch, answer: Message) -> Leg:
        """The caller's leg for this answer: each tag of the far end has one of its own (RFC 3261 section 12.1)."""
        if answer.to_tag not in branch.early:
            self._join(branch, answer.to_tag)
        leg = branch.early[answer.to_tag]
        assert leg.pair is not None
        if leg.pair.remote_tag == answer.to_tag:
            leg.pair.learn(answer)
            leg.pair.routes = self._core.foreign(answer.listed("record-route"))[::-1]
        return leg

    def _join(self, branch: Branch, tag: str) -> None:
        far, first = branch.leg, not branch.early
        if not first:
            far = dataclasses.replace(branch.leg, numbers=dict(branch.leg.numbers), pair=None)
            self._core.dialogs.add(far)
        far.remote_tag = tag
        asked, used = self._request, any(one.early for one in self._branches)
        near = Leg(
            self._relay,
            self._sender,
            call_id=asked.call_id,
            local=values.with_tag(asked.get("to"), ""),
            local_tag=values.token() if used else self._server.tag,
            remote=values.with_tag(asked.get("from"), ""),
            remote_tag=asked.from_tag,
            target=values.address(next(iter(asked.listed("contact")), "")),
            flow=self._server.flow,
            user=values.Uri.of(asked.uri).user,
            serves=asked.from_user,
            routes=self._core.foreign(asked.listed("record-route")),
        )
        near.learn(asked)
        near.join(far)
        branch.early[tag] = near
        self._core.dialogs.add(near)

    def _all_refused(self, answer: Message) -> None:
        if answer.status >= 600:
            self._take_back(self._branches, [])
        finals = [branch.final for branch in self._branches]
        refusals = [final for final in finals if final is not None and final.status >= 300]
        if len(refusals) < len(self._branches) or self._server.final:
            return
        self._stop_timer()
        best = min(refusals, key=lambda one: (one.status < 600, one.status))
        start = f"SIP/2.0 {self._forced} {REASONS[self._forced]}" if self._forced else best.start
        changes = {**answering(self._request, self._server.tag), "record-route": []}
        self._server.send(passed_on(best, start, changes))
        self._core.later(LIFE, self._forget_the_rest)

    def _forget_the_rest(self) -> None:
        """No dialog is left but those that were confirmed."""
        for branch in self._branches:
            rest = [near for tag, near in branch.early.items() if tag not in self._confirmed]
            for leg in rest or ([] if branch.early else [branch.leg]):
                self._relay.forget(leg)

    # giving up

    def _cancelled(self, cancel: Message) -> None:
        self._stop_timer()
        self._take_back(self._branches, [f"Reason: {value}" for value in cancel.all("reason")])

    def _unanswered(self) -> None:
        self._forced = 408
        self._take_back(self._branches, [])

    def _take_back(self, branches: Sequence[Branch], lines: list[str]) -> None:
        for branch in branches:
            if branch.final is None and self._request.method == "INVITE":
                branch.client.cancel(lines)

    def _stop_timer(self) -> None:
        if self._given_up is not None:
            self._given_up.cancel()

    def _hang_up(self, branch: Branch, answer: Message) -> None:
        """An answer that came when the caller had been refused: it is acknowledged and hung up."""
        leg = self._pair(branch, answer).pair
        assert leg is not None
        self._core.transmit(*self._core.within(leg, "ACK", number=leg.cseq))
        self._core.originate(*self._core.within(leg, "BYE"), lambda _: None)

    @property
    def _renames(self) -> bool:
        return self._request.method == "INVITE" and self._core.faults.of(self._sender, "g726_aal2") > 0
