"""Calls that take the place of another one: no user began them, and no list counts them as calls of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.capture import headers

if TYPE_CHECKING:
    from harness.rules.call_evidence import CallEvidence

REPLACES, REFERRED_BY = "replaces", "referred-by"


@dataclass(frozen=True)
class Replaces:
    """The dialog that an INVITE takes over, as its receiver knows it (RFC 3891 section 6.1)."""

    call_id: str
    own_tag: str
    far_tag: str
    early_only: bool

    @classmethod
    def parse(cls, value: str) -> Replaces:
        """Read the value of a Replaces header; what is missing is empty."""
        call_id, *rest = [part.strip() for part in value.split(";")]
        pairs = {name.strip().lower(): text.strip() for name, _, text in (part.partition("=") for part in rest)}
        return cls(call_id, pairs.get("to-tag", ""), pairs.get("from-tag", ""), "early-only" in pairs)


def is_successor(call: CallEvidence) -> bool:
    """Whether a call began to take the place of another: with Replaces, or by a REFER that the base obeys."""
    opening = call.opening
    if opening is None:
        return False
    return bool(opening.header(REPLACES)) or (not call.incoming and bool(opening.header(REFERRED_BY)))


def wishes(refer_to: str) -> dict[str, str]:
    """The headers that a Refer-To asks for, unescaped, by their names in lower case."""
    _, _, asked = headers.parse_address(refer_to).uri.partition("?")
    pairs = (part.partition("=") for part in asked.split("&") if part)
    return {unquote(name).lower(): unquote(value) for name, _, value in pairs}
