"""SIP dialogs, read from messages: who called, what was offered and answered, how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from harness.capture.messages import SipMessage
from harness.capture.sdp import Sdp


class Dialog:
    """Everything under one Call-ID, live or stored; with `tags`, one dialog of a forked call.

    `source` gives the messages to choose from: those of the Call-ID, where they are known apart.
    """

    def __init__(
        self, call_id: str, source: Callable[[], Iterable[SipMessage]], tags: frozenset[str] = frozenset()
    ) -> None:
        self.call_id = call_id
        self._source = source
        self._tags = tags

    def holds(self, message: SipMessage) -> bool:
        """Whether a message belongs here; requests that make the dialog carry only one of its tags."""
        if message.call_id != self.call_id:
            return False
        tags = {tag for tag in (message.from_.tag, message.to.tag) if tag}
        return not self._tags or tags <= self._tags

    @property
    def messages(self) -> list[SipMessage]:
        """All messages so far, in the order of the wire."""
        return [message for message in self._source() if self.holds(message)]

    def between(self, *addresses: str) -> Dialog:
        """The same dialog on the hops that have one of these addresses at an end: the base's leg."""
        ends = set(addresses)
        return Dialog(self.call_id, lambda: (m for m in self._source() if {m.src, m.dst} & ends), self._tags)

    @property
    def invite(self) -> SipMessage | None:
        """The request that began it."""
        return next((m for m in self.messages if m.method == "INVITE" and not m.to.tag), None)

    @property
    def answered(self) -> SipMessage | None:
        """The first 2xx to an INVITE."""
        return next((m for m in self.messages if m.cseq.method == "INVITE" and 200 <= m.status < 300), None)

    @property
    def established(self) -> bool:
        """Whether the answer was acknowledged."""
        answer = self.answered
        return answer is not None and any(
            m.method == "ACK" and m.cseq.number == answer.cseq.number and m.at >= answer.at for m in self.messages
        )

    @property
    def failure(self) -> SipMessage | None:
        """The final failure of the first INVITE, if it was not answered; a challenge is none."""
        failed = [m for m in self.messages if m.cseq.method == "INVITE" and m.status >= 300]
        return next((m for m in reversed(failed) if m.status not in (401, 407)), None) if not self.answered else None

    @property
    def bye(self) -> SipMessage | None:
        """The first BYE: its source hung up."""
        return next((m for m in self.messages if m.method == "BYE"), None)

    @property
    def ended(self) -> bool:
        """Whether a BYE was answered with success, or the call never came to be."""
        if self.failure is not None:
            return True
        return any(m.cseq.method == "BYE" and 200 <= m.status < 300 for m in self.messages)

    def descriptions(self, address: str | None = None) -> list[tuple[SipMessage, Sdp]]:
        """All session descriptions with their messages, of one sender if named."""
        return [
            (m, m.sdp_or_none)
            for m in self.messages
            if m.sdp_or_none is not None and (address is None or m.src == address)
        ]

    def media_endpoints(self) -> set[tuple[str, int]]:
        """Every address and port that either side described for media."""
        found = set()
        for _, description in self.descriptions():
            found |= {(media.address, media.port) for media in description.media if media.port}
        return found

    def __str__(self) -> str:
        return f"dialog {self.call_id}"


def by_call_id(messages: Iterable[SipMessage]) -> dict[str, list[SipMessage]]:
    """The messages of each Call-ID, in the order in which the calls began."""
    found: dict[str, list[SipMessage]] = {}
    for message in messages:
        if message.call_id:
            found.setdefault(message.call_id, []).append(message)
    return found


def group(messages: Iterable[SipMessage]) -> list[Dialog]:
    """One dialog a Call-ID, in the order in which they began."""
    return [Dialog(call_id, _given(of_one)) for call_id, of_one in by_call_id(messages).items()]


def forks(dialog: Dialog) -> list[Dialog]:
    """The dialogs of a call that was forked, by their pairs of tags; what came before the tags belongs to each."""
    messages = dialog.messages
    pairs = [frozenset((m.from_.tag, m.to.tag)) for m in messages if m.from_.tag and m.to.tag]
    return [Dialog(dialog.call_id, _given(messages), pair) for pair in dict.fromkeys(pairs)] or [dialog]


def _given(messages: Sequence[SipMessage]) -> Callable[[], Sequence[SipMessage]]:
    return lambda: messages
