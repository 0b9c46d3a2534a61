"""Runs inside a private segment of its own: a real dnsmasq on one end of a veth pair, a raw client on the other.

Prints what happened as JSON; test_dnsmasq.py judges it.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.core import clock
from harness.core.clock import Deadline
from harness.core.errors import RigFault
from harness.services import dhcp_probe
from harness.services.dnsmasq import Dnsmasq, refuse_beside_others
from harness.services.dnsmasq_log import DhcpEvent, RouterEvent
from harness.services.names import rig_names

MAC = "00:04:13:30:01:21"
URL = "http://198.18.9.1/provisioning?x={mac},1"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def links() -> None:
    ip("link", "set", "lo", "up")
    ip("link", "add", "m9a", "type", "veth", "peer", "name", "m9b")
    for name in ("m9a", "m9b"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/accept_dad").write_text("0")
        ip("link", "set", name, "up")
    ip("addr", "add", "198.18.9.1/24", "dev", "m9a")
    ip("addr", "add", "fd00:9::1/64", "dev", "m9a")


def ask(kind: int, mac: str, options: bytes = b"", within: float = 3.0) -> dhcp_probe.Offer | None:
    """One DHCP message from the far end of the cable, and its answer."""
    raw_mac = bytes.fromhex(mac.replace(":", ""))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as raw:
        raw.bind(("m9b", 0x0800))
        transaction = int.from_bytes(os.urandom(4), "big")
        raw.send(dhcp_probe._frame(raw_mac, dhcp_probe.discover_packet(raw_mac, transaction, options, kind)))
        deadline = Deadline(within)
        while not deadline.expired:
            raw.settimeout(deadline.left + 0.001)
            try:
                payload = dhcp_probe._udp_payload(raw.recv(2048))
            except TimeoutError:
                return None
            answer = dhcp_probe.read_answer(payload, transaction) if payload else None
            if answer is not None:
                return answer
    return None


def bind() -> dict[str, Any]:
    """Discover and request as the base does, with its host name and an empty wish list for option 66."""
    name = b"snom-m9-000413300121"
    offer = ask(1, MAC, bytes([12, len(name)]) + name + bytes([55, 3, 1, 3, 6]))
    assert offer is not None, "no offer"
    wanted = bytes(map(int, offer.address.split(".")))
    server = bytes(map(int, offer.server.split(".")))
    options = bytes([12, len(name)]) + name + bytes([50, 4]) + wanted + bytes([54, 4]) + server
    got = ask(3, MAC, options)
    assert got is not None, "no acknowledgement"
    texts = {str(number): got.options.get(number, b"").removesuffix(b"\0").decode() for number in (66, 67)}
    return {"address": got.address, **texts}


def query(name: str, kind: int, server: str = "198.18.9.1") -> tuple[int, int]:
    """Ask DNS; returns the response code and the number of answers."""
    words = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.sendto(struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + words + struct.pack("!HH", kind, 1), (server, 53))
        answer = client.recv(1500)
    return answer[3] & 15, int(struct.unpack_from("!H", answer, 6)[0])


def tftp(path: str) -> bytes:
    """Read a small file by TFTP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.sendto(b"\x00\x01" + path.encode() + b"\0octet\0", ("198.18.9.1", 69))
        data, sender = client.recvfrom(1500)
        client.sendto(b"\x00\x04" + data[2:4], sender)
    return data[4:] if data[1] == 3 else b""


def refused_beside_a_stranger() -> str:
    """What we say when somebody else's DHCP server already answers on the segment."""
    words = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--log-facility=-", "--user=", "--pid-file="]
    words += ["--port=0", "--interface=m9a", "--dhcp-range=198.18.9.50,198.18.9.60", "--dhcp-leasefile=/dev/null"]
    stranger = subprocess.Popen([*words, "--no-ping"], stderr=subprocess.PIPE, text=True)
    assert stranger.stderr is not None
    try:
        next(line for line in stranger.stderr if "sockets bound" in line or "started" in line)
        refuse_beside_others("m9b", within=1.0)
    except RigFault as fault:
        return fault.text
    finally:
        stranger.terminate()
        stranger.wait(5)
    return "not refused"


def main(directory: Path) -> dict[str, Any]:
    links()
    root = directory / "tftp"
    root.mkdir()
    (root / "hello.xml").write_bytes(b"<settings/>")
    seen: dict[str, Any] = {}
    names = rig_names(host4="198.18.9.1", host6="fd00:9::1", pbx4="198.18.9.11", pbx6="fd00:9::11")
    started = clock.monotonic()
    with Dnsmasq(
        "m9a",
        directory / "dnsmasq",
        "198.18.9.1",
        ("198.18.9.50", "198.18.9.60"),
        [MAC],
        options={66: URL, 67: "boot,file.xml"},
        ra_prefix="fd00:9::",
        tftp_root=root,
        names=names,
    ) as served:
        seen["started"] = clock.monotonic() - started
        pid = served.pid
        began = clock.now()
        seen["bound"] = bind()
        ack = served.expect_dhcp("ACK", MAC.lower(), within=2, since=began)
        discover = served.expect_dhcp("DISCOVER", MAC, within=1, since=began)
        seen["ack"] = [ack.address, ack.exchange.host_name, ack.exchange.sent.get(66, "")]
        seen["requested"] = discover.exchange.requested
        seen["leases"] = [(lease.mac, lease.address, lease.host_name) for lease in served.leases()]
        seen["stranger"] = ask(1, "00:04:13:99:99:99", within=0.3) is None
        seen["ignored"] = any(isinstance(e, DhcpEvent) and e.ignored for e in served.events.snapshot())
        seen["dns"] = {
            "pbx A": query("pbx.m9.test", 1),
            "pbx6 A": query("pbx6.m9.test", 1),
            "pbx6 AAAA": query("pbx6.m9.test", 28),
            "unknown": query("www.example.com", 1),
            "srv": query("_sip._udp.srv.m9.test", 33),
            "naptr": query("naptr.m9.test", 35),
            "ntp": query("ntp.snom.com", 1),
        }
        seen["dns event"] = served.expect_dns("PBX6.m9.test", within=1, type_="AAAA").client
        served.change(hosts={"late.m9.test": ["198.18.9.77"]})
        seen["after sighup"] = [query("late.m9.test", 1), served.pid == pid]
        served.change(options={66: "tftp://198.18.9.1"})
        seen["after restart"] = [bind()["66"], served.pid == pid, query("late.m9.test", 1)]
        seen["tftp"] = tftp("hello.xml").decode()
        served.events.wait_for(lambda e: isinstance(e, RouterEvent), what="router advertisement", within=5)
        others = dhcp_probe.other_servers("m9b", within=0.3)
        seen["strangers answered by"] = [offer.server for offer in others]
        pid = served.pid
    seen["refused"] = refused_beside_a_stranger()
    seen["gone"] = not Path(f"/proc/{pid}").exists()
    seen["log"] = "DHCPACK" in (directory / "dnsmasq" / "dnsmasq.log").read_text()
    return seen


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201
