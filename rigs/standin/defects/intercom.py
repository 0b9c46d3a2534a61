"""Faults of calls between handsets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rigs.standin.air import protocol as air
from rigs.standin.call import intercom, rules
from rigs.standin.call.intercom import Intercom, InternalCall
from rigs.standin.call.tone_player import TonePlayer
from rigs.standin.core.replacing import defect
from rigs.standin.media.tones import ToneKind

Dialled = Callable[[Intercom, air.Setup], bool]
Released = Callable[[Intercom, InternalCall, air.Release], None]
Voice = Callable[[Intercom, str, bytes], None]
Play = Callable[[TonePlayer, ToneKind], None]


@defect(feature="intercom", replaces=Intercom.dialled)
def intercom_goes_to_the_server(healthy: Dialled, own: Intercom, setup: air.Setup) -> bool:
    """The star code is dialled at the server, which does not know it: handsets cannot call each other."""
    return False


@defect(feature="intercom", replaces=Intercom.dialled)
def intercom_needs_a_registration(healthy: Dialled, own: Intercom, setup: air.Setup) -> bool:
    """A call between handsets is announced to the server as well: it fails while the server is away."""
    device = own._device
    identity = rules.calling_identity(setup.ipui, device.settings)
    if identity and healthy(own, setup):
        own._exchange.run(_announced(own, setup, identity))
        return True
    return False


async def _announced(own: Intercom, setup: air.Setup, identity: int) -> None:
    device = own._device
    await device.sip.invite(identity, setup.number, device.media.new_session(identity), _Deaf())


class _Deaf:
    """A listener that does nothing."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *arguments: None


@defect(feature="intercom", replaces=intercom.handset_number)
def star_code_cannot_be_changed(healthy: Callable[[str, str], int | None], dialled: str, prefix: str) -> int | None:
    """Only *90 calls another handset, whatever is set."""
    return healthy(dialled, "*90")


@defect(feature="intercom", replaces=Intercom.voice)
def only_the_caller_is_heard(healthy: Voice, own: Intercom, ipui: str, frame: bytes) -> None:
    """The called handset is not heard by the one that called."""
    if not any(call.called.ipui == ipui for call in own.calls):
        healthy(own, ipui, frame)


@defect(feature="intercom", replaces=TonePlayer.play)
def no_ring_back_between_handsets(healthy: Play, own: TonePlayer, kind: ToneKind) -> None:
    """Who calls another handset hears nothing while it rings."""


@defect(feature="intercom", replaces=Intercom._refusal)
def busy_handset_rings_too(healthy: Callable[[Intercom, str, str], str], own: Intercom, ipui: str, target: str) -> str:
    """A call between handsets comes through to one that is in a call: its caller is not told that it is busy."""
    found = healthy(own, ipui, target)
    return "" if found == "busy" and not own._quiet(target) else found


@defect(feature="intercom", replaces=Intercom._quiet)
def intercom_disturbs(healthy: Callable[[Intercom, str], bool], own: Intercom, ipui: str) -> bool:
    """A handset with do not disturb rings for calls of other handsets."""
    return False


@defect(feature="intercom", replaces=Intercom._page_over)
def handset_that_is_off_is_called(
    healthy: Callable[[Intercom, InternalCall], None], own: Intercom, call: InternalCall
) -> None:
    """A handset that is off looks busy, and its user is called again and again."""
    if not call.alerted and not call.talking:
        own.finish(call, "busy")


@defect(feature="intercom", replaces=Intercom._released)
def other_handset_is_not_told(
    healthy: Released,
    own: Intercom,
    call: InternalCall,
    message: air.Release,
) -> None:
    """When one handset hangs up, the other one stays in the call."""
    if not call.talking or message.ipui == call.called.ipui:
        healthy(own, call, message)


@defect(feature="intercom", replaces=Intercom._released)
def given_up_intercom_rings_on(
    healthy: Released,
    own: Intercom,
    call: InternalCall,
    message: air.Release,
) -> None:
    """A caller at a handset who gives up leaves the other one ringing."""
    if call.talking or message.ipui == call.called.ipui:
        healthy(own, call, message)


@defect(feature="intercom", replaces=Intercom._released)
def refusal_looks_like_an_end(
    healthy: Released,
    own: Intercom,
    call: InternalCall,
    message: air.Release,
) -> None:
    """The caller is not told that the other handset refused the call."""
    if call.talking or message.ipui != call.called.ipui:
        healthy(own, call, message)
    else:
        own.finish(call, "normal", but=message.ipui)
