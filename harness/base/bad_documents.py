"""Settings documents that a base must not apply, each bad in one way: cut off, foreign, hostile, or too large."""

from __future__ import annotations

from collections.abc import Callable

from harness.core.errors import UsageError

_HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
_GOOD = b'<settings><phone-settings><asset_id perm="RW">obeyed</asset_id><base_name perm="RW">obeyed</base_name>'
PROMISED = b"<!-- " + b"." * 200 + b" -->"
HUGE_BYTES = 24 * 1024 * 1024
"""Larger than any document of a base with nine identities, and larger than the memory of a device of 2011."""


def _cut_off() -> bytes:
    return _HEAD + _GOOD + b'<retry_t1 perm="RW">12'


def _not_xml() -> bytes:
    return b"asset_id=obeyed\r\nbase_name=obeyed\r\n\x00\xff\xfe"


def _entity_bomb() -> bytes:
    """Ten levels of ten entities each: a parser that expands them needs a gigabyte."""
    entities = [b'<!ENTITY a0 "obeyed">']
    entities += [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    doctype = b"<!DOCTYPE settings [" + b"".join(entities) + b"]>\n"
    return (
        _HEAD + doctype + b'<settings><phone-settings><asset_id perm="RW">&a9;</asset_id></phone-settings></settings>'
    )


def _wrong_root() -> bytes:
    return _HEAD + b"<html>" + _GOOD + b"</phone-settings></settings></html>"


def _huge() -> bytes:
    filler = b'<asset_id perm="RW">' + b"x" * HUGE_BYTES + b"</asset_id>"
    return _HEAD + b"<settings><phone-settings>" + filler + b"</phone-settings></settings>"


def _cut_in_transfer() -> bytes:
    """A document that is well-formed where the connection ends, though Content-Length promised more."""
    return _HEAD + _GOOD + b"</phone-settings></settings>" + PROMISED


_KINDS: dict[str, Callable[[], bytes]] = {
    "cut off": _cut_off,
    "not xml": _not_xml,
    "entity bomb": _entity_bomb,
    "wrong root": _wrong_root,
    "huge": _huge,
    "cut in transfer": _cut_in_transfer,
}


def sent(kind: str) -> int | None:
    """The server closes the connection after this many bytes; None if it sends all."""
    return len(document(kind)) - len(PROMISED) if kind == "cut in transfer" else None


def document(kind: str) -> bytes:
    """A bad document by its kind; UsageError for an unknown one."""
    if kind not in _KINDS:
        raise UsageError(f"no bad document {kind!r}", remedy=f"one of {', '.join(_KINDS)}")
    return _KINDS[kind]()
