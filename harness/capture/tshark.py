"""Starts tshark: over a stored file, or over packets as they come."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from harness.core.errors import RigFault, UsageError

PROTOCOLS = (
    "frame ip ipv6 udp tcp arp icmp icmpv6 sip http dns mdns dhcp dhcpv6 rtcp stun classicstun tls ldap tftp ntp snmp"
    " telnet syslog data"
)
WANTED = (
    "sip or http.request or http.response or dns or mdns or dhcp or dhcpv6 or icmp or icmpv6 or arp or rtcp or stun"
    " or classicstun or tls.handshake or tls.alert_message or ldap or tftp or ntp or snmp or syslog"
    " or eth.type == 0x88b5"
)
# Bodies of downloads are not reassembled on the live path: a firmware image would be megabytes of JSON.
_PREFERENCES = ("-o", "http.desegment_body:FALSE", "-o", "ip.check_checksum:FALSE")
_QUIET = {"LC_ALL": "C.UTF-8", "WIRESHARK_LOG_LEVEL": "warning"}


def messages_command(source: str, *options: str, also: str = "") -> list[str]:
    """tshark over `source` ("-" is its input), one JSON line for each packet of the protocols that rules read.

    `also` is added to the display filter.
    """
    return [
        "tshark",
        "-r",
        source,
        "-l",
        "-n",
        *_PREFERENCES,
        *options,
        "-T",
        "ek",
        "-x",
        "-J",
        PROTOCOLS,
        "-Y",
        WANTED + also,
    ]


def opening(secrets: Path) -> list[str]:
    """The options with which tshark reads TLS: by a key log, or by the private key of a server.

    A private key opens the connections whose keys were exchanged by RSA.
    """
    if secrets.read_bytes().startswith(b"-----BEGIN "):
        return ["-o", f'uat:rsa_keys:"{secrets}",""']
    return ["-o", f"tls.keylog_file:{secrets}"]


def start(command: Sequence[str], *, errors: IO[bytes] | int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """A tshark that reads its input; raises RigFault if it is not installed."""
    try:
        # A process group of its own: a Ctrl-C at the terminal must not end the capture before the teardown is over.
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **_QUIET},
            process_group=0,
        )
    except FileNotFoundError as missing:
        raise RigFault(
            "capture", f"{command[0]} is not installed", remedy="apt-get install tshark tcpdump"
        ) from missing


def require_filter(display_filter: str, path: Path) -> None:
    """Raise UsageError with tshark's message for a display filter that it does not understand."""
    done = subprocess.run(
        ["tshark", "-r", str(path), "-n", "-c", "1", "-Y", display_filter], capture_output=True, check=False
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        words = next((line for line in said if "root" not in line), "no word from it").removeprefix("tshark: ")
        raise UsageError(f"display filter {display_filter!r}: {words}", remedy="correct it: man wireshark-filter")


@functools.cache
def versions() -> dict[str, str]:
    """The versions of tcpdump and tshark, for the run's record."""
    found = {}
    for tool, pattern in (("tshark", r"TShark \(Wireshark\) (\S+)"), ("tcpdump", r"tcpdump version (\S+)")):
        done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)
        match = re.search(pattern, done.stdout + done.stderr)
        found[tool] = match.group(1).rstrip(".") if match else "unknown"
    return found
