"""SIP messages as text: start line, an ordered list of headers in their original spelling, a body of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rigs.standin.sip.values import Address, CSeq, ValueSyntaxError, Via, split_outside

COMPACT = {
    "accept-contact": "a", "allow-events": "u", "call-id": "i", "contact": "m", "content-encoding": "e",
    "content-length": "l", "content-type": "c", "event": "o", "from": "f", "identity": "y", "refer-to": "r",
    "referred-by": "b", "reject-contact": "j", "request-disposition": "d", "session-expires": "x", "subject": "s",
    "supported": "k", "to": "t", "via": "v",
}  # fmt: skip
_LONG = {short: long for long, short in COMPACT.items()}


def header_key(name: str) -> str:
    """The name headers are compared by: lower case, compact forms written out."""
    lower = name.strip().lower()
    return _LONG.get(lower, lower)


def one_line(text: str) -> str:
    """A line of a message, with blanks for line ends within."""
    return text.replace("\r", " ").replace("\n", " ")


class Headers:
    """Header lines in order, spelled as they came; looked up by name in any spelling or compact form."""

    def __init__(self, lines: list[tuple[str, str]] | None = None) -> None:
        self.lines = list(lines or [])

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __contains__(self, name: str) -> bool:
        return self.get(name) is not None

    def get(self, name: str) -> str | None:
        """The first line's value, unsplit."""
        key = header_key(name)
        return next((value for spelled, value in self.lines if header_key(spelled) == key), None)

    def all(self, name: str) -> list[str]:
        """The value of each line of that name, unsplit, in order."""
        key = header_key(name)
        return [value for spelled, value in self.lines if header_key(spelled) == key]

    def values(self, name: str) -> list[str]:
        """All comma-separated values over all lines of that name; commas in quotes and brackets do not split."""
        return [part for line in self.all(name) for part in split_outside(line, ",") if part]

    def tokens(self, name: str) -> set[str]:
        """Values as lower-case tokens without parameters: option tags, methods, event packages."""
        return {value.split(";")[0].strip().lower() for value in self.values(name)}

    def add(self, name: str, value: str) -> None:
        self.lines.append((name, value))

    def set(self, name: str, value: str) -> None:
        """Replaces all lines of that name by one, in the place of the first."""
        key = header_key(name)
        places = [index for index, (spelled, _) in enumerate(self.lines) if header_key(spelled) == key]
        if not places:
            self.add(name, value)
            return
        self.lines[places[0]] = (name, value)
        for index in reversed(places[1:]):
            del self.lines[index]

    def remove(self, name: str) -> None:
        key = header_key(name)
        self.lines = [line for line in self.lines if header_key(line[0]) != key]

    def copy(self) -> Headers:
        return Headers(self.lines)


@dataclass
class Message:
    """What requests and responses have in common."""

    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    @property
    def start_line(self) -> str:
        raise NotImplementedError

    def to_bytes(self, *, compact: bool = False) -> bytes:
        """The message as sent: UTF-8, Content-Length always present and last; `compact` as setting short_form."""
        headers = self.headers.copy()
        headers.remove("Content-Length")
        headers.add("Content-Length", str(len(self.body)))
        spelled = ((COMPACT.get(header_key(n), n) if compact else n, v) for n, v in headers)
        # The last gate: whatever a setting or a far end brought, a value ends with its line.
        head = "\r\n".join(
            one_line(text) for text in [self.start_line, *(f"{name}: {value}" for name, value in spelled)]
        )
        return head.encode("utf-8", errors="surrogateescape") + b"\r\n\r\n" + self.body

    @property
    def via(self) -> Via:
        """The topmost hop."""
        vias = self.headers.values("Via")
        if not vias:
            raise ValueSyntaxError("no Via")
        return Via.parse(vias[0])

    @property
    def cseq(self) -> CSeq:
        return CSeq.parse(self._one("CSeq"))

    @property
    def from_(self) -> Address:
        return Address.parse(self._one("From"))

    @property
    def to(self) -> Address:
        return Address.parse(self._one("To"))

    @property
    def call_id(self) -> str:
        return self._one("Call-ID").strip()

    @property
    def contact(self) -> Address | None:
        """The first Contact; None when absent, `*` or unreadable."""
        for value in self.headers.values("Contact"):
            try:
                return None if value == "*" else Address.parse(value)
            except ValueSyntaxError:
                return None
        return None

    @property
    def content_type(self) -> str:
        """Type and subtype in lower case, empty without a body type."""
        return (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()

    def _one(self, name: str) -> str:
        value = self.headers.get(name)
        if value is None:
            raise ValueSyntaxError(f"no {name}")
        return value


@dataclass
class Request(Message):
    """A request; the URI is kept as text because it may be of any scheme."""

    method: str = ""
    uri: str = ""
    version: str = "SIP/2.0"

    @property
    def start_line(self) -> str:
        return f"{self.method} {self.uri} {self.version}"


@dataclass
class Response(Message):
    """A response; the reason phrase is kept as it came."""

    status: int = 0
    reason: str = ""

    @property
    def start_line(self) -> str:
        return f"SIP/2.0 {self.status} {self.reason}"


REASONS = {
    100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 400: "Bad Request",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
    422: "Session Interval Too Small", 480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops", 486: "Busy Here", 487: "Request Terminated", 488: "Not Acceptable Here",
    489: "Bad Event", 491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
    503: "Service Unavailable", 505: "Version Not Supported", 513: "Message Too Large", 603: "Decline",
}  # fmt: skip


def _tagged(to: str) -> bool:
    """Whether a To value has a tag already."""
    try:
        return bool(Address.parse(to).tag)
    except ValueSyntaxError:
        return ";tag=" in to.lower()


def response_to(request: Request, status: int, reason: str = "", *, tag: str = "") -> Response:
    """A response with the headers that RFC 3261 section 8.2.6.2 copies; `tag` goes to To where it has none."""
    headers = Headers()
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        values = request.headers.all(name)
        for value in values if name == "Via" else values[:1]:
            if name == "To" and tag and status != 100 and not _tagged(value):
                value = f"{value};tag={tag}"
            headers.add(name, value)
    if status < 300:
        for value in request.headers.all("Record-Route"):
            headers.add("Record-Route", value)
    if status == 100 and (timestamp := request.headers.get("Timestamp")):
        headers.add("Timestamp", timestamp)
    return Response(headers, status=status, reason=reason or REASONS.get(status, "Unknown"))
