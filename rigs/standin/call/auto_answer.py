"""Calls that a handset answers by itself: all of an identity with auto connect, and those that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.sip.values import number, read_params, split_outside, unquote

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings
    from rigs.standin.sip.message import Request

RINGS = -1
"""No handset answers by itself."""
LONGEST_S = 60


def seconds(settings: Settings, identity: int, invite: Request) -> int:
    """How long a call rings until the handset answers by itself; RINGS where it does not."""
    if settings.bool("user_auto_connect", identity):
        return 0
    return asked(invite) if allowed(settings, identity) else RINGS


def allowed(settings: Settings, identity: int) -> bool:
    """Whether calls of an identity may ask for it: Intercom Incoming."""
    return settings.bool("allow_intercom_calls", identity)


def asked(invite: Request) -> int:
    """What the caller asks for: Answer-Mode (RFC 5373), Call-Info answer-after, Alert-Info of the vendor."""
    if "auto" in {value.split(";")[0].strip().lower() for value in invite.headers.values("Answer-Mode")}:
        return 0
    for value in invite.headers.values("Call-Info"):
        params = _params(value)
        if "answer-after" in params:
            return number(params["answer-after"], most=LONGEST_S)
    for value in invite.headers.values("Alert-Info"):
        params = _params(value)
        if params.get("info") == "alert-autoanswer":
            return number(params.get("delay"), most=LONGEST_S)
    return RINGS


def _params(value: str) -> dict[str, str]:
    """The parameters behind a URI in angle brackets, without quotes."""
    _, *params = split_outside(value, ";")
    return {name: unquote(text or "") for name, text in read_params(params).items()}
