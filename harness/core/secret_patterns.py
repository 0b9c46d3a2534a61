"""What looks like a credential in text: each pattern with the words without which it cannot match, and how it masks.

All patterns take linear time on any input: what may repeat has a limit, or ends at the sign with which the next match
would begin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Words = tuple[bytes, ...]
"""In lower case; a match contains one of them, so most texts need no search."""
Replace = Callable[["re.Match[bytes]"], bytes]
MASK, KEY_MASK = b"*", b"x"
"""The second is for base64 text: a dissector reports a description as broken if its key cannot be decoded."""
_NAMES = rb"(?:pass(?:wd|word|wort|phrase)?|pwd|secret|token|api[_-]?key)"
_NAME_WORDS: Words = (b"pass", b"pwd", b"secret", b"token", b"api", b"pin")
_FIELD = rb"(?:\w{0,40}pin\w{0,40}|[\w.-]{0,40}" + _NAMES + rb"[\w.-]{0,40})"
"""A name in a form or a URL."""
_NAME = rb"(?:(?:\w{1,40}_)?pin|[\w.-]{0,40}" + _NAMES + rb"\d{0,3})"
"""The name of a setting or field that holds a secret: what follows as `_prompt` does is no secret."""
_LINE = rb"(?im)(?:^|\A\xef\xbb\xbf)[ \t]{0,16}"
"""A line's beginning, also that of a file with a byte order mark."""
_NAMED = re.compile(rb"(?i)\bname\s{0,8}=\s{0,8}[\"']?" + _NAME + rb"[\"'\s/>]")
_VALUE = re.compile(rb"(?i)\bvalue\s{0,8}=\s{0,8}(?:\"[^\"]+|'[^']+|[^\"'\s>]+)")
_TO_BODY = rb"\r?\n(?:[^\r\n]{1,200}\r?\n){0,4}\r?\n"
"""From a header to the body below it."""


def masked_group(match: re.Match[bytes], mask: bytes = MASK) -> bytes:
    """The whole match with its first group masked."""
    whole, (start, end), offset = match.group(0), match.span(1), match.start(0)
    return whole[: start - offset] + mask * (end - start) + whole[end - offset :]


def _masked_key(match: re.Match[bytes]) -> bytes:
    return masked_group(match, KEY_MASK)


def _masked_unless_blank(match: re.Match[bytes]) -> bytes:
    return masked_group(match) if match.group(1).strip() else match.group(0)


def _masked_value(match: re.Match[bytes]) -> bytes:
    """An element whose name is that of a secret, with its value masked."""
    element = match.group(0)
    return _VALUE.sub(_after_sign, element) if _NAMED.search(element) else element


def _after_sign(match: re.Match[bytes]) -> bytes:
    sign, value = match.group(0).split(b"=", 1)
    shown = len(value) - len(value.lstrip(b" \t\r\n\"'"))
    return sign + b"=" + value[:shown] + MASK * (len(value) - shown)


_COOKIE = re.compile(rb"=([^;\s]+)")


def _masked_cookies(match: re.Match[bytes]) -> bytes:
    return _COOKIE.sub(masked_group, match.group(0))


