"""Asks a SIP server whether it is there: one OPTIONS, any answer will do."""

from __future__ import annotations

import ipaddress
import secrets
import socket

from harness.core.clock import WaitExpired, wait_until

T1_S = 0.5
"""Seconds between two questions (RFC 3261, timer T1)."""


class Silence(Exception):
    """No answer; the text says what came instead."""


def answer_to_options(host: str, port: int = 5060, *, within: float = 2.0) -> str:
    """The status line a server answers OPTIONS over UDP with, or an empty string when it says nothing."""
    try:
        return answer_of_server(host, port, within=within)
    except Silence:
        return ""


def answer_of_server(
    host: str, port: int = 5060, *, name: str = "", transport: str = "udp", within: float = 2.0
) -> str:
    """The status line a server answers OPTIONS of a user's name with; Silence when it says nothing in so many seconds.

    A server that just starts refuses first, so it is asked again then, too. Over TLS only the connection is tried.
    """
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    except OSError as error:
        raise Silence(f"cannot be looked up: {error.strerror or error}") from error
    reason = f"does not answer OPTIONS over {transport.upper()} in {within:g} s"

    def asked() -> str:
        nonlocal reason
        with socket.socket(family, kind) as line:
            line.settimeout(min(within, T1_S if transport == "udp" else within))
            try:
                line.connect(address)
                if transport == "tls":
                    return "an open TLS port"
                line.send(_options(host, port, line.getsockname(), transport, name))
                answer = line.recv(65535)
            except TimeoutError:
                return ""
            except OSError as error:
                reason = f"refuses {transport.upper()}: {error.strerror or error}"
                return ""
        if not answer:
            reason = f"closes a {transport.upper()} connection without an answer to OPTIONS"
        return answer.split(b"\r\n", 1)[0].decode("utf-8", "replace")

    try:
        return wait_until(asked, what="an answer to OPTIONS", within=within, poll=0.1)
    except WaitExpired as silence:
        raise Silence(reason) from silence


def _bracketed(host: str) -> str:
    try:
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        return host


def _options(host: str, port: int, own: tuple[str, int], transport: str, name: str) -> bytes:
    here = f"{_bracketed(own[0])}:{own[1]}"
    server = f"sip:{_bracketed(host)}:{port}"
    lines = [
        f"OPTIONS {server} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {here};branch=z9hG4bK{secrets.token_hex(8)};rport",
        f"From: <sip:{name or 'm9-harness'}@{_bracketed(host)}>;tag={secrets.token_hex(4)}",
        f"To: <{server}>",
        f"Call-ID: {secrets.token_hex(8)}@m9-harness",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 70",
        "User-Agent: m9-harness",
        "Content-Length: 0",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
