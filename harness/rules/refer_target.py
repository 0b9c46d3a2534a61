"""Where a REFER sends to: the address in Refer-To, and the Replaces that its URI carries (RFC 3515, RFC 3891)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers
from harness.rules.successors import REPLACES, Replaces

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

_ALLOWED = re.compile(r"(?:[\]\[/?:+$\w.!~*'()-]|%[0-9A-Fa-f]{2})*", re.ASCII)
"""The value of a header in a URI (RFC 3261 section 25.1, hvalue): all else is escaped."""


@dataclass(frozen=True)
class Target:
    """The `uri` before its question mark; `raw` is the value of Replaces as it stands behind it, if there is one."""

    uri: str
    raw: str | None = None

    @property
    def user(self) -> str:
        """The user part of the URI."""
        return headers.parse_address(f"<{self.uri}>").user

    @property
    def replaces(self) -> Replaces | None:
        """The dialog in which the caller is to take a place; None for an ordinary call."""
        return None if self.raw is None else Replaces.parse(unquote(self.raw))

    @property
    def is_escaped(self) -> bool:
        """Whether Replaces stands in the URI as the grammar has it."""
        return self.raw is None or _ALLOWED.fullmatch(self.raw) is not None


def target_of(refer: SipMessage) -> Target:
    """The target of a REFER; of several the first."""
    uri = headers.parse_address(next(iter(refer.header("refer-to")), "")).uri
    begins = uri.find("?", uri.find("@") + 1)  # a user part may have a question mark
    if begins < 0:
        return Target(uri)
    for name, _, raw in (field.partition("=") for field in uri[begins + 1 :].split("&")):
        if unquote(name).strip().lower() == REPLACES:
            return Target(uri[:begins], raw)
    return Target(uri[:begins])


def dialog_text(call_id: str, to_tag: str, from_tag: str) -> str:
    """A dialog as Replaces names it."""
    return f"{call_id};to-tag={to_tag or 'none'};from-tag={from_tag or 'none'}"
