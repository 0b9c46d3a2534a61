"""Inside a segment: a run that is killed, a run after it, and an address that the host has of its own."""

import json
import subprocess
import sys
from pathlib import Path

from harness.rig import network
from harness.rig.model import Network

NETWORK = Network(interface="d0", address="192.0.2.1/24", address6="2001:db8:7::1/64")
OWN = "192.0.2.11/24"
OWN6, ADVERTISED = "2001:db8:7::beef/64", "2001:db8:7::feed/64"
"""One that the host had before, and one that it gives itself when it hears our router advertisements."""


def shown() -> list[str]:
    """The addresses of the interface, without those that it gives itself."""
    words = ["ip", "-o", "addr", "show", "d0"]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    return [line.split()[3] for line in lines if " fe80" not in line]


def main(folder: Path) -> None:
    """Print how many addresses there are with the killed run's, within the next run, and which after it."""
    subprocess.run(["ip", "link", "add", "d0", "type", "veth", "peer", "name", "d1"], check=True)
    subprocess.run(["ip", "addr", "add", OWN, "dev", "d0"], check=True)
    subprocess.run(["ip", "addr", "add", OWN6, "dev", "d0"], check=True)
    subprocess.run([sys.executable, "-m", __spec__.name, str(folder), "killed"], check=False)
    left = len(shown())
    with network.addressed(NETWORK, "d0", folder):
        within = len(shown())
        subprocess.run(["ip", "addr", "add", ADVERTISED, "dev", "d0"], check=True)
    found = {"left": left, "within": within, "after": shown(), "notes": len([*folder.iterdir()])}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[2:]:
        import os
        import signal

        with network.addressed(NETWORK, "d0", Path(sys.argv[1])):
            os.kill(os.getpid(), signal.SIGKILL)
    main(Path(sys.argv[1]))
