"""A baresip process and its control line (module ctrl_tcp: JSON in netstrings)."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from harness.core.clock import Deadline, wait_until
from harness.core.runtime_dirs import ShortFolder

Message = dict[str, Any]
CONTROL_HOST = "127.0.0.1"
START_WITHIN = 5.0
ANSWER_WITHIN = 3.0
MODULE_FOLDERS = ("/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules")
MODULES = ("g711", "g722", "g726", "aufile", "aubridge", "sndfile")
TEMPORARY = ("account",)
APPLICATIONS = ("menu", "ctrl_tcp")
CONFIG = """poll_method epoll
call_max_calls 4
call_local_timeout 300
audio_player aubridge,nil
audio_alert aubridge,nil
audio_source aufile,{silence}
ausrc_format s16
auplay_format s16
auenc_format s16
audec_format s16
audio_buffer 20-160
audio_level no
rtp_ports 16000-16400
rtcp_mux no
rtp_stats no
jitter_buffer_type off
sip_listen {listen}
net_interface {address}
snd_path {folder}
ctrl_tcp_listen {control}
module_path {modules}
"""


class LineError(Exception):
    """baresip refused a command or its line is gone."""


class NetStrings:
    """Cuts a stream into netstrings (`12:Hello world!,`)."""

    def __init__(self) -> None:
        self._pending = b""

    def feed(self, data: bytes) -> list[Message]:
        """The JSON objects that are complete now."""
        self._pending += data
        found: list[Message] = []
        while (head := re.match(rb"(\d+):", self._pending)) and len(self._pending) > head.end() + int(head[1]):
            body = self._pending[head.end() : head.end() + int(head[1])]
            self._pending = self._pending[head.end() + int(head[1]) + 1 :]
            found.append(json.loads(body.decode("utf-8", "replace")))
        return found


class Baresip:
    """One baresip process in a folder of its own; `events` fills while answers are waited for.

    `log` is where its output goes. The folder has a short name: baresip 1.0.0 cuts the paths of its sound files at 128
    characters, and then sender and receiver write to one file.
    """

    def __init__(self, address: str, port: int, log: Path) -> None:
        self.address = address
        self.log = log
        self._short = ShortFolder("baresip-")
        self.events: list[Message] = []
        self._port = port
        self._strings = NetStrings()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    @property
    def folder(self) -> Path:
        """Where its configuration and its sound files are."""
        return self._short.path

    def start(self, silence: Path) -> None:
        """Write its configuration and start it; raises LineError when it does not come up."""
        program = shutil.which("baresip")
        if program is None:
            raise LineError("baresip is not installed: apt install baresip-core")
        with socket.create_server((CONTROL_HOST, 0)) as probe:
            control = probe.getsockname()[1]
        self._write_config(control, silence)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program, "-f", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(lambda: self._connect(control), what="baresip listens to its control line", within=START_WITHIN)

    def fileno(self) -> int:
        """The control line, for select."""
        if self._socket is None:
            raise LineError("baresip is not running")
        return self._socket.fileno()

    def command(self, name: str, parameters: str = "") -> str:
        """Do a command and return what it printed; raises LineError on a refusal."""
        if self._socket is None:
            raise LineError("baresip is not running")
        body = json.dumps({"command": name, "params": parameters, "token": name}).encode()
        deadline = Deadline(ANSWER_WITHIN)
        try:
            self._socket.sendall(b"%d:%s," % (len(body), body))
            while not deadline.expired:
                self._socket.settimeout(max(0.01, deadline.left))
                messages = self._strings.feed(self._received())
                self.events += [message for message in messages if message.get("event")]
                for answer in (message for message in messages if message.get("response")):
                    if not answer.get("ok"):
                        raise LineError(f"{name} {parameters}: {answer.get('data')}")
                    return str(answer.get("data", ""))
        except OSError as error:
            raise LineError(f"{name}: {error}") from error
        raise LineError(f"{name}: no answer in {ANSWER_WITHIN:g} s")

    def read(self) -> None:
        """Take in the events that have arrived."""
        if self._socket is not None:
            self._socket.settimeout(ANSWER_WITHIN)
            self.events += [message for message in self._strings.feed(self._received()) if message.get("event")]

    def stop(self) -> None:
        """End it: it takes its bindings back first; its folder goes with it."""
        try:
            if self._process is not None:
                _end(self._process)
        finally:
            self._short.close()

    def _received(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise LineError("baresip has ended")
        return data

    def _connect(self, control: int) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise LineError(f"baresip has ended; read {self.log}")
        try:
            self._socket = socket.create_connection((CONTROL_HOST, control), 1)
        except ConnectionRefusedError:
            return False
        return True

    def _write_config(self, control: int, silence: Path) -> None:
        modules = next((folder for folder in MODULE_FOLDERS if Path(folder).is_dir()), MODULE_FOLDERS[0])
        host = f"[{self.address}]" if ":" in self.address else self.address
        text = CONFIG.format(
            silence=silence,
            listen=f"{host}:{self._port}",
            address=self.address,
            folder=self.folder,
            control=f"{CONTROL_HOST}:{control}",
            modules=modules,
        )
        text += "".join(f"module {name}.so\n" for name in MODULES)
        text += "".join(f"module_tmp {name}.so\n" for name in TEMPORARY)
        text += "".join(f"module_app {name}.so\n" for name in APPLICATIONS)
        (self.folder / "config").write_text(text)
        (self.folder / "accounts").write_text("")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
