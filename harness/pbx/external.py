"""A PBX of the lab: described by the rig file, never steered; a command of the rig file may start it with the rig."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

from harness.core import steps
from harness.core.errors import RigFault
from harness.core.limits import Limits
from harness.pbx.accounts import WithAccounts
from harness.pbx.probe import Silence, answer_of_server
from harness.pbx.protocol import Ability, PbxAccount
from harness.pbx.start_command import StartCommand


class ExternalPbx(WithAccounts):
    """Registrar, outbound proxy and accounts as the rig file has them; `within` seconds are given for an answer."""

    title: ClassVar = "external PBX"
    abilities: ClassVar[frozenset[Ability]] = frozenset()

    def __init__(
        self,
        registrar: str,
        accounts: list[PbxAccount],
        *,
        outbound: str = "",
        transport: str = "udp",
        peer_accounts: list[PbxAccount] | None = None,
        within: float = Limits.answer,
        command: StartCommand | None = None,
    ) -> None:
        self._within = within
        self._command = command
        self._registrar = f"[{registrar}]" if _is_six(registrar) else registrar
        self._outbound = outbound
        self._transport = transport
        super().__init__(accounts, peer_accounts)

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """Those of the registrar and of the outbound proxy, as they are looked up once."""
        hosts = (first_hop_of(self._registrar, self._transport)[0], self.first_hop[0])
        return tuple(dict.fromkeys(address for host in hosts for address in _looked_up(host)))

    @property
    def registrar(self) -> str:
        """As in the rig file, an IPv6 address in brackets as URIs have it."""
        return self._registrar

    @property
    def outbound(self) -> str:
        """As in the rig file; empty when none is wanted. Another transport than UDP is asked for by a proxy's URI.

        The base gets it in this form (user_outbound, ";transport=tcp"); a registrar's name cannot contain it.
        """
        if self._transport == "udp" or ";transport=" in self._outbound:
            return self._outbound
        return f"{self._outbound or f'sip:{self._registrar}'};transport={self._transport}"

    def start(self) -> None:
        """Run its start command if it has one, then ask it with OPTIONS; raises RigFault when it does not answer."""
        if self._command is not None:
            self._command.start()
        steps.publish("pbx", f"{self.first_hop[0]} answers OPTIONS: {self._ask()}")

    def check(self) -> None:
        """Raise RigFault when its command has ended, or it no longer answers."""
        if self._command is not None:
            self._command.check()
        self._ask()

    def _ask(self) -> str:
        """Its answer to OPTIONS of a peer's account: guards like fail2ban ban who asks with a name they do not know."""
        host, port = self.first_hop
        known = [account.user for account in (*self.peer_accounts, *self.accounts)]
        try:
            return answer_of_server(
                host, port, name=known[0] if known else "", transport=self._transport, within=self._within
            )
        except Silence as silence:
            text = f"{host} port {port} {silence}"
            raise RigFault(
                "pbx",
                text,
                remedy="check that this host reaches the PBX; check registrar, outbound and transport in the rig "
                "file, and its firewall",
            ) from silence

    def stop(self) -> None:
        """End its start command; a PBX without one runs on."""
        if self._command is not None:
            self._command.stop()

    def registered(self, user: str) -> bool | None:
        """None: it cannot be asked; the capture shows it."""
        return None

    @property
    def first_hop(self) -> tuple[str, int]:
        """Host and port that requests go to: the outbound proxy's if there is one."""
        return first_hop_of(self._outbound or self._registrar, self._transport)


def first_hop_of(server: str, transport: str) -> tuple[str, int]:
    """Host and port of a server as a rig file may write it."""
    text = re.sub(r"^sips?:", "", server).split(";")[0].split("@")[-1]
    usual = 5061 if transport == "tls" else 5060
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?", text)
    if bracketed:
        return bracketed[1], int(bracketed[2] or usual)
    host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    return host, int(port or usual)


def _looked_up(host: str) -> Iterator[str]:
    """The addresses of a host; none where its name is not known here."""
    with contextlib.suppress(OSError, UnicodeError):
        for *_, where in socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM):
            yield str(where[0])


def _is_six(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False
