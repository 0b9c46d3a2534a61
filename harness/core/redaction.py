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

from harness.core import secret_patterns

MASK = "*"
_LONG = 8
"""From this length on a secret is masked inside words too; a short one, such as a PIN, may be part of a number."""

_REMEMBERED = 1024
"""Octets of the longest text whose masked form is remembered: lines of a night are alike, and each is masked twice."""
_MOST = 8192
"""Texts that are remembered at most."""


class Redaction:
    """The secrets of this process and how they are masked; values shorter than four characters are not searched for."""

    shortest = 4

    def __init__(self) -> None:
        self._values: set[bytes] = set()
        self._longest_first: tuple[bytes, ...] = ()
        self._known: dict[bytes, bytes] = {}
        self._lock = threading.Lock()

    def register(self, value: str) -> str:
        """Remember a secret so that no evidence shows it; returns the value itself."""
        forms = {form.encode() for form in _spellings(value)} if len(value) >= self.shortest else set()
        with self._lock:
            if not forms <= self._values:
                self._values |= forms
                self._longest_first = tuple(sorted(self._values, key=len, reverse=True))
                self._known = {}  # another one: what is being masked by the old values goes into the old one
        return value

    def mask_bytes(self, data: bytes) -> bytes:
        """The same bytes, same length, with every secret masked."""
        if len(data) > _REMEMBERED:
            return self._masked(data)
        known = self._known
        masked = known.get(data)
        if masked is None:
            masked = self._masked(data)
            if len(known) >= _MOST:
                known.clear()
            known[data] = masked
        return masked

    def mask(self, text: str) -> str:
        """The same text with every secret masked; bytes that are not UTF-8 are kept."""
        return self.mask_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def _masked(self, data: bytes) -> bytes:
        small = data.lower()
        # Before the secrets: one may be spelt like its field's name.
        for words, pattern, replaced in (*secret_patterns.PATTERNS, *secret_patterns.KEYS):
            if any(word in small for word in words):
                data = pattern.sub(replaced, data)
        for begin, end in secret_patterns.private_keys(data) if b"private key" in small else ():
            data = data[:begin] + MASK.encode() * (end - begin) + data[end:]
        for value in self._longest_first:
            if value == data:
                return MASK.encode() * len(value)
            if value in data:
                mask = MASK.encode() * len(value)
                found = _as_a_value(value) if _is_a_word(value) else _whole_word(value) if len(value) < _LONG else None
                data = data.replace(value, mask) if found is None else found.sub(mask, data)
        return data


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


redaction = Redaction()
