"""What every SIP server of a rig can do, what a steerable one can do too, and how to ask for an ability."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeGuard, runtime_checkable

from harness.core.errors import NotApplicable

Sender = Literal["base", "peers"]
"""Whose requests a fault hits: what is meant for the base must not cost a peer its registration or its call."""


class Ability(enum.Enum):
    """Abilities that differ between servers; the value is the word of `needs(…)`."""

    STEERABLE = "steerable_pbx"
    """It is a `SteerablePbx`."""
    TRANSPARENT = "transparent_pbx"
    """It passes everything in a call on: what one end sends, the other gets."""
    OWN = "own_pbx"
    """The harness runs it for this rig alone: a refusal is due to the base or wanted by a test."""
    TLS = "tls_pbx"
    """It is a `SecurePbx`: it speaks TLS with a certificate of the harness, whose key opens the capture."""


_WITHOUT = {
    Ability.STEERABLE: "is neither steered nor provoked",
    Ability.TRANSPARENT: "may keep parts of a call to itself",
    Ability.OWN: "is not run by the harness",
    Ability.TLS: "has no certificate of the harness for TLS",
}


@dataclass(frozen=True)
class PbxAccount:
    """A subscriber: user, digest user name and password, the name it shows, and its number where that is no user."""

    user: str
    password: str = field(repr=False)
    display: str = ""
    auth_user: str = ""
    number: str = ""

    @property
    def dialled(self) -> str:
        """What others dial to reach it: the user itself unless the PBX has a number of its own for it."""
        return self.number or self.user

    @property
    def digest_user(self) -> str:
        """The name in the digest: the user itself unless the PBX has another."""
        return self.auth_user or self.user


@runtime_checkable
class Pbx(Protocol):
    """A SIP server of one profile. `accounts` are for the base's identities, `peer_accounts` for the far ends."""

    title: ClassVar[str]
    """Its name in messages about a missing ability."""
    abilities: ClassVar[frozenset[Ability]]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it is seen on the wire; none where its name cannot be looked up."""

    @property
    def accounts(self) -> tuple[PbxAccount, ...]:
        """Subscribers for the base, in the order of its identities."""

    @property
    def peer_accounts(self) -> tuple[PbxAccount, ...]:
        """Subscribers for the peers."""

    @property
    def registrar(self) -> str:
        """Where to register: host or host:port, without `sip:`."""

    @property
    def outbound(self) -> str:
        """The outbound proxy as a URI, or an empty string."""

    def start(self) -> None:
        """Make the server ready for a run; raises RigFault when it does not answer."""

    def stop(self) -> None:
        """End what `start` began; a second call does nothing."""

    def check(self) -> None:
        """Raise RigFault when the server does not answer, unless it was silenced on purpose."""

    def registered(self, user: str) -> bool | None:
        """Whether the server holds a binding of this user; None where it cannot be asked."""


class SteerablePbx(Pbx, Protocol):
    """A server that does what a test wants; `reset_faults` ends all of it but accounts and forks."""

    @property
    def address(self) -> str:
        """Its IPv4 address."""

    @property
    def address6(self) -> str | None:
        """Its IPv6 address, if it has one."""

    @property
    def port(self) -> int:
        """Its port on both, for UDP and TCP."""

    def fault(self, name: str, value: int, of: Sender = "base") -> None:
        """Do something wrong with requests of base or peers from now on, or with 0 no longer."""

    def reset_faults(self) -> None:
        """Do nothing wrong any more, and grant what is asked for."""

    def set_account(self, account: PbxAccount) -> None:
        """Add an account, or change its password."""

    def forget_account(self, login: str) -> None:
        """Know this login no longer."""

    def contacts(self, user: str) -> list[dict[str, Any]]:
        """The bindings of a user."""

    def wait_registered(self, user: str, within: float) -> Mapping[str, Any]:
        """Wait for a binding of a user; raises WaitExpired."""

    def drop(self, user: str) -> None:
        """Forget the bindings of a user."""

    def forks(self, user: str, other: str) -> None:
        """Let calls to a user ring where the other is reached, too."""

    def forks_no_more(self, user: str) -> None:
        """Let them ring at its own contacts only."""

    def send(self, method: str, user: str, headers: str = "", body: str = "") -> None:
        """Send a request outside any dialog to the bindings of a user; each of `headers` ends in CR LF."""

    def fill_mailbox(self, user: str, new: int, old: int = 0) -> None:
        """Have so many messages for a user; who has subscribed to the mailbox is told."""

    def freeze(self) -> None:
        """Answer nothing any more while its sockets stay open: a server that died."""

    def thaw(self) -> None:
        """Go on."""


class SecurePbx(SteerablePbx, Protocol):
    """A server with TLS whose certificate may be replaced."""

    @property
    def secure_port(self) -> int:
        """Its port for TLS; raises NotApplicable where it has no certificate."""

    def reload_certificate(self) -> None:
        """Show new connections the certificate that its file contains by now."""


def can(server: Pbx | type[Pbx], ability: Ability) -> bool:
    """Whether a server can do something; a driver's class answers before there is a server."""
    return ability in server.abilities


def reason_against(server: Pbx | type[Pbx], ability: Ability, *, of: str = "") -> str:
    """Why a server cannot do something, `of` names its profile; empty where it can."""
    if can(server, ability):
        return ""
    return f"the {server.title}{f' of {of}' if of else ''} {_WITHOUT[ability]}"


def steered(server: Pbx) -> SteerablePbx:
    """The server, to be steered; raises NotApplicable for one that is not."""
    if _is_steerable(server):
        return server
    raise NotApplicable(reason_against(server, Ability.STEERABLE))


def secured(server: Pbx) -> SecurePbx:
    """The server with its TLS; raises NotApplicable for one without."""
    if _is_secure(server):
        return server
    raise NotApplicable(reason_against(server, Ability.TLS))


def _is_secure(server: Pbx) -> TypeGuard[SecurePbx]:
    return can(server, Ability.TLS)


def _is_steerable(server: Pbx) -> TypeGuard[SteerablePbx]:
    return can(server, Ability.STEERABLE)
