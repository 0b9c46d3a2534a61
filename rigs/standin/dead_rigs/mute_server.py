"""Dead rig: a SIP server that registers all users correctly and then never answers a call.

`python -m rigs.standin.dead_rigs.mute_server --rig FILE --address ADDRESS...` is a registrar over UDP and TCP with
digest (RFC 3261, 2617), for the accounts of the rig file's external PBXs. It answers REGISTER and OPTIONS alone.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import re
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from rigs.standin.core import rigfile
from rigs.standin.dead_rigs.datagrams import SipDatagrams
from rigs.standin.sip.message import Message, Request, Response, response_to
from rigs.standin.sip.reader import StreamReader
from rigs.standin.sip.values import Address, ValueSyntaxError

PORT = 5060
EXPIRES = 3600
Send = Callable[[bytes], None]


class Registrar:
    """Bindings by account; `accounts` maps user (or authentication name) to password."""

    def __init__(self, accounts: dict[str, str], realm: str) -> None:
        self._accounts = accounts
        self._realm = realm
        self._nonces: set[str] = set()
        self._bindings: dict[str, dict[str, int]] = {}

    def answer(self, request: Request) -> Response | None:
        """The response to a request; None for everything that a mute server leaves lying."""
        if request.method == "OPTIONS":
            return response_to(request, 200, tag=secrets.token_hex(4))
        if request.method != "REGISTER":
            return None
        try:
            user = request.to.uri.user
        except ValueSyntaxError:
            return response_to(request, 400, tag=secrets.token_hex(4))
        if not self._authentic(request):
            return self._challenge(request)
        return self._register(request, user)

    def _register(self, request: Request, user: str) -> Response:
        bindings = self._bindings.setdefault(user, {})
        default = _number(request.headers.get("Expires"), EXPIRES)
        for value in request.headers.values("Contact"):
            if value == "*":
                bindings.clear()
                continue
            try:
                contact = Address.parse(value)
            except ValueSyntaxError:
                return response_to(request, 400, tag=secrets.token_hex(4))
            expires = _number(contact.params.get("expires"), default)
            bindings.pop(str(contact.uri), None)
            if expires:
                bindings[str(contact.uri)] = expires
        response = response_to(request, 200, tag=secrets.token_hex(4))
        for uri, expires in bindings.items():
            response.headers.add("Contact", f"<{uri}>;expires={expires}")
        return response

    def _challenge(self, request: Request) -> Response:
        nonce = secrets.token_hex(16)
        self._nonces.add(nonce)
        response = response_to(request, 401, "Unauthorized", tag=secrets.token_hex(4))
        response.headers.add(
            "WWW-Authenticate", f'Digest realm="{self._realm}", nonce="{nonce}", algorithm=MD5, qop="auth"'
        )
        return response

    def _authentic(self, request: Request) -> bool:
        given = dict(re.findall(r'(\w+)\s*=\s*"?([^",]*)"?', request.headers.get("Authorization") or ""))
        password = self._accounts.get(given.get("username", ""))
        if password is None or given.get("nonce") not in self._nonces:
            return False
        ha1 = _md5(f"{given['username']}:{self._realm}:{password}")
        ha2 = _md5(f"REGISTER:{given.get('uri', '')}")
        middle = given["nonce"]
        if given.get("qop"):
            middle += f":{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
        return secrets.compare_digest(_md5(f"{ha1}:{middle}:{ha2}"), given.get("response", ""))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.strip().isdigit() else default


class _Datagrams(SipDatagrams):
    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar

    def received(self, message: Message, source: tuple[str, int]) -> None:
        if isinstance(message, Request) and (response := self._registrar.answer(message)):
            _note_source(response, source)
            self._transport.sendto(response.to_bytes(), source)


def _note_source(response: Response, source: tuple[str, int]) -> None:
    """rport and received in the topmost Via (RFC 3581)."""
    via = response.headers.get("Via") or ""
    filled = re.sub(r";rport(?=;|,|$)", f";received={source[0]};rport={source[1]}", via, count=1)
    response.headers.lines[next(i for i, (n, _) in enumerate(response.headers) if n.lower() in {"via", "v"})] = (
        "Via",
        filled,
    )


async def _connection(registrar: Registrar, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    framing = StreamReader()
    try:
        while data := await reader.read(65536):
            for message in framing.feed(data):
                if isinstance(message, Request) and (response := registrar.answer(message)):
                    writer.write(response.to_bytes())
    except ConnectionError:
        return
    finally:
        writer.close()


async def serve(registrar: Registrar, addresses: list[str]) -> None:
    """Listens on UDP and TCP of every address, says so, and never returns."""
    loop = asyncio.get_running_loop()
    for address in addresses:
        await loop.create_datagram_endpoint(lambda: _Datagrams(registrar), local_addr=(address, PORT))
        await asyncio.start_server(lambda r, w: _connection(registrar, r, w), address, PORT)
    print(json.dumps({"ready": True, "addresses": addresses}), flush=True)
    await asyncio.Event().wait()


def main(words: list[str] | None = None) -> int:
    """The program; it ends with the rig."""
    parser = argparse.ArgumentParser(prog="rigs.standin.dead_rigs.mute_server", description=__doc__)
    parser.add_argument("--rig", type=Path, required=True)
    parser.add_argument("--address", action="append", required=True)
    given = parser.parse_args(words)
    accounts = rigfile.external_accounts(given.rig)
    asyncio.run(serve(Registrar(accounts, given.address[0]), given.address))
    return 0


if __name__ == "__main__":
    sys.exit(main())