PATTERNS: list[tuple[Words, re.Pattern[bytes], Replace]] = [
    (
        (b"response", b"cnonce", b"rspauth"),
        re.compile(rb'(?i)\b(?:response|cnonce|rspauth)\s{0,8}=\s{0,8}"?([0-9a-f]{8,})"?'),
        masked_group,
    ),
    ((b"gssapi-data",), re.compile(rb'(?i)\bgssapi-data\s{0,8}=\s{0,8}"([^"]+)"'), masked_group),
    # A form's field, a parameter of a URL, an attribute of XML, a line of a settings file.
    (
        _NAME_WORDS,
        re.compile(rb"(?i)(?:^|[?&\s])" + _FIELD + rb"=(?![\"'])([^&\s]+)"),
        masked_group,
    ),
    (_NAME_WORDS, re.compile(rb"(?i)(?:^|[\s{,?&])" + _NAME + rb"\s{0,8}=\s{0,8}\"([^\"<>]+)\""), masked_group),
    (_NAME_WORDS, re.compile(rb"(?i)(?:^|[\s{,?&])" + _NAME + rb"\s{0,8}=\s{0,8}'([^'<>]+)'"), masked_group),
    # JSON and the like, quoted or a number.
    (
        _NAME_WORDS,
        re.compile(rb"(?i)\"" + _NAME + rb"\"\s{0,8}:\s{0,8}\"((?:[^\"\\]|\\.){1,1024})\"", re.DOTALL),
        masked_group,
    ),
    (_NAME_WORDS, re.compile(rb"(?i)\"" + _NAME + rb"\"\s{0,8}:\s{0,8}(-?\d+)"), masked_group),
    # snom's text settings: the sign tells who may write (user_pass1!: value).
    (
        _NAME_WORDS,
        re.compile(_LINE + _NAME + rb"[ \t]{0,4}[!$&%?*+-][ \t]{0,4}:[ \t]{0,16}([^\r\n]+)"),
        masked_group,
    ),
    # A line of another settings file: `password: word`, `secret => word`, `user_pass1 = word`.
    (
        _NAME_WORDS,
        re.compile(_LINE + _NAME + rb"[ \t]{0,4}(?::|=>?)[ \t]{1,16}([^\s\"'<>]+)[ \t]{0,16}(?=[\r\n;]|\Z)"),
        masked_group,
    ),
    # An element with a name and its value, as <param> and <input> have; a part of a form of many parts.
    ((b"value",), re.compile(rb"<[^<>]{1,600}>"), _masked_value),
    (
        (b"form-data",),
        re.compile(
            rb"(?i)form-data;[^\r\n]{0,200}\bname=\"?" + _NAME + rb"\"?[^\r\n]{0,100}" + _TO_BODY + rb"([^\r\n]+)"
        ),
        masked_group,
    ),
    # Elements of XML; what they hold may be marked as text (CDATA).
    (
        (b"pass", b"secret", b"pin", b"pwd", b"token", b"api"),
        re.compile(rb"(?i)<" + _NAME + rb"(?=[\s>])[^<>]{0,300}>([^<]+)<"),
        _masked_unless_blank,
    ),
    (
        (b"cdata[",),
        re.compile(rb"(?is)<" + _NAME + rb"(?=[\s>])[^<>]{0,300}>\s{0,64}<!\[CDATA\[(.{1,256}?)\]\]>"),
        masked_group,
    ),
    ((b"sip:", b"sips:"), re.compile(rb"(?i)\bsips?:[^\s:@;<>\"\[]{1,128}:([^\s@<>\"]{1,256})@"), masked_group),
    (
        (b"://",),
        re.compile(rb"(?i)\b[a-z][a-z0-9+.-]{1,15}://[^\s/?#:@\"'<>]{0,128}:([^\s/?#@\"'<>]{1,256})@"),
        masked_group,
    ),
    (
        (b"authorization:",),
        re.compile(rb"(?i)\bAuthorization:\s{0,8}(?:Basic|Bearer|Token)\s{1,8}([A-Za-z0-9+/=._~-]+)"),
        masked_group,
    ),
    (
        (b"api-key:", b"apikey:", b"auth-token:"),
        re.compile(rb"(?im)^X-[\w-]{0,40}(?:api-?key|auth-token):[ \t]{0,8}([^\r\n]+)"),
        masked_group,
    ),
    ((b"set-cookie:",), re.compile(rb"(?i)\bSet-Cookie:\s{0,8}[^=;\s]{1,256}=([^;\s]+)"), masked_group),
    ((b"cookie:",), re.compile(rb"(?i)(?<!Set-)\bCookie:[^\r\n]+"), _masked_cookies),
]
KEYS: list[tuple[Words, re.Pattern[bytes], Replace]] = [
    ((b"inline:",), re.compile(rb"(?i)inline:([A-Za-z0-9+/=]{16,})"), _masked_key),
    ((b"a=key-mgmt:",), re.compile(rb"(?i)\ba=key-mgmt:\s{0,8}\w{1,40}\s{1,8}([A-Za-z0-9+/=]{8,})"), _masked_key),
    ((b"k=clear:", b"k=base64:"), re.compile(rb"(?im)^k=(?:clear|base64):([^\r\n]+)"), _masked_key),
]
_PRIVATE_KEY = re.compile(rb"(?i)-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----")
_END_OF_KEY = re.compile(rb"(?i)-----END")


def private_keys(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the private keys of a text begin and end."""
    position = 0
    while begin := _PRIVATE_KEY.search(data, position):
        end = _END_OF_KEY.search(data, begin.end())
        if end is None:
            return
        yield begin.end(), end.start()
        position = end.end()
