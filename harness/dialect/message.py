"""A SIP message as text: the start line, the headers in their order and spelling, the body as bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.dialect import values

ENCODING = {"encoding": "utf-8", "errors": "surrogateescape"}
"""Octets that are no UTF-8 are passed on as they came."""
COMPACT = {
    "a": "accept-contact", "b": "referred-by", "c": "content-type", "d": "request-disposition", "e": "content-encoding",
    "f": "from", "i": "call-id", "j": "reject-contact", "k": "supported", "l": "content-length", "m": "contact",
    "o": "event", "r": "refer-to", "s": "subject", "t": "to", "u": "allow-events", "v": "via", "x": "session-expires",
}  # fmt: skip
REASONS = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 200: "OK",
    202: "Accepted", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    380: "Alternative Service", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Timeout",
    410: "Gone", 413: "Request Entity Too Large", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme",
    420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
    484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
    489: "Bad Event", 491: "Request Pending", 493: "Undecipherable", 500: "Server Internal Error",
    501: "Not Implemented", 503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline",
    604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}  # fmt: skip


class NotSip(Exception):
    """Text that is no SIP message; it says why."""


def canonical(name: str) -> str:
    """A header's name in lower case, and the long one of a compact form."""
    low = name.strip().lower()
    return COMPACT.get(low, low)


@dataclass(frozen=True)
class Header:
    """One header as it stood, with its folds: `line` has no CR LF at its end."""

    line: str

    @property
    def name(self) -> str:
        """The canonical name."""
        return canonical(self.line.partition(":")[0])

    @property
    def value(self) -> str:
        """The value, unfolded."""
        return " ".join(part.strip() for part in self.line.partition(":")[2].split("\r\n")).strip()


@dataclass
class Message:
    """A request or an answer."""

    start: str
    headers: list[Header] = field(default_factory=list)
    body: bytes = b""

    @property
    def is_request(self) -> bool:
        """Whether it is a request."""
        return not self.start.startswith("SIP/2.0 ")

    @property
    def method(self) -> str:
        """The method: of the request, or that of the request that it answers."""
        return self.start.split(" ", 1)[0] if self.is_request else self.cseq[1]

    @property
    def uri(self) -> str:
        """The Request-URI."""
        return self.start.split(" ")[1]

    @property
    def status(self) -> int:
        """The status of an answer; 0 for a request."""
        return 0 if self.is_request else int(self.start.split(" ")[1])

    @property
    def reason(self) -> str:
        """What an answer says beside its status."""
        return self.start.split(" ", 2)[2] if self.start.count(" ") > 1 else ""

    def all(self, name: str) -> list[str]:
        """The values of all headers of this name, one for each header."""
        return [header.value for header in self.headers if header.name == name]

    def get(self, name: str) -> str:
        """The value of the first header of this name, or an empty text."""
        return next((header.value for header in self.headers if header.name == name), "")

    def listed(self, name: str) -> list[str]:
        """All values of a header that may have several, separated by commas."""
        return [one for value in self.all(name) for one in values.split(value)]

    def replace(self, name: str, lines: Iterable[str]) -> None:
        """Put these lines (`Name: value`) in place of the headers of this name, at the end where there was none."""
        new = [Header(line) for line in lines]
        at = next((n for n, header in enumerate(self.headers) if header.name == name), len(self.headers))
        before = self.headers[:at]
        self.headers = before + new + [header for header in self.headers[at:] if header.name != name]

    def add(self, *lines: str) -> None:
        """Add headers at the end."""
        self.headers += [Header(line) for line in lines]

    @property
    def call_id(self) -> str:
        """The Call-ID."""
        return self.get("call-id")

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method of CSeq."""
        words = self.get("cseq").split()
        return (int(words[0]), words[1]) if len(words) == 2 and words[0].isdigit() else (0, "")

    @property
    def from_tag(self) -> str:
        """The tag of From."""
        return values.parameter(self.get("from"), "tag")

    @property
    def to_tag(self) -> str:
        """The tag of To; empty outside a dialog."""
        return values.parameter(self.get("to"), "tag")

    @property
    def from_user(self) -> str:
        """The user of From."""
        return values.Uri.of(values.address(self.get("from"))).user

    @property
    def branch(self) -> str:
        """The branch of the topmost Via."""
        return values.parameter(next(iter(self.listed("via")), ""), "branch")

    def octets(self) -> bytes:
        """The message as it is sent: Content-Length is made to fit."""
        self.replace("content-length", [f"Content-Length: {len(self.body)}"])
        lines = [self.start, *(header.line for header in self.headers), "", ""]
        return "\r\n".join(lines).encode(**ENCODING) + self.body


def parse(data: bytes) -> Message:
    """The message of these octets; raises NotSip. The body goes as far as Content-Length says, else to the end."""
    head, found, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not found:
        raise NotSip("the headers do not end")
    lines = head.decode(**ENCODING).split("\r\n")
    message = Message(lines[0])
    for line in lines[1:]:
        if line[:1] in " \t" and message.headers:
            message.headers[-1] = Header(f"{message.headers[-1].line}\r\n{line}")
        elif ":" in line:
            message.headers.append(Header(line))
        else:
            raise NotSip(f"no header: {line[:40]!r}")
    _check(message)
    length = message.get("content-length")
    message.body = body[: int(length)] if length else body
    return message


def _check(message: Message) -> None:
    words = message.start.split(" ")
    if message.is_request and (len(words) != 3 or words[2] != "SIP/2.0"):
        raise NotSip(f"no request line: {message.start[:60]!r}")
    if not message.is_request and (len(words) < 2 or not words[1].isdigit() or len(words[1]) != 3):
        raise NotSip(f"no status line: {message.start[:60]!r}")
    length = message.get("content-length")
    if length and not length.isdigit():
        raise NotSip(f"a Content-Length of {length[:20]!r}")
    lacking = [name for name in ("via", "from", "to", "call-id") if not message.get(name)]
    if lacking or not message.cseq[1]:
        raise NotSip(f"it lacks {', '.join(lacking) or 'a CSeq'}")


def request(method: str, uri: str, *lines: str, body: bytes = b"") -> Message:
    """A request of the server's own."""
    return Message(f"{method} {uri} SIP/2.0", [Header(line) for line in lines], body)


def answer(to: Message, status: int, *lines: str, tag: str = "", reason: str = "", body: bytes = b"") -> Message:
    """An answer of the server's own to a request; `tag` goes into a To without one."""
    made = Message(f"SIP/2.0 {status} {reason or REASONS.get(status, 'Unknown')}")
    made.headers = [header for header in to.headers if header.name in ("via", "from", "to", "call-id", "cseq")]
    if tag and not to.to_tag:
        made.replace("to", [f"To: {to.get('to')};tag={tag}"])
    made.add(*lines)
    made.body = body
    return made
