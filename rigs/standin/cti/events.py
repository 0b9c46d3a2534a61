"""The events that an identity's action URLs are for, and how the exchange tells of them (presentation, CTI)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES
from rigs.standin.call import rules
from rigs.standin.call.base_call import BaseCall, Stage

if TYPE_CHECKING:
    from rigs.standin.base.device import Device


class Kind(Enum):
    """The seventeen events of the presentation; the value is the setting that holds the URL [inferred]."""

    DND_ON = "action_dnd_on_url"
    DND_OFF = "action_dnd_off_url"
    FORWARDING_ON = "action_redirection_on_url"
    FORWARDING_OFF = "action_redirection_off_url"
    INCOMING = "action_incoming_url"
    OUTGOING = "action_outgoing_url"
    OFF_HOOK = "action_offhook_url"
    ON_HOOK = "action_onhook_url"
    MISSED = "action_missed_url"
    CONNECTED = "action_connected_url"
    DISCONNECTED = "action_disconnected_url"
    LOGGED_IN = "action_log_on_url"
    LOGGED_OUT = "action_log_off_url"
    HOLD = "action_hold"
    UNHOLD = "action_unhold"
    BLIND_TRANSFER = "action_blind_transfer"
    ATTENDED_TRANSFER = "action_attended_transfer"


@dataclass(frozen=True)
class Event:
    """Something that happened to an identity, in a call or outside of any."""

    kind: Kind
    identity: int
    call: BaseCall | None = None


class Events:
    """What the exchange tells of calls and handsets; `listener` hears each event as it happens."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._off_hook: dict[str, Event] = {}
        self._present: set[str] = set()
        self.listener: Callable[[Event], None] = lambda event: None

    # calls

    def of_call(self, kind: Kind, call: BaseCall) -> None:
        """An event of a call."""
        self.tell(Event(kind, call.identity, call))

    def connected(self, call: BaseCall) -> None:
        """Both ends agree that the call stands; it stands on where another far end takes the place of the first."""
        if not call.over and not call.connected:
            call.connected = True
            self.of_call(Kind.CONNECTED, call)

    def over(self, call: BaseCall, why: str) -> None:
        """A call is about to be taken out of the books: it was talked in, or missed, or neither."""
        if call.connected:
            self.of_call(Kind.DISCONNECTED, call)
        elif call.stage is Stage.OFFERED and why == "cancelled":
            self.of_call(Kind.MISSED, call)

    # handsets

    def off_hook(self, ipui: str, identity: int, call: BaseCall | None = None) -> None:
        """A handset takes or makes a call by an identity; its first one takes it off hook."""
        if ipui not in self._off_hook:
            self._off_hook[ipui] = event = Event(Kind.OFF_HOOK, identity, call)
            self.tell(event)

    def on_hook(self, ipui: str) -> None:
        """A handset has no call any more: its identity is that of the call by which it went off hook."""
        before = self._off_hook.pop(ipui, None)
        if before is not None:
            self.tell(Event(Kind.ON_HOOK, before.identity, before.call))

    def located(self, ipui: str) -> None:
        """A handset is at the base; one that was there already has not logged in anew."""
        if ipui not in self._present:
            self._present.add(ipui)
            self._of_handset(Kind.LOGGED_IN, ipui)

    def lost(self, ipui: str) -> None:
        """A handset is switched off, out of reach, or belongs to the base no more."""
        if ipui in self._present:
            self._present.discard(ipui)
            self._of_handset(Kind.LOGGED_OUT, ipui)

    def _of_handset(self, kind: Kind, ipui: str) -> None:
        for identity in IDENTITIES:
            if ipui in rules.bound(self._device.settings, identity):
                self.tell(Event(kind, identity))

    def tell(self, event: Event) -> None:
        """Passes an event on."""
        self.listener(event)
