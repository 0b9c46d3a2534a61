"""Lines of the dongle's protocol: terminators, check sums, fields and quoted strings.

ASCII lines, CR LF; a line may end in `*XXXX`, CRC-16/CCITT-FALSE over what stands before the star. Strings are in
double quotes; `\\"` is a quote, `\\xHH` a byte, the bytes are UTF-8.
"""

from __future__ import annotations

import re

LONGEST = 256  # bytes of a command line; a longer one is thrown away whole


class LineError(ValueError):
    """A line that says nothing: not ASCII, a string without end, a bad escape."""


def crc(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, initial FFFF, no reflection, no final xor."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return value


def sealed(text: str) -> str:
    """The line with its check sum."""
    return f"{text}*{crc(text.encode('ascii')):04X}"


def unseal(line: bytes) -> tuple[bytes, bool | None]:
    """The line without its check sum, and whether that was right; None if there was none."""
    found = re.fullmatch(rb"(.*)\*([0-9A-F]{4})", line, re.DOTALL)
    if found is None:
        return line, None
    return found[1], crc(found[1]) == int(found[2], 16)


def quote(text: str) -> str:
    """A string as it stands on the line, all of it printable ASCII."""
    out = []
    for byte in text.encode("utf-8"):
        char = chr(byte)
        if char == '"':
            out.append('\\"')
        elif 0x20 <= byte < 0x7F and char != "\\":
            out.append(char)
        else:
            out.append(f"\\x{byte:02X}")
    return f'"{"".join(out)}"'


def fields(text: str) -> list[str]:
    """The comma-separated fields of a command, strings unquoted; LineError if one is damaged."""
    found: list[str] = []
    rest = text
    while True:
        if rest.startswith('"'):
            value, rest = _string(rest)
        else:
            value, comma, after = rest.partition(",")
            if '"' in value:
                raise LineError("a quote inside a field")
            rest = comma + after
        found.append(value)
        if not rest:
            return found
        if not rest.startswith(","):
            raise LineError("text after a string")
        rest = rest[1:]


def _string(text: str) -> tuple[str, str]:
    found = re.match(r'"((?:[^"\\]|\\"|\\x[0-9A-Fa-f]{2})*)"', text)
    if found is None:
        raise LineError("a string without end or with a bad escape")
    data = re.sub(
        rb'\\(?:x([0-9A-Fa-f]{2})|(["]))',
        lambda part: bytes([int(part[1], 16)]) if part[1] else b'"',
        found[1].encode("ascii"),
    )
    try:
        return data.decode("utf-8"), text[found.end() :]
    except UnicodeDecodeError as error:
        raise LineError("a string that is not UTF-8") from error


class LineBuffer:
    """Cuts bytes into lines at CR or LF; a line that grows too long is dropped up to its end and comes out as None."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._overlong = False

    @property
    def pending(self) -> bool:
        """True while half a line is held."""
        return bool(self._bytes) or self._overlong

    def drop(self) -> None:
        """Forgets half a line."""
        self._bytes.clear()
        self._overlong = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The lines that are complete now, empty ones left out."""
        found: list[bytes | None] = []
        for byte in data:
            if byte in b"\r\n":
                if self._overlong:
                    found.append(None)
                elif self._bytes:
                    found.append(bytes(self._bytes))
                self.drop()
            elif len(self._bytes) >= LONGEST:
                self._overlong = True
                self._bytes.clear()
            elif not self._overlong:
                self._bytes.append(byte)
        return found
