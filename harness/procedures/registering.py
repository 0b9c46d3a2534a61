"""Switching identities of the base on and off, and whether they are bound: what every registration test does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness import clock
from harness.base import catalogue
from harness.procedures.desk import Desk
from harness.procedures.registrar import Registrar

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

FAILURE = 400
QUIET = 3.0
"""How long, in seconds, nothing may follow where nothing should."""


class Registering:
    """The base's bindings at the PBX of the profile; `server` is the PBX's side."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.wire = desk.wire
        self.base = desk.base
        self.server = Registrar(desk)
        self.limit = desk.rig.timing.register_
        self.began = clock.now()
        self.identity = 1

    # acts

    def anew(self, identity: int = 1, *, transport: str = "", family: str = "ipv4", **settings: str) -> SipMessage:
        """Switch the identity off, give it these settings, and switch it on again; returns its first REGISTER."""
        self.is_switched_off(identity)
        if transport or family == "ipv6":
            settings["user_outbound"] = self._proxy(transport, family)
        for name, value in settings.items():
            self.base.change(name, value, idx=identity)
        return self.is_switched_on(identity)

    def is_switched_on(self, identity: int = 1) -> SipMessage:
        """The identity is made active on its web page; returns its first REGISTER."""
        self.identity = identity
        self.began = self.wire.mark()
        self.base.change("user_active", "on", idx=identity)
        return self.next_request(identity)

    def is_switched_off(self, identity: int = 1) -> None:
        """The identity is made inactive on its web page."""
        self.identity = identity
        self.began = self.wire.mark()
        self.base.change("user_active", "off", idx=identity)

    def is_bound_to(self, identity: int, handset: int) -> None:
        """The identity is one of this handset's from now on, by IPUI on its web page."""
        ipui = next(entry.ipui for entry in self.desk.rig.handsets if entry.number == handset)
        self.base.change("user_ipui", ipui, idx=identity)

    def next_request(self, identity: int = 1) -> SipMessage:
        """The first REGISTER of an identity since the last act; one that takes a binding back does not count."""
        return self._expect(
            self.wire.default_since,
            f"REGISTER of identity {identity}",
            f"identity {identity} registers",
            where=lambda m: m.expires != 0,
        )

    # bindings

    def is_bound(self, within: float = 0.0) -> SipMessage:
        """The REGISTER is answered 200 on the wire."""
        user = self.desk.account(self.identity).user
        with self.desk.registering(self.identity, self.began):
            return self.wire.sip.expect(
                status=200,
                cseq_method="REGISTER",
                to_user=user,
                dest=self.desk.base_addresses,
                since=self.began,
                where=self._answers_a_registration,
                timeout=within or self.limit,
                what=f"200 to REGISTER of {user}",
                claim=f"{user} is registered",
                **self.desk.cites(),
            )

    def was_given_no_gruu(self) -> None:
        """Witness: the 200 gave the base no GRUU (RFC 5627 section 4.2)."""
        answer = self.is_bound()
        given = [name for contact in answer.contacts for name in contact.params if name in ("pub-gruu", "temp-gruu")]
        with self.desk.leaning_on_the_server("registration without a GRUU"):
            if given:
                self.desk.missing("a 200 without a GRUU", f"{', '.join(given)} in {answer}")

    def all_are_bound(self) -> None:
        """Every identity of the rig was answered 200 since the last act."""
        self.began = self.wire.default_since
        for entry in self.desk.rig.handsets:
            self.identity = entry.identity
            self.is_bound()

    def unbinds(self) -> None:
        """The base removes its binding with Expires 0; witness: the server confirms it."""
        claim = "an identity that is switched off is de-registered"
        gone = self._expect(self.began, "REGISTER with Expires 0", claim, where=lambda m: m.expires == 0)
        self._leaves_other_phones_alone(gone)
        confirmed = self.wire.sip.witness(
            status=200,
            cseq_method="REGISTER",
            to_user=gone.to.user,
            dest=self.desk.base_addresses,
            since=gone.at,
            timeout=self.limit,
            what="200",
        )
        left = [str(contact) for contact in confirmed.contacts if contact.host in self.desk.base_addresses]
        if left:
            self.desk.broken("a de-registration leaves no binding", "no Contact of the base", left, [gone, confirmed])

    # small parts

    def _leaves_other_phones_alone(self, gone: SipMessage) -> None:
        """The binding that is taken back is the base's own.

        Inferred, and answered by the data (`sign_out`): `*`, which takes back everybody's, is lawful too.
        """
        text = ", ".join(gone.header("contact"))
        if text.strip() == "*" and catalogue.load().chosen("sign_out") == "all":
            return
        if not text or not all(contact.host in self.desk.base_addresses for contact in gone.contacts):
            claim = "a de-registration takes back the own binding only (inferred; settings.choices.sign_out)"
            self.desk.broken(claim, "the own Contact", text or "no Contact", [gone])

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

    def _requests(self) -> list[SipMessage]:
        return self.wire.sip.all(method="REGISTER", source=self.desk.base_addresses, since=self.began)

    def _expect(self, since: float, what: str, claim: str, timeout: float = 0.0, **conditions: Any) -> SipMessage:
        """A REGISTER of the identity under test."""
        return self.wire.sip.expect(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            since=since,
            timeout=timeout or self.limit,
            what=what,
            claim=claim,
            **conditions,
            **self.desk.cites(),
        )

    def _witness_refusal(self, status: int | None, what: str, *, to_credentials: bool = False) -> SipMessage:
        signed = {m.cseq.number for m in self._requests() if m.has("authorization")} if to_credentials else None
        return self.wire.sip.witness(
            status=status,
            cseq_method="REGISTER",
            dest=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            since=self.began,
            where=lambda m: m.status >= FAILURE and (signed is None or m.cseq.number in signed),
            timeout=self.limit,
            what=what,
        )
