"""How a binding is kept: refreshed in time, and as the binding it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import InvalidTest
from harness.procedures.registering import Registering

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


class Refreshing(Registering):
    """The refreshes of an identity's binding."""

    def is_refreshed_as_it_was(self, first: SipMessage, times: int = 2) -> None:
        """Each refresh is for the same binding: same Call-ID, higher CSeq, same Contact (RFC 3261 §10.2.4)."""
        for _ in range(times):
            refresh = self.is_refreshed()
            self.desk.same("a refresh keeps the Call-ID", refresh.call_id, first.call_id, first, refresh)
            self.desk.same("a refresh keeps the Contact", refresh.contact, first.contact, first, refresh)
            if refresh.cseq.number <= first.cseq.number:
                claim = "CSeq grows with each refresh"
                self.desk.broken(claim, f"more than {first.cseq.number}", refresh.cseq.number, [first, refresh])
            first, self.began = refresh, refresh.at

    def is_one_of_two_bindings(self) -> None:
        """Witness: the 200 lists another binding before the base's, with a time of its own."""
        answer = self.is_bound()
        hosts = [contact.host in self.desk.base_addresses for contact in answer.contacts]
        if hosts != [False, True] or not answer.contacts[0].params.get("expires"):
            self.desk.missing("a 200 with another phone's binding before the base's", str(answer.header("contact")))

    def is_refreshed(self) -> SipMessage:
        """Another REGISTER comes before the granted time is over, and not in a hurry."""
        first = self.is_bound()
        granted = self._granted(first)
        if granted is None or granted > self.limit * 4:
            raise InvalidTest("a short grant", f"the server granted {granted} s")
        claim = "a binding is refreshed before it ends"
        refresh = self._expect(first.at + 0.2, "refreshing REGISTER", claim, timeout=granted)
        if refresh.at - first.at < granted / 4:
            self.desk.broken(
                "a refresh is not sent in a hurry", f"after {granted / 4:g} s", refresh.at - first.at, [refresh]
            )
        return refresh

    def _granted(self, answer: SipMessage) -> int | None:
        """What the 200 says of the base's own binding, else of all (RFC 3261 section 10.2.4)."""
        own = [contact for contact in answer.contacts if contact.host in self.desk.base_addresses]
        told = own[0].params.get("expires", "") if own else ""
        return int(told) if told.isdigit() else answer.expires
