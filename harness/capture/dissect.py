"""Turns tshark's JSON lines (-T ek -x) into events; one packet may carry several SIP messages (TCP)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from harness.capture import ek, headers, ldap, rtcp
from harness.capture.ek import Layer
from harness.capture.layers import ETHERNET
from harness.capture.messages import (
    DHCP_TYPES,
    DNS_TYPES,
    DhcpMessage,
    DnsMessage,
    HttpMessage,
    IcmpMessage,
    Packet,
    RtcpReport,
    SipMessage,
)
from harness.capture.sip_reader import sip_message
from harness.capture.tcp_live import LiveStreams

FENCE_TYPE = b"\x88\xb5"
_TOS = {"ip": "ip_ip_dsfield", "ipv6": "ipv6_ipv6_tclass"}


def events(
    line: bytes,
    frame_number: Callable[[int], int] = int,
    *,
    streams: LiveStreams | None = None,
    linktype: int = ETHERNET,
) -> Iterator[Packet]:
    """The events of one line; the index lines between packets give none. Raises ValueError for a broken line.

    `frame_number` maps tshark's count to the number in the run's file, which also holds what the live path leaves out.
    """
    layers = ek.layers_of(line)
    if layers is None:
        return
    base = _packet(layers, frame_number)
    protocols = base.protocols.split(":")
    if streams is not None and streams.takes(base):
        yield from streams.take(base, ek.octets(layers.get("frame_raw")), linktype)
        return
    if "icmp" in protocols or "icmpv6" in protocols:
        # The packet that is complained about stands inside: it is no message of its own.
        yield _icmp(base, layers)
        return
    found = False
    for name, reader in _READERS.items():
        raws = ek.texts(layers.get(f"{name}_raw"))
        for layer, raw in zip(ek.each(layers.get(name)), raws, strict=False):
            event = reader(base, layer, bytes.fromhex(raw))
            if event is not None:
                found = True
                yield _with_body(event, raw, layers) if isinstance(event, HttpMessage) and event.status else event
    if not found:
        yield dataclasses.replace(base, fields=_innermost(layers, protocols))


def fence_of(line: bytes, frame_number: Callable[[int], int] = int) -> tuple[bytes, Packet] | None:
    """What a fence packet carries, and the packet; None when the line is another packet's."""
    if b"88b5" not in line or b'"frame_raw"' not in line:
        return None
    layers = ek.layers_of(line) or {}
    frame = ek.octets(layers.get("frame_raw"))
    if frame[12:14] != FENCE_TYPE:
        return None
    return frame[14:].rstrip(b"\0"), _packet(layers, frame_number)


def _packet(layers: Layer, frame_number: Callable[[int], int]) -> Packet:
    frame = layers["frame"]
    order = _outer(ek.text(frame.get("frame_frame_protocols")))
    name = next((p for p in reversed(order) if p in ("ip", "ipv6")), "")
    six = name[2:]
    ip = _nth(layers.get(name), order.count(name))
    transport = next((p for p in reversed(order) if p in ("udp", "tcp")), "")
    carrier = _nth(layers.get(transport), order.count(transport))
    eth = ek.text(layers.get("eth_raw"))
    return Packet(
        frame=frame_number(ek.integer(frame.get("frame_frame_number"))),
        at=ek.moment(frame.get("frame_frame_time_epoch")),
        src=ek.text(ip.get(f"ip{six}_ip{six}_src")) or _mac(eth[12:24]),
        sport=ek.integer(carrier.get(f"{transport}_{transport}_srcport")),
        dst=ek.text(ip.get(f"ip{six}_ip{six}_dst")) or _mac(eth[:12]),
        dport=ek.integer(carrier.get(f"{transport}_{transport}_dstport")),
        transport=transport,
        protocols=ek.text(frame.get("frame_frame_protocols")),
        fields={"tos": ek.integer(ip.get(_TOS.get(name, ""))), "ttl": ek.integer(ip.get("ip_ip_ttl"))},
    )


def _outer(protocols: str) -> list[str]:
    """The layers from the outermost to the one that speaks: inside a tunnel that is the last, in an ICMP error not."""
    names = protocols.split(":")
    ends = [names.index(name) for name in ("icmp", "icmpv6") if name in names]
    return names[: min(ends)] if ends else names


def _nth(layer: Any, number: int) -> Layer:
    found = list(ek.each(layer))
    return found[min(number, len(found)) - 1] if found and number else {}


def _sip(base: Packet, layer: Layer, raw: bytes) -> SipMessage | None:
    """tshark has found the message and put it together; what it says is read from its octets, as in a stored trace."""
    if not raw.strip():
        return None
    ends = (base.src, base.sport, base.dst, base.dport)
    fields = _common(base, layer)["fields"]
    transport = "tls" if "tls" in base.protocols.split(":") else base.transport
    return sip_message(base.frame, base.at, *ends, transport, raw, protocols=base.protocols, fields=fields)


