"""A request of an identity to its own address of record, outside any dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.sip.account import Account
from rigs.standin.sip.message import Headers, Request
from rigs.standin.sip.outbound import preloaded_route
from rigs.standin.sip.values import Address

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent


def own_request(agent: SipAgent, account: Account, method: str, tag: str, call_id: str, cseq: int) -> Request:
    """The request with all that does not depend on its method. Raises ValueSyntaxError for a registrar that is none."""
    headers = Headers()
    if account.outbound and agent.device.quirks.get("outbound_proxy_route") == "preloaded":
        headers.add("Route", preloaded_route(agent.outbound.proxy(account)))
    headers.add("From", str(Address(account.uri, account.display or account.user, {"tag": tag})))
    headers.add("To", f"<{account.uri}>")
    headers.add("Call-ID", call_id)
    headers.add("CSeq", f"{cseq} {method}")
    headers.add("Max-Forwards", "70")
    return Request(headers, method=method, uri=str(account.uri))
