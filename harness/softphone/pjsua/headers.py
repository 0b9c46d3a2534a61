"""SIP headers between JSON ([name, value] pairs) and pjsua2."""

from __future__ import annotations

from typing import Any

import pjsua2 as pj


def sip_headers(pairs: list[list[str]]) -> Any:
    """The vector pjsua2 wants."""
    vector = pj.SipHeaderVector()
    for name, value in pairs:
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        vector.append(header)
    return vector


def read_headers(message: str) -> tuple[str, list[list[str]]]:
    """Request-URI and header pairs of a whole message as the library prints it; folded lines are joined."""
    head = message.split("\r\n\r\n", 1)[0]
    lines = head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")
    request_uri = lines[0].split(" ")[1] if lines[0].count(" ") >= 2 else ""
    pairs = [line.split(":", 1) for line in lines[1:] if ":" in line]
    return request_uri, [[name.strip(), value.strip()] for name, value in pairs]
