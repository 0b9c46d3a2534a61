"""Faults of action URLs: events that are not told, twice, too late, for another identity, or with wrong values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from rigs.standin.base.settings import Settings
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.sip_events import SipEvents
from rigs.standin.core.replacing import Async, defect
from rigs.standin.cti import action_urls, variables
from rigs.standin.cti.action_urls import ActionUrls
from rigs.standin.cti.events import Event, Events, Kind
from rigs.standin.cti.values import Values
from rigs.standin.defects._healthy import InEffect
from rigs.standin.provisioning.http import FetchFailed, Sent
from rigs.standin.sip.incoming import IncomingCall

Telling = Callable[[Events, Event], None]


def _but(healthy: Telling, events: Events, event: Event, *kinds: Kind) -> None:
    if event.kind not in kinds:
        healthy(events, event)


@defect(feature="action-url-offhook", replaces=Events.tell)
def off_hook_is_not_told(healthy: Telling, events: Events, event: Event) -> None:
    """An application never learns that a handset was taken off hook."""
    _but(healthy, events, event, Kind.OFF_HOOK)


@defect(feature="action-url-onhook", replaces=Events.on_hook)
def on_hook_is_not_told(healthy: Callable[[Events, str], None], events: Events, ipui: str) -> None:
    """An application thinks that the handset is off hook for ever."""
    events._off_hook.pop(ipui, None)


@defect(feature="action-url-incoming", replaces=Events.of_call)
def incoming_calls_are_told_when_they_are_taken(
    healthy: Callable[[Events, Kind, BaseCall], None], events: Events, kind: Kind, call: BaseCall
) -> None:
    """The caller's record opens on the screen when the call is answered, not while it rings."""
    if kind is Kind.INCOMING:
        return
    healthy(events, kind, call)
    if kind is Kind.CONNECTED and call.incoming:
        healthy(events, Kind.INCOMING, call)


@defect(feature="action-url-outgoing", replaces=Events.tell)
def outgoing_calls_are_told_as_incoming(healthy: Telling, events: Events, event: Event) -> None:
    """A call that the user makes opens the window for callers."""
    healthy(events, replace(event, kind=Kind.INCOMING) if event.kind is Kind.OUTGOING else event)


@defect(feature="action-url-missed", replaces=Events.over)
def rejected_calls_are_told_as_missed(
    healthy: Callable[[Events, BaseCall, str], None], events: Events, call: BaseCall, why: str
) -> None:
    """A call that the user rejected is on the list of those to call back."""
    healthy(events, call, "cancelled" if call.refused else why)


@defect(feature="action-url-missed", replaces=Events.tell)
def missed_calls_are_not_told(healthy: Telling, events: Events, event: Event) -> None:
    """Callers whom the user missed are never called back."""
    _but(healthy, events, event, Kind.MISSED)


@defect(feature="action-url-connected", replaces=Events.connected)
def answers_are_not_told(healthy: Callable[[Events, BaseCall], None], events: Events, call: BaseCall) -> None:
    """An application never learns that a call was answered, nor that it ended."""


@defect(feature="action-url-disconnected", replaces=Events.over)
def calls_that_never_stood_are_told_as_ended(
    healthy: Callable[[Events, BaseCall, str], None], events: Events, call: BaseCall, why: str
) -> None:
    """An application ends a call that it never saw begin: every busy number counts as a conversation."""
    if call.connected or call.incoming:
        healthy(events, call, why)
    else:
        events.of_call(Kind.DISCONNECTED, call)


@defect(feature="action-url-hold", replaces=Events.tell)
def hold_is_told_twice(healthy: Telling, events: Events, event: Event) -> None:
    """A server counts two holds for one key."""
    healthy(events, event)
    if event.kind is Kind.HOLD:
        healthy(events, event)


@defect(feature="action-url-hold", replaces=SipEvents.on_remote_hold)
def holds_of_the_far_end_are_told(healthy: Callable[[SipEvents, bool], None], events: SipEvents, held: bool) -> None:
    """The application says that the user has put a caller on hold who was put on hold by the caller."""
    healthy(events, held)
    events._exchange.events.of_call(Kind.HOLD if held else Kind.UNHOLD, events._call)


@defect(feature="action-url-unhold", replaces=Events.tell)
def resuming_is_told_as_holding(healthy: Telling, events: Events, event: Event) -> None:
    """A call that was taken back is on hold for ever in the application."""
    healthy(events, replace(event, kind=Kind.HOLD) if event.kind is Kind.UNHOLD else event)


@defect(feature="action-url-blind-transfer", replaces=Events.tell)
def transfers_are_not_told(healthy: Telling, events: Events, event: Event) -> None:
    """A transferred call ends in the application as if the user had hung up."""
    _but(healthy, events, event, Kind.BLIND_TRANSFER)


@defect(feature="action-url-attended-transfer", replaces=Events.tell)
def attended_transfers_are_told_as_blind_ones(healthy: Telling, events: Events, event: Event) -> None:
    """An application takes a call that was announced for one that was passed on unseen."""
    attended = event.kind is Kind.ATTENDED_TRANSFER
    healthy(events, replace(event, kind=Kind.BLIND_TRANSFER) if attended else event)


