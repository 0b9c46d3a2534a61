"""One call between a handset of the base and a peer: its acts, and waits until the base's wire shows their effect.

What the base did is judged by rules; a wait that expires lets them speak first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest, ProductFailure
from harness.procedures import judging
from harness.procedures.call.audio import Audio
from harness.rules.evidence import Evidence

if TYPE_CHECKING:
    from harness.capture.dialogs import Dialog
    from harness.capture.messages import SipMessage
    from harness.procedures.call.occasions import Shows
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule
    from harness.rules.session import Session
    from harness.softphone.leg import Leg

RINGING_STATUS = 180
PROGRESS = (180, 181, 182, 183)
ANONYMOUS = "anonymous"
"""The user of a From that names nobody (RFC 3323 section 4.1.1.3)."""
BEGINS_S, POLL_S = 2.5, 0.02
"""How long the first RTP packet is waited for: longer than the rule allows, so that the rule has something to judge."""
KEYS = "is the dongle at its keys? try: m9 doctor"
ANSWERED_S = 0.5
"""An answer in an ACK comes behind its 200."""


class CallActs:
    """Setting up and taking down; `identity` is the base's, `peer_number` what the handset dials."""

    def __init__(self, context: TestContext, handset: int = 1, peer: int = 1, identity: int | None = None) -> None:
        self.context = context
        self.wire = context.wire
        self.handset = context.handset(handset)
        self.handset_number = handset
        self.peer = context.peer(peer)
        self._peer_index = peer
        self.peer_number = context.peer_account(peer).dialled
        bound = next(h.identity for h in context.rig.handsets if h.number == handset)
        self.identity = identity or bound
        self.account = context.account(self.identity)
        self.audio = Audio(context, self, 10 * handset + peer)
        self.began = self.key_at = clock.now()
        self.codecs: tuple[str, ...] | None = None
        self.peer_headers: dict[str, str] = {}
        self.peer_edits: list[tuple[str, str]] = []
        self.peer_does: dict[str, Shows] = {}
        """What else is special about the peer's INVITE, and what shows it at the base."""
        self._leg: Leg | None = None
        self._dialog: Dialog | None = None

    @property
    def base(self) -> tuple[str, ...]:
        """The base's addresses."""
        return self.context.base_addresses

    @property
    def leg(self) -> Leg:
        """The peer's side of the call."""
        if self._leg is None:
            raise InvalidTest("a call at the peer", "none was placed and none came")
        return self._leg

    @property
    def dialog(self) -> Dialog:
        """The dialog on the base's wire."""
        if self._dialog is None:
            raise InvalidTest("an INVITE at the base", "the call never began there")
        return self._dialog

    # towards the base

    def arrives(self, display_name: str = "", *, withheld: bool = False) -> SipMessage:
        """The peer calls, named or with its number withheld; witness: its INVITE reaches the base."""
        self.began = self.wire.mark()
        headers = dict(self.peer_headers)
        if display_name:
            headers["P-Asserted-Identity"] = f'"{display_name}" <sip:{self.peer_number}@{self.context.pbx.registrar}>'
        if withheld:
            headers["Privacy"] = "id"
        target = f"sip:{self.account.dialled}@{self.context.pbx.registrar}"
        self._leg = self.peer.call(target, codecs=self.codecs, headers=headers, sdp_edits=self.peer_edits)
        special = ", ".join([*headers, *self.peer_does])
        with self.context.needs_server_support(special) if special else contextlib.nullcontext():
            invite = self.wire.sip.witness(
                method="INVITE",
                dest=self.base,
                from_user=lambda user: self._is_the_peer(user) or (withheld and user == ANONYMOUS),
                since=self.began,
                timeout=self.context.answer,
                what=f"INVITE of {self.peer_number} towards the base",
            )
        self._dialog = self.wire.dialog(invite).between(*self.base)
        self.context.did("called", at=invite.at, handset=self.handset_number, call_id=invite.call_id)
        self._carries(invite, headers, display_name)
        return invite

    def _is_the_peer(self, user: str) -> bool:
        """Whether a From is the peer's: a PBX may present its user, its number, or its number with a prefix."""
        return user == self.context.peer_account(self._peer_index).user or user.endswith(self.peer_number)

    def _carries(self, invite: SipMessage, headers: dict[str, str], display_name: str) -> None:
        """Witness: what the caller said of itself and asked for reached the base."""
        for name, value in headers.items():
            if name == "Privacy" and invite.from_.user == ANONYMOUS:
                continue  # the server withholds the number itself (RFC 3323 section 5.3)
            wanted = "".join((display_name or value if name == "P-Asserted-Identity" else value).split())
            told = [",".join(invite.header(name)), *([str(invite.from_)] if display_name else [])]
            with self.context.needs_server_support(name):
                if not any(wanted in "".join(one.split()) for one in told):
                    self.context.missing(f"{name}: {value} in the INVITE towards the base", f"none in {invite}")
        for what, shows in self.peer_does.items():
            with self.context.needs_server_support(what):
                if not shows(invite):
                    self.context.missing(f"{what} in the INVITE towards the base", f"{invite}")

    def rings(self) -> None:
        """The base says 180 and the bound handset rings."""
        self._expect_response(RINGING_STATUS, "an incoming call is answered with 180 Ringing")
        self.rings_at_the_handset()

    def rings_at_the_handset(self) -> None:
        """The bound handset rings, whatever the caller is told."""
        self.handset.expect_ring(within=self.context.answer, since=self.began)

    def is_answered_by_the_handset(self) -> SipMessage:
        """Off hook; the base answers 200, the far end acknowledges, and the base's audio begins."""
        self.presses("OFFHOOK", "answer")
        answer = self._expect_response(200, "taking the handset off hook answers the call")
        with self.rules_first():
            self._witness_ack()
            self.leg.expect("confirmed", within=self.context.answer)
        self.audio_begins(answer)
        return answer

    # from the base

    def is_dialled(self) -> SipMessage:
        """The handset dials the peer; the base's INVITE names the number, and the peer is called. Returns the offer."""
        self.dials()
        return self.reaches_the_peer()

    def dials(self) -> SipMessage:
        """The handset dials the peer; the base's INVITE leaves."""
        self.began = self.key_at = self.wire.mark()
        self.handset.dial(self.peer_number)
        return self._goes_out()

    def is_redialled(self) -> SipMessage:
        """The handset's redial gesture calls the same number again."""
        self.began = self.key_at = self.wire.mark()
        self.handset.redial()
        self._goes_out()
        return self.reaches_the_peer()

    def _goes_out(self) -> SipMessage:
        """The base's INVITE; what was dialled, and as whom, is noted as an act on its call."""
        dialled = {"number": self.peer_number, "account": self.account.user}
        claim = "a dialled number is called"
        try:
            invite = self.wire.sip.expect(
                method="INVITE", source=self.base, since=self.began, timeout=self.context.answer, claim=claim
            )
        except ProductFailure:
            self.context.did("dial", at=self.key_at, handset=self.handset_number, **dialled)
            with self.rules_first():
                raise
        self._dialog = self.wire.dialog(invite).between(*self.base)
        self.did("dial", **dialled)
        return invite

    def reaches_the_peer(self) -> SipMessage:
        """The call comes to the peer; returns the INVITE with the offer."""
        with self.rules_first():
            self._leg = self.peer.expect_call(within=self.context.answer)
        return self.wire.sip.witness(
            where=lambda m: m.method == "INVITE" and m.sdp_or_none is not None,
            within=self.dialog,
            source=self.base,
            since=self.began,
            what="INVITE with an offer",
        )

    def rings_at_the_peer(self) -> None:
        """The peer says 180; witness: it reaches the base, or what a lab's PBX tells of progress instead."""
        since = self.wire.mark()
        self.leg.ring()
        with self.context.needs_server_support("180 Ringing"):
            self._witness_response(RINGING_STATUS if self.context.has_transparent_pbx else PROGRESS, since)

    def is_told_of_ringing(self) -> None:
        """Witness: the 180 itself has reached the base, which then shows it and makes the tone."""
        with self.context.needs_server_support("180 Ringing"):
            self._witness_response(RINGING_STATUS, self.began)

    def is_answered_by_the_peer(self) -> SipMessage:
        """The peer answers; the base acknowledges, and its audio begins."""
        since = self.wire.mark()
        self.leg.answer()
        answer = self._witness_response(200, since)
        self._expect_ack(answer, "the answer is acknowledged")
        with self.rules_first():
            self.leg.expect("confirmed", within=self.context.answer)
        self.audio_begins(answer)
        return answer

    # a whole call

    def established(self, direction: str = "incoming") -> None:
        """A call that talks, `incoming` or `outgoing` as the base sees it."""
        if direction == "incoming":
            self.arrives()
            self.rings_at_the_handset()
            self.is_answered_by_the_handset()
        else:
            self.is_dialled()
            self.is_answered_by_the_peer()

    def is_hung_up_by_the_peer(self) -> None:
        """The peer sends BYE; the base answers 200 and the handset's call is over."""
        since = self.wire.mark()
        self.leg.hangup()
        with self.rules_first():
            self.wire.sip.witness(method="BYE", dest=self.base, within=self.dialog, since=since)
        self._expect_response(200, "BYE is answered", since, method="BYE")

    def is_hung_up_by_the_handset(self) -> SipMessage:
        """On hook; the base sends BYE, which is answered. Returns the BYE."""
        since = self.wire.mark()
        self.presses("ONHOOK", "hang-up")
        return self._expect_bye(since, "hanging up sends BYE")

    def is_ended_by_the_base(self, within: float) -> None:
        """The base ends the call by itself."""
        self._expect_bye(self.began, "the base ends the call", within)

    def goes_on(self) -> None:
        """Nobody has ended the call: the base has sent no BYE."""
        self.wire.sip.never(
            method="BYE", source=self.base, within=self.dialog, since=self.began, claim="the call is not ended"
        )

    def handset_can_go_idle(self) -> None:
        """After an ended call the handset comes back to its idle screen."""
        self.handset.go_idle()
        self.handset.expect_idle(within=self.context.answer)

    # what every call must keep to

    def keeps_to_the_rules(self) -> None:
        """What the base has sent in this call keeps to every rule of the profile that needs no look at media."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.context, call_id=self.dialog.call_id, media=False)

    def judge(self, rule: Rule | str) -> None:
        """This call by one rule of the profile, or its id: see `harness.procedures.judging.judge_rule`."""
        __tracebackhide__ = True
        row = self.context.profile.rule(rule) if isinstance(rule, str) else rule
        judging.judge_rule(self.context, row, call_id=self.dialog.call_id)

    def did(self, kind: str, **detail: str) -> None:
        """Note what the last key at the handset asked for, as an act on this call."""
        self.context.did(kind, at=self.key_at, handset=self.handset_number, call_id=self.dialog.call_id, **detail)

    @contextlib.contextmanager
    def rules_first(self) -> Iterator[None]:
        """A wait that expires inside: what the rules say of the call is the failure, before the wait's own words.

        Of a key that its handset took no notice of, by tone or display, nothing can be said.
        """
        __tracebackhide__ = True
        try:
            yield
        except (InvalidTest, ProductFailure) as expired:
            self.rules_speak()
            if not isinstance(expired, InvalidTest) and judging.last_key_was_not_felt(self.context, self.key_at):
                raise InvalidTest(
                    "a tone or new display at a key", "the handset did not stir", remedy=KEYS
                ) from expired
            raise

    def rules_speak(self) -> None:
        """Whatever rule the base broke in this call is the failure, whether this test judges it or not."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.context, call_id=self._dialog.call_id if self._dialog is not None else "")

    def presses(self, key: str, meaning: str, **detail: str) -> None:
        """A key of the handset, and what it is pressed for: see `harness.rules.acts.Act.kind`."""
        self.key_at = self.wire.mark()
        try:
            self.handset.press(key)
        finally:
            self.did(meaning, **detail)

    def audio_begins(self, answer: SipMessage) -> None:
        """Wait for the base's first RTP packet after an answer that lets it send; whether it came in time is a rule's.

        Without it a call that is over at once shows nothing of its media.
        """
        session = next((one for one in reversed(self._sessions()) if one.at <= answer.at + ANSWERED_S), None)
        if session is None or not session.base_may_send:
            return
        with contextlib.suppress(WaitExpired):  # RTP-BEGIN judges it
            wait_until(lambda: self._sends_since(answer.at), what="RTP of the base", within=BEGINS_S, poll=POLL_S)

    def _sends_since(self, at: float) -> bool:
        streams = self.wire.rtp(self.dialog, since=at) if self.wire.has_media(at, clock.now()) else []
        return any(stream.src in self.base for stream in streams)

    def _sessions(self) -> list[Session]:
        """What was agreed in this call so far."""
        calls = Evidence(self.base, sip=self.dialog.messages).calls
        return calls[0].sessions if calls else []

    # small parts

    def awaits(self, claim: str, *, since: float, timeout: float | None = None, **conditions: Any) -> SipMessage:
        """Wait for a message of the base in this call; when it does not come, the rules are asked first."""
        __tracebackhide__ = True
        with self.rules_first():
            return self.wire.sip.expect(
                source=self.base,
                within=self.dialog,
                since=since,
                timeout=timeout or self.context.answer,
                claim=claim,
                **conditions,
                **self.context.rule_reference(),
            )

    def _expect_bye(self, since: float, claim: str, within: float | None = None) -> SipMessage:
        bye = self.awaits(claim, since=since, timeout=within, method="BYE")
        with self.rules_first():
            self.wire.sip.witness(
                status=200, cseq_method="BYE", dest=self.base, within=self.dialog, since=bye.at, what="200 to BYE"
            )
        return bye

    def _expect_response(
        self, status: int | tuple[int, ...], claim: str, since: float | None = None, method: str = "INVITE"
    ) -> SipMessage:
        return self.awaits(claim, since=since or self.began, status=status, cseq_method=method)

    def _expect_ack(self, answer: SipMessage, claim: str) -> SipMessage:
        """The base's ACK of a final answer to its INVITE."""
        return self.awaits(claim, since=answer.at, method="ACK", cseq_number=answer.cseq.number)

    def _witness_response(
        self, status: int | tuple[int, ...], since: float, method: str = "INVITE", *, where: Shows | None = None
    ) -> SipMessage:
        with self.rules_first():
            return self.wire.sip.witness(
                status=status,
                cseq_method=method,
                dest=self.base,
                within=self.dialog,
                since=since,
                timeout=self.context.answer,
                where=where,
                what=f"{status} of the far end",
            )

    def _witness_ack(self) -> None:
        self.wire.sip.witness(
            method="ACK", dest=self.base, within=self.dialog, since=self.began, timeout=self.context.answer, what="ACK"
        )
