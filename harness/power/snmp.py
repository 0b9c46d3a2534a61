"""SNMP GET and SET as plain calls; pysnmp's asyncio lives behind them, on a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.core.errors import RigFault
from harness.core.limits import Limits
from harness.core.redaction import redaction

Answer = tuple[Any, Any, Any, Any]
Session = tuple[Any, Any, Any]
RETRIES = 2
SLACK = 10.0
"""Seconds that a question may take beyond its own limit, on a busy machine."""


@dataclass(frozen=True)
class Named:
    """The keys of the rig file that name the credentials and the objects, with the sources of secrets."""

    access: str = "the credentials under power"
    objects: str = "the numbers under power"


class SnmpAccess:
    """One SNMP agent and how it is spoken to: v3 (USM, RFC 3414) if a user is named, else v2c with the community.

    `timeout` is in seconds and holds for all retries together; empty keys leave authentication or privacy out. `named`
    says what the rig file names, for remedies.
    """

    def __init__(
        self,
        host: str,
        udp_port: int = 161,
        *,
        community: str = "",
        user: str = "",
        auth_key: str = "",
        auth_protocol: str = "SHA",
        privacy_key: str = "",
        privacy_protocol: str = "AES",
        timeout: float = Limits.power,
        named: Named = Named(),
    ) -> None:
        self.host = host
        self.port = udp_port
        self._community = redaction.register(community)
        self._user = user
        self._auth = (redaction.register(auth_key), auth_protocol)
        self._privacy = (redaction.register(privacy_key), privacy_protocol)
        self._timeout = timeout
        self._named = named
        self._sessions: list[Session] = []

    @property
    def _who(self) -> str:
        return f"{self.host} port {self.port}"

    def get(self, *oids: str) -> list[Any]:
        """The values of some objects; raises RigFault on silence, refusal or a missing object."""
        return self._call([(oid, None) for oid in oids])

    def set(self, oid: str, value: int) -> None:
        """Write an INTEGER and check that the reply repeats it."""
        [written] = self._call([(oid, value)])
        if int(written) != value:
            text = f"{self._who} wrote {written} to {oid} instead of {value}"
            raise RigFault("switch", text, remedy=self._write_remedy)

    def close(self) -> None:
        """Close the socket; the next question opens a new one."""
        _loop().close(self._sessions)

    def _call(self, asked: list[tuple[str, int | None]]) -> list[Any]:
        import pysnmp.hlapi.v3arch.asyncio  # noqa: F401 - before the limit begins: a busy machine takes seconds for it

        try:
            error, status, index, values = _loop().run(self._ask(asked), self._timeout + SLACK)
        except TimeoutError:
            _loop.cache_clear()
            self._sessions.clear()  # they belong to the old loop
            raise self._stuck() from None
        if error:
            raise self._silence(str(error))
        if status:
            where = asked[int(index) - 1][0] if index else asked[0][0]
            raise RigFault(
                "switch", f"{self._who}: {status.prettyPrint()} at {where}", remedy=self._remedy(status.prettyPrint())
            )
        return [self._value(oid, value) for oid, value in values]

    async def _ask(self, asked: list[tuple[str, int | None]]) -> Answer:
        from pysnmp.hlapi.v3arch import asyncio as hlapi

        if not self._sessions:
            target = await hlapi.UdpTransportTarget.create(
                (self.host, self.port), timeout=self._timeout / (RETRIES + 1), retries=RETRIES
            )
            self._sessions.append((hlapi.SnmpEngine(), self._credentials(hlapi), target))
        engine, credentials, target = self._sessions[0]
        objects = [
            hlapi.ObjectType(hlapi.ObjectIdentity(oid), *([] if value is None else [hlapi.Integer32(value)]))
            for oid, value in asked
        ]
        command = hlapi.get_cmd if asked[0][1] is None else hlapi.set_cmd
        answer: Answer = await command(engine, credentials, target, hlapi.ContextData(), *objects, lookupMib=False)
        return answer

    def _credentials(self, hlapi: Any) -> Any:
        if not self._user:
            return hlapi.CommunityData(self._community, mpModel=1)
        auth = {
            "SHA": hlapi.USM_AUTH_HMAC96_SHA,
            "MD5": hlapi.USM_AUTH_HMAC96_MD5,
            "SHA256": hlapi.USM_AUTH_HMAC192_SHA256,
        }
        privacy = {"AES": hlapi.USM_PRIV_CFB128_AES, "DES": hlapi.USM_PRIV_CBC56_DES}
        keys: dict[str, Any] = {}
        if self._auth[0]:
            keys |= {"authKey": self._auth[0], "authProtocol": auth[self._auth[1]]}
        if self._privacy[0]:
            keys |= {"privKey": self._privacy[0], "privProtocol": privacy[self._privacy[1]]}
        return hlapi.UsmUserData(self._user, **keys)

    def _value(self, oid: Any, value: Any) -> Any:
        if type(value).__name__ in ("NoSuchObject", "NoSuchInstance", "EndOfMibView"):
            text = f"{self._who} has no object {oid}"
            remedy = f"check {self._named.objects} in the rig file"
            raise RigFault("switch", text, remedy=remedy)
        return value

    def _stuck(self) -> RigFault:
        return RigFault(
            "SNMP",
            f"pysnmp has not finished a question to {self._who} in {self._timeout + SLACK:g} s; it was replaced",
            remedy="check the machine's load; the next test gets a fresh SNMP engine; if it returns, report it",
        )

    def _silence(self, error: str) -> RigFault:
        text = f"{self._who}: {error} ({self._timeout:g} s)"
        remedy = f"check {self._named.access}, then UDP port {self.port}; a slow agent needs a higher timing.power"
        if not self._user:
            remedy = f"a wrong community looks the same as no agent: {remedy}"
        return RigFault("switch", text, remedy=remedy)

    @property
    def _write_remedy(self) -> str:
        return f"is {self._named.access} allowed to write, and is the object not locked by the device?"

    def _remedy(self, status: str) -> str:
        return self._write_remedy if "rit" in status or "ccess" in status else f"check {self._named.objects}"


class _Loop:
    """The event loop of all SNMP in this process, on a thread of its own: callers need none and may have one."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="snmp", daemon=True)
        self._thread.start()
        atexit.register(self._end)

    def run(self, question: Coroutine[Any, Any, Answer], within: float) -> Answer:
        """Run one question to its end; raises TimeoutError if the loop is stuck."""
        future = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return future.result(within)
        except TimeoutError:
            future.cancel()
            raise

    def close(self, sessions: list[Session]) -> None:
        """Close the socket of an agent's engine, if it has one."""
        for engine, _, _ in sessions:
            self._loop.call_soon_threadsafe(engine.close_dispatcher)
        sessions.clear()

    def _end(self) -> None:
        """Cancel what is left (pysnmp's timers) and end the thread."""
        with contextlib.suppress(TimeoutError):  # a stuck loop ends with its thread, and that with the process
            asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result(2)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(2)
            self._loop.close()


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@cache
def _loop() -> _Loop:
    return _Loop()
