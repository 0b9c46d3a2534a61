"""SNMP GET and SET as plain calls; pysnmp's asyncio lives behind them, one loop an agent."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Coroutine
from typing import Any

from harness.errors import RigFault
from harness.redaction import redaction

RETRIES = 2


class SnmpAccess:
    """One SNMP agent and how it is spoken to: v3 (USM, RFC 3414) if a user is named, else v2c with the community.

    `timeout` is in seconds and holds for all retries together; empty keys leave authentication or privacy out.
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
        timeout: float = 2.0,
    ) -> None:
        self.host = host
        self.port = udp_port
        self._community = redaction.register(community)
        self._user = user
        self._auth = (redaction.register(auth_key), auth_protocol)
        self._privacy = (redaction.register(privacy_key), privacy_protocol)
        self._timeout = timeout
        self._line = _Line()
        weakref.finalize(self, self._line.close)

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
            raise RigFault("switch", f"{self._who} wrote {written} to {oid} instead of {value}", remedy=WRITE_REMEDY)

    def close(self) -> None:
        """Close the socket; the next question opens a new one."""
        self._line.close()

    def _call(self, asked: list[tuple[str, int | None]]) -> list[Any]:
        error, status, index, values = self._line.run(self._ask(asked))
        if error:
            raise self._silence(str(error))
        if status:
            where = asked[int(index) - 1][0] if index else asked[0][0]
            raise RigFault("switch", f"{self._who}: {status.prettyPrint()} at {where}", remedy=_remedy(status))
        return [self._value(oid, value) for oid, value in values]

    async def _ask(self, asked: list[tuple[str, int | None]]) -> tuple[Any, Any, Any, Any]:
        from pysnmp.hlapi.v3arch import asyncio as hlapi

        if self._line.session is None:
            target = await hlapi.UdpTransportTarget.create(
                (self.host, self.port), timeout=self._timeout / (RETRIES + 1), retries=RETRIES
            )
            self._line.session = (hlapi.SnmpEngine(), self._credentials(hlapi), target)
        engine, credentials, target = self._line.session
        objects = [
            hlapi.ObjectType(hlapi.ObjectIdentity(oid), *([] if value is None else [hlapi.Integer32(value)]))
            for oid, value in asked
        ]
        command = hlapi.get_cmd if asked[0][1] is None else hlapi.set_cmd
        answer: tuple[Any, Any, Any, Any] = await command(
            engine, credentials, target, hlapi.ContextData(), *objects, lookupMib=False
        )
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
            remedy = "check power.group, power.port and power.if_index (RFC 3621 indexes ports by group and port)"
            raise RigFault("switch", text, remedy=remedy)
        return value

    def _silence(self, error: str) -> RigFault:
        text = f"{self._who}: {error} ({self._timeout:g} s)"
        if not self._user:
            remedy = "a wrong community looks the same as no agent: check power.community ($M9_SNMP), then UDP 161"
        else:
            remedy = "check power.v3 (user, keys, protocols), then UDP 161"
        return RigFault("switch", text, remedy=remedy)


WRITE_REMEDY = "is the community allowed to write, and the port not locked by the switch?"


def _remedy(status: Any) -> str:
    return WRITE_REMEDY if "rit" in status.prettyPrint() or "ccess" in status.prettyPrint() else "check power.* OIDs"


class _Line:
    """The event loop and the engine of one agent; they live together, as the engine's socket belongs to the loop."""

    def __init__(self) -> None:
        self.session: tuple[Any, Any, Any] | None = None
        self._runner: asyncio.Runner | None = None

    def run(self, question: Coroutine[Any, Any, tuple[Any, Any, Any, Any]]) -> tuple[Any, Any, Any, Any]:
        """Run one question to its end."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(question)

    def close(self) -> None:
        """End engine and loop; a second call does nothing."""
        if self._runner is None:
            return
        if self.session is not None:
            self._runner.run(_closed(self.session[0]))
        self._runner.close()
        self._runner, self.session = None, None


async def _closed(engine: Any) -> None:
    engine.close_dispatcher()
