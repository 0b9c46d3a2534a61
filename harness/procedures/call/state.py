"""What the parts of one call share: its ends, its dialog on the base's wire, since when events count, and the waits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest, ProductFailure
from harness.procedures import judging
from harness.procedures.call.voices import voices_of
from harness.procedures.limits import limits
from harness.rules.evidence import Evidence

if TYPE_CHECKING:
    from harness.capture.dialogs import Dialog
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream
    from harness.procedures.call.occasions import Shows
    from harness.procedures.context import TestContext
    from harness.rules.acts import ActKind
    from harness.rules.session import Session
    from harness.softphone.leg import Leg

POLL_S = 0.02
KEYS = "check that the dongle reaches the keys of the handset: m9 doctor"
ANSWERED_S = 0.5
"""An answer in an ACK comes behind its 200."""


class CallState:
    """A call between a handset and a peer; `identity` is the base's, `peer_number` what the handset dials."""

    def __init__(self, context: TestContext, handset: int = 1, peer: int = 1, identity: int | None = None) -> None:
        self.context = context
        self.wire = context.wire
        self.handset_driver = context.handset(handset)
        self.handset_number = handset
        self.softphone = context.peer(peer)
        self.peer_account = context.peer_account(peer)
        self.peer_number = self.peer_account.dialled
        bound = next(h.identity for h in context.rig.handsets if h.number == handset)
        self.identity = identity or bound
        self.account = context.account(self.identity)
        self.began = self.key_at = self.acted_at = clock.now()
        self.last_answer: SipMessage | None = None
        """What the server or the base answered last to what one of the ends did."""
        self.voices = voices_of(10 * handset + peer)
        self.talking: set[str] = set()
        """The ends that talk now: see `call.handset.talking`."""
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

    @leg.setter
    def leg(self, leg: Leg) -> None:
        self._leg = leg

    @property
    def dialog(self) -> Dialog:
        """The dialog on the base's wire."""
        if self._dialog is None:
            raise InvalidTest("an INVITE at the base", "the call never began there")
        return self._dialog

    @property
    def call_id(self) -> str:
        """By what its messages are known; empty as long as the call has not begun."""
        return self._dialog.call_id if self._dialog is not None else ""

    def begin_dialog(self, invite: SipMessage) -> None:
        """The call has begun with this INVITE."""
        self._dialog = self.wire.dialog(invite).between(*self.base)

    def sessions(self) -> list[Session]:
        """What was agreed in this call so far."""
        calls = Evidence(self.base, sip=self.dialog.messages).calls
        return calls[0].sessions if calls else []

    def base_streams(self) -> list[RtpStream]:
        """The RTP streams that the base has sent in this call."""
        return [stream for stream in self.wire.rtp(self.dialog) if stream.src in self.base]

    # acts

    def await_registration(self) -> None:
        """After a restart the identity registers first; a server refuses its calls before. Rules say if it does not."""
        base, user = self.context.base, self.account.user
        if base.restarted_at and user not in base.awaited:
            base.awaited.add(user)
            with contextlib.suppress(WaitExpired):
                wait_until(
                    lambda: self._is_bound(base.restarted_at),
                    what=f"{user} is registered after a restart",
                    within=self.context.answer,
                )

    def _is_bound(self, since: float) -> bool:
        """Whether a 200 since then lists a contact of the base: one that removed a binding lists none."""
        granted = self.wire.sip.all(
            status=200, cseq_method="REGISTER", to_user=self.account.user, dest=self.base, since=since, fenced=False
        )
        return any(contact.host in self.base for answer in granted for contact in answer.contacts)

    def mark_act(self) -> float:
        """One of the ends acts: what follows from it is looked for from this moment on."""
        self.acted_at = self.wire.mark()
        return self.acted_at

    def begin_by_key(self) -> None:
        """The handset begins a new call, or an attempt, by its keys."""
        self.await_registration()
        self.began = self.key_at = self.mark_act()

    def press(self, key: str, meaning: ActKind, **detail: str) -> None:
        """A key of the handset, and what it is pressed for: see `harness.rules.acts.Act.kind`."""
        self.key_at = self.mark_act()
        try:
            self.handset_driver.press(key)
        finally:
            self.did(meaning, **detail)

    def did(self, kind: ActKind, **detail: str) -> None:
        """Note what the last key at the handset asked for, as an act on this call."""
        self.context.did(kind, at=self.key_at, handset=self.handset_number, call_id=self.dialog.call_id, **detail)

    # waits

    @contextlib.contextmanager
    def rules_first(self) -> Iterator[None]:
        """A wait that expires inside: what the rules say of the call is the failure, before the wait's own words.

        Raises InvalidTest for a key without feedback of its handset by tone or display: the key may have been lost.
        """
        __tracebackhide__ = True
        try:
            yield
        except (InvalidTest, ProductFailure) as expired:
            self.rules_speak()
            if not isinstance(expired, InvalidTest) and judging.last_key_gave_no_feedback(self.context, self.key_at):
                raise InvalidTest("a tone or new display at a key", "none at the handset", remedy=KEYS) from expired
            raise

    @contextlib.contextmanager
    def blames_who_ends_it(self) -> Iterator[None]:
        """If the base ended the call during a measurement, the failure is the base's."""
        try:
            yield
        except (InvalidTest, ProductFailure):
            self.wire.fence()
            bye = self.dialog.bye
            if bye is not None and bye.src in self.base:
                self.context.broken("the call goes on", "no BYE of the base while it talks", bye, [bye])
            raise

    def rules_speak(self) -> None:
        """Any rule that the base broke in this call is the failure, whether this test judges the rule or not."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.context, call_id=self.call_id)

    def await_message(self, claim: str, *, since: float, timeout: float | None = None, **conditions: Any) -> SipMessage:
        """A message of the base in this call; when it does not come, the rules are asked first."""
        __tracebackhide__ = True
        with self.rules_first():
            return self.wire.sip.expect(
                source=self.base,
                within=self.dialog,
                since=since,
                timeout=timeout or self.context.answer,
                claim=claim,
                **conditions,
            )

    def await_response(self, status: int, claim: str, since: float | None = None, method: str = "INVITE") -> SipMessage:
        """An answer of the base, since a moment or in the whole call."""
        return self.await_message(claim, since=since or self.began, status=status, cseq_method=method)

    def await_ack(self, answer: SipMessage, claim: str) -> SipMessage:
        """The base's ACK of a final answer to its INVITE."""
        return self.await_message(claim, since=answer.at, method="ACK", cseq_number=answer.cseq.number)

    def require_message(self, what: str, *, since: float, **conditions: Any) -> SipMessage:
        """A message that has reached the base in this call; without it the test is invalid."""
        return self.wire.sip.require(
            dest=self.base, within=self.dialog, since=since, timeout=self.context.answer, what=what, **conditions
        )

    def require_response(
        self, status: int | tuple[int, ...], since: float, method: str = "INVITE", *, where: Shows | None = None
    ) -> SipMessage:
        """An answer of the far end that has reached the base; when it does not come, the rules are asked first."""
        with self.rules_first():
            what = f"{status} of the far end"
            return self.require_message(what, since=since, status=status, cseq_method=method, where=where)

    def await_confirmation(self) -> None:
        """The far end takes the call for established."""
        with self.rules_first():
            self.leg.expect("confirmed", within=self.context.answer)

    def await_audio(self, answer: SipMessage) -> None:
        """The base's first RTP packet after an answer that lets it send; whether it came in time is a rule's.

        Without it a call that is over at once shows nothing of its media.
        """
        session = next((one for one in reversed(self.sessions()) if one.at <= answer.at + ANSWERED_S), None)
        if session is None or not session.base_may_send:
            return
        with contextlib.suppress(WaitExpired):  # RTP-BEGIN judges it
            within = limits().first_rtp
            wait_until(lambda: self._sends_since(answer.at), what="RTP of the base", within=within, poll=POLL_S)

    def _sends_since(self, at: float) -> bool:
        streams = self.wire.rtp(self.dialog, since=at) if self.wire.has_media(at, clock.now()) else []
        return any(stream.src in self.base for stream in streams)
