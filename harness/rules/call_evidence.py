"""One call for the rules: its messages, agreements, acts and displays."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from harness.rules.conversation import Conversation, by_own_tag
from harness.rules.dialogs import Told, told
from harness.rules.session import Session, sessions_of
from harness.rules.sound import Spoken, spoken_in
from harness.rules.sources import Source, sources_of_call
from harness.rules.spans import Span, spans_of

if TYPE_CHECKING:
    from harness.capture.messages import RtcpReport, SipMessage
    from harness.capture.rtp import RtpStream
    from harness.rules.acts import Act, ActKind, Shown
    from harness.rules.evidence import Evidence
    from harness.rules.sound import Talking


class CallEvidence(Conversation):
    """The messages of one dialog end of the base (one Call-ID, one tag of its own), in order, with what goes with them.

    A call that was forked has one end at the base and several at the far side: `far_tags` tells them apart.
    """

    def __str__(self) -> str:
        return f"call {self.call_id}"

    # how it went

    @cached_property
    def opening(self) -> SipMessage | None:
        """The INVITE that began the call; None if the trace begins inside it."""
        return next((m for m in self.messages if m.method == "INVITE" and not m.to.tag), None)

    @property
    def incoming(self) -> bool:
        """Whether the base was called; without its beginning, whether it is the one that was addressed by To."""
        first = self.opening
        if first is not None:
            return not self.evidence.is_base(first.src)
        one = self.messages[0]
        return (one.to.tag == self.own_tag) == one.is_request or one.to.tag == self.own_tag

    @cached_property
    def account(self) -> str:
        """The user of the base's account in this call.

        Of a call to the base it is that of the Contact to which it came: To may name whom the caller dialled, before a
        diversion or in a group.
        """
        one = self.opening or self.messages[0]
        if one.is_request == self.evidence.is_base(one.src):
            return one.from_.user
        return (self.evidence.user_at(one.request_uri) if one.is_request else "") or one.to.user

    def identity(self, at: float) -> int:
        """The identity whose account this was at a moment; 0 if no act shows it."""
        settings = self.evidence.settings
        return settings.identity_of(self.account, at=at) if settings.known else 0

    @cached_property
    def answer(self) -> SipMessage | None:
        """The first 2xx to an INVITE."""
        return next((m for m in self.messages if m.cseq.method == "INVITE" and 200 <= m.status < 300), None)

    @cached_property
    def bye(self) -> SipMessage | None:
        """The first BYE: its source hung up."""
        return next((m for m in self.messages if m.method == "BYE"), None)

    @cached_property
    def ended_at(self) -> float | None:
        """When the call was over at the base: BYE answered, INVITE refused or cancelled, the base without power."""
        for m in self.messages:
            if m.status >= 200 and m.cseq.method == "BYE":
                return m.at
        if self.answer is None:
            refused = [m for m in self.messages if m.cseq.method == "INVITE" and m.status >= 300]
            final = [m for m in refused if m.status not in (401, 407)]
            if final:
                return final[-1].at
        began = self.messages[0].at
        cuts = [a.at for a in self.evidence.acts_of("power-off", "reboot") if a.at >= began]
        return cuts[0] if cuts else None

    @property
    def begins_inside(self) -> bool:
        """Whether the INVITE that began it was not seen."""
        return self.opening is None

    @property
    def ends_inside(self) -> bool:
        """Whether the trace ends before the call does."""
        return self.ended_at is None

    @cached_property
    def far_tags(self) -> list[str]:
        """The tags of the far side, in the order of their messages; several if the call was forked."""
        tags = (m.to.tag if m.from_.tag == self.own_tag else m.from_.tag for m in self.messages)
        return list(dict.fromkeys(tag for tag in tags if tag))

    def told_before(self, request: SipMessage) -> Told:
        """The dialog's state by the far end's messages before a request of the base."""
        return self._told.get(id(request)) or Told()

    @cached_property
    def _told(self) -> Mapping[int, Told]:
        return told(self)

    # what was agreed, done and shown

    @cached_property
    def sessions(self) -> list[Session]:
        """Each offer with its answer, in order: what was agreed from the answer on (RFC 3264)."""
        return sessions_of(self)

    @cached_property
    def own_offers(self) -> list[SipMessage]:
        """The base's offers, late ones in a 2xx included, in the order of time; also those that were refused."""
        return [m for m in self.descriptions if self.evidence.is_base(m.src) and self._makes_an_offer(m)]

    def _makes_an_offer(self, message: SipMessage) -> bool:
        if message.is_request:
            return message.method in ("INVITE", "UPDATE")
        request = self.request_of(message)
        return request is not None and request.method == "INVITE" and request.sdp_or_none is None

    @cached_property
    def spans(self) -> list[Span]:
        """The times in which one session was in force, from the answer on; needs media."""
        return spans_of(self)

    def session_at(self, at: float) -> Session | None:
        """What was agreed at a moment; None before the first answer."""
        place = bisect.bisect_right(self._agreed_at, at)
        return self.sessions[place - 1] if place else None

    @cached_property
    def _agreed_at(self) -> list[float]:
        return [session.at for session in self.sessions]

    @cached_property
    def streams(self) -> list[RtpStream] | None:
        """The RTP streams of this call; None where media were not captured."""
        ends = {(m.address, m.port) for d in self.descriptions for m in d.sdp.media if m.port}
        return self.evidence.streams_of(ends, self.began_at, self.ended_at or self._ports_taken_at)

    @cached_property
    def own_ends(self) -> frozenset[tuple[str, int]]:
        """The addresses and ports at which the base received media in this call."""
        own = (m for m in self.descriptions if self.evidence.is_base(m.src))
        return frozenset((media.address, media.port) for m in own for media in m.sdp.media if media.port)

    @property
    def _ports_taken_at(self) -> float:
        """When another call of the base took a port of this one, whose end is not in the trace."""
        later = [one for one in self.evidence.calls if one.began_at > self.last_at and one.own_ends & self.own_ends]
        return min((one.began_at for one in later), default=float("inf"))

    @property
    def base_streams(self) -> list[RtpStream] | None:
        """The streams that the base sent."""
        streams = self.streams
        return None if streams is None else [s for s in streams if self.evidence.is_base(s.src)]

    @cached_property
    def sources(self) -> list[Source]:
        """What the base sent by RTP, each source over all of its destinations; none where media were not captured."""
        return sources_of_call(self)

    @cached_property
    def reports(self) -> list[RtcpReport]:
        """The RTCP packets that the base sent in this call, in order: those of the ports that it described.

        Behind the end of the call only those of its own sources: the next call may have the same ports.
        """
        described = [m for m in self.descriptions if self.evidence.is_base(m.src)]
        ports = {(m.address, m.rtcp_port) for d in described for m in d.sdp.media if m.port}
        over = self.ended_at or float("inf")
        found = [one for port in ports for one in self.evidence.rtcp_from(*port)]
        own = {stream.ssrc for stream in self.base_streams or ()}
        known = [one for one in found if self.began_at <= one.at and (one.at <= over or own & {one.ssrc, *one.sources})]
        known.sort(key=lambda one: one.at)
        if not self.has_keys:
            return known
        firsts = {one.frame: one for one in reversed(known)}
        return [one.unreadable for one in reversed(firsts.values())]

    @property
    def has_keys(self) -> bool:
        """Whether both sides described keys once: what looks like reports is cipher text then (RFC 4568, RFC 3711)."""
        return any(
            all(line is not None and line.offers_keys for line in (session.own_audio, session.far_audio))
            for session in self.sessions
        )

    @cached_property
    def descriptions(self) -> list[SipMessage]:
        """All messages that describe the session, each once."""
        return [m for m in self.messages if m.sdp_or_none is not None and not m.resend]

    def acts(self, *kinds: ActKind) -> list[Act]:
        """The acts of these kinds that were meant for this call."""
        return [act for act in self.evidence.index.of_call(self.call_id) if act.kind in kinds]

    @cached_property
    def handset(self) -> int:
        """The handset that acted on this call; 0 if none is known."""
        return next((act.handset for act in self.evidence.index.of_call(self.call_id) if act.handset), 0)

    def handset_holds(self, at: float) -> bool:
        """Whether the handset holds the far end at a moment, as its keys say."""
        turns = [act for act in self.acts("hold", "resume", "conference") if act.at <= at and act.felt is not False]
        return bool(turns) and turns[-1].kind == "hold"

    @property
    def tones(self) -> list[Talking]:
        """The tones at its handset during the call."""
        over = self.ended_at or float("inf")
        told = self.evidence.index.talking(self.handset) if self.handset else []
        return [one for one in told if one.ends >= self.began_at and one.begins <= over]

    @cached_property
    def spoken(self) -> list[Spoken]:
        """The tones at its handset, with their levels in the base's packets."""
        return spoken_in(self)

    def shown(self, kind: str, handset: int) -> list[Shown]:
        """What a handset showed of this kind during the call."""
        over = self.ended_at or float("inf")
        return self.evidence.index.shown_between(kind, handset, self.began_at, over + 5)


