"""Keeps secrets out of evidence: masks registered values and everything that looks like a credential.

Masks keep the length, so that a scrubbed packet stays dissectable.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from functools import cache
from html import escape
from urllib.parse import quote, quote_plus
from xml.sax import saxutils

MASK = "*"
KEY_MASK = "x"
"""The mask of base64 text: a dissector reports a description as broken if its key cannot be decoded."""

Words = tuple[bytes, ...]
_KEYS: list[tuple[Words, re.Pattern[bytes]]] = [
    ((b"inline:",), re.compile(rb"(?i)inline:([A-Za-z0-9+/=]{16,})")),
    ((b"a=key-mgmt:",), re.compile(rb"(?i)\ba=key-mgmt:\s*\w+\s+([A-Za-z0-9+/=]{8,})")),
    ((b"k=clear:", b"k=base64:"), re.compile(rb"(?im)^k=(?:clear|base64):([^\r\n]+)")),
]
"""Each pattern with lower-case words; a match contains one of them, so most texts need no search."""
_PATTERNS: list[tuple[Words, re.Pattern[bytes]]] = [
    (
        (b"response", b"cnonce", b"rspauth"),
        re.compile(rb'(?i)\b(?:response|cnonce|rspauth)\s*=\s*"?([0-9a-f]{8,})"?'),
    ),
    ((b"gssapi-data",), re.compile(rb'(?i)\bgssapi-data\s*=\s*"([^"]+)"')),
    ((b"pass", b"pin"), re.compile(rb"(?i)(?:^|[?&\s])\w*(?:pass|password|pin)\w*=([^&\s]+)")),
    ((b"private key",), re.compile(rb"(?is)-----BEGIN [A-Z ]*PRIVATE KEY-----(.+?)-----END")),
    (
        (b"pass", b"secret", b"pin"),
        re.compile(rb"(?i)<(?:\w*(?:pass|passwd|password|secret)|(?:\w+_)?pin)\b[^>]*>([^<]*[^<\s][^<]*)<"),
    ),
    ((b"sip:", b"sips:"), re.compile(rb"(?i)\bsips?:[^\s:@;<>\"\[]+:([^\s@<>\"]+)@")),
    ((b"authorization:",), re.compile(rb"(?i)\bAuthorization:\s*(?:Basic|Bearer)\s+([A-Za-z0-9+/=._~-]+)")),
    ((b"cookie:",), re.compile(rb"(?i)\b(?:Set-)?Cookie:\s*[^=;\s]+=([^;\s]+)")),
]


_LONG = 8
"""From this length on a secret is masked inside words too; a short one, such as a PIN, may be part of a number."""


class Redaction:
    """The secrets of this process and how they are masked; values shorter than four characters are not searched for."""

    shortest = 4

    def __init__(self) -> None:
        self._values: set[bytes] = set()
        self._longest_first: tuple[bytes, ...] = ()
        self._lock = threading.Lock()

    def register(self, value: str) -> str:
        """Remember a secret so that no evidence shows it; returns the value itself."""
        if len(value) >= self.shortest:
            with self._lock:
                self._values |= {form.encode() for form in _spellings(value)}
                self._longest_first = tuple(sorted(self._values, key=len, reverse=True))
        return value

    def mask_bytes(self, data: bytes) -> bytes:
        """The same bytes, same length, with every secret masked."""
        small = data.lower()
        for words, pattern in _PATTERNS:  # before the secrets: one may be spelt like its field's name
            if any(word in small for word in words):
                data = pattern.sub(_mask_group, data)
        for words, pattern in _KEYS:
            if any(word in small for word in words):
                data = pattern.sub(_mask_key, data)
        for value in self._longest_first:
            if value == data:
                return MASK.encode() * len(value)
            if value in data:
                mask = MASK.encode() * len(value)
                found = _as_a_value(value) if _is_a_word(value) else _whole_word(value) if len(value) < _LONG else None
                data = data.replace(value, mask) if found is None else found.sub(mask, data)
        return data

    def mask(self, text: str) -> str:
        """The same text with every secret masked; bytes that are not UTF-8 are kept."""
        return self.mask_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def _spellings(value: str) -> set[str]:
    """The forms of a secret in evidence: plain, in a form's body or URL, in HTML, XML, Python, JSON and base64."""
    in_base64 = b64encode(value.encode()).decode()
    in_markup, in_source = {escape(value), saxutils.escape(value)}, {repr(value)[1:-1], json.dumps(value)[1:-1]}
    return {value, quote(value), quote_plus(value), *in_markup, *in_source, in_base64}


def _is_a_word(value: bytes) -> bool:
    """Whether a secret reads like a word of any text: `password` is the factory's own, `private` an SNMP community."""
    return value.isalpha() and value.islower()


@cache
def _as_a_value(value: bytes) -> re.Pattern[bytes]:
    """The word behind a mark of a value or a binary length, and not itself the name before such a mark."""
    word = re.escape(value) + rb"(?![0-9A-Za-z_])(?![\"']?[ \t]*[=:])"
    marked = rb"(?<=[=:>\"'\x00-\x08\x0e-\x1f\x80-\xff])" + word
    alone = rb"(?<=[=:][ \t])" + word + rb"(?=[ \t]*(?:[\r\n,;}\]\"'<&]|\Z))"  # not a sentence
    return re.compile(marked + b"|" + alone)


@cache
def _whole_word(value: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![0-9A-Za-z])" + re.escape(value) + rb"(?![0-9A-Za-z])")


def _mask_key(match: re.Match[bytes]) -> bytes:
    return _mask_group(match, KEY_MASK)


def _mask_group(match: re.Match[bytes], mask: str = MASK) -> bytes:
    """The whole match with its first group masked."""
    whole = match.group(0)
    start, end = match.span(1)
    offset = match.start(0)
    return whole[: start - offset] + mask.encode() * (end - start) + whole[end - offset :]


redaction = Redaction()
