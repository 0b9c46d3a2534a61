"""Steering over a unix socket: one JSON object a line, {"do": NAME, …}, and one line with `result` or `error` back."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from harness.dialect.faults import OCCASIONS, Scripted
from harness.dialect.server import Server


class Control:
    """The commands; each public method is one, its arguments are the members of the object."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._core = server.core

    async def serve(self, path: Path) -> asyncio.Server:
        """Listen on a socket of this name."""
        return await asyncio.start_unix_server(self._converse, path)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a connection that stands when the server ends is cancelled with it
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            while line := await reader.readline():
                writer.write(json.dumps(await self.answer(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def answer(self, line: bytes) -> dict[str, Any]:
        """Do what a line says."""
        try:
            wanted = json.loads(line)
            act: Callable[..., Any] = _COMMANDS[wanted.pop("do")]
            result = act(self, **wanted)
            return {"result": await result if isinstance(result, Awaitable) else result}
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    # accounts and bindings

    def account(self, login: str, password: str, user: str = "", peer: bool = False, display: str = "") -> None:
        """Add a login or change its password; it belongs to a user, of the base or of a far end."""
        registrar = self._core.registrar
        registrar.shown[user or login] = display
        registrar.passwords[login] = password
        if user and user != login:
            registrar.owners[login] = user
        if peer:
            registrar.peers.add(user or login)

    def forget_account(self, login: str) -> None:
        """Know a login no longer."""
        self._core.registrar.passwords.pop(login, None)
        self._core.registrar.owners.pop(login, None)

    def bindings(self, user: str) -> list[dict[str, Any]]:
        """The bindings of a user."""
        return [one.shown() for one in self._core.registrar.bound(user)]

    def forget(self, user: str) -> None:
        """Drop the bindings of a user."""
        self._core.registrar.bindings.pop(user, None)

    def fork(self, user: str, other: str = "") -> None:
        """Calls to a user ring at the other's bindings too; without another at its own only."""
        forked = self._core.registrar.forked
        if other:
            forked.setdefault(user, []).append(other)
        else:
            forked.pop(user, None)

    def divert(self, user: str, to: str = "") -> None:
        """Calls to a user go to another; without another to itself again."""
        self._core.registrar.diverted.pop(user, None)
        if to:
            self._core.registrar.diverted[user] = to

    # what goes wrong, and what is answered

    def fault(self, name: str, value: int, of: str = "base") -> None:
        """Steer a fault for requests of the base or of the peers."""
        self._core.faults.set(of, name, value)

    def reset(self) -> None:
        """No fault, and no answer of a script."""
        self._core.faults.clear()
        self._core.script.waiting.clear()

    def answers(self, method: str, status: int, occasion: str = "any", contacts: Any = (), **more: Any) -> None:
        """Answer the next requests of a method and occasion so; `contacts` are values of Contact."""
        if occasion not in OCCASIONS:
            raise ValueError(f"an occasion is one of {', '.join(OCCASIONS)}")
        lines = [*(f"Contact: {contact}" for contact in contacts), *more.pop("lines", ())]
        self._core.script.waiting.append(Scripted(method, status, occasion=occasion, lines=lines, **more))

    # messages of the server's own

    def send(self, method: str, user: str, headers: str = "", body: str = "") -> int:
        """Send a request outside any dialog to each binding of a user; how many these are."""
        return self._server.phones.send(method, user, headers, body)

    def send_within(self, user: str, method: str, headers: str = "", body: str = "") -> None:
        """Send a request within a user's latest call, to that user."""
        self._server.own_requests.send(user, method, headers, body)

    def reinvite(self, user: str, late: bool = False) -> None:
        """Offer a user in a call what it has been offered before, or nothing."""
        self._server.own_requests.reinvite(user, late=late)

    def rename(self, user: str, display: str, number: str) -> None:
        """Tell a user in a call that it talks to another, as the platform does."""
        self._server.own_requests.rename(user, display, number)

    def mailbox(self, user: str, new: int, old: int = 0) -> None:
        """So many messages are in a user's box: subscribers are told."""
        self._server.mailboxes.fill(user, new, old)

    # what passed

    def received(self, method: str = "", status: int = 0, since: float = 0.0, host: str = "") -> list[dict[str, Any]]:
        """The messages that came, the oldest first."""
        return [
            one
            for one in self._core.log
            if one["way"] == "received" and one["at"] > since and method in ("", one["method"])
            if status in (0, one["status"]) and host in ("", one["host"])
        ]

    async def wait(self, method: str, since: float, status: int = 0, within: float = 5.0) -> list[dict[str, Any]]:
        """Wait until such a message has come; none where none comes in time."""
        came = asyncio.Event()
        self._core.on_message.append(came.set)
        try:
            async with asyncio.timeout(within):
                while not (found := self.received(method, status, since)):
                    came.clear()
                    await came.wait()
                return found
        except TimeoutError:
            return []
        finally:
            self._core.on_message.remove(came.set)


_COMMANDS = {
    name: act
    for name, act in vars(Control).items()
    if inspect.isfunction(act) and not name.startswith("_") and name not in ("serve", "answer")
}
