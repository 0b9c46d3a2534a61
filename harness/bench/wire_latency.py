"""From the packet on the wire to the assertion that sees it, compared with pyshark's live capture."""

from __future__ import annotations

import json
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from harness.bench.frame import Row
from harness.bench.stored_call import alaw
from harness.capture.live import Capture
from harness.core import clock
from harness.core.errors import RigFault

TARGET = 100.0
MESSAGES = 60
CALLS = 4
OPTIONS = (
    "OPTIONS sip:40@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK{0}\r\nFrom: <sip:a@b>;tag=1\r\n"
    "To: <sip:40@127.0.0.1>\r\nCall-ID: {0}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
)


def measure() -> Row:
    """The medians; ours under the load of four calls, without a lost packet, pyshark's without load."""
    with tempfile.TemporaryDirectory(prefix="m9-bench-") as folder:
        ours, lost, packets = _ours(Path(folder))
    theirs = _theirs()
    if lost:
        raise RigFault(
            "capture",
            f"{lost} of {packets} packets of {CALLS} calls were lost",
            remedy="run it on a faster or idle machine",
        )
    note = f"{packets} RTP packets of {CALLS} calls at the same time, none lost"
    return Row(
        "packet on the wire to assertion, median", ours * 1000, theirs * 1000, "times faster", TARGET, "ms", note
    )


def _ours(folder: Path) -> tuple[float, int, int]:
    """The median in seconds, and the number of the calls' packets that were not stored."""
    with Capture("lo", folder) as wire, _Listeners():
        wire.fence(within=20)
        begun = wire.mark()
        calls = _Calls()
        calls.start()
        took = []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(MESSAGES):
                name = f"ours-{number}@bench"
                sent = time.perf_counter()
                sender.sendto(OPTIONS.format(name).encode(), ("127.0.0.1", 5060))
                wire.sip.expect(call_id=name)
                took.append(time.perf_counter() - sent)
                calls.ticks.wait(0.05)
        calls.stop()
        stored = sum(stream.packets for stream in wire.rtp(since=begun))
    return statistics.median(took), calls.sent - stored, calls.sent


def _theirs() -> float:
    """The median in seconds of the same with pyshark, in a process of its own."""
    done = subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, timeout=300, check=False)
    try:
        return float(json.loads(done.stdout.splitlines()[-1])["median"])
    except (IndexError, ValueError, KeyError) as error:
        last = done.stderr.strip().splitlines()[-1:] or ["no output"]
        raise RigFault(
            "pyshark", f"it measured nothing: {last[0]}", remedy="install dumpcap: apt-get install wireshark-common"
        ) from error


class _Calls(threading.Thread):
    """Four calls' media: eight streams of fifty packets a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.sent = 0
        self.ticks = threading.Event()
        self._ended = threading.Event()

    def run(self) -> None:
        """Send until `stop`."""
        payload = alaw([0.0] * 160)
        sockets = []
        for stream in range(CALLS * 2):
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sender.bind(("127.0.0.1", 41000 + 2 * stream))
            sockets.append(sender)
        number = 0
        while not self._ended.wait(0.02):
            for stream, sender in enumerate(sockets):
                head = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, number * 160, 0xCA110000 + stream)
                sender.sendto(head + payload, ("127.0.0.1", 42000 + 2 * stream))
                self.sent += 1
            number += 1
        for sender in sockets:
            sender.close()

    def stop(self) -> None:
        """End the sending; returns when the last packet is out."""
        self._ended.set()
        self.join()


class _Listeners:
    """A listening socket, so that no ICMP is sent."""

    def __enter__(self) -> None:
        self._sockets = []
        for port in (5060, *(42000 + 2 * stream for stream in range(CALLS * 2))):
            receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            receiver.bind(("127.0.0.1", port))
            self._sockets.append(receiver)

    def __exit__(self, *_: object) -> None:
        for receiver in self._sockets:
            receiver.close()


def _pyshark() -> float:
    """Pyshark's latency: `LiveCapture` with a display filter, read by its own iterator."""
    import pyshark

    seen: clock.EventList[str] = clock.EventList()

    def read() -> None:
        for packet in pyshark.LiveCapture(interface="lo", display_filter="sip").sniff_continuously():
            if "sip" in packet:
                seen.append(str(packet.sip.call_id))

    threading.Thread(target=read, daemon=True).start()
    took = []
    with _Listeners(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        _until_it_reads(sender, seen)
        for number in range(MESSAGES // 3):
            name = f"theirs-{number}@bench"
            sent = time.perf_counter()
            sender.sendto(OPTIONS.format(name).encode(), ("127.0.0.1", 5060))
            seen.wait_for(lambda found, name=name: found == name, what=name, within=10)  # type: ignore[misc]
            took.append(time.perf_counter() - sent)
    return statistics.median(took)


def _until_it_reads(sender: socket.socket, seen: clock.EventList[str]) -> None:
    """It does not report when it listens: send until a packet is seen."""
    for _ in range(200):
        sender.sendto(OPTIONS.format("first@bench").encode(), ("127.0.0.1", 5060))
        try:
            seen.wait_for(lambda _: True, what="pyshark listens", within=0.1)
        except clock.WaitExpired:
            continue
        return


if __name__ == "__main__":
    print(json.dumps({"median": _pyshark()}), flush=True)  # noqa: T201
    import os

    os._exit(0)  # pyshark's reader does not end by itself
