"""The bodies of HTTP answers, put together, unchunked and unpacked by tshark, with what was asked for."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection

from harness.capture import ek, tshark


def answers_of(capture: bytes, servers: Collection[str]) -> list[tuple[str, str]]:
    """Target and body of each answer of these servers, in order; an answer is that to the oldest open request.

    tshark tells the target in a field of the answer whose name has changed; the request has it in all versions. The
    same holds for the body: its octets are the same in all, its text is not.
    """
    ends = " or ".join(f"ip{'v6' * (':' in one)}.addr == {one}" for one in servers)
    command = ["tshark", "-r", "-", "-n", "-T", "ek", "-x", "-J", "frame tcp http", "-Y", f"http and ({ends})"]
    output, _ = tshark.start(command).communicate(capture)
    open_requests: defaultdict[str, deque[str]] = defaultdict(deque)
    found = []
    for line in output.split(b"\n"):
        layers = ek.layers_of(line) or {}
        stream = ek.text(next(ek.each(layers.get("tcp")), {}).get("tcp_tcp_stream"))
        for http in ek.each(layers.get("http")):
            uri = ek.text(http.get("http_http_request_uri"))
            if http.get("http_http_response_code"):
                asked, body = open_requests[stream], ek.octets(http.get("http_http_file_data_raw"))
                found.append((asked.popleft() if asked else "", body.decode("utf-8", "replace")))
            elif uri:
                open_requests[stream].append(uri)
    return found
