"""The worker process of one peer, seen from the harness: requests, events, and its death as a rig fault."""

from __future__ import annotations

import contextlib
import itertools
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core import clock
from harness.core.child_process import is_stopped
from harness.core.clock import EventList, WaitExpired
from harness.core.errors import RigFault
from harness.softphone.channel import Channel, ChannelClosed, Message

PJSUA2_WORKER = (sys.executable, "-m", "harness.softphone.worker")
BARESIP_WORKER = (sys.executable, "-m", "harness.softphone.baresip")
PYTHON = ("python", "python3")
ANSWER_WITHIN = 5.0
START_WITHIN = 15.0
QUIT_WITHIN = 5.0
FROM_OUTSIDE = (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)


@dataclass(frozen=True)
class WorkerEvent:
    """Something the worker told: what, when (epoch), and its fields."""

    kind: str
    at: float
    data: Message = field(default_factory=dict)

    def __str__(self) -> str:
        said = " ".join(f"{key}={value}" for key, value in self.data.items() if key in _TOLD)
        return f"{self.kind} {said}".strip()


_TOLD = {"account", "call", "state", "code", "reason", "direction", "digit", "registered", "remote_hold"}


class RequestRefused(Exception):
    """The softphone cannot do what was asked in this state; the text is the library's."""


class WorkerProcess:
    """One worker: started here, spoken to from any thread, ended by `stop` or by its own death."""

    def __init__(self, name: str, directory: Path, command: list[str] | None = None) -> None:
        self.name = name
        self.directory = directory
        program, *words = command or PJSUA2_WORKER
        # a rig file says `python3`; the one that has the packages is this one
        self.command = [sys.executable if program in PYTHON else program, *words]
        self.events: EventList[WorkerEvent] = EventList()
        self.program = ""
        self.features: list[str] = []
        self._replies: EventList[Message] = EventList()
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self.ended_at = 0.0

    @property
    def pid(self) -> int:
        """The process id; 0 before the start."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Whether the process runs and its socket is open."""
        return self._process is not None and self._process.poll() is None and not self.events.closed

    def start(self) -> None:
        """Start the process and wait for its `ready`; raises RigFault when it does not come."""
        ours, theirs = socket.socketpair()
        log = self.directory / f"{self.name}-worker.log"
        self.directory.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output, theirs:
            try:
                self._process = subprocess.Popen(
                    [*self.command, "--fd", str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    pass_fds=[theirs.fileno()],
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                    process_group=0,
                )
            except OSError as error:
                ours.close()
                raise self._fault(f"the worker {shlex.join(self.command)} does not start: {error}") from error
        self._channel = Channel(ours)
        threading.Thread(target=self._read, args=(self._channel,), name=f"peer-{self.name}", daemon=True).start()
        try:
            ready = self.events.wait_for(lambda event: event.kind == "ready", what="worker ready", within=START_WITHIN)
        except WaitExpired as expired:
            self.kill()
            raise self._fault(f"the worker said nothing: {expired.last_seen}; its log: {log}") from expired
        self.program, self.features = ready.data.get("program", "?"), list(ready.data.get("features", []))

    def request(self, do: str, **fields: Any) -> Message:
        """Ask and wait for the reply; raises RequestRefused on an error, RigFault if there is no answer."""
        number = next(self._numbers)
        mark = len(self._replies)
        try:
            with self._sending:
                if self._channel is None:
                    raise ChannelClosed("not started")
                self._channel.send({"id": number, "do": do, **fields})
            reply = self._replies.wait_for(
                lambda message: message["reply"] == number, what=f"reply to {do}", within=ANSWER_WITHIN, since=mark
            )
        except ChannelClosed as closed:
            raise self._fault(self._obituary(str(closed))) from closed
        except WaitExpired as expired:
            if self._replies.closed:
                raise self.fault() from expired
            stuck = "is stopped by a signal" if is_stopped(self.pid) else "is stuck"
            self.kill()  # one that is stuck is of no use to the next test either
            text = f"no answer to {do!r} in {ANSWER_WITHIN:g} s: the worker {stuck}; it was ended"
            raise self._fault(text) from expired
        if "error" in reply:
            raise RequestRefused(f"{do}: {reply['error']}")
        return dict(reply.get("ok") or {})

    def check(self) -> None:
        """Raise RigFault if the worker has ended or answers nothing; such a worker is ended."""
        if not self.alive:
            raise self.fault()
        if is_stopped(self.pid):
            self.kill()
            raise self._fault("the worker is stopped by a signal; it was ended")
        with contextlib.suppress(RequestRefused):  # every worker answers each request, if only by a refusal
            self.request("ping")

    def stop(self) -> None:
        """Let the worker say good-bye to its server and end; kill it if it does not in time."""
        if self.alive:
            with contextlib.suppress(RigFault, RequestRefused):
                self.request("quit")
            with contextlib.suppress(subprocess.TimeoutExpired):
                assert self._process is not None
                self._process.wait(QUIT_WITHIN)
        self.kill()

    def kill(self) -> None:
        """End the process at once; a second call does nothing."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _read(self, channel: Channel) -> None:
        """The reader thread: replies and events to their lists until the worker is gone."""
        reason = ""
        while not reason:
            try:
                messages = channel.receive()
            except (ChannelClosed, ValueError) as ended:
                reason = f"worker gone: {ended}"
                break
            for message in messages:
                if "reply" in message:
                    self._replies.append(message)
                elif "event" in message:
                    kind, at = str(message.pop("event")), float(message.pop("at", clock.now()))
                    self.events.append(WorkerEvent(kind, at, message))
        self.ended_at = clock.now()
        self._replies.close(reason)
        self.events.close(reason)

    def _obituary(self, detail: str) -> str:
        code = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(0.5)
        how = "closed its socket" if code is None else f"ended by signal {-code}" if code < 0 else f"exited with {code}"
        return f"the worker {how}" + (f" ({detail})" if detail else "")

    @property
    def crashed(self) -> bool:
        """Whether it died of itself, by a signal of its own doing or an error, and was not ended from outside."""
        self._obituary("")
        code = self._process.returncode if self._process is not None else None
        return code is not None and code != 0 and -code not in FROM_OUTSIDE

    def fault(self) -> RigFault:
        """The rig fault to raise when the worker is found dead."""
        return self._fault(self._obituary(""))

    def _fault(self, text: str) -> RigFault:
        log = self.directory / f"{self.name}-worker.log"
        remedy = (
            f"read {log}; the next test gets a fresh worker; a worker that dies again: python -m {__package__}.worker"
        )
        return RigFault(f"peer {self.name}", text, remedy=remedy)