OUT_OF_CALL = ("REGISTER", "OPTIONS", "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE")


def conversations_of(evidence: Evidence, messages: Sequence[SipMessage] | None = None) -> list[Conversation]:
    """All conversations of the base, by Call-ID, calls also by the base's own tag; in linear time.

    Of `messages` alone where these are given: all that there are of some Call-IDs.
    """
    by_id: dict[str, list[SipMessage]] = {}
    for message in evidence.sip if messages is None else messages:
        if message.call_id and (evidence.is_base(message.src) or evidence.is_base(message.dst)):
            by_id.setdefault(message.call_id, []).append(message)
    found = [one for call_id, messages in by_id.items() for one in _ends(evidence, call_id, messages)]
    return sorted(found, key=lambda one: one.began_at)


def _ends(evidence: Evidence, call_id: str, messages: Sequence[SipMessage]) -> list[Conversation]:
    """One conversation; with a call in it, one for each end of the base."""
    if all(m.cseq.method in OUT_OF_CALL for m in messages):
        tags = (m.from_.tag for m in messages if m.is_request and evidence.is_base(m.src))
        return [Conversation(evidence, call_id, next(tags, ""), messages)]
    return [
        CallEvidence(evidence, call_id, tag, of_end)
        if any(m.cseq.method not in OUT_OF_CALL for m in of_end)
        else Conversation(evidence, call_id, tag, of_end)
        for tag, of_end in by_own_tag(evidence, messages).items()
    ]
