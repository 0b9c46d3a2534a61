"""What the messages of a call carry beside their purpose: Contact, Allow, Supported, a body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.sip import extensions, sdp
from rigs.standin.sip.content import attach
from rigs.standin.sip.message import Message
from rigs.standin.sip.ports import local_address_for

if TYPE_CHECKING:
    from rigs.standin.sip.call import Call


class Dressing:
    """Dresses the messages of one call."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def local_address(self) -> str:
        """The own address towards the far end's server, for SDP. Raises Unreachable."""
        target = self._call.target
        return local_address_for(target.host) if target else self._call.agent.device.network.address4

    def contact(self) -> str:
        """Our Contact in this call. Raises Unreachable."""
        registration, target = self._call.registration, self._call.target
        assert target is not None
        return self._call.agent.outbound.contact(registration.account, target, registration.line)

    def dress(self, message: Message, body: bytes = b"", content_type: str = "") -> None:
        """Adds what target refreshes and their answers carry: Contact, Allow, Supported, the body."""
        device = self._call.agent.device
        message.headers.set("Contact", self.contact())
        message.headers.set("Allow", ", ".join(extensions.methods(device)))
        message.headers.set("Supported", ", ".join(extensions.option_tags(device)))
        attach(message, body, content_type or sdp.CONTENT_TYPE)
