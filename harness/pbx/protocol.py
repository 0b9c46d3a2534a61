"""What every PBX of a rig can: who may register where, and four acts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable


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
