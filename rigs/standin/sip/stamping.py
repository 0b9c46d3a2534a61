"""Where a request came from, written into its topmost Via by the side that received it."""

from __future__ import annotations

from rigs.standin.sip.message import Request
from rigs.standin.sip.values import ValueSyntaxError, Via, split_outside


def stamp_via(request: Request, host: str, port: int) -> None:
    """Writes `received` and `rport` into the topmost Via where RFC 3261 section 18.2.1 and RFC 3581 ask for them."""
    host = host.partition("%")[0]
    for index, (name, line) in enumerate(request.headers.lines):
        if name.lower() not in ("via", "v"):
            continue
        first, *rest = split_outside(line, ",")
        try:
            via = Via.parse(first)
        except ValueSyntaxError:
            return
        params = {name: value for name, value in via.params.items() if name != "received"}  # only ours is true
        if "rport" in params and params["rport"] is None:
            params["rport"] = str(port)
            params["received"] = host
        elif via.host != host:
            params["received"] = host
        stamped = str(Via(via.transport, via.host, via.port, params))
        request.headers.lines[index] = (name, ", ".join([stamped, *rest]))
        return
