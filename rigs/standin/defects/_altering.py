"""What the defects of single messages share: a copy to spoil, and which messages to spoil."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.strategies import MessageStrategy
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.values import CSeq

M = TypeVar("M", bound=Message)


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


class RequestDefect(MessageStrategy):
    """Spoils the requests of one method, those within a dialog only or all."""

    METHOD = ""
    WITHIN = True

    def leaves(self, message: Message) -> Message:
        if not isinstance(message, Request) or message.method != self.METHOD:
            return message
        return self.spoiled(message) if bool(message.to.tag) or not self.WITHIN else message

    def spoiled(self, request: Request) -> Request:
        """The request with its fault."""
        raise NotImplementedError


class ResponseDefect(MessageStrategy):
    """Spoils the responses of one status to one method."""

    STATUS = 200
    METHOD = "INVITE"

    def leaves(self, message: Message) -> Message:
        if not isinstance(message, Response) or (message.status, message.cseq.method) != (self.STATUS, self.METHOD):
            return message
        return self.spoiled(copy(message))

    def spoiled(self, response: Response) -> Response:
        """The response, already a copy, with its fault."""
        raise NotImplementedError


class DescriptionDefect(MessageStrategy):
    """Spoils the text of session descriptions."""

    def leaves(self, message: Message) -> Message:
        if not message.body.startswith(b"v=0"):
            return message
        return replace(message, body=self.text(message.body.decode(), message).encode())

    def text(self, body: str, message: Message) -> str:
        """The description with its fault."""
        raise NotImplementedError


class AnsweringOptions(Protocol):
    """The healthy answer to OPTIONS, in a dialog (with a tag in To) or out of one."""

    def __call__(self, inbound: Inbound, transaction: ServerTransaction, /, *, tag: str) -> None: ...
