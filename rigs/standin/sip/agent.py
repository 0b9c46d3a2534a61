"""The SIP user agent of the base: nine identities, their calls, and what changes around them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from rigs.standin.sip.account import Account
from rigs.standin.sip.call import Call
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.interface import CallListener, MediaSession
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.mailbox import Mailbox
from rigs.standin.sip.notify import MailboxState
from rigs.standin.sip.outbound import Outbound
from rigs.standin.sip.outgoing import OutgoingCall
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.presence import Activity, Presence
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import PUBLISHES, CalleeStrategy, TosStrategy
from rigs.standin.sip.transport import Target, Transport
from rigs.standin.sip.values import Uri, ValueSyntaxError, escape_user

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.sip.incoming import IncomingCall

IDENTITIES = range(1, 10)
ACCOUNT_SETTINGS = {
    "user_active", "user_realname", "user_name", "user_host", "user_outbound", "user_authname", "user_pass",
    "user_expiry", "user_pbxtype",
}  # fmt: skip


class SipAgent:
    """Registers the identities, places and takes calls.

    `on_incoming` is awaited for each new call that got past the checks; `on_message_waiting` hears of mailboxes.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.inbound = wire = Inbound(self)
        self.transport = Transport(wire.received, wire.garbage, self._broken, device.owner, device.trust)
        self.layer = TransactionLayer(self.transport, wire.request, wire.ack, wire.stray, wire.sent, device.owner)
        self.outbound = Outbound(device, self.transport, self.layer)
        self.identities = {n: Registration(device, self.outbound, n, self.account) for n in IDENTITIES}
        self.mailboxes = {n: Mailbox(self, registration) for n, registration in self.identities.items()}
        self.presences = {n: Presence(self, registration) for n, registration in self.identities.items()}
        self.activity: Callable[[int], Activity] = lambda identity: Activity.ONLINE
        for number, registration in self.identities.items():
            registration.on_registered = partial(self._registered, number)
        self.calls: list[Call] = []
        self._lingering: set[Call] = set()
        self.idle = asyncio.Event()
        self.idle.set()
        self.on_incoming: Callable[[IncomingCall], Awaitable[None]] | None = None
        self.on_message_waiting: Callable[[MailboxState], None] = lambda state: None
        self._changed: set[int] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._forget_settings: Callable[[], None] = lambda: None
        self._restarting = {n: asyncio.Lock() for n in IDENTITIES}
        self._running = False
        self._link = True

    # --- life

    async def start(self) -> None:
        """Opens the sockets and registers every active identity; a port that is taken gives way to a free one."""
        settings = self.device.settings
        self._read_timers()
        try:
            await self.transport.start(settings.int("sip_port"), self._tos())
        except Unreachable as taken:
            self.device.log.write("sip_other", 0, f"{taken}; SIP takes another port")
            await self.transport.start(0, self._tos())
        self._forget_settings = settings.on_change(self._setting_changed)
        self.device.on_network_change(self._network_changed)
        self._link = self.device.network.link
        self._running = True
        for registration in self.identities.values():
            registration.start()

    async def stop(self) -> None:
        """Hangs up, takes every binding back and closes the sockets."""
        self._running = False
        self._forget_settings()
        await asyncio.gather(*(self._hang_up(call) for call in tuple(self.calls)))
        subscriptions = (mailbox.stop() for mailbox in self.mailboxes.values())
        told = (presence.stop() for presence in self.presences.values())
        await asyncio.gather(*subscriptions, *told, *(registration.stop() for registration in self.identities.values()))
        for task in tuple(self._tasks):
            task.cancel()
        self.layer.stop()
        await self.transport.stop()

    def background(
        self, work: Coroutine[Any, Any, Any], name: str, *, failed: Callable[[], None] = lambda: None
    ) -> asyncio.Task[None]:
        """Runs something that outlives the function that began it; `failed` clears away if it fails."""
        task = self.device.spawn(work, f"sip {name}", failed=failed)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- what the exchange asks

    async def invite(
        self,
        identity: int,
        target: str,
        media: MediaSession,
        listener: CallListener,
        *,
        proxy: str = "",
        says: Mapping[str, str] | None = None,
    ) -> OutgoingCall:
        """Calls a number or URI, by way of `proxy` if one is named, with the further headers that the INVITE `says`.

        Failures of any kind, bad numbers too, come as `on_ended` of the listener.
        """
        registration = self.identities[identity]
        uri, way, trouble = Uri("sip", "", "invalid"), None, ""
        try:
            uri = self.callee(registration.account, target)
            way = Uri.parse(f"sip:{proxy.removeprefix('sip:')}") if proxy else None
        except ValueSyntaxError as wrong:
            trouble = str(wrong)
        call = OutgoingCall(self, registration, media, listener, uri)
        call.proxy, call.says = way, dict(says or {})
        self.add(call)
        call.start(trouble)
        return call

    def callee(self, account: Account, target: str) -> Uri:
        """The URI of what a user dialled: a number at the registrar, or an address. Raises ValueSyntaxError."""
        text = target.strip()
        if not account.usable:
            raise ValueSyntaxError(f"identity {account.number} has no account")
        if not text:
            raise ValueSyntaxError("nothing dialled")
        if text.lower().startswith(("sip:", "sips:", "tel:")):
            return Uri.parse(text)
        user, at, host = text.rpartition("@")
        if at:
            return Uri.parse(f"sip:{escape_user(user)}@{host}")
        if "." in text or "[" in text:  # a host by its address
            return Uri.parse(f"sip:{text}")
        numbers = self.device.strategies.of(account.number).get(CalleeStrategy)
        return numbers.uri(escape_user(text), account.uri.host, account.uri.port)

    async def transfer(self, call: Call, number: str, progress: Callable[[int], None]) -> int:
        """Sends the far end of a call to a number or URI; see `Referring.ask`. A bad number is 404."""
        try:
            uri = self.callee(call.registration.account, number)
        except ValueSyntaxError as wrong:
            call.log(3, f"transfer: {wrong}")
            return 404
        return await call.referring.ask(call.referring.refer_to(uri), progress)

    async def join(self, call: Call, other: Call, progress: Callable[[int], None]) -> int:
        """Sends the far end of a call to that of another one; see `Referring.ask`. 481 if that call has no dialog."""
        if other.dialog is None:
            return 481
        return await call.referring.ask(call.referring.refer_to_dialog(other.dialog), progress)

    def account(self, number: int) -> Account:
        """The settings of an identity as they are now."""
        settings = self.device.settings
        return Account(
            number=number,
            active=settings.bool("user_active", number),
            display=settings.get("user_realname", number),
            user=settings.get("user_name", number),
            host=settings.get("user_host", number).strip(),
            outbound=settings.get("user_outbound", number).strip(),
            authname=settings.get("user_authname", number),
            password=settings.get("user_pass", number),
            expiry=settings.int("user_expiry", number),
        )

    def accounts(self) -> list[Account]:
        """The accounts in use, by number."""
        return [registration.account for registration in self.identities.values()]

    def add(self, call: Call) -> None:
        """A call begins."""
        self.calls.append(call)
        self.idle.clear()

    # --- what calls ask

    @property
    def known_calls(self) -> list[Call]:
        """The calls that stand, and those whose dialogs linger."""
        return [*self.calls, *self._lingering]

    def forget(self, call: Call) -> None:
        """The call is over; its dialog lingers, as ACKs and repeated requests may still come."""
        if call in self.calls:
            self.calls.remove(call)
            self._lingering.add(call)
            asyncio.get_running_loop().call_later(64 * self.layer.t1, self._lingering.discard, call)
        if not self.calls:
            self.idle.set()

    def trusts(self, registration: Registration, target: Target | None) -> bool:
        """Whether the far end is the server of the identity, whose word on callers counts."""
        return target is not None and registration.target is not None and target.host == registration.target.host

    # --- the outside changes

    def _setting_changed(self, name: str, idx: int, old: str, new: str) -> None:
        if name in ACCOUNT_SETTINGS and idx in self.identities:
            if not self._changed:
                asyncio.get_running_loop().call_soon(self._restart_changed)
            self._changed.add(idx)
        elif name == "user_mailbox":
            self.background(self._restart_part(idx, self.mailboxes[idx]), f"mailbox of identity {idx}")
        elif name == PUBLISHES:
            self.background(self._restart_part(idx, self.presences[idx]), f"presence of identity {idx}")
        elif name in ("retry_t1", "short_form"):
            self._read_timers()
        elif name == "tos_sip":
            self.transport.set_tos(self._tos())

    def _restart_changed(self) -> None:
        changed, self._changed = self._changed, set()
        for number in sorted(changed):
            self.background(self._restart(number), f"restart of identity {number}")

    async def _restart(self, number: int) -> None:
        async with self._restarting[number]:
            await self.mailboxes[number].stop()
            await self.presences[number].stop()
            server = self.identities[number].target
            if self._running:
                await self.identities[number].restart()
                self._leave(server, number)

    def _leave(self, server: Target | None, number: int) -> None:
        """The connection to an earlier server is closed, unless another identity or a call has it."""
        others = [one.target for n, one in self.identities.items() if n != number]
        if server is not None and server not in others and not self.calls:
            self.transport.close_to(server)

    async def _restart_part(self, number: int, part: Mailbox | Presence) -> None:
        async with self._restarting[number]:
            await part.stop()
            if self._running and self.identities[number].registered:
                part.start()

    def _registered(self, number: int) -> None:
        self.mailboxes[number].start()
        self.presences[number].start()

    def _broken(self, target: Target) -> None:
        if self._running:
            for registration in self.identities.values():
                registration.connection_broken(target)

    def _network_changed(self) -> None:
        """A new address is told to the servers; a cable that came back as setting ethernet_replug says."""
        replugged = self.device.network.link and not self._link
        self._link = self.device.network.link
        if not self._running or not self._link:
            return
        what = self.device.settings.get("ethernet_replug") if replugged else ""
        if what == "reboot":
            self.background(self.device.reboot(), "reboot after replug")
            return
        for registration in self.identities.values():
            if what == "reregister":
                registration.renew()
            else:
                registration.address_changed()

    def _read_timers(self) -> None:
        self.layer.t1 = max(self.device.settings.int("retry_t1"), 10) / 1000
        self.layer.compact = self.device.settings.bool("short_form")

    def _tos(self) -> int:
        return self.device.strategies.get(TosStrategy).byte(self.device.settings.int("tos_sip"))

    async def _hang_up(self, call: Call) -> None:
        try:
            async with asyncio.timeout(2):
                await call.hangup()
        except TimeoutError:
            call.log(3, "the far end did not confirm the end")
