"""Faults of calls that are answered by themselves."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from rigs.standin.base.settings import Settings
from rigs.standin.call import auto_answer
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import InEffect
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.phone import Phone
from rigs.standin.handset.voice import VoicePath
from rigs.standin.sip.message import Request


@defect(feature="auto-answer", replaces=auto_answer.asked)
def answer_mode_is_not_known(healthy: Callable[[Request], int], invite: Request) -> int:
    """Calls of servers that ask by Answer-Mode ring."""
    return auto_answer.RINGS if "Answer-Mode" in invite.headers else healthy(invite)


@defect(feature="auto-answer", replaces=auto_answer.asked)
def answer_after_is_not_known(healthy: Callable[[Request], int], invite: Request) -> int:
    """Calls of servers that ask by Call-Info ring."""
    return auto_answer.RINGS if "Call-Info" in invite.headers else healthy(invite)


@defect(feature="auto-answer", replaces=auto_answer.asked)
def alert_info_is_not_known(healthy: Callable[[Request], int], invite: Request) -> int:
    """Calls of servers that ask by Alert-Info ring."""
    return auto_answer.RINGS if "Alert-Info" in invite.headers else healthy(invite)


@defect(feature="auto-answer", replaces=auto_answer.asked)
def answers_before_its_time(healthy: Callable[[Request], int], invite: Request) -> int:
    """A call that is to ring for some seconds first is answered at once."""
    return min(healthy(invite), 0)


@defect(feature="auto-answer", replaces=auto_answer.allowed)
def anybody_may_listen_in(healthy: Callable[[Settings, int], bool], settings: Settings, identity: int) -> bool:
    """A caller is put through without a key, though Intercom Incoming is off: the room is listened to."""
    return True


@defect(feature="auto-answer", replaces=VoicePath.signal)
def answers_without_a_warning(healthy: Callable[[VoicePath, str], None], voice: VoicePath, kind: str) -> None:
    """The handset answers by itself in silence: who is near does not know that somebody listens."""
    if kind != "auto":
        healthy(voice, kind)


@defect(feature="auto-answer", replaces=Phone._ring)
def second_caller_is_put_through(healthy: Callable[[Phone], None], phone: Phone) -> None:
    """A waiting call is taken by itself: the one that talks is on hold without a key."""
    healthy(phone)
    if phone.waiting is not None and not phone.waiting.answering:
        phone._accept(phone.waiting)


@defect(feature="auto-answer", replaces=Phone.answer_by_itself)
def asked_handset_does_nothing(healthy: Callable[[Phone, HandsetCall], None], phone: Phone, call: HandsetCall) -> None:
    """A handset that is to answer by itself does nothing at all."""


@defect(feature="auto-connect", replaces=Settings.in_effect)
def auto_connect_does_nothing(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """With auto connect calls ring as without it."""
    return "false" if name == "user_auto_connect" else healthy(settings, name, idx, stored)


@defect(feature="auto-connect", replaces=Settings.in_effect)
def auto_connect_is_one_for_all(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Auto connect of one identity puts the callers of all identities through."""
    if name != "user_auto_connect":
        return healthy(settings, name, idx, stored)
    return "true" if any(settings.stored(name, n) == "true" for n in range(1, 10)) else "false"


_was_on: WeakKeyDictionary[Settings, set[int]] = WeakKeyDictionary()


@defect(feature="auto-connect", replaces=Settings.in_effect)
def auto_connect_stays_on(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Auto connect cannot be switched off again until the base restarts: callers are still put through."""
    found = healthy(settings, name, idx, stored)
    if name != "user_auto_connect":
        return found
    known = _was_on.setdefault(settings, set())
    known |= {idx} if found == "true" else set()
    return "true" if idx in known else found
