"""A PBX of the lab: found by its registrar or outbound proxy, never steered."""

import socket
import threading

import pytest

from harness.errors import RigFault
from harness.pbx import external
from harness.pbx.external import ExternalPbx
from harness.pbx.protocol import Pbx, PbxAccount


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


def test_a_silent_server_is_a_rig_fault(monkeypatch):
    monkeypatch.setattr(external, "ANSWERS_WITHIN", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(RigFault, match="does not answer OPTIONS"):
            ExternalPbx(f"127.0.0.1:{nobody.getsockname()[1]}", []).start()


def test_a_password_is_not_in_the_repr():
    assert "secret" not in repr(PbxAccount("101", "secret"))
