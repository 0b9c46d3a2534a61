"""A call on paper, act by act: messages, RTP, reports and acts, each a line, to be spoiled at one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from harness.capture import headers
from harness.capture.messages import CSeq, RtcpReport, SipMessage
from harness.capture.rtp import RtpRow, RtpStream
from harness.capture.sdp import Codec, parse
from harness.capture.sight import Sight
from harness.rules.acts import Act, Shown
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge

BASE, PROXY, PEER = "198.18.9.50", "198.18.9.11", "198.18.9.20"
CALL = "paper"
PORT, FAR_PORT = 50000, 4000
SILENCE = b"\xd5" * 160
CODECS = {8: Codec(8, "PCMA", 8000), 0: Codec(0, "PCMU", 8000), 101: Codec(101, "telephone-event", 8000)}
NAMES = {8: "PCMA", 0: "PCMU", 9: "G722", 18: "G729", 96: "G726-32", 97: "telephone-event", 101: "telephone-event"}
OWN, FAR = "base", "peer"
"""The tags."""


def description(
    ours: bool, direction: str = "sendrecv", *, kinds: Iterable[int] = (8, 101), version: int = 1, **fields: object
) -> str:
    """A session description; `port` and `address` are those of its owner, `ptime` none, unless `fields` say else."""
    address = fields.get("address", BASE if ours else PEER)
    port = fields.get("port", PORT if ours else FAR_PORT)
    lines = ["v=0", f"o=x 7 {version} IN IP4 {BASE if ours else PEER}", "s=-", f"c=IN IP4 {address}", "t=0 0"]
    lines += [f"m=audio {port} RTP/AVP {' '.join(map(str, kinds))}"]
    lines += [f"a=rtpmap:{kind} {NAMES[kind]}/8000" for kind in kinds]
    lines += [f"a=ptime:{fields['ptime']}"] if "ptime" in fields else []
    return "\r\n".join([*lines, f"a={direction}", ""])


@dataclass
class Rtp:
    """A packet every `ms` of one payload type; `first` is the first number, `ours` what the base sends."""

    kind: int = 8
    ms: int = 20
    ssrc: int = 1
    port: int = PORT
    far_port: int = FAR_PORT
    ours: bool = True
    first: int = 0
    payload: bytes = SILENCE
    tos: int = -1
    tag: int = 0
    """Octets after the speech, as an encrypted packet has them."""

    @property
    def ends(self) -> tuple[str, int, str, int]:
        """From where to where."""
        return (BASE, self.port, PEER, self.far_port) if self.ours else (PEER, self.far_port, BASE, PORT)

    def rows(self, begin: float, end: float) -> list[RtpRow]:
        """The packets."""
        body, found = (self.payload * 3)[: 8 * self.ms] + bytes(self.tag), []
        for place in range(round((end - begin) * 1000 / self.ms)):
            at, number = begin + place * self.ms / 1000, self.first + place
            stamp = number * 8 * self.ms
            found.append(RtpRow(round(at * 1000), at, number, stamp, self.kind, False, body, None, self.tos))
        return found


@dataclass
class PaperCall:
    """What happened; `to_base` says whether the far end called."""

    to_base: bool = True
    sip: list[SipMessage] = field(default_factory=list)
    streams: list[RtpStream] = field(default_factory=list)
    rtcp: list[RtcpReport] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    ends: float = 0.0
    call_id: str = CALL

    # signalling

    def says(
        self, at: float, first: str, cseq: str, *, ours: bool, body: str = "", tagged: bool = True, **lines: str
    ) -> SipMessage:
        """A message of the base (`ours`) or to it; `first` is a method or a status with its phrase."""
        number, _, method = cseq.partition(" ")
        status = int(first.split()[0]) if first[:1].isdigit() else 0
        asked_by_base = ours != bool(status)
        base, peer = f"<sip:41@{PROXY}>", f"<sip:301@{PROXY}>"
        far = lines.pop("far", FAR)
        froms, tos = (f"{base};tag={OWN}", peer) if asked_by_base else (f"{peer};tag={far}", base)
        if tagged:
            tos += f";tag={far if asked_by_base else OWN}"
        branch = lines.pop(
            "branch", f"{'b' if asked_by_base else 'p'}{number}{'INVITE' if method == 'CANCEL' else method}"
        )
        uri = lines.pop("uri", "sip:301@198.18.9.20")
        found = {"Via": f"SIP/2.0/UDP x;branch=z9hG4bK-{branch}", "From": froms, "To": tos, "CSeq": cseq}
        found |= {name.replace("_", "-").title(): value for name, value in lines.items()}
        message = SipMessage(
            round(at * 1000), at, BASE if ours else PROXY, 5060, PROXY if ours else BASE, 5060, "udp",
            method="" if status else method, status=status, reason=first.partition(" ")[2] if status else "",
            request_uri="" if status else uri, cseq=CSeq(int(number), method), call_id=self.call_id,
            from_=headers.parse_address(froms), to=headers.parse_address(tos), headers=tuple(found.items()),
            body=body.encode(), first_line=first, sdp_or_none=parse(body) if body.startswith("v=0") else None,
        )  # fmt: skip
        self.sip.append(message)
        return message

    def answered(self, at: float, own: str = "", far: str = "") -> PaperCall:
        """INVITE, 180, 200 at `at` and ACK; the descriptions are those given, else healthy ones."""
        own, far = own or description(True), far or description(False)
        incoming = self.to_base
        self.says(at - 1.0, "INVITE", "1 INVITE", ours=not incoming, body=far if incoming else own, tagged=False)
        self.says(at - 0.9, "180 Ringing", "1 INVITE", ours=incoming)
        self.says(at, "200 OK", "1 INVITE", ours=incoming, body=own if incoming else far)
        self.says(at + 0.01, "ACK", "1 ACK", ours=not incoming)
        return self

    def offers(
        self, at: float, number: int, body: str, answer: str, *, ours: bool, status: str = "200 OK"
    ) -> PaperCall:
        """A re-INVITE of one side, its answer 0.05 s later, and the ACK."""
        self.says(at, "INVITE", f"{number} INVITE", ours=ours, body=body)
        self.says(at + 0.05, status, f"{number} INVITE", ours=not ours, body=answer)
        self.says(at + 0.06, "ACK", f"{number} ACK", ours=ours)
        return self

    def hung_up(self, at: float, number: int = 9, *, ours: bool = True) -> PaperCall:
        """BYE and its 200."""
        self.says(at, "BYE", f"{number} BYE", ours=ours)
        self.says(at + 0.02, "200 OK", f"{number} BYE", ours=not ours)
        return self

    # media

    def sends(self, begin: float, end: float, **more: object) -> PaperCall:
        """RTP from a moment to another, see `Rtp`; more of a source that has sent before goes on with it."""
        flow = Rtp(**more)  # type: ignore[arg-type]  # the fields of Rtp
        rows = flow.rows(begin, end)
        ends = (flow.ssrc, *flow.ends)
        known = next((s for s in self.streams if (s.ssrc, s.src, s.sport, s.dst, s.dport) == ends), None)
        if known is not None:
            self.streams.remove(known)
            rows = [*known.rows, *rows]
        self.streams.append(RtpStream.of_rows(flow.ends, flow.ssrc, rows, CODECS))
        return self

    def tone(self, begin: float, end: float, hz: float, dbm0: float, **more: object) -> PaperCall:
        """RTP that holds a tone."""
        return self.sends(begin, end, payload=a_law(hz, dbm0), **more)

    # acts

    def did(self, kind: str, at: float, *, felt: bool | None = True, handset: int = 1, **detail: str) -> PaperCall:
        """An act on this call."""
        self.acts.append(Act(kind, at, at, handset, self.call_id, detail, felt))
        return self

    def showed(self, kind: str, at: float, value: str = "", **detail: str) -> PaperCall:
        """What handset 1 showed."""
        self.shown.append(Shown(kind, at, 1, value, detail))
        return self

    # judging

    def evidence(self, *, acts: bool = True, media: bool = True) -> Evidence:
        """All of it until `ends`, or a second after the last message."""
        messages = sorted(self.sip, key=lambda m: m.at)
        sight = replace(Sight.whole(messages), ends=self.ends or messages[-1].at + 10.0)
        return Evidence(
            [BASE], sip=messages, streams=(lambda: self.streams) if media else None, rtcp=self.rtcp, sight=sight,
            acts=sorted(self.acts, key=lambda a: a.at) if acts else None, shown=self.shown if acts else None,
        )  # fmt: skip

    def judged(self, rule: str, *, profile: str = "asterisk", **how: bool) -> Judgement:
        """What one rule says."""
        (found,) = judge(self.evidence(**how), profile, [rule])
        return found

    def broken(self, rule: str, *, profile: str = "asterisk", **how: bool) -> list[str]:
        """The claims of a rule that are broken."""
        found = self.judged(rule, profile=profile, **how)
        return [one.claim or found.rule.claim for one in found.broken]

    def levels(self, rule: str, **how: bool) -> list[str]:
        """How sure what broke a rule is; empty for the row's own level."""
        return [one.level for one in self.judged(rule, **how).broken]

    def result(self, rule: str, *, profile: str = "asterisk", **how: bool) -> Result:
        """What is said of a rule over all of its occasions: held where one held, though others cannot be said."""
        return self.judged(rule, profile=profile, **how).result


def beside(call: PaperCall, other: PaperCall) -> PaperCall:
    """Both calls in one trace; what is judged is all of it."""
    return replace(call, sip=[*call.sip, *other.sip], acts=[*call.acts, *other.acts])


def changed(call: PaperCall, place: int, change: Callable[[SipMessage], SipMessage]) -> PaperCall:
    """The same call with one message spoiled."""
    messages = [*call.sip]
    messages[place] = change(messages[place])
    return replace(call, sip=messages)


def a_law(hz: float, dbm0: float, samples: int = 160) -> bytes:
    """A whole number of periods of a tone in A-law; `hz` is a multiple of 50."""
    from harness.capture.g711 import alaw_table

    wave = 32768 * 10 ** ((dbm0 - 3.14) / 20) * np.sin(2 * np.pi * hz * np.arange(samples) / 8000)
    table = alaw_table().astype(int)
    return bytes(int(np.argmin(np.abs(table - value))) for value in wave)
