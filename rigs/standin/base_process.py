"""The base held ready behind its plug: a process with all imports done that forks a base when power comes.

The supervisor and the holder talk over a SOCK_SEQPACKET pair: JSON one way and the other, the namespace of a new
base as a file descriptor beside it. Power-off is a SIGKILL of the base's process group, as pulling the plug would.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rigs.standin.core import kernel

BUFFER = 65536


class BasePlug:
    """The supervisor's side: `on` forks a base into a namespace, `off` kills it, `on_exit` hears of its end."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        self.holder = os.fork()
        if self.holder == 0:
            self._line.close()
            _hold(theirs, parent)
        theirs.close()
        self.pid: int | None = None
        self.on_exit: Callable[[int], None] = lambda code: None

    async def ready(self) -> None:
        """Waits until the holder has done its imports, then listens for ends of bases; OSError if it died."""
        self._line.setblocking(False)
        loop = asyncio.get_running_loop()
        if not await loop.sock_recv(self._line, BUFFER):
            raise OSError("the base's program could not be loaded; its traceback is above")
        self._line.setblocking(True)
        loop.add_reader(self._line, self._read)

    def on(self, namespace: int, configuration: dict[str, Any]) -> int:
        """Power comes: returns the process id of the base, which is then on its way."""
        socket.send_fds(self._line, [json.dumps(configuration).encode()], [namespace])
        while (message := self._receive()) and "pid" not in message:
            self._ended(message)
        if not message:
            raise OSError("the holder of the base is gone")
        self.pid = int(message["pid"])
        return self.pid

    def off(self) -> None:
        """Power goes: nothing of the base runs on when this returns."""
        if self.pid is None:
            return
        pid, self.pid = self.pid, None
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def close(self) -> None:
        """Ends the holder, and a base with it."""
        self.off()
        self._line.close()
        try:
            os.kill(self.holder, signal.SIGKILL)
            os.waitpid(self.holder, 0)
        except (ProcessLookupError, ChildProcessError):
            return

    def _receive(self) -> dict[str, Any]:
        data = self._line.recv(BUFFER)
        return dict(json.loads(data)) if data else {}

    def _read(self) -> None:
        message = self._receive()
        if message:
            self._ended(message)
        else:
            asyncio.get_running_loop().remove_reader(self._line)

    def _ended(self, message: dict[str, Any]) -> None:
        """A base that was cut off already is not news."""
        if message.get("exited") == self.pid:
            self.pid = None
            self.on_exit(int(message["code"]))


def _hold(line: socket.socket, parent: int) -> None:
    """The holder's whole life; never returns."""
    kernel.die_with_parent(parent)
    kernel.name_process("m9-plug")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        from rigs.standin.base import boot

        boot.preload()
        gc.collect()
        gc.freeze()
        line.send(b'{"ready": true}')
        _serve(line, boot.main)
    except BaseException:  # noqa: BLE001 - the last frame of a forked process: told, then ended
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _serve(line: socket.socket, run: Callable[[dict[str, Any]], int]) -> None:
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        readable, _, _ = select.select([line, woken], [], [])
        if woken in readable:
            woken.recv(BUFFER)
            _report_ends(line)
        if line in readable:
            data, descriptors, _, _ = socket.recv_fds(line, BUFFER, 1)
            if not data:
                return
            pid = _fork(json.loads(data), descriptors[0], run, [line, woken, waker])
            os.close(descriptors[0])
            line.send(json.dumps({"pid": pid}).encode())


def _report_ends(line: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        line.send(json.dumps({"exited": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def _fork(
    configuration: dict[str, Any], namespace: int, run: Callable[[dict[str, Any]], int], ours: list[socket.socket]
) -> int:
    holder = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        kernel.die_with_parent(holder)
        kernel.name_process("m9-base")
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        for end in ours:
            end.close()
        kernel.enter_network_namespace(namespace)
        log = os.open(Path(configuration["folder"]) / "base.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = run(configuration)
    except BaseException:  # noqa: BLE001 - as above
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
