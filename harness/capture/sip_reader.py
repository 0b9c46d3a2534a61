"""Reads one SIP message from its octets: the only reader of SIP, for live and for stored packets."""

from __future__ import annotations

import dataclasses
import functools
import re
import sys
from collections.abc import Iterator
from typing import Any

from harness.capture import headers, mime, sdp
from harness.capture.headers import Address
from harness.capture.messages import CSeq, SipMessage

_TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
_REQUEST = re.compile(rf"({_TOKEN}) ([^ \t]+) SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 ([1-6][0-9][0-9]) (.*)", re.DOTALL)
_ODD_REQUEST = re.compile(rf"[ \t]*({_TOKEN})[ \t]+([^ \t].*?)[ \t]+SIP/[0-9.]+[ \t]*", re.IGNORECASE | re.DOTALL)
_ODD_RESPONSE = re.compile(r"[ \t]*SIP/[0-9.]+[ \t]+([0-9]{3})[ \t]*(.*)", re.IGNORECASE | re.DOTALL)
_FIRST_LINE = re.compile(
    rb"(?:\r?\n)*(?:SIP/2\.0 [1-6][0-9]{2}\b|[A-Za-z0-9\-.!%*_+`'~]{1,32} [^ \r\n]+ SIP/2\.0\r?\n)"
)
_CSEQ = re.compile(rf"([0-9]+)[ \t]+({_TOKEN})")
_VIA = re.compile(rf"SIP[ \t]*/[ \t]*2\.0[ \t]*/[ \t]*{_TOKEN}[ \t]+[^ \t;]", re.IGNORECASE)
_TAG = re.compile(r";[ \t]*tag[ \t]*=", re.IGNORECASE)
_AFTER_NUMBER = re.compile(r"[;( \t]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.", re.DOTALL)
# Headers with a number alone, or before parameters and a comment (RFC 3261 §25.1, RFC 3262, RFC 4028).
_NUMBERS = {"max-forwards": 255, "expires": headers.LARGEST, "min-expires": headers.LARGEST, "min-se": headers.LARGEST,
            "session-expires": headers.LARGEST, "content-length": headers.LARGEST, "retry-after": headers.LARGEST,
            "rseq": headers.LARGEST}  # fmt: skip
_ONCE = ("call-id", "cseq", "from", "to", "max-forwards", "content-length", "content-type")
_REQUIRED = ("via", "from", "to", "call-id", "cseq")
_LARGEST_CSEQ = 2**31 - 1


def looks_like_sip(octets: bytes) -> bool:
    """Whether octets begin with a request line or a status line of SIP."""
    return _FIRST_LINE.match(octets) is not None


def sip_message(
    frame: int,
    at: float,
    src: str,
    sport: int,
    dst: str,
    dport: int,
    transport: str,
    octets: bytes,
    *,
    cut: bool = False,
    protocols: str = "",
    fields: dict[str, Any] | None = None,
) -> SipMessage:
    """The message in `octets`, valid or not; wrong syntax is listed in its `problems`.

    `cut`: the capture holds only the beginning of the packet.
    """
    lines, rest = headers.split_lines(octets)
    if cut and not headers.has_whole_head(octets):
        del lines[max(1, len(lines) - 1) :]  # the last line may be incomplete
    first = lines[0] if lines else ""
    pairs, problems = _pairs(lines[1:])
    names = [headers.full_name(name) for name, _ in pairs]
    known = {name: value for name, (_, value) in zip(reversed(names), reversed(pairs), strict=True)}
    start, misspelt = _start(first)
    length = headers.number(known.get("content-length", ""))
    body = rest if length is None else rest[:length]
    descriptions = [mime.sdp_of(known.get("content-type", ""), body)] if body else []
    description = next((sdp.parse(text) for text in descriptions if text is not None), None)
    problems += [f"the first line: {first[:80]!r}"] if misspelt else []
    problems += [] if cut else [*_missing(known), *_repeated(names)]
    if transport in ("tcp", "tls") and "content-length" not in known and not cut:
        problems.append("no Content-Length on a stream")
    problems += _misspelt(known)
    ends = [(name, value) for name, (_, value) in zip(names, pairs, strict=True) if name in ("via", "contact")]
    problems += [problem for name, value in ends for problem in _ends(name, value)]
    problems += description.problems if description and not cut else ()
    return SipMessage(
        frame, at, src, sport, dst, dport, transport, protocols, {} if fields is None else fields,
        **start,
        cseq=_cseq(known.get("cseq", "")),
        call_id=known.get("call-id", ""),
        from_=headers.parse_address(known.get("from", "")),
        to=headers.parse_address(known.get("to", "")),
        headers=tuple(pairs),
        body=body,
        first_line=first,
        sdp_or_none=description,
        problems=tuple(problems),
        surplus=len(rest) - len(body),
        cut=cut,
        octets=octets,
    )  # fmt: skip


