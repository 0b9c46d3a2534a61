"""Asks a SIP server over UDP whether it is there: one OPTIONS, any answer will do."""

from __future__ import annotations

import ipaddress
import secrets
import socket

from harness.clock import Deadline


def answer_to_options(host: str, port: int = 5060, *, within: float = 2.0) -> str:
    """The status line a server answers OPTIONS with, or an empty string when it says nothing.

    Sends anew every half second (RFC 3261, timer T1) until `within` seconds are over.
    """
    deadline = Deadline(within)
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except OSError:
        return ""
    while not deadline.expired:
        with socket.socket(family, socket.SOCK_DGRAM) as line:
            line.settimeout(max(0.01, min(0.5, deadline.left)))
            try:
                line.connect(address)
                line.send(_options(host, port, line.getsockname()))
                answer = line.recv(65535)
            except TimeoutError:
                continue
            except OSError:
                return ""
        return answer.split(b"\r\n", 1)[0].decode("utf-8", "replace")
    return ""


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def _options(host: str, port: int, own: tuple[str, int]) -> bytes:
    here = f"{_bracketed(own[0])}:{own[1]}"
    server = f"sip:{_bracketed(host)}:{port}"
    lines = [
        f"OPTIONS {server} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{secrets.token_hex(8)};rport",
        f"From: <sip:m9-harness@{here}>;tag={secrets.token_hex(4)}",
        f"To: <{server}>",
        f"Call-ID: {secrets.token_hex(8)}@m9-harness",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "User-Agent: m9-harness",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
