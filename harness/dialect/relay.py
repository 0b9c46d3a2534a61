"""Requests within a dialog: each goes on to the other leg, and its answers come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dialect import values
from harness.dialect.legs import Leg, answering
from harness.dialect.message import Message
from harness.dialect.rewrite import passed_on
from harness.dialect.transactions import LIFE, ServerTransaction

if TYPE_CHECKING:
    from harness.dialect.core import Core
    from harness.dialect.transports import Flow


class Relay:
    """Joins the two legs of each call; the owner of both."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def within(self, leg: Leg, server: ServerTransaction) -> None:
        """Pass a request on to the other leg; a BYE that crossed another is answered here."""
        asked = server.request
        if leg.pair is None and leg.opening is not None and asked.method != "ACK":
            leg.opening(asked.from_tag)
        pair = leg.pair
        leg.learn(asked)
        if asked.method == "ACK":
            if pair is not None:
                self._acknowledge(pair, asked)
        elif pair is None:
            server.respond(481)
        elif asked.method == "BYE" and leg.closed:
            server.respond(200)
        else:
            if asked.method == "BYE":
                self._close(leg, pair)
            self._pass(leg, pair, server)

    def forget(self, leg: Leg) -> None:
        """Neither leg exists any more."""
        for one in (leg, leg.pair):
            if one is not None:
                self._core.dialogs.remove(one)

    def _close(self, leg: Leg, pair: Leg) -> None:
        leg.closed = pair.closed = True
        self._core.later(2 * LIFE, lambda: self.forget(leg))

    def _towards(self, pair: Leg, asked: Message, number: int) -> tuple[Message, Flow]:
        flow = self._core.flow_to(values.address(pair.routes[0]) if pair.routes else pair.target, pair.flow)
        changes = pair.own_request(number, asked.method)
        changes |= {"via": [self._core.via(flow)], "record-route": []}
        changes["max-forwards"] = [str(int(asked.get("max-forwards") or 70) - 1)]
        if asked.get("contact"):
            uri = self._core.own_uri(flow, pair.user, pair.moved)
            changes["contact"] = [values.with_address(asked.listed("contact")[0], uri)]
        if asked.get("rack"):
            changes["rack"] = [_other_number(asked.get("rack"), pair)]
        message = passed_on(asked, f"{asked.method} {pair.target} SIP/2.0", changes)
        if asked.method == "ACK":
            self._core.dress.acknowledge(message, pair)
        else:
            self._core.dress.request(message, pair)
        return message, flow

    def _pass(self, leg: Leg, pair: Leg, server: ServerTransaction) -> None:
        asked = server.request
        message, flow = self._towards(pair, asked, pair.next_cseq(asked.cseq[0]))
        if asked.method == "INVITE":
            server.respond(100)

        def answered(answer: Message) -> None:
            if answer.status == 100:
                return
            if answer.status < 300:
                pair.learn(answer)
            changes = {**answering(asked, leg.local_tag), "record-route": []}
            if answer.get("contact") and answer.status < 300:
                uri = self._core.own_uri(leg.flow, leg.user, leg.moved)
                changes["contact"] = [values.with_address(answer.listed("contact")[0], uri)]
            message = passed_on(answer, answer.start, changes)
            self._core.dress.answer(message, pair, asked, leg)
            server.send(message)

        client = self._core.originate(message, flow, answered, LIFE)
        server.on_cancel = lambda cancel: client.cancel([f"Reason: {value}" for value in cancel.all("reason")])

    def _acknowledge(self, pair: Leg, asked: Message) -> None:
        number = pair.numbers.get(asked.cseq[0])
        if number is not None:
            self._core.transmit(*self._towards(pair, asked, number))


def _other_number(rack: str, pair: Leg) -> str:
    """RAck names the CSeq of the INVITE as the far end knows it."""
    words = rack.split()
    if len(words) == 3 and words[1].isdigit():
        words[1] = str(pair.numbers.get(int(words[1]), int(words[1])))
    return " ".join(words)