@defect(feature="action-url-dnd-on", replaces=ActionUrls.happened)
def do_not_disturb_is_told_for_the_first_identity(
    healthy: Callable[[ActionUrls, Event], None], urls: ActionUrls, event: Event
) -> None:
    """When a colleague wants no calls, the first identity's status changes."""
    healthy(urls, replace(event, identity=1) if event.kind is Kind.DND_ON else event)


@defect(feature="action-url-dnd-off", replaces=ActionUrls.happened)
def end_of_do_not_disturb_is_not_told(
    healthy: Callable[[ActionUrls, Event], None], urls: ActionUrls, event: Event
) -> None:
    """Who did not want to be disturbed once is never called again by the application."""
    if event.kind is not Kind.DND_OFF:
        healthy(urls, event)


@defect(feature="action-url-forwarding-on", replaces=action_urls.forwards)
def only_forwarding_of_all_calls_is_told(healthy: Callable[[str], bool], mode: str) -> bool:
    """Forwarding when busy or without an answer is not told."""
    return mode == "1"


@defect(feature="action-url-forwarding-off", replaces=ActionUrls.happened)
def end_of_forwarding_is_told_as_its_beginning(
    healthy: Callable[[ActionUrls, Event], None], urls: ActionUrls, event: Event
) -> None:
    """The application goes on showing that calls are forwarded."""
    healthy(urls, replace(event, kind=Kind.FORWARDING_ON) if event.kind is Kind.FORWARDING_OFF else event)


@defect(feature="action-url-logged-out", replaces=Events.lost)
def handsets_that_leave_are_not_told(healthy: Callable[[Events, str], None], events: Events, ipui: str) -> None:
    """A user whose handset is off is shown as present."""
    events._present.discard(ipui)


@defect(feature="action-url-logged-in", replaces=Events.located)
def handsets_that_return_are_not_told(healthy: Callable[[Events, str], None], events: Events, ipui: str) -> None:
    """A user whose handset was off once is shown as absent for ever."""
    events._present.add(ipui)


@defect(feature="action-url-incoming", replaces=variables.escaped)
def values_are_not_escaped(healthy: Callable[[str], str], value: str) -> str:
    """A caller whose name has an ampersand breaks the application: the rest of the name is another parameter."""
    return value


@defect(feature="action-url-connected", replaces=Values.get)
def the_far_end_is_the_own_number(healthy: Callable[[Values, str], str], values: Values, name: str) -> str:
    """The application looks up the user's own number instead of the caller's."""
    return healthy(values, "local" if name == "remote" else name)


@defect(feature="action-url-disconnected", replaces=ActionUrls._answered)
async def an_error_of_the_server_is_the_end(
    healthy: Callable[[ActionUrls, Sent, str], Async[None]], urls: ActionUrls, sent: Sent, url: str
) -> None:
    """After one error of the web server no event is told any more until the base restarts."""
    try:
        await urls._device.provisioning.client().finish(sent)
    except FetchFailed:
        urls._device.exchange.events.listener = lambda event: None
    finally:
        urls._room.release()


@defect(feature="action-url-connected", replaces=ActionUrls.send)
async def a_dead_server_takes_what_waits_with_it(
    healthy: Callable[[ActionUrls, str], Async[None]], urls: ActionUrls, url: str
) -> None:
    """If one of the servers is not there, events for the others are lost."""
    try:
        sent = await urls._device.provisioning.client().send(url)
    except FetchFailed:
        urls._device.exchange.events.listener = lambda event: None
        return
    sent.writer.close()


@defect(feature="action-url-incoming", replaces=IncomingCall.answer)
async def calls_are_answered_when_the_server_has_answered(
    healthy: Callable[[IncomingCall], Async[None]], call: IncomingCall
) -> None:
    """While the web server does not answer, the user talks and the caller still hears ring-back."""
    urls = call.agent.device.cti
    for _ in range(40):
        if urls._room._value == action_urls.UNANSWERED:
            break
        await asyncio.sleep(0.1)
    await healthy(call)


@defect(feature="action-url-setup", replaces=Settings.in_effect)
def urls_are_those_of_the_first_identity(
    healthy: InEffect, settings: Settings, name: str, idx: int, stored: str
) -> str:
    """All events of all identities are told at the URLs of identity 1."""
    if name in {kind.value for kind in Kind} and idx > 1:
        return settings.stored(name, 1)
    return healthy(settings, name, idx, stored)


_cleared: WeakKeyDictionary[Settings, dict[tuple[str, int], str]] = WeakKeyDictionary()


@defect(feature="action-url-setup", replaces=Settings.in_effect)
def urls_cannot_be_cleared(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """A server that was taken out of the settings goes on getting requests until the base restarts."""
    found = healthy(settings, name, idx, stored)
    if name not in {kind.value for kind in Kind}:
        return found
    known = _cleared.setdefault(settings, {})
    if found:
        known[name, idx] = found
    return known.get((name, idx), found)
