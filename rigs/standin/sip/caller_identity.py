"""Who the far end of a call says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.sip.call_strategies import CallerIdStrategy
from rigs.standin.sip.message import Message

if TYPE_CHECKING:
    from rigs.standin.sip.call import Call


def note_identity(call: Call, message: Message, *, announce: bool = True) -> None:
    """Who the far end says it is; only its server's word counts beyond From."""
    headers = message.headers
    trusted = call.agent.trusts(call.registration, call.target)
    if announce and not (trusted and ("P-Asserted-Identity" in headers or "Remote-Party-ID" in headers)):
        return
    strategy = call.strategies.get(CallerIdStrategy)
    address = strategy.address(headers, trusted)
    if address is None:
        return
    number, name = address.uri.number or address.uri.host, address.display
    call.caller_uri = str(address.uri)
    if strategy.withheld(headers, address):
        number, name, call.caller_uri = "", "Anonymous", "sip:anonymous@anonymous.invalid"
    changed = (number, name) != (call.caller_number, call.caller_name)
    call.caller_number, call.caller_name = number, name
    if changed and announce and call.listener is not None:
        call.listener.on_identity(number, name)
