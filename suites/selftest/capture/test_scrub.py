"""A capture that is passed on: secrets of each kind are masked at their length; it dissects as before."""

from __future__ import annotations

import gzip
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from harness.capture import binary_secrets, packed_bodies, scrub, trace
from harness.capture.containers import records
from harness.capture.http_bodies import answers_of
from suites.selftest.capture import field_table
from suites.selftest.capture import frames as f

CAPTURES = sorted((Path(__file__).parents[1] / "cases" / "captures").glob("secret_*.pcap"))
SECRET = b"Geheim4711Wort"
FIELDS = ["frame.len", "frame.cap_len", "frame.time_epoch", "frame.protocols", "udp.checksum.status",
          "tcp.checksum.status", "_ws.malformed"]  # fmt: skip
CHECKED = ["-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]


def followed(path: Path) -> bytes:
    """All that tshark shows of a capture: streams put together, bodies unpacked, blocks of files joined."""
    command = ["tshark", "-r", str(path), "-n", "-V", "-x", "-o", "data.show_as_text:TRUE"]
    shown = subprocess.run(command, capture_output=True, check=True).stdout
    return shown + b"".join(tftp_file(path))


def tftp_file(path: Path) -> list[bytes]:
    octets = [record.frame[42:] for record in records(path.read_bytes())]
    return [one[4:] for one in octets if one.startswith(b"\x00\x03")]


def scrubbed(path: Path, folder: Path) -> Path:
    """The file without secrets; everything but these is as before."""
    hidden = folder / "scrubbed.pcapng"
    hidden.write_bytes(scrub.scrubbed(path.read_bytes()))
    before, after = (field_table.table(file, FIELDS, "frame", CHECKED) for file in (path, hidden))
    assert after == before
    return hidden


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_no_secret_of_the_captures_is_left(path: Path, tmp_path: Path) -> None:
    hidden = scrubbed(path, tmp_path)
    assert SECRET in path.read_bytes() + followed(path)
    assert SECRET not in hidden.read_bytes() + followed(hidden)
    assert hidden.read_bytes() != path.read_bytes()


def stream(*pieces: bytes, ports: tuple[int, int], back: bool = False) -> bytes:
    """A connection of one direction."""
    ends = (f.PBX, f.BASE) if back else (f.BASE, f.PBX)
    number, packets = 1, []
    for piece in pieces:
        packets.append(f.ethernet(f.internet(*ends, 6, f.tcp(*ends, piece, number, ports=ports))))
        number += len(piece)
    return f.pcap(packets)


def datagrams(*payloads: bytes, ports: tuple[int, int]) -> bytes:
    return f.pcap([f.ethernet(f.datagram(payload, ports=ports)) for payload in payloads])


def ber(tag: int, *parts: bytes, long: bool = False) -> bytes:
    inside = b"".join(parts)
    length = struct.pack("!BH", 0x82, len(inside)) if long else bytes([len(inside)])
    return bytes([tag]) + length + inside


def bind(*credentials: bytes, long: bool = False) -> bytes:
    request = ber(0x60, b"\x02\x01\x03", ber(0x04, b"cn=admin,dc=pbx"), *credentials, long=long)
    return ber(0x30, b"\x02\x01\x01", request, long=long)


def snmp(community: bytes, kind: int = 0xA0) -> bytes:
    pdu = ber(kind, b"\x02\x01\x05", b"\x02\x01\x00", b"\x02\x01\x00", ber(0x30))
    return ber(0x30, b"\x02\x01\x01", ber(0x04, community), pdu)


BLOCK = b"<settings>".ljust(494) + b"<user_pass>" + SECRET[:7]
WITH_SECRETS = {
    "ldap simple": stream(bind(ber(0x80, SECRET)), ports=(40000, 389)),
    "ldap over two segments": stream(bind(ber(0x80, SECRET))[:30], bind(ber(0x80, SECRET))[30:], ports=(40000, 389)),
    "ldap with long lengths": stream(bind(ber(0x80, SECRET, long=True), long=True), ports=(40000, 3268)),
    "ldap sasl": stream(bind(ber(0xA3, ber(0x04, b"PLAIN"), ber(0x04, b"\0admin\0" + SECRET))), ports=(40000, 389)),
    "snmp get": datagrams(snmp(SECRET), ports=(40000, 161)),
    "snmp trap": datagrams(snmp(SECRET, 0xA7), ports=(40000, 162)),
    "ftp": stream(b"USER m9\r\n", b"PASS " + SECRET + b"\r\n", ports=(40000, 21)),
    "pop": stream(b"USER m9\r\npass " + SECRET + b"\r\nSTAT\r\n", ports=(40000, 110)),
    "imap": stream(b"a1 LOGIN m9 " + SECRET + b"\r\n", ports=(40000, 143)),
    "telnet": stream(*(bytes([octet]) for octet in b"admin\r" + SECRET + b"\r"), ports=(40000, 23)),
    "tftp over two blocks": datagrams(
        b"\0\3\0\1" + BLOCK, b"\0\3\0\2" + SECRET[7:] + b"</user_pass>", ports=(3000, 3001)
    ),
    "tftp with a block sent twice": datagrams(
        b"\0\3\0\1" + BLOCK, b"\0\3\0\1" + BLOCK, b"\0\3\0\2" + SECRET[7:] + b"</user_pass>", ports=(3000, 3001)
    ),
    "dhcp option": datagrams(b"\x02" + bytes(239) + b"BB\x1ehttp://p:" + SECRET + b"@10.0.0.1/\xff", ports=(67, 68)),
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_SECRETS)
def test_a_secret_of_each_protocol_is_masked(name: str, tmp_path: Path) -> None:
    path = tmp_path / "secret.pcap"
    path.write_bytes(WITH_SECRETS[name])
    hidden = scrubbed(path, tmp_path)
    octets = b"".join(
        record.frame[54 if record.frame[23:24] == b"\x06" else 42 :] for record in records(hidden.read_bytes())
    )
    joined = octets.replace(b"\0\3\0\2", b"")
    assert SECRET not in joined
    assert SECRET[:7] not in joined
    assert SECRET[7:] not in joined


def test_what_is_no_login_stays(tmp_path: Path) -> None:
    for name, text in (("web", b"PASS the ball to LOGIN\r\n"), ("ldap", ber(0x60, b"\x02\x01\x03 no bind"))):
        path = tmp_path / f"{name}.pcap"
        path.write_bytes(stream(text, ports=(40000, 80)))
        assert text in scrub.scrubbed(path.read_bytes())


SETTINGS = b"<settings>\n" + b"".join(b'<name idx="%d">%d</name>\n' % (n, n * n) for n in range(99))
PLAIN = SETTINGS + b"<user_pass>" + SECRET + b"</user_pass>\n</settings>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: %s\r\n"


def body(packed: bytes, encoding: bytes = b"gzip") -> bytes:
    return HEAD % encoding + b"Content-Length: %d\r\n\r\n" % len(packed) + packed


def chunked(packed: bytes) -> bytes:
    pieces = [packed[at : at + 100] for at in range(0, len(packed), 100)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return HEAD % b"gzip" + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


@pytest.mark.parametrize("level", [1, 6, 9])
def test_a_packed_body_is_packed_again_without_its_secret(level: int) -> None:
    packed = gzip.compress(PLAIN, level)
    whole = body(packed)
    hidden = packed_bodies.hidden(whole, lambda text: text.replace(SECRET, b"*" * len(SECRET)))
    assert len(hidden) == len(whole)
    assert gzip.decompress(hidden[-len(packed) :]) == PLAIN.replace(SECRET, b"*" * len(SECRET))


def test_chunks_two_answers_and_what_follows_keep_their_places(tmp_path: Path) -> None:
    packed = gzip.compress(PLAIN)
    octets = chunked(packed) + body(packed) + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    path = tmp_path / "web.pcap"
    pieces = [octets[at : at + 700] for at in range(0, len(octets), 700)]
    path.write_bytes(stream(*pieces, ports=(80, 40000), back=True))
    bodies = [text for _, text in answers_of(scrubbed(path, tmp_path).read_bytes(), [f.BASE, f.PBX])]
    masked = PLAIN.replace(SECRET, b"*" * len(SECRET)).decode()
    assert bodies == [masked, masked, "ok"]


@pytest.mark.parametrize(
    ("octets", "kept"),
    [
        (body(gzip.compress(SETTINGS)), True),
        (body(zlib.compress(PLAIN), b"deflate"), False),
        (body(b"\x0b\x02\x80" + SECRET, b"br"), False),
        (body(gzip.compress(PLAIN)[:-12]), False),
        (body(PLAIN, b"identity"), True),
        (HEAD % b"gzip" + b"Content-Length: 0\r\n\r\n", True),
        (HEAD % b"gzip", True),
    ],
    ids=["no secret", "deflate", "brotli", "cut", "identity", "empty", "no body"],
)
def test_a_body_that_cannot_be_packed_again_is_made_unreadable(octets: bytes, kept: bool) -> None:
    hidden = packed_bodies.hidden(octets, lambda text: text.replace(SECRET, b"*" * len(SECRET)))
    assert len(hidden) == len(octets)
    assert (hidden == octets) is kept
    assert hidden.partition(b"\r\n\r\n")[0] == octets.partition(b"\r\n\r\n")[0]


def call_to(user: str, *digits: bytes, account: str = "") -> bytes:
    """The base calls a mailbox: events 4 and 7 over RTP, then the digits by INFO."""
    sdp = f"v=0\r\nc=IN IP4 {f.BASE}\r\nm=audio 40000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
    invite = f.request("INVITE", sdp).replace(b"301@pbx", user.encode() + b"@pbx")
    notice = f.request("NOTIFY", f"Messages-Waiting: yes\r\nMessage-Account: {account}\r\n", call="mwi")
    events = [struct.pack("!BBHII", 0x80, 101, n, 0, 7) + bytes([code, 0x8A, 1, 0x40]) for n, code in enumerate((4, 7))]
    infos = [f.request("INFO", "", call="foreign", number=2 + n).partition(b"Content-Length")[0] + digit
             for n, digit in enumerate(digits)]  # fmt: skip
    packets = [f.datagram(notice, f.PBX, f.BASE)] if account else []
    packets += [f.datagram(invite), *(f.datagram(one, ports=(40000, 4000)) for one in events)]
    return f.pcap([f.ethernet(packet) for packet in (*packets, *map(f.datagram, infos))])


RELAY = b"Content-Type: application/dtmf-relay\r\nContent-Length: 24\r\n\r\nSignal=8\r\nDuration=160\r\n"
ALONE = b"Content-Type: application/dtmf\r\nContent-Length: 1\r\n\r\n9"


@pytest.mark.parametrize(
    ("user", "account", "secret"),
    [("*97", "sip:*97@pbx.example", True), ("voicemail", "", True), ("*97", "", False), ("301", "sip:*97@pbx", False)],
)
def test_digits_typed_at_a_mailbox_are_masked_and_others_are_not(user: str, account: str, secret: bool) -> None:
    capture = call_to(user, RELAY, ALONE, account=account)
    hidden = scrub.scrubbed(capture)
    before, after = (trace.read_octets(data) for data in (capture, hidden))
    assert [m.method for m in after.sip] == [m.method for m in before.sip]
    infos = [m.octets.partition(b"\r\n\r\n")[2] for m in after.sip if m.method == "INFO"]
    assert infos == ([b"Signal=*\r\nDuration=160\r\n", b"*"] if secret else [b"Signal=8\r\nDuration=160\r\n", b"9"])
    assert [record.frame[54] for record in records(hidden) if record.frame[42] == 0x80] == (
        [10, 10] if secret else [4, 7]
    )


@pytest.mark.parametrize(
    "piece",
    [b"Content-Encoding: gzip\r\n\r\n", b"Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\n",
     b"\x60\x08\x02\x01\x03\x04", b"\x30\x84", b"\r\n\r\n", b"\x60\x81\x80",
     b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n0\r\n"],
)  # fmt: skip
def test_hostile_octets_take_linear_time(piece: bytes) -> None:
    def seconds(size: int) -> float:
        data = piece * (size // len(piece))
        begun = time.thread_time()
        assert len(packed_bodies.hidden(binary_secrets.hidden(data, 40000, 389), bytes.lower)) == len(data)
        return time.thread_time() - begun

    assert seconds(2_000_000) < max(seconds(125_000), 0.02) * 16 * 2.5
