"""Switching identities of the base on and off, and waiting for their bindings: what every registration test does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.base import catalogue
from harness.capture import headers
from harness.core import clock
from harness.core.errors import InvalidTest
from harness.procedures.context import TestContext
from harness.procedures.judging import rules_first
from harness.procedures.registration.registrar import Registrar

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

FAILURE = 400
LATE_S = 1.0
"""So long after the end of a binding its refresh is waited for: then the end itself is on the record."""


class Registering:
    """The base's bindings at the PBX of the profile; `server` is the PBX's side."""

    def __init__(self, context: TestContext) -> None:
        self.context = context
        self.wire = context.wire
        self.base = context.base
        self.server = Registrar(context)
        self.limit = context.rig.timing.register_
        self.began = clock.now()
        self.identity = 1
        self._handset_of = {entry.identity: entry.number for entry in context.rig.handsets}

    # acts

    def anew(self, identity: int = 1, *, transport: str = "", family: str = "ipv4", **settings: str) -> SipMessage:
        """Switch the identity off, give it these settings, and switch it on again; returns its first REGISTER."""
        self.is_switched_off(identity)
        if transport or family == "ipv6":
            settings["user_outbound"] = self._proxy(transport, family)
        for name, value in settings.items():
            if name == "user_pass":
                self._knows_password(identity, value, settings.get("user_authname", ""))
            self.base.change(name, value, idx=identity)
        return self.is_switched_on(identity)

    def is_switched_on(self, identity: int = 1) -> SipMessage:
        """The identity is made active on its web page; returns its first REGISTER."""
        self.identity = identity
        self.began = self.wire.mark()
        self.base.change("user_active", "on", idx=identity)
        return self.next_request(identity)

    def is_switched_off(self, identity: int = 1) -> None:
        """The identity is made inactive on its web page.

        Whether this unit takes back everybody's bindings then (`*`) is inferred, and answered by the data (`sign_out`).
        """
        self.identity = identity
        self.began = self.wire.mark()
        everybody = "yes" if catalogue.load().chosen("sign_out") == "all" else "no"
        self.context.did("sign-out", at=self.began, user=self.context.account(identity).user, everybody=everybody)
        self.base.change("user_active", "off", idx=identity)

    def is_bound_to(self, identity: int, handset: int) -> None:
        """The identity is one of this handset's from now on, by IPUI on its web page."""
        ipui = next(entry.ipui for entry in self.context.rig.handsets if entry.number == handset)
        self.base.change("user_ipui", ipui, idx=identity)
        self._handset_of[identity] = handset

    def next_request(self, identity: int = 1) -> SipMessage:
        """The first REGISTER of an identity since the last act; one that takes a binding back does not count."""
        what = f"REGISTER of identity {identity}"
        return self._expect(self.wire.default_since, what, where=lambda m: m.expires != 0)

    # bindings

    def is_bound(self, within: float = 0.0) -> SipMessage:
        """The REGISTER is answered 200 on the wire."""
        user = self.context.account(self.identity).user
        with self.context.registering(self.identity, self.began), rules_first(self.context):
            return self.wire.sip.expect(
                status=200,
                cseq_method="REGISTER",
                to_user=user,
                dest=self.context.base_addresses,
                since=self.began,
                where=self._answers_a_registration,
                timeout=within or self.limit,
                what=f"200 to REGISTER of {user}",
                claim=f"{user} is registered",
                **self.context.rule_reference(),
            )

    def is_refreshed(self) -> SipMessage:
        """Another REGISTER comes before the granted time is over; from here on the next one is waited for."""
        answer = self.is_bound()
        granted = self._granted(answer)
        if granted is None or granted > self.limit * 4:
            raise InvalidTest("a short grant", f"the server granted {granted} s")
        refresh = self._expect(answer.at + 0.01, "refreshing REGISTER", timeout=granted + LATE_S)
        self.began = refresh.at
        return refresh

    def was_given_no_gruu(self) -> None:
        """Witness: the 200 gave the base no GRUU (RFC 5627 section 4.2)."""
        answer = self.is_bound()
        given = [name for contact in answer.contacts for name in contact.params if name in ("pub-gruu", "temp-gruu")]
        with self.context.needs_server_support("registration without a GRUU"):
            if given:
                self.context.missing("a 200 without a GRUU", f"{', '.join(given)} in {answer}")

    def all_are_bound(self) -> None:
        """Every identity of the rig was answered 200 since the last act."""
        self.began = self.wire.default_since
        for entry in self.context.rig.handsets:
            self.identity = entry.identity
            self.is_bound()

    def unbinds(self) -> None:
        """The base removes its binding with Expires 0; witness: the server confirms it."""
        gone = self._expect(self.began, "REGISTER with Expires 0", where=lambda m: m.expires == 0)
        self.wire.sip.witness(
            status=200,
            cseq_method="REGISTER",
            to_user=gone.to.user,
            dest=self.context.base_addresses,
            since=gone.at,
            timeout=self.limit,
            what="200",
        )

    def is_one_of_two_bindings(self) -> None:
        """Witness: the 200 lists another binding before the base's, with a time of its own."""
        answer = self.is_bound()
        hosts = [contact.host in self.context.base_addresses for contact in answer.contacts]
        if hosts != [False, True] or not answer.contacts[0].params.get("expires"):
            self.context.missing("a 200 with another phone's binding before the base's", str(answer.header("contact")))

    # small parts

    def _knows_password(self, identity: int, password: str, login: str) -> None:
        """What the digests of the identity are computed with from now on."""
        name = login or self.context.account(identity).digest_user
        self.context.other_passwords.setdefault(name, set()).add(password)

    def _answers_a_registration(self, answer: SipMessage) -> bool:
        """Whether the request that was answered asked for a binding and did not take one back."""
        return any(
            request.expires != 0
            for request in self.wire.sip.all(method="REGISTER", since=self.began, fenced=False, call_id=answer.call_id)
            if request.cseq.number == answer.cseq.number
        )

    def _proxy(self, transport: str, family: str) -> str:
        server = self.server.server
        host = f"[{server.address6}]" if family == "ipv6" else server.address
        return f"sip:{host}:{server.port}" + (f";transport={transport}" if transport else "")

    def _granted(self, answer: SipMessage) -> int | None:
        """What the 200 says of the base's own binding, else of all (RFC 3261 section 10.2.4)."""
        own = [contact for contact in answer.contacts if contact.host in self.context.base_addresses]
        told = headers.number(own[0].params.get("expires", "")) if own else None
        return answer.expires if told is None else told

    def _requests(self) -> list[SipMessage]:
        return self.wire.sip.all(method="REGISTER", source=self.context.base_addresses, since=self.began)

    def _answers(self) -> list[SipMessage]:
        user = self.context.account(self.identity).user
        return self.wire.sip.all(
            cseq_method="REGISTER", dest=self.context.base_addresses, to_user=user, since=self.began
        )

    def _expect(self, since: float, what: str, timeout: float = 0.0, **conditions: Any) -> SipMessage:
        """A REGISTER of the identity under test; where none comes the rules say first what broke."""
        __tracebackhide__ = True
        with rules_first(self.context):
            return self.wire.sip.expect(
                method="REGISTER",
                source=self.context.base_addresses,
                to_user=self.context.account(self.identity).user,
                since=since,
                timeout=timeout or self.limit,
                what=what,
                **conditions,
                **self.context.rule_reference(),
            )

    def _witness_refusal(self, status: int | None, what: str, *, to_credentials: bool = False) -> SipMessage:
        signed = {m.cseq.number for m in self._requests() if m.has("authorization")} if to_credentials else None
        return self.wire.sip.witness(
            status=status,
            cseq_method="REGISTER",
            dest=self.context.base_addresses,
            to_user=self.context.account(self.identity).user,
            since=self.began,
            where=lambda m: m.status >= FAILURE and (signed is None or m.cseq.number in signed),
            timeout=self.limit,
            what=what,
        )
