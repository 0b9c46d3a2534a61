"""Lines of the dongle's protocol, version 1: check sums, quoting, and what kind of line one is.

Pure functions over bytes; a line that is damaged says so and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KEYS = frozenset(
    [
        *"0123456789*#",
        *("OFFHOOK", "ONHOOK", "SPEAKER", "LEFT", "RIGHT", "UP", "DOWN", "OK", "SOFT1", "SOFT2"),
        *("MESSAGE", "HOLD", "TRANSFER", "VOLUP", "VOLDOWN", "POWER"),
    ]
)
BUSY = 4
CRC_ERROR = 5
NOT_SUPPORTED = 6

LONGEST_RECOVERED = 1024
MOST_STARTS = 32
"""Where a line is looked for in noise: not in all of it, as each place costs a check sum."""

_CHECKED = re.compile(rb"(.*)\*([0-9A-F]{4})", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\]|\\"|\\x[0-9A-Fa-f]{2})*)"')
_ESCAPE = re.compile(rb'\\(?:x([0-9A-Fa-f]{2})|")')
_STARTS = re.compile(rb"OK|ERROR |!|\+[A-Z]+:")


class DamagedLine(ValueError):
    """A line that must not be acted upon; the text says why."""


@dataclass(frozen=True)
class Final:
    """The end of an answer: `code` 0 is OK."""

    code: int = 0
    text: str = ""


@dataclass(frozen=True)
class Information:
    """A line of an answer, as it came, without its check sum."""

    text: str


@dataclass(frozen=True)
class Unsolicited:
    """An unsolicited line: the dongle's milliseconds and its words, strings unquoted."""

    ms: int
    words: tuple[str, ...]


Line = Final | Information | Unsolicited


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, initial FFFF, nothing reflected, no final xor."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = ((value << 1) ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def seal(line: str) -> bytes:
    """A command as it goes out: check sum and CR LF."""
    data = line.encode("ascii")
    return data + b"*%04X\r\n" % crc16(data)


def quote(text: str) -> str:
    """A string as it stands on the line: UTF-8, everything but printable ASCII escaped."""
    escaped = "".join(
        '\\"' if byte == 0x22 else chr(byte) if 0x20 <= byte < 0x7F and byte != 0x5C else f"\\x{byte:02X}"
        for byte in text.encode("utf-8")
    )
    return f'"{escaped}"'


def unquote(string: str) -> str:
    """The text of a quoted string without its outer quotes; raises DamagedLine on what is no UTF-8."""

    def byte(match: re.Match[bytes]) -> bytes:
        return bytes([int(match[1], 16)]) if match[1] else b'"'

    try:
        return _ESCAPE.sub(byte, string.encode("utf-8")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedLine(f"string is no UTF-8: {string!r}") from error


def fields(text: str) -> list[str]:
    """The comma-separated fields of an information line, strings unquoted; raises DamagedLine."""
    found: list[str] = []
    while True:
        value, text = _field(text, ",")
        found.append(value)
        if not text:
            return found
        text = text[1:]


def words(text: str) -> tuple[str, ...]:
    """The words of an unsolicited line, strings unquoted; raises DamagedLine."""
    found: list[str] = []
    text = text.strip(" ")
    while text:
        value, text = _field(text, " ")
        found.append(value)
        text = text.lstrip(" ")
    return tuple(found)


def _field(text: str, separator: str) -> tuple[str, str]:
    if text.startswith('"'):
        string = _STRING.match(text)
        if string is None or text[string.end() : string.end() + 1] not in ("", separator):
            raise DamagedLine(f"string without end: {text!r}")
        return unquote(string[1]), text[string.end() :]
    value, found, rest = text.partition(separator)
    if '"' in value:
        raise DamagedLine(f"quote inside a word: {value!r}")
    return value, found + rest


def parse(raw: bytes, *, sealed: bool = False) -> Line:
    """What a received line is; `sealed` makes the check sum compulsory. Raises DamagedLine."""
    data = _open(raw, sealed)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedLine(f"no UTF-8: {data!r}") from error
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text):
        raise DamagedLine(f"control characters: {data!r}")
    if text == "OK":
        return Final()
    if text.startswith("ERROR"):
        refusal = re.fullmatch(r"ERROR (\d{1,3})(?: (.*))?", text)
        if refusal is None:
            raise DamagedLine(f"no error line: {text!r}")
        return Final(int(refusal[1]) or 1, refusal[2] or "")
    if text.startswith("!"):
        told = re.fullmatch(r"!(\d{1,15}) (\S.*)", text)
        if told is None:
            raise DamagedLine(f"no unsolicited line: {text!r}")
        return Unsolicited(int(told[1]), words(told[2]))
    return Information(text)


def _open(raw: bytes, sealed: bool) -> bytes:
    """The line without its check sum, if that is right."""
    checked = _CHECKED.fullmatch(raw)
    if checked is None:
        if sealed:
            raise DamagedLine(f"no check sum: {raw!r}")
        return raw
    if crc16(checked[1]) != int(checked[2], 16):
        raise DamagedLine(f"check sum is wrong: {raw!r}")
    return checked[1]


def recover(raw: bytes) -> tuple[Line, bool] | None:
    """The whole line at the end of a damaged one, as noise before a line leaves it; only its check sum proves it.

    Also says whether something may be lost: what stands before the line is more than unprintable noise.
    """
    if _CHECKED.fullmatch(raw) is None:
        return None
    starts = list(_STARTS.finditer(raw, max(1, len(raw) - LONGEST_RECOVERED)))
    for start in starts[-MOST_STARTS:]:
        try:
            line = parse(raw[start.start() :], sealed=True)
        except DamagedLine:
            continue
        return line, any(0x20 < byte < 0x7F for byte in raw[: start.start()])
    return None


class LineBuffer:
    """Cuts what arrives into lines at CR or LF; a line that never ends is given out when it is `longest` bytes long."""

    def __init__(self, longest: int = 65536) -> None:
        self._pending = b""
        self._longest = longest

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, empty ones left out."""
        *lines, self._pending = re.split(rb"[\r\n]", self._pending + data)
        if len(self._pending) > self._longest:
            lines.append(self._pending)
            self._pending = b""
        return [line for line in lines if line]
