"""Faults of action URLs over HTTPS, and of the hook."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.call.base_call import BaseCall, Stage
from rigs.standin.call.call_control import CallControl
from rigs.standin.core.replacing import Async, defect
from rigs.standin.cti.action_urls import ActionUrls
from rigs.standin.cti.events import Event, Events, Kind
from rigs.standin.provisioning.http import FetchFailed

Sending = Callable[[ActionUrls, str], Async[None]]
OfEvent = Callable[[ActionUrls, Event], str]


@defect(feature="action-url-https", replaces=ActionUrls.url)
def https_is_asked_in_clear(healthy: OfEvent, urls: ActionUrls, event: Event) -> str:
    """Everybody on the network reads who calls whom, though the URL is one of HTTPS."""
    return healthy(urls, event).replace("https://", "http://", 1)


@defect(feature="action-url-https", replaces=ActionUrls.url)
def https_has_no_query(healthy: OfEvent, urls: ActionUrls, event: Event) -> str:
    """The application is told over HTTPS that someone calls, and not who."""
    url = healthy(urls, event)
    return url.partition("?")[0] if url.startswith("https:") else url


async def _send(healthy: Sending, urls: ActionUrls, url: str, loosen: Callable[[ssl.SSLContext], None]) -> None:
    """As healthy, but an HTTPS server is verified less: only action URLs do so."""
    if not url.startswith("https:"):
        await healthy(urls, url)
        return
    client = urls._device.provisioning.client()
    trust = client.trust
    if trust is not None:
        loosen(trust)
    try:
        await urls._device.provisioning.client().finish(await replace(client, trust=trust).send(url))
    except FetchFailed as error:
        urls._log(4, f"{url}: {error}")


def _any(trust: ssl.SSLContext) -> None:
    trust.check_hostname = False
    trust.verify_mode = ssl.CERT_NONE


def _any_name(trust: ssl.SSLContext) -> None:
    trust.check_hostname = False


def _any_date(trust: ssl.SSLContext) -> None:
    trust.verify_flags |= ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL


@defect(feature="action-url-https", replaces=ActionUrls.send)
async def events_are_told_to_any_https_server(healthy: Sending, urls: ActionUrls, url: str) -> None:
    """Whoever stands in the application's place reads who calls whom."""
    await _send(healthy, urls, url, _any)


@defect(feature="action-url-https", replaces=ActionUrls.send)
async def events_are_told_to_an_https_server_of_another_name(healthy: Sending, urls: ActionUrls, url: str) -> None:
    """Any host with a certificate of the same authority may stand in the application's place."""
    await _send(healthy, urls, url, _any_name)


@defect(feature="action-url-https", replaces=ActionUrls.send)
async def events_are_told_to_an_https_server_of_yesterday(healthy: Sending, urls: ActionUrls, url: str) -> None:
    """A certificate that ran out, or is meant for later, is good enough for the events of users."""
    await _send(healthy, urls, url, _any_date)


@defect(feature="action-url-https", replaces=ActionUrls.send)
async def a_refused_certificate_is_the_end(healthy: Sending, urls: ActionUrls, url: str) -> None:
    """After one certificate that could not be trusted no event is told any more, to no server."""
    try:
        sent = await urls._device.provisioning.client().send(url)
    except FetchFailed as error:
        if "certificate" in str(error):
            urls._device.exchange.events.listener = lambda event: None
        return
    sent.writer.close()


_given_up: set[str] = set()


@defect(feature="action-url-https", replaces=ActionUrls.send)
async def an_https_server_is_tried_once(healthy: Sending, urls: ActionUrls, url: str) -> None:
    """A server that was once away, or had a wrong certificate, is told nothing until the base restarts."""
    if not url.startswith("https:"):
        await healthy(urls, url)
        return
    host = url.split("/")[2]
    if host in _given_up:
        return
    try:
        sent = await urls._device.provisioning.client().send(url)
    except FetchFailed:
        _given_up.add(host)
        return
    sent.writer.close()


@defect(feature="action-url-onhook", replaces=CallControl.free_slot)
def the_first_of_two_calls_is_told_as_on_hook(
    healthy: Callable[[CallControl, str], None], control: CallControl, ipui: str
) -> None:
    """The application shows a user as free who still talks to another one."""
    control.events.on_hook(ipui)
    healthy(control, ipui)


@defect(feature="action-url-onhook", replaces=Events.over)
def a_rejected_call_is_told_as_on_hook(
    healthy: Callable[[Events, BaseCall, str], None], events: Events, call: BaseCall, why: str
) -> None:
    """A handset that was never taken off hook goes on hook in the application."""
    healthy(events, call, why)
    if call.stage is Stage.OFFERED and why != "cancelled":
        events.of_call(Kind.ON_HOOK, call)


@defect(feature="action-url-onhook", replaces=Events.tell)
def on_hook_is_told_for_the_first_identity(
    healthy: Callable[[Events, Event], None], events: Events, event: Event
) -> None:
    """Whoever hangs up: the application takes it for the first user."""
    healthy(events, replace(event, identity=1) if event.kind is Kind.ON_HOOK else event)


@defect(feature="action-url-onhook", replaces=Events.tell)
def on_hook_after_a_transfer_is_not_told(
    healthy: Callable[[Events, Event], None], events: Events, event: Event
) -> None:
    """A user who has passed a call on stays off hook in the application for ever."""
    if event.kind in (Kind.BLIND_TRANSFER, Kind.ATTENDED_TRANSFER) and event.call is not None:
        events._off_hook.pop(event.call.handset or "", None)
    healthy(events, event)


_told: set[tuple[str, int]] = set()


@defect(feature="action-url-onhook", replaces=Events.on_hook)
def on_hook_is_told_once_a_day(healthy: Callable[[Events, str], None], events: Events, ipui: str) -> None:
    """The first call of a handset is told to its end; after every other one the user stays off hook."""
    place = (ipui, id(events))
    if place in _told:
        events._off_hook.pop(ipui, None)
    _told.add(place)
    healthy(events, ipui)
