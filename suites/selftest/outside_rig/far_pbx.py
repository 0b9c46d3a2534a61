"""A PBX on another machine: at a port of its own of a switch that learns addresses, or behind this host."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.core.clock import wait_until
from harness.pbx.kamailio_config import MODULE_FOLDERS
from suites.selftest.occasions.bring_up import CONFIG, PASSWORD

ADDRESS, NETWORK = "192.0.2.9", 24
ROUTED, GATEWAY = "203.0.113.2", "203.0.113.1"
Program = Callable[..., subprocess.Popen[bytes]]


def switched(program: Program, switch: int, folder: Path) -> dict[str, Any]:
    """Plug the PBX into the switch, whose namespace is that of process `switch`; returns what a rig file says of it."""
    machine = _machine(program, switch)
    _in(switch, "ip", "link", "add", "far0", "type", "veth", "peer", "name", "eth0", "netns", machine)
    _in(switch, "ip", "link", "set", "far0", "master", "br0", "up")
    _in(switch, "ip", "link", "set", "br0", "type", "bridge", "ageing_time", "30000")
    return _run(program, machine, ADDRESS, folder)


def routed(program: Program, folder: Path) -> dict[str, Any]:
    """The PBX behind this host, which routes and forwards."""
    machine = _machine(program)
    for words in (
        ["link", "add", "far0", "type", "veth", "peer", "name", "eth0", "netns", machine],
        ["address", "add", f"{GATEWAY}/{NETWORK}", "dev", "far0"],
        ["link", "set", "far0", "up"],
    ):
        subprocess.run(["ip", *map(str, words)], check=True)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    return _run(program, machine, ROUTED, folder)


def _machine(program: Program, other: int | str = "self") -> int:
    """A network of its own, held by a process."""
    holder = program("unshare", "--net", "sleep", "infinity")
    known = {_namespace("self"), _namespace(other), ""}
    wait_until(lambda: _namespace(holder.pid) not in known, what="a namespace of its own", within=5)
    return holder.pid


def _run(program: Program, machine: int, address: str, folder: Path) -> dict[str, Any]:
    for words in (["address", "add", f"{address}/{NETWORK}", "dev", "eth0"], ["link", "set", "eth0", "up"]):
        _in(machine, "ip", *words)
    if address == ROUTED:
        _in(machine, "ip", "route", "add", "default", "via", GATEWAY)
    _in(machine, "ip", "link", "set", "lo", "up")
    kamailio = shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin") or "kamailio"
    modules = next(folder for folder in MODULE_FOLDERS if Path(folder).is_dir())
    words = [kamailio, "-DD", "-E", "-m", "32", "-M", "8", "-f", str(CONFIG), "-L", modules, "-A", "OTHER_WAYS"]
    program("nsenter", "-t", machine, "-n", *words, "-l", f"udp:{address}:5060", "-Y", folder, "-w", folder)
    return {
        "kind": "external",
        "registrar": address,
        "accounts": [{"user": str(number), "password": PASSWORD} for number in range(101, 110)],
        "peer_accounts": [{"user": str(number), "password": PASSWORD} for number in range(301, 307)],
    }


def _namespace(pid: int | str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""


def _in(pid: int, *words: object) -> None:
    subprocess.run(["nsenter", "-t", str(pid), "-n", *map(str, words)], check=True)