def _http(base: Packet, layer: Layer, raw: bytes) -> HttpMessage | None:
    line, head, body = headers.split_message(raw)
    words = line.split(" ", 2)
    method = ek.text(layer.get("http_http_request_method"))
    status = ek.integer(layer.get("http_http_response_code"))
    if not method and not status:
        return None
    return HttpMessage(
        **_common(base, layer),
        method=method,
        # From tshark 4.4 on an answer repeats what was asked for.
        uri=ek.text(layer.get("http_http_request_uri")) if method else "",
        status=status,
        reason=words[2] if status and len(words) > 2 else "",
        version=ek.text(layer.get("http_http_request_version")) or ek.text(layer.get("http_http_response_version")),
        headers=tuple(head),
        body=body,
    )


def _with_body(answer: HttpMessage, head: str, layers: Layer) -> HttpMessage:
    """With its body, where all of it stands in the packet of its head: tshark makes other layers of bodies."""
    length = next(iter(answer.header("content-length")), "")
    body = bytes.fromhex(ek.text(layers.get("frame_raw")).partition(head)[2])
    return dataclasses.replace(answer, body=body) if length == str(len(body)) and not answer.body else answer


def _dhcp(base: Packet, layer: Layer, raw: bytes) -> DhcpMessage:
    return DhcpMessage(
        **_common(base, layer),
        type=DHCP_TYPES.get(ek.integer(layer.get("dhcp_dhcp_option_dhcp")), ""),
        xid=ek.integer(layer.get("dhcp_dhcp_id")),
        mac=ek.text(layer.get("dhcp_dhcp_hw_mac_addr")),
        your_address=ek.text(layer.get("dhcp_dhcp_ip_your")),
        client_address=ek.text(layer.get("dhcp_dhcp_ip_client")),
        host_name=ek.text(layer.get("dhcp_dhcp_option_hostname")),
        options=dhcp_options(raw),
    )


def dhcp_options(raw: bytes) -> dict[int, bytes]:
    """The options of a DHCP message by number; a repeated one is joined (RFC 3396)."""
    found: dict[int, bytes] = {}
    position = 240
    while position < len(raw) and raw[position] != 255:
        if raw[position] == 0:
            position += 1
            continue
        if position + 2 > len(raw):
            break
        length = raw[position + 1]
        found[raw[position]] = found.get(raw[position], b"") + raw[position + 2 : position + 2 + length]
        position += 2 + length
    return found


# tshark 4.4 and later list these headings among the lines below them.
_DNS_SECTIONS = ("Queries", "Answers", "Authoritative nameservers", "Additional records")


def _dns(base: Packet, layer: Layer, raw: bytes) -> DnsMessage:
    del raw
    kind = ek.integer(layer.get("dns_dns_qry_type"))
    response = ek.true(layer.get("dns_dns_flags_response"))
    texts = [text for text in ek.texts(layer.get("text")) if text not in _DNS_SECTIONS]
    questions = ek.integer(layer.get("dns_dns_count_queries"))
    lifetimes = ek.texts(layer.get("dns_dns_resp_ttl"))[: ek.integer(layer.get("dns_dns_count_answers"))]
    return DnsMessage(
        **_common(base, layer),
        id=ek.integer(layer.get("dns_dns_id")),
        response=response,
        name=ek.text(layer.get("dns_dns_qry_name")),
        type=DNS_TYPES.get(kind, str(kind)),
        rcode=ek.integer(layer.get("dns_dns_flags_rcode")),
        answers=tuple(texts[questions:]) if response else (),
        ttl=min(map(ek.integer, lifetimes), default=None) if response else None,
    )


def _rtcp(base: Packet, layer: Layer, raw: bytes) -> RtcpReport | None:
    common = _common(base, layer)
    encrypted = "srtcp" in base.protocols.split(":")
    found = rtcp.reports(dataclasses.replace(base, fields=common["fields"]), raw, encrypted=encrypted)
    return next(iter(found), None)


def _ldap(base: Packet, layer: Layer, raw: bytes) -> ldap.LdapMessage | None:
    """Without tshark's fields: one of them is a password."""
    del layer
    return ldap.read(base, raw)


def _icmp(base: Packet, layers: Layer) -> IcmpMessage:
    six = "v6" if "icmpv6" in base.protocols else ""
    layer = next(ek.each(layers.get(f"icmp{six}")), {})
    return IcmpMessage(
        **_common(base, layer),
        type=ek.integer(layer.get(f"icmp{six}_icmp{six}_type")),
        code=ek.integer(layer.get(f"icmp{six}_icmp{six}_code")),
    )


_READERS: dict[str, Callable[[Packet, Layer, bytes], Packet | None]] = {
    "sip": _sip,
    "http": _http,
    "dhcp": _dhcp,
    "dns": _dns,
    "mdns": _dns,
    "rtcp": _rtcp,
    "ldap": _ldap,
}


def _common(base: Packet, layer: Layer) -> dict[str, Any]:
    same = {f.name: getattr(base, f.name) for f in dataclasses.fields(Packet)}
    return {**same, "fields": {**base.fields, **{k: v for k, v in layer.items() if not k.endswith("_raw")}}}


def _innermost(layers: Layer, protocols: list[str]) -> Layer:
    for name in reversed(protocols):
        layer = next(ek.each(layers.get(name)), {})
        if layer and "filtered" not in layer:
            return {k: v for k, v in layer.items() if not k.endswith("_raw")}
    return {}


def _mac(digits: str) -> str:
    return ":".join(digits[i : i + 2] for i in range(0, len(digits), 2))