class Repetitions:
    """Marks repeated messages: the same octets between the same ends.

    The same octets have the same branch, so this is a repetition within one transaction (RFC 3261 §17); two answers
    with different tags are two answers.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def marked(self, message: SipMessage) -> SipMessage:
        """The message, with `resend` set if it came before."""
        key = hash((message.src, message.sport, message.dst, message.dport, message.octets))
        if key in self._seen:
            return dataclasses.replace(message, resend=True)
        self._seen.add(key)
        return message


def _start(line: str) -> tuple[dict[str, Any], bool]:
    """The content of the first line, and whether its form is wrong."""
    if request := _REQUEST.fullmatch(line):
        return {"method": request.group(1), "request_uri": request.group(2)}, False
    if response := _RESPONSE.fullmatch(line):
        return {"status": int(response.group(1)), "reason": response.group(2)}, False
    if odd := _ODD_RESPONSE.fullmatch(line):
        return {"status": int(odd.group(1)), "reason": odd.group(2)}, True
    if odd := _ODD_REQUEST.fullmatch(line):
        return {"method": odd.group(1), "request_uri": odd.group(2)}, True
    return {}, True


def _pairs(lines: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Names and values in order, and the lines that are not a header."""
    pairs, problems = [], []
    for line in lines:
        name, colon, value = line.partition(":")
        name = sys.intern(name.strip(" \t"))
        if not colon or not _is_token(name):
            problems.append(f"a line that is no header: {line[:60]!r}")
        if colon:
            pairs.append((name, value.strip(" \t")))
    return pairs, problems


def _missing(known: dict[str, str]) -> Iterator[str]:
    for name in _REQUIRED:
        if name not in known:
            yield f"no {name.title()}"


def _repeated(names: list[str]) -> Iterator[str]:
    for name in _ONCE if len(set(names)) < len(names) else ():
        if names.count(name) > 1:
            yield f"{names.count(name)} {name.title()} headers"


def _misspelt(known: dict[str, str]) -> Iterator[str]:
    """Fields with wrong content; `known` has the first value of each header."""
    for name, largest in _NUMBERS.items():
        text = known.get(name)
        if text is None or headers.number(text, largest) is not None:
            continue
        if headers.number(_AFTER_NUMBER.split(text, maxsplit=1)[0], largest) is None:
            yield f"{name.title()}: {text[:60]}"
    if "cseq" in known and not _is_cseq(known["cseq"]):
        yield f"CSeq: {known['cseq'][:60]}"
    for name in ("from", "to"):
        value = known.get(name)
        if value is not None and (not _is_address(headers.parse_address(value)) or len(_TAG.findall(value)) > 1):
            yield f"{name.title()}: {value[:60]}"


def _ends(name: str, text: str) -> Iterator[str]:
    """The problems of one Contact or Via header."""
    if name == "via":
        for value in headers.split_list(text):
            if not _VIA.match(value):
                yield f"Via: {value[:60]}"
    for value in headers.split_list(text) if name == "contact" else ():
        address = headers.parse_address(value)
        expires = address.params.get("expires")
        if not (_is_address(address) or value == "*") or (expires is not None and headers.number(expires) is None):
            yield f"Contact: {value[:60]}"


@functools.lru_cache(maxsize=4096)
def _is_token(name: str) -> bool:
    return re.fullmatch(_TOKEN, name) is not None


def _is_address(address: Address) -> bool:
    return bool(_SCHEME.match(address.uri))


def _is_cseq(value: str) -> bool:
    match = _CSEQ.fullmatch(value)
    return match is not None and headers.number(match.group(1), _LARGEST_CSEQ) is not None


@functools.lru_cache(maxsize=4096)
def _cseq(value: str) -> CSeq:
    """Number and method; another word than a number is read as 0."""
    words = [word for word in re.split(r"[ \t]+", value) if word]
    method = words[-1] if words and re.fullmatch(_TOKEN, words[-1]) and not words[-1].isdigit() else ""
    return CSeq((headers.number(words[0], _LARGEST_CSEQ) or 0) if words else 0, method)
