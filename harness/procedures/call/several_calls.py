"""Several calls at a time: which handset rings, who answers, how many fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call.screen import Call

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.context import TestContext


class GroupCall(Call):
    """A call that may ring more than one handset."""

    def rings_every_handset(self) -> None:
        """The base says 180 and every handset of the rig rings."""
        self._expect_response(180, "an incoming call is answered with 180 Ringing")
        for entry in self.context.rig.handsets:
            self.context.handset(entry.number).expect_ring(within=self.context.answer, since=self.began)

    def rings_only_its_handset(self) -> None:
        """The bound handset rings; after a fence no other has."""
        self.rings()
        for other in self._others():
            self.context.handset(other).stays_silent(since=self.began)

    def stops_ringing_elsewhere(self) -> None:
        """Every other handset falls silent once one has answered."""
        for other in self._others():
            self.context.handset(other).expect_ring_end(within=self.context.answer, since=self.began)

    def knocks(self) -> None:
        """A second call is heard as a call-waiting tone and answered with 180."""
        self._expect_response(180, "a second call is answered with 180 Ringing")
        self.handset.expect_beep("WAITING", within=self.context.answer, since=self.began)

    def comes_by_the_line_of_its_identity(self) -> None:
        """The INVITE names the line= of this identity's registration, which no other identity has."""
        invite = self.dialog.invite
        assert invite is not None
        lines = {user: _line_of(message.contact.uri) for user, message in self._registrations().items()}
        own = lines.get(self.account.user, "")
        if not own or own != _line_of(invite.request_uri):
            with self.context.needs_server_support("line of the registered Contact"):
                self.context.missing("the line of the registration in the INVITE", f"{own or 'no line'}; {invite}")
        shared = [user for user, line in lines.items() if line == own and user != self.account.user]
        self.context.same("other identities with the same line=", shared, [[]], invite)

    def _registrations(self) -> dict[str, SipMessage]:
        """The last REGISTER of each account of the base since the run began."""
        sent = self.wire.sip.all(method="REGISTER", source=self.base, since=0.0)
        return {message.to.user: message for message in sent if message.header("contact")}

    def _others(self) -> list[int]:
        return [entry.number for entry in self.context.rig.handsets if entry.number != self.handset_number]


class Calls:
    """Makes calls of one test; handsets, peers and identities are numbers from 1."""

    def __init__(self, context: TestContext) -> None:
        self.context = context
        for entry in context.rig.handsets:
            context.handset(entry.number)  # each tells its ringing from now on

    def incoming(self, handset: int = 1, peer: int = 1, *, unbound: bool = False) -> GroupCall:
        """A call to the identity of a handset, or to one that is bound to nobody."""
        call = GroupCall(self.context, handset, peer)
        if unbound:
            self.context.base.change("user_ipui", "", idx=call.identity)
        call.arrives()
        return call

    def does_not_disturb(self, handset: int, *, on: bool) -> None:
        """Do not disturb of the identity of a handset, by its web page."""
        entry = next(one for one in self.context.rig.handsets if one.number == handset)
        self.context.base.change("user_dnd", on, idx=entry.identity)

    def seen_from(self, handset: int) -> GroupCall:
        """A handset that has no call of its own, for what it makes of the others'."""
        return GroupCall(self.context, handset)

    def outgoing(self, handset: int = 1, peer: int = 1) -> GroupCall:
        """A call dialled at a handset; whether it reaches the peer is asked for later."""
        call = GroupCall(self.context, handset, peer)
        call.dials()
        return call

    def established(self, handset: int = 1, peer: int = 1) -> GroupCall:
        """A call that talks."""
        call = GroupCall(self.context, handset, peer)
        call.established("incoming")
        return call

    def has_been_and_gone(self) -> None:
        """A call that was taken and that the far end has ended."""
        call = self.established()
        call.is_hung_up_by_the_peer()
        call.handset_can_go_idle()

    def all_carry_audio(self, calls: list[GroupCall]) -> None:
        """Each call of the list is heard both ways while the others go on."""
        for call in calls:
            call.carries_audio_both_ways()


def _line_of(uri: str) -> str:
    """The line= of a SIP URI."""
    found = [part.partition("=")[2] for part in uri.split(";")[1:] if part.lower().startswith("line=")]
    return found[0] if found else ""
