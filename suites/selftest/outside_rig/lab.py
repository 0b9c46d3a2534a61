"""A lab in one process: the stand-in by itself in a namespace of its own, a cable to it, a mirror port, a dongle over
TCP, and a power bar by snmpsim. Prints one JSON line when all is up; ends when its input closes.

Runs in a network of its own, which is the harness's host: `lab0` is the cable, `mir0` the mirror port.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from harness.core.child_process import DYING_WITH_US
from suites.selftest.handset.serial_over_net import SerialServer
from suites.selftest.outside_rig import far_pbx

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
SNMPSIM = [
    *(sys.executable, "-m", "uv", "run", "--quiet", "--no-project", "--isolated", "--offline"),
    *("--with-requirements", HERE / "pdu.lock", "--", "snmpsim-command-responder"),
]
"""Not among the packages of the harness: with its pysmi there, pysnmp would load four times as long."""
CABLE, MIRROR, PDU_PORT = "lab0", "mir0", 16161
HOST, SWITCH = "192.0.2.1/24", "192.0.2.2"
OUTLET = "1.3.6.1.4.1.318.1.1.4.4.2.1.3.4"
MINE = ["base", "handsets", "pbx"]


def standin_file(folder: Path) -> Path:
    """The file by which the stand-in knows what to be."""
    rig = yaml.safe_load((ROOT / "rigs" / "standin.yaml").read_text())
    rig["network"] |= {"address": HOST, "address6": "2001:db8:9::1/64"}
    rig["power"]["host"] = SWITCH
    return _written(folder / "standin.yaml", rig)


def rig_file(folder: Path, dongle: str, changes: dict[str, Any]) -> Path:
    """The file by which the harness knows this rig: physical, without a bring-up."""
    standin = yaml.safe_load((ROOT / "rigs" / "standin.yaml").read_text())
    rig: dict[str, Any] = {"name": "outside", "kind": "physical", **{key: standin[key] for key in MINE}}
    rig["dongle"] = {"port": dongle}
    rig["power"] = {"kind": "pdu", "host": "127.0.0.1", "udp_port": PDU_PORT, "outlet": OUTLET}
    rig["power"]["community"] = {"env": "OUTSIDE_PDU", "default": "private"}
    rig["capture"] = {"interface": MIRROR, "mode": "mirror"}
    rig["network"] = {"interface": CABLE, "address": HOST}
    rig["timing"] = {"boot": 20.0, "register": 8.0}
    rig["capabilities"] = ["dhcp", "power", "audio", "rf", "subscribe"]
    return _written(folder / "rig.yaml", rig | changes)


class Lab:
    """All parts; each is ended with the stack."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self.folder = folder
        self._stack = stack
        self.standin = self._program(
            "unshare", "--net", sys.executable, "-m", "rigs.standin", "--rig", standin_file(folder),
            "--run", folder / "standin",
        )  # fmt: skip
        self.ready: dict[str, Any] = json.loads(self._line(self.standin))

    def wire(self) -> None:
        """A cable from this host to the stand-in's interface."""
        standin = self.standin.pid
        _ip("link", "set", "lo", "up")
        _ip("link", "add", CABLE, "type", "veth", "peer", "name", "plug0", "netns", standin)
        _ip("link", "set", CABLE, "up")
        _in(standin, "ip", "link", "set", "plug0", "up")
        _in(standin, "ip", "link", "add", "lab", "type", "bridge", "ageing_time", "0", "mcast_snooping", "0")
        for name in ("m9rig", "plug0"):
            _in(standin, "ip", "link", "set", name, "master", "lab")
        _in(standin, "ip", "link", "set", "lab", "up")

    def mirror(self, words: list[str], *, of_the_base: bool) -> None:
        """Copy what passes the cable to the mirror port; or what passes the base's own port, while it has link."""
        switch = int(self.ready["pids"]["snmpd"])
        where, port = (switch, "port3") if of_the_base else (self.standin.pid, "m9rig")
        _ip("link", "add", MIRROR, "type", "veth", "peer", "name", "copy0", "netns", where)
        _ip("link", "set", MIRROR, "up")
        _in(where, "ip", "link", "set", "copy0", "up")
        words = ["-m", "suites.selftest.outside_rig.mirror", port, "copy0", *words]
        self._line(self._program("nsenter", "-t", where, "-n", sys.executable, *words))

    def dongle(self) -> str:
        """Offer the dongle over TCP, as a serial server does."""
        return self._stack.enter_context(SerialServer(Path(self.ready["dongle"]))).url

    def pdu(self, delay: float) -> None:
        """Start the power bar; it answers each question after `delay` seconds."""
        data = self.folder / "pdu"
        data.mkdir()
        (data / "private.snmprec").write_text(f"{OUTLET}|2:pdu_outlet|1\n")
        words = [
            f"--data-dir={data}",
            f"--variation-modules-dir={Path(__file__).with_name('variations')}",
            f"--cache-dir={data}",
        ]
        words += [f"--agent-udpv4-endpoint=127.0.0.1:{PDU_PORT}", "--process-user=root", "--process-group=root"]
        told = {"PDU_CONTROL": self.ready["control"], "PDU_DELAY": str(delay)}
        self._program(*SNMPSIM, *words, environment=told)

    def far_pbx(self, where: str) -> dict[str, Any]:
        """A PBX at a port of its own of the rig's switch, which learns addresses from now on, or behind this host."""
        if where == "routed":
            return far_pbx.routed(self._program, self.folder)
        return far_pbx.switched(self._program, int(self.ready["pids"]["snmpd"]), self.folder)

    def _program(self, *words: object, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        name = f"{len(list(self.folder.glob('*.log')))}.log"
        with (self.folder / name).open("wb") as log:
            process = subprocess.Popen(
                [*DYING_WITH_US, *map(str, words)],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._stack.callback(process.wait, 20)
        self._stack.callback(process.terminate)
        return process

    @staticmethod
    def _line(process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().decode()


def main(words: list[str]) -> None:
    """Bring all up, say so, and wait for the end of the input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--changes", type=json.loads, default={})
    parser.add_argument("--mirror", type=json.loads, default=[])
    parser.add_argument("--at-the-port", action="store_true")
    parser.add_argument("--pdu-delay", type=float, default=0.0)
    parser.add_argument("--far-pbx", choices=["switched", "routed"])
    options = parser.parse_args(words)
    with ExitStack() as stack:
        lab = Lab(stack, options.folder)
        lab.wire()
        lab.mirror(options.mirror, of_the_base=options.at_the_port)
        lab.pdu(options.pdu_delay)
        if options.far_pbx:
            options.changes["pbx"] = {"asterisk": lab.far_pbx(options.far_pbx)}
        rig = rig_file(options.folder, lab.dongle(), options.changes)
        sys.stdout.write(json.dumps({"rig": str(rig), **lab.ready}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


def _written(path: Path, rig: dict[str, Any]) -> Path:
    path.write_text(json.dumps(rig, indent=1))
    return path


def _ip(*words: object) -> None:
    subprocess.run(["ip", *map(str, words)], check=True)


def _in(pid: int, *words: object) -> None:
    subprocess.run(["nsenter", "-t", str(pid), "-n", *map(str, words)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
