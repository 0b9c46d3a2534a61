"""A dialect server without sockets: what ends of a call send it, and what it sends them, in one event loop."""

from __future__ import annotations

from harness.dialect.core import Options
from harness.dialect.message import Message, parse
from harness.dialect.server import Server
from harness.dialect.transports import Flow

SERVER = "192.0.2.11"
ENDS = {"101": "192.0.2.50", "102": "192.0.2.51", "301": "192.0.2.20", "302": "192.0.2.21"}
SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.50\r\ns=-\r\nc=IN IP4 192.0.2.50\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0\r\n"


class Wire:
    """The server and everything it has sent, by far end; `take` gives the next message to one."""

    def __init__(self, **options: object) -> None:
        self.server = Server(Options((SERVER,), **options))  # type: ignore[arg-type]  # the fields of Options
        self.core = self.server.core
        self.core.transports.hosts, self.core.transports.port = (SERVER,), 5060
        self.sent: dict[str, list[Message]] = {user: [] for user in ENDS}
        self.core.transports.send = self._sent  # type: ignore[method-assign]
        for user in ENDS:
            self.core.registrar.passwords[user] = f"secret-{user}"
        self.core.registrar.peers |= {"301", "302"}
        for who in ("base", "peers"):
            self.core.faults.set(who, "challenge_off", 1)

    def _sent(self, data: bytes, flow: Flow) -> None:
        user = next(user for user, host in ENDS.items() if host == flow.host)
        self.sent[user].append(parse(data))

    def give(self, user: str, text: str, body: bytes = b"") -> None:
        """A message from one end; each line is a header."""
        lines = [line.strip() for line in text.strip().splitlines()]
        data = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body
        self.core.transports.receive(data, Flow("udp", SERVER, ENDS[user], 5060))

    def take(self, user: str) -> Message:
        """The next message to one end, but no 100."""
        while True:
            message = self.sent[user].pop(0)
            if message.status != 100:
                return message

    def register(self, *users: str) -> None:
        """Each of them is bound from its own address; those of the far ends need their credentials for it."""
        for user in users:
            if self.core.registrar.bound(user):
                continue
            self.core.registrar.peers.discard(user)
            self.give(user, head("REGISTER", user, user, uri=f"sip:{SERVER}") + f"\nContact: {contact(user)}")
            assert self.take(user).status == 200
            if user.startswith("3"):
                self.core.registrar.peers.add(user)

    def request(self, method: str, user: str, to: str, *lines: str, body: bytes = b"", **more: str) -> None:
        """A request of one end with a Contact."""
        self.give(user, "\n".join([head(method, user, to, **more), f"Contact: {contact(user)}", *lines]), body)

    def reply(self, user: str, to: Message, status: int, *lines: str, tag: str = "far", body: bytes = b"") -> None:
        """An answer of one end."""
        kept = [header.line for header in to.headers if header.name in ("via", "from", "call-id", "cseq")]
        target = to.get("to") if to.to_tag else f"{to.get('to')};tag={tag}"
        named = [f"To: {target}", f"Contact: {contact(user)}"]
        self.give(user, "\n".join([f"SIP/2.0 {status} Whatever", *kept, *named, *lines]), body)


def contact(user: str) -> str:
    """The Contact of one end."""
    return f"<sip:{user}@{ENDS[user]}:5060;line=x{user}>"


def head(
    method: str,
    user: str,
    to: str,
    *,
    uri: str = "",
    call_id: str = "",
    cseq: str = "1",
    tag: str = "",
    branch: str = "",
) -> str:
    """The first lines of a request."""
    target = uri or f"sip:{to}@{SERVER}"
    far = f"<sip:{to}@{SERVER}>" + (f";tag={tag}" if tag else "")
    return f"""{method} {target} SIP/2.0
        Via: SIP/2.0/UDP {ENDS[user]}:5060;branch=z9hG4bK{branch or f"{method}{cseq}{user}{to}"};rport
        From: "User {user}" <sip:{user}@{SERVER}>;tag=near{user}
        To: {far}
        Call-ID: {call_id or f"call-{user}-{to}"}
        CSeq: {cseq} {method}
        Max-Forwards: 70"""
