"""Runs inside a private segment of its own: the embedded Kamailio with TLS on the loopback, and the live capture.

Its word is a folder. Prints as JSON what the capture saw of an OPTIONS, and why other certificates were refused.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from pathlib import Path

from harness.capture.live import Capture
from harness.pbx.kamailio import Kamailio
from harness.pbx.kamailio_config import Tls
from harness.pbx.protocol import PbxAccount
from harness.services.authority import CIPHERS, Authority, ServerFiles

HOST = "127.0.0.1"
OPTIONS = (
    f"OPTIONS sip:{HOST} SIP/2.0\r\nVia: SIP/2.0/TLS {HOST}:5070;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n"
    f"To: <sip:{HOST}>\r\nCall-ID: selftest\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
).encode()


def asks(files: ServerFiles, version: ssl.TLSVersion) -> str:
    """The first line of the answer over TLS of this version, or why there is none."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.set_ciphers(f"{CIPHERS}:@SECLEVEL=0")
    client.minimum_version = client.maximum_version = version
    client.load_verify_locations(cadata=files.authority.pem)
    try:
        with client.wrap_socket(socket.create_connection((HOST, 5061), 5), server_hostname=HOST) as line:
            line.sendall(OPTIONS)
            return line.recv(4096).split(b"\r\n")[0].decode()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message


def main(folder: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    files = ServerFiles(folder / "tls", Authority("selftest CA"), [HOST])
    files.write()
    server = Kamailio(
        HOST, None, folder, [PbxAccount("101", "secret")], tls=Tls(files.certificate, files.key, "1.0"), presence=False
    )
    capture = Capture("lo", folder, secrets=files.key)
    with capture as wire, server:
        wire.mark()
        said = [asks(files, version) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1)]
        wire.sip.expect(status=200, sport=5061, timeout=20)
        files.present("expired")
        server.reload_certificate()
        said.append(asks(files, ssl.TLSVersion.TLSv1_2))
        seen = [[m.method, m.status, m.transport] for m in wire.sip.all(where=lambda m: 5061 in (m.sport, m.dport))]
    json.dump({"said": said, "seen": seen}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
