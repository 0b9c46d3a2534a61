"""Who may pass: challenges, credentials, and whose name is in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dialect import values
from harness.dialect.digest import PROXY, STATUS, WWW, Digest, Login, Outcome, Wishes

if TYPE_CHECKING:
    from harness.dialect.core import Core
    from harness.dialect.transactions import ServerTransaction


class Admission:
    """Asks for credentials as the faults of the sender say."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.digest = Digest(core.options.realm, core.registrar.passwords, life=core.options.nonce_life)

    def lets_in(self, server: ServerTransaction, sender: str) -> bool:
        """Whether the request may go on; if not, it has been answered."""
        core, asked = self._core, server.request
        steers = core.faults.of
        registers = asked.method == "REGISTER"
        knows_no_fault = registers and sender == "peers"
        if steers(sender, "challenge_off") and not knows_no_fault:
            return True
        header = WWW if registers or steers(sender, "challenge_401") or self._always_401(sender) else PROXY
        login = self.digest.judge(asked, header)
        if login.outcome is Outcome.RIGHT and not knows_no_fault and core.faults.take(sender, "stale"):
            login = Login(Outcome.STALE, login.user)
        if login.outcome is not Outcome.RIGHT:
            wishes = Wishes(header, stale=login.outcome is Outcome.STALE)
            if not knows_no_fault:
                strange = registers and bool(steers(sender, "strange"))
                qop = bool(steers(sender, "qop")) or core.platform.qop
                wishes = Wishes(header, qop, wishes.stale, strange)
            server.respond(STATUS[header], *self.digest.challenge(wishes))
            return False
        users = [asked.from_user, *([_user(asked.get("to"))] if registers else [])]
        if any(core.registrar.owner(login.user) != user for user in users):
            server.respond(403, reason="Forbidden auth ID")
            return False
        return True

    def _always_401(self, sender: str) -> bool:
        return sender == "base" and self._core.platform.challenge == "401"

    def challenges(self, kinds: list[str]) -> list[str]:
        """The header lines of fresh challenges: `www`, `proxy`."""
        headers = [WWW if kind == "www" else PROXY for kind in kinds]
        return [line for header in headers for line in self.digest.challenge(Wishes(header))]


def _user(value: str) -> str:
    return values.Uri.of(values.address(value)).user
