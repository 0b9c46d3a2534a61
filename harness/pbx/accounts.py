"""The accounts of any SIP server."""

from __future__ import annotations

from collections.abc import Sequence

from harness.core.life_cycle import Starting
from harness.core.redaction import redaction
from harness.pbx.protocol import PbxAccount


class WithAccounts(Starting):
    """A server with accounts for the base's identities and for the peers; their passwords are shown nowhere."""

    def __init__(self, accounts: Sequence[PbxAccount], peer_accounts: Sequence[PbxAccount] | None = None) -> None:
        self._accounts = tuple(accounts)
        self._peer_accounts = tuple(peer_accounts or ())
        for account in (*self._accounts, *self._peer_accounts):
            redaction.register(account.password)

    @property
    def accounts(self) -> tuple[PbxAccount, ...]:
        """Subscribers for the base."""
        return self._accounts

    @property
    def peer_accounts(self) -> tuple[PbxAccount, ...]:
        """Subscribers for the peers."""
        return self._peer_accounts
