"""One identity's binding at its registrar: the REGISTER of facts 6.1, refreshed, mended and taken back."""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rigs.standin.core.owner import ended
from rigs.standin.sip.account import Account, alnum
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.locate import NotLocated
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.outbound import Outbound, preloaded_route
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.strategies import (
    ContactStrategy,
    CredentialStrategy,
    InstanceStrategy,
    RefreshStrategy,
    RegisterStrategy,
)
from rigs.standin.sip.transaction import Failure, Outcome
from rigs.standin.sip.transport import UDP, Target
from rigs.standin.sip.values import LONGEST, Address, Uri, ValueSyntaxError, number

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

SIGN_OUT_SECONDS = 2.0
"""How long a REGISTER with Expires 0 may keep the base from going on."""
SHORTEST_NAME_S, LOOK_AGAIN_S = 5.0, 60.0
"""How often the name of a server is looked up at most; and when again, if nobody answered."""
MAX_ROUNDS = 5
"""423, 420 and redirections within one attempt."""


class Registration:
    """The binding of identity `number`. `text` is what the status page shows, `code` the last status, 0 for none."""

    def __init__(self, device: Device, outbound: Outbound, number: int, account: Callable[[int], Account]) -> None:
        self._device = device
        self._outbound = outbound
        self.number = number
        self.account = account(number)
        self.read_account = account
        self.line = alnum(6)
        self.choices = device.strategies.of(number)
        self.authenticator = Authenticator(lambda: self.account, self.choices)
        self.text = "Not active"
        self.code = 0
        self.expires = 0
        self.registered_until = 0.0
        self.target: Target | None = None
        self._redirected = False
        self.agreed_outbound = False
        self._call_id = f"{alnum(8)}@snom"
        self._tag = alnum(6)
        self._cseq = secrets.randbelow(1000) + 1
        self._minimum = 0
        self._refused: set[str] = set()
        self._failures = 0
        self._contact = ""
        self._may_be_bound = False
        self._wake = asyncio.Event()
        self._pinger: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.on_registered: Callable[[], None] = lambda: None

    @property
    def state(self) -> str:
        return self.text

    @property
    def registered(self) -> bool:
        return self.registered_until > time.monotonic()

    @property
    def seconds_left(self) -> int:
        """How long the binding still stands."""
        return max(0, int(self.registered_until - time.monotonic()))

    @property
    def _supported(self) -> list[str]:
        """The option tags that no 420 refused."""
        return self.choices.get(RegisterStrategy).supported(self._refused)

    def start(self) -> None:
        """Reads the account and registers it, if it is active."""
        self.account = self.read_account(self.number)
        if not self.account.usable:
            self.text = "Not active" if not self.account.active else "No account"
            return
        self.text = "Registering"
        self._task = self._device.keep(self._keep, f"registration {self.number}")

    async def stop(self) -> None:
        """Ends refreshing and takes the binding back, unless there is none."""
        if self._task is not None:
            await ended(self._task)
            self._task = None
        if self._may_be_bound:
            await self.sign_out()
        self._not_registered("Not active", 0)

    async def restart(self) -> None:
        """The settings of the identity changed: the old binding goes, a new one is made."""
        await self.stop()
        self.target = None  # the end of a connection to the old server is no reason to register once more
        self.authenticator.forget()
        self._minimum = self._failures = 0
        self._refused.clear()
        self._call_id, self._tag, self.line = f"{alnum(8)}@snom", alnum(6), alnum(6)
        self.start()

    def renew(self) -> None:
        """Registers again now: the link came back, or the connection to the server broke."""
        self._wake.set()

    def address_changed(self) -> None:
        """Addresses of the base changed: registers again where the Contact is not true any more, or never was."""
        if self._task is None:
            return
        try:
            current = self.target is not None and self._contact_for(self.target) == self._contact
        except Unreachable:
            current = True
        if not (self.registered and current):
            self.renew()

    async def _keep(self) -> None:
        while True:
            self._wake.clear()
            due = time.monotonic() + await self._attempt()
            while (left := due - time.monotonic()) > 0 and not self._wake.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(left, await self._name_lasts())):
                        await self._wake.wait()
                if due > time.monotonic() and await self._moved():
                    break

    async def _name_lasts(self) -> float:
        """Seconds until the name of the server, where it has one, has to be looked up again."""
        try:
            named = self.registered and not self._redirected  # a redirection led away from what the name says
            lasts = await self._outbound.lifetime(self.account.uri, self.account) if named else math.inf
        except (NotLocated, ValueSyntaxError):
            lasts = LOOK_AGAIN_S
        return max(lasts, SHORTEST_NAME_S)

    async def _moved(self) -> bool:
        """Whether the name of the server leads elsewhere now, so that nobody would find the base by it."""
        if not self.registered or self._redirected:
            return False
        try:
            targets = await self._outbound.targets(self.account.uri, self.account)
        except (NotLocated, ValueSyntaxError):
            return False
        if self.target in targets:
            return False
        self._log(4, f"the server is at {', '.join(map(str, targets))} now, registering there")
        return True

    async def _attempt(self) -> float:
        """One registration with all its rounds; gives the seconds until the next."""
        strategy = self.choices.get(RefreshStrategy)
        asked = strategy.asked(self.account.expiry, self._minimum)
        try:
            outcome = await self._rounds(asked)
        except (NotLocated, Unreachable, ValueSyntaxError) as failed:
            outcome = Failure("transport", str(failed))
        if isinstance(outcome, Response) and outcome.status < 300:
            return self._succeeded(outcome, strategy, asked)
        self._failures += 1
        said = outcome.text if isinstance(outcome, Failure) else f"{outcome.status} {outcome.reason}"
        code = 0 if isinstance(outcome, Failure) else outcome.status
        wait = strategy.retry(self._failures, code, _retry_after(outcome))
        if isinstance(outcome, Failure) or outcome.status in (408, 500, 503, 504):
            self.text, self.code = f"Failed: {said}", code
        else:
            self._not_registered(f"Failed: {said}", code)
        self._log(3, f"registration failed ({said}), next try in {wait:.1f} s")
        return wait

    async def _rounds(self, asked: int) -> Outcome:
        """Repeats the REGISTER as 423, 420 and 3xx tell. Raises NotLocated, Unreachable."""
        where: Uri | None = None
        outcome: Outcome = Failure("transport", "no round")
        for _ in range(MAX_ROUNDS):
            outcome = await self._register(asked, where)
            if isinstance(outcome, Failure):
                return outcome
            if outcome.status == 423 and (minimum := _seconds(outcome, "Min-Expires")):
                self._minimum = minimum
                larger = self.choices.get(RefreshStrategy).asked(self.account.expiry, minimum)
                if larger == asked:
                    return outcome
                asked = larger
            elif outcome.status == 420 and (refused := outcome.headers.tokens("Unsupported") & set(self._supported)):
                self._refused |= refused
            elif outcome.status in (301, 302) and outcome.contact is not None:
                where = outcome.contact.uri
            else:
                return outcome
        return outcome

    async def _register(self, expires: int, where: Uri | None = None) -> Outcome:
        """One REGISTER, at the first server of the set that answers it; each gets the Contact its family needs."""
        account = self.account
        registrar = where or account.uri
        outcome: Outcome = Failure("transport", "no server")
        for target in await self._outbound.targets(registrar, account, direct=where is not None):
            try:
                contact = self._contact_for(target)
            except Unreachable as unreachable:
                outcome = Failure("transport", str(unreachable))
                continue
            self._may_be_bound = self._may_be_bound or expires > 0
            self._contact = contact
            request = self.request(registrar, contact, expires)
            outcome = await self._outbound.ask(request, [target], self.authenticator, self._renumber)
            if isinstance(outcome, Response) and outcome.status != 503:
                if outcome.status < 300:
                    self.target, self._redirected = target, where is not None
                return outcome
        return outcome

    def _contact_for(self, target: Target) -> str:
        instance = self.choices.get(InstanceStrategy).urn(self._device.mac)
        host_port = self._outbound.host_port(target)
        user = self.account.user_part
        return self.choices.get(ContactStrategy).register(user, host_port, target.transport, self.line, instance)

    def request(self, registrar: Uri, contact: str, expires: int) -> Request:
        """The next REGISTER (facts 6.1)."""
        account, shape = self.account, self.choices.get(RegisterStrategy)
        self._cseq += 1
        headers = Headers()
        if account.outbound and self._device.quirks.get("outbound_proxy_route") == "preloaded":
            headers.add("Route", preloaded_route(self._outbound.proxy(account)))
        headers.add("From", shape.sender(account.address, self._device.mac, self._tag))
        headers.add("To", str(account.address))
        headers.add("Call-ID", self._call_id)
        headers.add("CSeq", f"{self._cseq} REGISTER")
        headers.add("Max-Forwards", "70")
        everybody = expires == 0 and self._device.quirks["sign_out"] == "all"
        headers.add("Contact", "*" if everybody else contact)
        for name, value in shape.extensions(self._supported):
            headers.add(name, value)
        headers.add("User-Agent", self._outbound.agent_name)
        headers.add("Expires", str(expires))
        return Request(headers, method="REGISTER", uri=str(Uri("sip", "", registrar.host, registrar.port)))

    def _renumber(self, number: int) -> int:
        self._cseq = self.choices.get(CredentialStrategy).cseq(number)
        return self._cseq

    def _succeeded(self, response: Response, strategy: RefreshStrategy, asked: int) -> float:
        contact = Address.parse(self._contact).uri
        granted = strategy.granted(response, contact, asked)
        if granted <= 0:
            self._failures += 1
            self._not_registered("Failed: registrar granted nothing", response.status)
            return strategy.retry(self._failures, response.status, None)
        self._failures = 0
        self.text, self.code, self.expires = "Registered", response.status, granted
        self.registered_until = time.monotonic() + granted
        self.agreed_outbound = "outbound" in response.headers.tokens("Require")
        self._plan_ping()
        delay = strategy.delay(granted)
        self._log(5, f"registered for {granted} s, refresh in {delay:.0f} s")
        self.on_registered()
        return delay

    async def sign_out(self) -> None:
        """Takes the binding back, and waits a moment for the confirmation."""
        try:
            async with asyncio.timeout(SIGN_OUT_SECONDS):
                await self._register(0)
        except (NotLocated, Unreachable, ValueSyntaxError, TimeoutError) as failed:
            self._log(3, f"sign-out not confirmed: {str(failed) or 'time-out'}")

    def _not_registered(self, text: str, code: int) -> None:
        self.text, self.code, self.expires = text, code, 0
        self.registered_until = 0.0
        self.agreed_outbound = self._may_be_bound = False
        self._plan_ping()

    def _plan_ping(self) -> None:
        """Keep-alives, only where outbound was agreed (RFC 5626; settings outbound_udp and outbound_tcp)."""
        if self._pinger is not None:
            self._pinger.cancel()
            self._pinger = None
        if not self.agreed_outbound or self.target is None:
            return
        name = "outbound_udp" if self.target.transport == UDP else "outbound_tcp"
        seconds = self._device.settings.int(name)
        if seconds > 0:
            self._pinger = asyncio.get_running_loop().call_later(seconds, self._ping)

    def _ping(self) -> None:
        self._plan_ping()
        if self.target is not None:
            self._outbound.layer.transmit(b"\r\n\r\n", self.target, lambda text: None)

    def connection_broken(self, peer: Target) -> None:
        """A connection ended: a binding that hung on it is renewed."""
        if self._may_be_bound and self.target == peer and peer.transport != UDP:
            self._log(4, f"connection to {peer} broke, registering again")
            self.renew()

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("sip_reg", level, f"Identity {self.number} ({self.account.user}): {text}")


def _seconds(response: Response, name: str) -> int:
    return number((response.headers.get(name) or "").split(";")[0].split("(")[0], most=LONGEST)


def _retry_after(outcome: Outcome) -> int | None:
    if isinstance(outcome, Failure) or outcome.headers.get("Retry-After") is None:
        return None
    return _seconds(outcome, "Retry-After") or None
