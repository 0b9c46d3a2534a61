"""Digits that are typed in a call to a mailbox, its PIN among them: telephone events, and the bodies of INFO.

A mailbox is known by the account that the server names in its notices (RFC 3842), or by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.capture import headers, trace
from harness.capture.dialogs import Dialog
from harness.capture.messages import SipMessage
from harness.core.errors import UsageError

_WORDS = (b"message-account", b"voicemail", b"voice-mail", b"mailbox", b"vmail", b"mbox")
_NAME = re.compile(r"(?:voice-?mail|mailbox|vmail|mbox)", re.IGNORECASE)
_ACCOUNT = re.compile(rb"(?im)^Message-Account:[ \t]{0,8}([^\r\n]+)")
_SIGNAL = re.compile(rb"(?im)(^Signal[ \t]{0,8}=[ \t]{0,8})[0-9*#A-D]")
_ALONE = re.compile(rb"(\r?\n\r?\n[ \t]{0,8})[0-9*#A-D]([ \t\r\n]{0,8})\Z", re.IGNORECASE)
_HEADER, _STAR = 12, 10


def typed_digits(capture: bytes) -> list[int]:
    """The numbers of the frames, from 1, that carry a digit typed in a call to a mailbox."""
    small = capture.lower()
    if not any(word in small for word in _WORDS):
        return []
    try:
        found = trace.read_octets(capture, want=(trace.SIP, trace.RTP))
    except UsageError:
        return []
    accounts = set(_accounts(found.sip))
    digits: set[int] = set()
    for dialog in found.dialogs:
        if _is_to_a_mailbox(dialog, accounts):
            digits |= {m.frame for m in dialog.messages if m.method == "INFO" and without_digit(m.octets) != m.octets}
            for stream in found.streams_in(dialog):
                digits |= {int(stream.columns.frame[place]) for place in stream.events}
    return sorted(digits)


def without_digit(payload: bytes) -> bytes:
    """A telephone event or an INFO with a star instead of its digit."""
    if payload[:5].isascii() and payload[:4].isalpha():
        return _ALONE.sub(rb"\1*\2", _SIGNAL.sub(rb"\1*", payload))
    begin = _HEADER + 4 * (payload[0] & 0x0F)
    if payload[0] & 0x10 and len(payload) >= begin + 4:
        begin += 4 + 4 * int.from_bytes(payload[begin + 2 : begin + 4], "big")
    return payload[:begin] + bytes([_STAR]) + payload[begin + 1 :] if begin < len(payload) else payload


def _accounts(messages: list[SipMessage]) -> Iterator[str]:
    for message in messages:
        for account in _ACCOUNT.findall(message.body) if message.method == "NOTIFY" else ():
            yield headers.parse_address(f"<{headers.decoded(account).strip()}>").user


def _is_to_a_mailbox(dialog: Dialog, accounts: set[str]) -> bool:
    called = [m for m in dialog.messages if m.method == "INVITE"]
    users = {user for m in called for user in (m.to.user, headers.parse_address(f"<{m.request_uri}>").user) if user}
    return bool(users & accounts) or any(_NAME.search(user) for user in users)
