"""A PBX of the lab: found by its registrar or outbound proxy, never steered."""

import socket
import threading

import pytest

from harness.core.errors import Expectation, InvalidTest, NotApplicable, ProductFailure, RigFault
from harness.pbx.external import ExternalPbx
from harness.pbx.kamailio import Kamailio
from harness.pbx.protocol import Pbx, PbxAccount
from harness.procedures.context import TestContext


@pytest.mark.parametrize(
    ("registrar", "outbound", "hop"),
    [
        ("as.example.net", "", ("as.example.net", 5060)),
        ("as.example.net:5070", "", ("as.example.net", 5070)),
        ("as.example.net", "sip:sbc.example.net:5080;transport=tcp;lr", ("sbc.example.net", 5080)),
        ("[fd00:9::11]", "", ("fd00:9::11", 5060)),
        ("fd00:9::11", "", ("fd00:9::11", 5060)),
        ("as.example.net", "sip:[fd00:9::11]:5062", ("fd00:9::11", 5062)),
    ],
)
def test_the_first_hop_is_the_outbound_proxy_or_the_registrar(registrar, outbound, hop):
    assert ExternalPbx(registrar, [], outbound=outbound).first_hop == hop


def test_a_server_that_answers_is_taken_and_asked_no_more():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]

        def answer():
            data, source = server.recvfrom(4096)
            server.sendto(b"SIP/2.0 405 Method Not Allowed\r\n" + data.split(b"\r\n", 1)[1], source)

        threading.Thread(target=answer, daemon=True).start()
        pbx = ExternalPbx(f"127.0.0.1:{port}", [PbxAccount("101", "secret")])
        assert isinstance(pbx, Pbx)
        with pbx:
            assert pbx.registered("101") is None
            assert pbx.accounts[0].digest_user == "101"


def test_it_is_asked_by_an_account_it_knows():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        asked = []

        def answer():
            data, source = server.recvfrom(4096)
            asked.append(data)
            server.sendto(b"SIP/2.0 401 Unauthorized\r\n" + data.split(b"\r\n", 1)[1], source)

        threading.Thread(target=answer, daemon=True).start()
        accounts = [PbxAccount("101", "secret")], [PbxAccount("301", "secret")]
        ExternalPbx(f"127.0.0.1:{server.getsockname()[1]}", accounts[0], peer_accounts=accounts[1]).start()
    assert b"\r\nFrom: <sip:301@127.0.0.1>;tag=" in asked[0]


def test_a_silent_server_is_a_rig_fault():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(RigFault, match="does not answer OPTIONS"):
            ExternalPbx(f"127.0.0.1:{nobody.getsockname()[1]}", [], within=0.2).start()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_server_that_is_not_there_is_told_from_a_silent_one(transport):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    with pytest.raises(RigFault, match=f"port {port} refuses {transport.upper()}: Connection refused") as fault:
        ExternalPbx(f"127.0.0.1:{port}", [], transport=transport, within=0.3).start()
    assert "firewall" in fault.value.remedy


def test_a_name_that_nobody_knows_is_told():
    with pytest.raises(RigFault, match="cannot be looked up"):
        ExternalPbx("no-such-host.invalid", [], within=0.3).start()


def test_a_server_over_tcp_is_asked_over_tcp():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer():
            line, _ = server.accept()
            with line:
                asked = line.recv(4096)
                line.sendall(b"SIP/2.0 200 OK\r\n" + asked.split(b"\r\n", 1)[1])

        threading.Thread(target=answer, daemon=True).start()
        pbx = ExternalPbx(f"127.0.0.1:{port}", [], transport="tcp")
        pbx.start()
        assert pbx.outbound == f"sip:127.0.0.1:{port};transport=tcp"


@pytest.mark.parametrize(
    ("registrar", "outbound", "transport", "told"),
    [
        ("as.example.net", "", "udp", ("as.example.net", "")),
        ("as.example.net", "sip:sbc.example.net", "udp", ("as.example.net", "sip:sbc.example.net")),
        ("as.example.net", "sip:sbc", "tls", ("as.example.net", "sip:sbc;transport=tls")),
        ("as.example.net", "sip:sbc;transport=tcp", "tls", ("as.example.net", "sip:sbc;transport=tcp")),
        ("fd00:9::11", "", "tcp", ("[fd00:9::11]", "sip:[fd00:9::11];transport=tcp")),
    ],
)
def test_base_and_peers_are_told_the_transport_by_the_proxy(registrar, outbound, transport, told):
    pbx = ExternalPbx(registrar, [], outbound=outbound, transport=transport)
    assert (pbx.registrar, pbx.outbound) == told
    assert pbx.first_hop[1] == (5061 if transport == "tls" else 5060)


def test_a_number_is_dialled_where_it_is_not_the_user():
    assert PbxAccount("alice", "secret", number="+49301234").dialled == "+49301234"
    assert PbxAccount("101", "secret").dialled == "101"


def test_a_password_is_not_in_the_repr():
    assert "secret" not in repr(PbxAccount("101", "secret"))


def context_with(pbx):
    return TestContext(rig=None, profile=None, base=None, pbx=pbx, wire=None, handset=None, peer=None)


def test_what_an_external_pbx_leaves_out_is_not_applicable_and_with_our_own_invalid(tmp_path):
    with pytest.raises(NotApplicable, match="the PBX in between keeps it to itself: Privacy"):
        with context_with(ExternalPbx("as.example.net", [])).needs_server_support("Privacy"):
            raise InvalidTest("Privacy in the INVITE", "none")
    with (
        pytest.raises(InvalidTest),
        context_with(Kamailio("127.0.0.1", None, tmp_path, [])).needs_server_support("UPDATE"),
    ):
        raise InvalidTest("the far end's UPDATE", "none")


def test_what_the_product_did_is_judged_whatever_the_pbx():
    with pytest.raises(ProductFailure):
        with context_with(ExternalPbx("as.example.net", [])).needs_server_support("UPDATE"):
            raise ProductFailure(Expectation("UPDATE is answered", "200", "500"))
