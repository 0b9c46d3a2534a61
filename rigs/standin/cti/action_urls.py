"""Action URLs: each event of an identity whose URL is set becomes one GET, in the order of the events.

Requests leave one after the other; their answers are waited for beside that, so that a server which does not answer
delays no call and no other event.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES
from rigs.standin.call.forwarding import Mode
from rigs.standin.cti import variables
from rigs.standin.cti.events import Event, Kind
from rigs.standin.cti.values import Values
from rigs.standin.provisioning.http import FetchFailed, Sent

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

WAITING = 64
"""Events that wait to be sent; the oldest is dropped for one more [inferred]."""
UNANSWERED = 8
"""Requests that wait for an answer at a time; the next one waits until one of them has ended [inferred]."""
ANSWER_BYTES = 64 * 1024


class ActionUrls:
    """The component. It is started last: what happens before waits for the network."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._waiting: asyncio.Queue[str] = asyncio.Queue(WAITING)
        self._room = asyncio.Semaphore(UNANSWERED)
        device.exchange.events.listener = self.happened

    async def start(self) -> None:
        """Follows the settings, and sends what waits."""
        self._device.settings.on_change(self._setting)
        self._device.keep(self._work, "action URLs")

    async def stop(self) -> None:
        """What still waits is dropped."""
        self._device.exchange.events.listener = lambda event: None

    def happened(self, event: Event) -> None:
        """Queues the request of an event, with the values of this moment; nothing where no URL is set."""
        url = self.url(event)
        if url:
            self.queue(url)

    def url(self, event: Event) -> str:
        """The URL of an event with the values of its variables; empty where none is set."""
        if event.identity not in IDENTITIES:
            return ""
        template = self._device.settings.get(event.kind.value, event.identity).strip()
        return variables.expanded(template, Values(self._device, event).get) if template else ""

    def queue(self, url: str) -> None:
        """One more request; the oldest one that waits makes room for it."""
        if self._waiting.full():
            self._log(3, f"{self._waiting.get_nowait()} dropped: too many wait")
        self._waiting.put_nowait(url)

    # -- sending

    async def _work(self) -> None:
        while True:
            await self.send(await self._waiting.get())

    async def send(self, url: str) -> None:
        """Sends a request; its answer is read by another task."""
        await self._room.acquire()
        client = self._device.provisioning.client()
        try:
            sent = await client.send(url)
        except FetchFailed as error:
            self._room.release()
            self._log(4, f"{url} not sent: {error}")
            return
        self._log(6, f"GET {url}")
        self._device.spawn(self._answered(sent, url), "answer of an action URL")

    async def _answered(self, sent: Sent, url: str) -> None:
        """Reads the answer, and follows where it points to; whatever comes, the event was told."""
        try:
            await self._device.provisioning.client().finish(sent, ANSWER_BYTES)
        except FetchFailed as error:
            self._log(4, f"{url}: {error}")
        finally:
            self._room.release()

    # -- settings

    def _setting(self, name: str, idx: int, old: str, new: str) -> None:
        """Do not disturb and forwarding, however they were switched: page, handset or a refresh of settings."""
        if name == "user_dnd":
            self.happened(Event(Kind.DND_ON if new == "true" else Kind.DND_OFF, idx))
        elif name == "user_forward_mode" and forwards(old) != forwards(new):
            self.happened(Event(Kind.FORWARDING_ON if forwards(new) else Kind.FORWARDING_OFF, idx))

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("general", level, f"Action URL: {text}")


def forwards(mode: str) -> bool:
    """Whether a value of user_forward_mode forwards any calls."""
    return mode not in ("", str(int(Mode.OFF)))
