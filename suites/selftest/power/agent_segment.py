"""Runs inside a private segment of its own: a real snmpd whose PoE port is served by a small pass_persist script.

Prints what happened as JSON; test_power.py judges it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.power import snmp
from harness.power.pdu import Outlet
from harness.power.poe import ADMIN, DETECTION, OPER_STATUS, PoePort
from harness.power.snmp import SnmpAccess

HOST = "127.0.0.1"
OUTLET = "1.3.6.1.2.1.105.1.1.1.9.1.3"
CONF = """rwcommunity private
rocommunity public
createUser night SHA authauthauth AES privprivpriv
rwuser night priv
pass_persist .1.3.6.1.2.1.105 {script}
pass_persist .1.3.6.1.2.1.2 {script}
"""
SWITCH = """#!{python}
import sys
admin, link, outlet = ".{admin}.1.3", ".{link}.10103", ".{outlet}"
detection = ".{detection}.1.3"
state = {{"on": 1, "outlet": 1}}
store = "{store}"
def read():
    return sys.stdin.readline().strip()
while line := sys.stdin.readline():
    command = line.strip()
    if not command:  # snmpd sends an empty line behind each SET
        continue
    if command == "PING":
        print("PONG", flush=True)
        continue
    oid = read()
    with open(store) as file:
        state = eval(file.read())
    values = {{admin: 1 if state["on"] else 2, detection: 3 if state["on"] and not state["stuck"] else 1,
               link: 1 if state["on"] and not state["stuck"] else 2, outlet: state["outlet"]}}
    if command == "set":
        value = int(read().split()[1])
        state["on" if oid == admin else "outlet"] = value == 1 if oid == admin else value
        with open(store, "w") as file:
            file.write(repr(state))
        print("DONE", flush=True)
    elif oid in values:
        print(oid, "integer", values[oid], sep="\\n", flush=True)
    else:
        print("NONE", flush=True)
"""


def access(**more: Any) -> SnmpAccess:
    return SnmpAccess(HOST, 16161, **({"timeout": 0.6} | more))


def fault(act: Any) -> str:
    try:
        act()
    except RigFault as error:
        return str(error)
    return ""


def judge(found: dict[str, Any], store: Path) -> None:
    with PoePort(access(community="private"), 1, 3, 10103, within=2.0) as port:
        found["before"] = port.state().on
        cut = port.off()
        found["off"] = [cut.on, cut.confirmed_at >= cut.asked_at, str(port.state())]
        port.on()
        found["on"] = str(port.state())
        store.write_text(repr({"on": True, "outlet": 1, "stuck": True}))
        found["unplugged"] = fault(PoePort(access(community="private"), 1, 3, 10103, within=0.3).on)
        store.write_text(repr({"on": True, "outlet": 1, "stuck": False}))
    found["no_port"] = fault(PoePort(access(community="private"), 1, 7, 10107).state)
    found["community"] = fault(PoePort(access(community="nonsense"), 1, 3, 10103).state)
    found["read_only"] = fault(PoePort(access(community="public"), 1, 3, 10103, within=0.5).off)
    three = {"user": "night", "auth_key": "authauthauth", "privacy_key": "privprivpriv"}
    with PoePort(access(**three, timeout=2.0), 1, 3, 10103, within=2.0) as port:
        found["v3"] = port.cycle().on
    found["v3_wrong"] = fault(PoePort(access(**{**three, "auth_key": "wrongwrong"}), 1, 3, 10103).state)
    with Outlet(access(community="private"), OUTLET, 1, 2, within=2.0) as outlet:
        outlet.off()
        found["outlet"] = [outlet.state().on, outlet.cycle().on]
    with PoePort(access(community="private"), 1, 3, 10103) as port:
        found["stuck"] = stuck_engine(port)
        found["after"] = port.state().on


def stuck_engine(port: PoePort) -> str:
    """The fault of a question while the event loop of SNMP does something else for ever."""
    slack, snmp.SLACK = snmp.SLACK, 0.5
    busy = threading.Event()
    snmp._loop()._loop.call_soon_threadsafe(busy.wait)
    try:
        return fault(port.state)
    finally:
        busy.set()
        snmp.SLACK = slack


def main(directory: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    script, store = directory / "switch.py", directory / "state"
    words = {"python": sys.executable, "admin": ADMIN, "detection": DETECTION, "link": OPER_STATUS, "outlet": OUTLET}
    script.write_text(SWITCH.format(**words, store=store))
    script.chmod(0o755)
    store.write_text(repr({"on": True, "outlet": 1, "stuck": False}))
    conf = directory / "snmpd.conf"
    conf.write_text(CONF.format(script=script))
    program = shutil.which("snmpd", path="/usr/sbin:/usr/bin") or "snmpd"
    agent = subprocess.Popen(
        [
            program,
            "-f",
            "-Lf",
            str(directory / "snmpd.log"),
            "-C",
            "-c",
            str(conf),
            "-I",
            "-ifTable,-ifXTable,-interface",
            f"udp:{HOST}:16161",
        ],
        env={"SNMP_PERSISTENT_DIR": str(directory), "MIBS": "", "PATH": "/usr/sbin:/usr/bin:/bin"},
    )
    found: dict[str, Any] = {}
    try:
        patient = PoePort(access(community="private", timeout=1.0), 1, 3, 10103)
        wait_until(lambda: not fault(patient.state), what="snmpd answers", within=10)
        patient.close()
        judge(found, store)
    finally:
        agent.terminate()
        agent.wait()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
