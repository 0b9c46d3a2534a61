"""Faults of what a REGISTER says."""

from __future__ import annotations

from rigs.standin.defects._altering import spoils_request
from rigs.standin.sip.account import alnum
from rigs.standin.sip.message import Request
from rigs.standin.sip.strategies import ContactStrategy, InstanceStrategy


class GruuOfItsOwn(ContactStrategy):
    """Calls from other servers cannot come back: the base invents a GRUU that no server gave it."""

    feature = "gruu"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        return f"{super().uri(user, host_port, transport, line)};gr={line}"


@spoils_request("REGISTER", feature="registration-shape", within=False)
def endpoint_number_in_from(request: Request) -> Request:
    """Servers that compare From with the account refuse the phone: it adds the epid= of another platform."""
    request.headers.set("From", f"{request.headers.get('From')};epid={alnum(10)}")
    return request


@spoils_request("REGISTER", feature="registration-shape", within=False)
def register_of_an_event(request: Request) -> Request:
    """Strict servers answer 489: REGISTER names an event package, as one other platform wants it."""
    request.headers.add("Event", "registration")
    return request


@spoils_request("REGISTER", feature="registration-shape", within=False)
def option_tags_missing(request: Request) -> Request:
    """The REGISTER does not say which extensions the base knows."""
    request.headers.remove("Supported")
    return request


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
