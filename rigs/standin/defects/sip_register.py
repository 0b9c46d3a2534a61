"""Faults of what a REGISTER says."""

from __future__ import annotations

from rigs.standin.defects._altering import RequestDefect, copy
from rigs.standin.sip.account import alnum
from rigs.standin.sip.message import Request
from rigs.standin.sip.strategies import ContactStrategy, InstanceStrategy, RegisterStrategy


class GruuOfItsOwn(ContactStrategy):
    """Calls from other servers cannot come back: the base invents a GRUU that no server gave it."""

    feature = "gruu"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        return f"{super().uri(user, host_port, transport, line)};gr={line}"


class EndpointNumberInFrom(RequestDefect):
    """Servers that compare From with the account refuse the phone: it adds the epid= of another platform."""

    feature = "registration-shape"
    METHOD = "REGISTER"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.set("From", f"{request.headers.get('From')};epid={alnum(10)}")
        return other


class RegisterOfAnEvent(RequestDefect):
    """Strict servers answer 489: REGISTER names an event package, as one other platform wants it."""

    feature = "registration-shape"
    METHOD = "REGISTER"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.add("Event", "registration")
        return other


class OptionTagsMissing(RegisterStrategy):
    """The REGISTER does not say which extensions the base knows."""

    feature = "registration-shape"

    def supported(self) -> tuple[str, ...]:
        return ()


class LineMissing(ContactStrategy):
    """The Contact has no line=: the base cannot tell for which identity a call is."""

    feature = "registration"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        return super().uri(user, host_port, transport, line).partition(";line=")[0]


class LineShared(ContactStrategy):
    """All identities register with the same line=."""

    feature = "nine-identities"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        return super().uri(user, host_port, transport, "aaaaaa")


class InstanceChanges(InstanceStrategy):
    """After each reboot the server takes the base for another device."""

    feature = "instance-id"

    def __init__(self) -> None:
        self._random = alnum(6).encode().hex()

    def urn(self, mac: str) -> str:
        return f"urn:uuid:484c821f-0000-1000-8000-{self._random}"
