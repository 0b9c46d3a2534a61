"""What the defects of single messages share: a copy to spoil, and which messages to spoil."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeAlias, TypeVar

from rigs.standin.core.replacing import Async, Replacement, defect
from rigs.standin.media.rtp import RtpPacket
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.documents import BadDocument
from rigs.standin.sip.account import Account
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.outbound import Outbound
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.transport import Target
from rigs.standin.sip.values import CSeq, Uri

M = TypeVar("M", bound=Message)

EVENT_BYTES, FIRST_DYNAMIC = 4, 96

Outgoing: TypeAlias = Callable[[TransactionLayer, Message], Message]
"""The healthy way out of a message."""
Malformed: TypeAlias = Callable[[Applying, str, bytes, BadDocument], None]
"""The healthy reaction to a document that cannot be read."""


def copy(message: M) -> M:
    """The same message with headers of its own."""
    return replace(message, headers=message.headers.copy())


def renumbered(request: Request, number: int) -> Request:
    """The same request under another CSeq number."""
    other = copy(request)
    other.headers.set("CSeq", str(CSeq(number, request.method)))
    return other


def untagged(value: str) -> str:
    """From or To without its tag."""
    return value.partition(";tag=")[0]


def spoils_request(
    method: str, *, feature: str, within: bool = True
) -> Callable[[Callable[[Request], Request]], Replacement]:
    """Declares a defect of the requests of one method, those within a dialog only or all; it gets a copy to spoil."""

    def declare(spoil: Callable[[Request], Request]) -> Replacement:
        def spoiled(message: Message) -> Message:
            if not isinstance(message, Request) or message.method != method:
                return message
            return spoil(copy(message)) if bool(message.to.tag) or not within else message

        return _of_outgoing(feature, spoil, spoiled)

    return declare


def spoils_response(
    method: str, status: int, *, feature: str
) -> Callable[[Callable[[Response], Response]], Replacement]:
    """Declares a defect of the responses of one status to one method; it gets a copy to spoil."""

    def declare(spoil: Callable[[Response], Response]) -> Replacement:
        def spoiled(message: Message) -> Message:
            if not isinstance(message, Response) or (message.status, message.cseq.method) != (status, method):
                return message
            return spoil(copy(message))

        return _of_outgoing(feature, spoil, spoiled)

    return declare


def spoils_description(*, feature: str) -> Callable[[Callable[[str, Message], str]], Replacement]:
    """Declares a defect of the text of session descriptions; it gets the text and the message that carries it."""

    def declare(spoil: Callable[[str, Message], str]) -> Replacement:
        def spoiled(message: Message) -> Message:
            if not message.body.startswith(b"v=0"):
                return message
            return replace(message, body=spoil(message.body.decode(), message).encode())

        return _of_outgoing(feature, spoil, spoiled)

    return declare


def spoils_reoffer(direction: str, *, feature: str) -> Callable[[Callable[[str], str]], Replacement]:
    """Declares a defect of the descriptions of later offers of one direction."""

    def declare(spoil: Callable[[str], str]) -> Replacement:
        @functools.wraps(spoil)
        def spoiled(body: str, message: Message) -> str:
            later = isinstance(message, Request) and message.method == "INVITE" and bool(message.to.tag)
            return spoil(body) if later and f"a={direction}" in body else body

        return spoils_description(feature=feature)(spoiled)

    return declare


def _of_outgoing(feature: str, spoil: Callable[..., object], spoiled: Callable[[Message], Message]) -> Replacement:
    @functools.wraps(spoil)
    def outgoing(healthy: Outgoing, layer: TransactionLayer, message: Message) -> Message:
        return healthy(layer, spoiled(message))

    return defect(feature=feature, replaces=TransactionLayer.outgoing)(outgoing)


def is_event(packet: RtpPacket) -> bool:
    """Whether a packet is one of a telephone event: these have four bytes, and a number of the offer."""
    return len(packet.payload) == EVENT_BYTES and packet.payload_type >= FIRST_DYNAMIC


def rewrite_credentials(request: Request, change: Callable[[str], str]) -> None:
    """Spoils the credentials that a request carries."""
    for name in ("Authorization", "Proxy-Authorization"):
        values = request.headers.all(name)
        request.headers.remove(name)
        for value in values:
            request.headers.add(name, change(value))


class AnsweringOptions(Protocol):
    """The healthy answer to OPTIONS, in a dialog (with a tag in To) or out of one."""

    def __call__(self, inbound: Inbound, transaction: ServerTransaction, /, *, tag: str) -> None: ...


class Finding(Protocol):
    """The healthy search for the servers of a URI."""

    def __call__(
        self, outbound: Outbound, uri: Uri, account: Account, /, *, direct: bool = False
    ) -> Async[list[Target]]: ...
