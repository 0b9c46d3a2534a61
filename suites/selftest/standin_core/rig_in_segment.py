"""Run in a private segment by test_rig.py: the real stand-in, a DHCP and a file server; tells what it saw."""

from __future__ import annotations

import http.server
import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from rigs.standin.core.control import ask

ADDRESS = "198.18.9.1"
NONSENSE = {
    "dhcp#0": ["false", "RW"],
    "gateway#0": ["abc", "RW"],
    "gmt_offset#0": ["9" * 400, "RW"],
    "base_name#0": ["x" * 300, "RW"],
    "http_port#0": [80, None],
}
"""What an older firmware let in: each of these kept a base from booting."""
PAGE = b"""<settings><phone-settings><base_name perm="R">lobby</base_name></phone-settings></settings>"""


class FileServer(http.server.BaseHTTPRequestHandler):
    """Answers every path with the settings; what was asked goes to a queue."""

    asked: queue.Queue[tuple[str, str]] = queue.Queue()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)
        self.asked.put((self.path, self.headers["User-Agent"]))

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def interfaces() -> list[str]:
    """The names of this network's interfaces."""
    with IPRoute() as routes:
        return [link.get_attr("IFLA_IFNAME") for link in routes.get_links()]


def own_host() -> None:
    """The harness's address on the rig's interface."""
    with IPRoute() as routes:
        index = routes.link_lookup(ifname="m9rig")[0]
        routes.addr("add", index=index, address=ADDRESS, prefixlen=24)


def dnsmasq(run: Path) -> subprocess.Popen[bytes]:
    """A DHCP server that names the file server."""
    words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--no-ping", "--interface=m9rig"]
    words += ["--dhcp-range=198.18.9.50,198.18.9.59,2m", f"--dhcp-option=66,http://{ADDRESS}/provisioning"]
    words += [f"--dhcp-leasefile={run / 'leases'}", f"--pid-file={run / 'dnsmasq.pid'}", "--user=root"]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def alive(pid: int) -> bool:
    """Whether a process still runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def within(seconds: float, true: Callable[[], bool]) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def main(rig: str, run: Path) -> dict[str, Any]:
    """One life of a rig, from nothing to nothing."""
    seen: dict[str, Any] = {}
    (run / "rig/flash").mkdir(parents=True)
    (run / "rig/flash/settings.json").write_text(json.dumps(NONSENSE))
    started = time.monotonic()
    words = [sys.executable, "-m", "rigs.standin", "--rig", rig, "--run", str(run / "rig")]
    standin = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert standin.stdout
    ready = json.loads(standin.stdout.readline())
    seen["ready"], seen["ready_after"] = ready, time.monotonic() - started
    control = Path(ready["control"])
    own_host()
    server = http.server.ThreadingHTTPServer((ADDRESS, 80), FileServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    leases = dnsmasq(run)
    seen["first_fetch"] = FileServer.asked.get(timeout=10)
    base = ask(control, {"do": "status"})["pids"]["base"]
    seen["off"] = ask(control, {"do": "power", "on": False})
    seen["base_alive_after_off"] = alive(base)
    seen["link_after_off"] = ask(control, {"do": "status"})["link"]
    started = time.monotonic()
    ask(control, {"do": "power", "on": True})
    seen["second_fetch"] = FileServer.asked.get(timeout=10)
    seen["fetched_after"] = time.monotonic() - started
    stored = run / "rig/flash/settings.json"
    within(5, stored.exists)
    seen["settings"] = json.loads(stored.read_text())
    status = ask(control, {"do": "status"})
    seen["status"] = status
    seen["log"] = (run / "rig/base.log").read_text()
    standin.send_signal(signal.SIGKILL)
    standin.wait()
    others = [pid for name, pid in status["pids"].items() if name != "supervisor"]
    seen["all_gone"] = within(5, lambda: not any(alive(pid) for pid in others))
    within(5, lambda: interfaces() == ["lo"])
    seen["interfaces"] = interfaces()
    leases.terminate()
    leases.wait()
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
