"""Transactions over a wire that only keeps what was sent."""

import asyncio

from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Headers, Request, Response, response_to
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.transaction import Failure
from rigs.standin.sip.transport import TCP, UDP, Source, Target

FAR = Target(UDP, "192.0.2.9", 5060)
T1 = 0.01


class Wire:
    """Keeps messages; refuses them when broken."""

    def __init__(self):
        self.sent = []
        self.broken = False
        self.news = asyncio.Event()

    async def send(self, data, target):
        if self.broken:
            raise Unreachable("cable pulled")
        self.sent.append(data)
        self.news.set()

    async def respond(self, data, source, via):
        await self.send(data, source.target)

    def starts(self):
        return [data.split(b"\r\n")[0].decode() for data in self.sent]

    async def until(self, count):
        async with asyncio.timeout(2):
            while len(self.sent) < count:
                self.news.clear()
                await self.news.wait()


def request(method="OPTIONS", branch="z9hG4bK-1", cseq=1, tag=""):
    headers = Headers(
        [
            ("Via", f"SIP/2.0/UDP 192.0.2.10:5060;branch={branch}"),
            ("From", "<sip:a@x>;tag=1"),
            ("To", "<sip:b@x>" + (f";tag={tag}" if tag else "")),
            ("Call-ID", "1@x"),
            ("CSeq", f"{cseq} {method}"),
        ]
    )
    return Request(headers, method=method, uri="sip:b@x")


def layer(**hooks):
    wire = Wire()
    made = TransactionLayer(wire, hooks.get("on_request", lambda t: None), hooks.get("on_ack", lambda r, s: None))
    made.t1 = T1
    return made, wire


def run(work):
    asyncio.run(work)


def test_a_lost_request_is_repeated_and_times_out():
    async def scenario():
        transactions, wire = layer()
        outcome = await transactions.ask(request(), FAR)
        assert isinstance(outcome, Failure)
        assert (outcome.kind, outcome.status) == ("timeout", 408)
        assert len(wire.sent) >= 5
        assert len(set(wire.sent)) == 1

    run(scenario())


def test_over_tcp_nothing_is_repeated():
    async def scenario():
        transactions, wire = layer()
        outcome = await transactions.ask(request(), Target(TCP, "192.0.2.9", 5060))
        assert isinstance(outcome, Failure)
        assert len(wire.sent) == 1

    run(scenario())


def test_a_refused_packet_fails_at_once():
    async def scenario():
        transactions, wire = layer()
        wire.broken = True
        outcome = await transactions.ask(request(), FAR)
        assert outcome == Failure("transport", "cable pulled")

    run(scenario())


def test_a_failed_invite_is_acknowledged_each_time_with_its_own_branch():
    async def scenario():
        transactions, wire = layer()
        found = []
        invite = request("INVITE")
        transactions.request(invite, FAR, found.append)
        busy = response_to(invite, 486, tag="far")
        transactions.received(busy, Source(FAR))
        transactions.received(busy, Source(FAR))
        await wire.until(3)
        acks = [data for data in wire.sent if data.startswith(b"ACK")]
        assert len(acks) == 2
        assert b"branch=z9hG4bK-1\r\n" in acks[0]
        assert b"CSeq: 1 ACK" in acks[0]
        assert b"<sip:b@x>;tag=far" in acks[0]
        assert [r.status for r in found] == [486]

    run(scenario())


def test_an_invite_is_not_repeated_after_a_provisional_response_and_each_2xx_is_told():
    async def scenario():
        transactions, wire = layer()
        found = []
        invite = request("INVITE")
        transactions.request(invite, FAR, found.append)
        await wire.until(1)
        transactions.received(response_to(invite, 180, tag="a"), Source(FAR))
        count = len(wire.sent)
        await asyncio.sleep(5 * T1)
        assert len(wire.sent) == count
        for tag in ("a", "a", "b"):
            transactions.received(response_to(invite, 200, tag=tag), Source(FAR))
        assert [r.status for r in found] == [180, 200, 200, 200]
        assert not any(data.startswith(b"ACK") for data in wire.sent)

    run(scenario())


def test_a_repeated_request_gets_the_same_answer_once_more_and_is_told_once():
    async def scenario():
        told = []
        transactions, wire = layer(on_request=told.append)
        transactions.received(request(), Source(FAR))
        transactions.received(request(), Source(FAR))
        told[0].respond(response_to(told[0].request, 200, tag="me"))
        told[0].respond(response_to(told[0].request, 500, tag="me"))
        transactions.received(request(), Source(FAR))
        await wire.until(2)
        assert len(told) == 1
        assert wire.starts() == ["SIP/2.0 200 OK"] * 2

    run(scenario())


def test_a_refused_invite_is_repeated_until_its_ack():
    async def scenario():
        told = []
        transactions, wire = layer(on_request=told.append)
        invite = request("INVITE")
        transactions.received(invite, Source(FAR))
        told[0].respond(response_to(invite, 486, tag="me"))
        await wire.until(3)
        transactions.received(request("ACK"), Source(FAR))
        count = len(wire.sent)
        await asyncio.sleep(10 * T1)
        assert len(wire.sent) == count

    run(scenario())


def test_a_cancel_finds_its_invite_and_a_stranger_does_not():
    async def scenario():
        told = []
        transactions, _ = layer(on_request=told.append)
        transactions.received(request("INVITE"), Source(FAR))
        assert transactions.invite_of(request("CANCEL")) is told[0]
        assert transactions.invite_of(request("CANCEL", branch="z9hG4bK-2")) is None

    run(scenario())


def test_the_ack_of_a_2xx_goes_to_the_core():
    async def scenario():
        told, acks = [], []
        transactions, _ = layer(on_request=told.append, on_ack=lambda r, s: acks.append(r))
        invite = request("INVITE")
        transactions.received(invite, Source(FAR))
        told[0].respond(response_to(invite, 200, tag="me"))
        transactions.received(request("ACK", branch="z9hG4bK-9", tag="me"), Source(FAR))
        assert len(acks) == 1

    run(scenario())


def test_agents_of_rfc2543_are_matched_without_a_branch():
    async def scenario():
        told = []
        transactions, _ = layer(on_request=told.append)
        transactions.received(request("INVITE", branch="1"), Source(FAR))
        transactions.received(request("INVITE", branch="1"), Source(FAR))
        assert len(told) == 1
        assert transactions.invite_of(request("CANCEL", branch="1")) is told[0]

    run(scenario())


def test_a_request_that_came_by_two_paths_is_known():
    async def scenario():
        told = []
        transactions, _ = layer(on_request=told.append)
        transactions.received(request("INVITE"), Source(FAR))
        transactions.received(request("INVITE", branch="z9hG4bK-2"), Source(FAR))
        assert transactions.merged(told[1])

    run(scenario())


def test_stray_responses_are_told_apart():
    async def scenario():
        transactions, wire = layer()
        stray = Response(request().headers, status=200, reason="OK")
        transactions.received(stray, Source(FAR))
        assert wire.sent == []

    run(scenario())
