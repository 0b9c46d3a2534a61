"""The PoE switch's SNMP agent: Debian's snmpd, its MIBs served by `rigs.standin.switch.mib` over pass_persist."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from rigs.standin.core.rigfile import PoePort
from rigs.standin.segment import inside
from rigs.standin.switch import snmp

SYSTEM = "1.3.6.1.2.1.1"
POWER_ETHERNET = "1.3.6.1.2.1.105"
INTERFACES = "1.3.6.1.2.1.2"
IF_NAMES = "1.3.6.1.2.1.31.1.1"
VIEW = "switch"
RETRY = 0.02
LIMIT = 8.0
PYTHON, CONTROL = "M9_SWITCH_PYTHON", "M9_SWITCH_CONTROL"
BLANK = r"\_"
"""snmpd divides a command at each blank and knows no quotes: env(1) divides the words instead, and fills in paths."""


class SwitchAgent:
    """The configuration of one agent; the supervisor starts it in the switch's namespace.

    `defects` are those that replace something in its helper.
    """

    def __init__(self, power: PoePort, address: str, folder: Path, control: Path, defects: Sequence[str] = ()) -> None:
        self._power = power
        self._address = address
        self._folder = folder / "switch"
        self._control = control
        self._defects = defects
        self._folder.mkdir(exist_ok=True)
        (self._folder / "snmpd.conf").write_text(self._configuration(), encoding="utf-8")
        (self._folder / "snmpd.conf").chmod(0o600)

    def command(self) -> list[str]:
        """The words that run snmpd in the foreground without any of the host's configuration."""
        program = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin") or "snmpd"
        modules = "-ifTable,-ifXTable,-interface,-interfaces,-smux"
        conf = str(self._folder / "snmpd.conf")
        return [program, "-f", "-LE", "w", "-C", "-c", conf, "-I", modules, f"udp:{self._address}:161"]

    def environment(self) -> dict[str, str]:
        """snmpd's environment: its persistent files belong to the run."""
        tree = str(Path(__file__).resolve().parents[3])
        own = {"SNMP_PERSISTENT_DIR": str(self._folder), "SNMPCONFPATH": str(self._folder), "MIBS": ""}
        own |= {PYTHON: sys.executable, CONTROL: str(self._control)}
        return {**os.environ, **own, "PYTHONPATH": tree}

    async def answers(self, namespace: int, process: asyncio.subprocess.Process) -> bool:
        """True as soon as the agent answers for the base's port; False if it ended or stays silent."""
        oid = f"{POWER_ETHERNET}.1.1.1.3.{self._power.group}.{self._power.port}"
        request = snmp.get_request(self._power.community, oid)
        loop = asyncio.get_running_loop()
        with inside(namespace):
            probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        probe.setblocking(False)
        with probe:
            await loop.sock_connect(probe, (self._address, 161))
            deadline = loop.time() + LIMIT
            while loop.time() < deadline and process.returncode is None:
                try:
                    await loop.sock_sendall(probe, request)
                    await asyncio.wait_for(loop.sock_recv(probe, 2048), 1.0)
                    return True
                except ConnectionRefusedError:
                    # Nobody is bound yet and the kernel says so at once: the one place where asking again must wait.
                    await asyncio.sleep(RETRY)
                except TimeoutError:
                    continue
        return False

    def _configuration(self) -> str:
        power = self._power
        numbers = [str(number) for number in (power.group, power.port, power.if_index)]
        # Without site packages it starts in a tenth of the time; what defects load needs them.
        options = [] if self._defects else ["-S"]
        words = [f"${{{PYTHON}}}", *options, "-m", "rigs.standin.switch.mib", f"${{{CONTROL}}}", *numbers]
        helper = f"/usr/bin/env -S{BLANK.join([*words, *self._defects])}"
        lines = [
            "sysDescr m9 stand-in PoE switch",
            "sysName standin-switch",
            "sysLocation inside a private segment",
            "sysServices 2",
            # Only what a switch has: snmpd itself would tell of the host, down to its process table.
            *(f"view {VIEW} included .{tree}" for tree in (SYSTEM, INTERFACES, IF_NAMES, POWER_ETHERNET)),
            f"rwcommunity {power.community} default -V {VIEW}",
            *([f"rocommunity public default -V {VIEW}"] if power.community != "public" else []),
            *(f"pass_persist .{tree} {helper}" for tree in (POWER_ETHERNET, INTERFACES, IF_NAMES)),
        ]
        if power.auth:
            level = "priv" if power.privacy else "auth"
            privacy = f"{power.privacy_protocol} {power.privacy}" if power.privacy else ""
            lines.append(f"createUser {power.user} {power.auth_protocol} {power.auth} {privacy}".rstrip())
            lines.append(f"rwuser {power.user} {level} -V {VIEW}")
        return "\n".join(lines) + "\n"
