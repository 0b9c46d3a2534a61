"""Rig file, defects, dead rigs, quirks, DNS messages: the small parts everything else stands on."""

from __future__ import annotations

import inspect
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from rigs.standin import dead_rigs, defects
from rigs.standin.base import dnsmessage
from rigs.standin.core import quirks, rigfile
from rigs.standin.core.replacing import Replacement
from rigs.standin.core.strategies import Fault, Strategies, Strategy

RIG = """
base: {mac: "00:04:13:30:01:21"}
network: {interface: m9rig, address: 198.18.9.1/24, address6: "fd00:9::1/64"}
handsets: [{number: 1, ipui: "005C30C840", identity: 1}]
power: {kind: poe, community: {env: M9_NO_SUCH_VARIABLE, default: private}}
"""


def test_a_rig_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(RIG)
    rig = rigfile.load(path)
    assert rig.handsets == (rigfile.Handset(1, "005C30C840", 1),)
    assert (rig.power.port, rig.power.community) == (3, "private")


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        (RIG.replace('"00:04:13:30:01:21"', "12"), "base.mac"),
        (RIG.replace('"005C30C840"', "0051300741"), "handsets.0.ipui"),
        (RIG.replace("198.18.9.1/24", "198.18.9/24"), "network.address"),
        (RIG.replace("kind: poe", "kind: pdu"), "power.kind"),
        ("[", "rig.yaml"),
    ],
)
def test_a_wrong_rig_file_names_the_key(tmp_path: Path, wrong: str, key: str) -> None:
    path = tmp_path / "rig.yaml"
    path.write_text(wrong)
    with pytest.raises(rigfile.RigFileError, match=key):
        rigfile.load(path)


@pytest.mark.parametrize(
    ("source", "content", "community"),
    [
        ("{file: secret}", "correct-horse\nsecond line\n", "correct-horse"),
        ("{file: ~/secret}", "correct-horse", "correct-horse"),
        ("{file: nowhere, default: public}", "", "public"),
        ("{file: secret, default: public}", "", "public"),
        ("{env: M9_SET, default: public}", "", "from outside"),
        ("{env: M9_EMPTY, default: public}", "", "public"),
        ("{env: M9_EMPTY, default: ''}", "", ""),
    ],
)
def test_a_secret_is_found_where_the_rig_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, content: str, community: str
) -> None:
    for name, value in (("HOME", str(tmp_path)), ("M9_SET", "from outside"), ("M9_EMPTY", "")):
        monkeypatch.setenv(name, value)
    (tmp_path / "secret").write_text(content)
    (tmp_path / "rig.yaml").write_text(RIG.replace("{env: M9_NO_SUCH_VARIABLE, default: private}", source))
    assert rigfile.load(tmp_path / "rig.yaml").power.community == community


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{env: M9_EMPTY}", "M9_EMPTY is empty"),
        ("{env: M9_NO_SUCH_VARIABLE}", "M9_NO_SUCH_VARIABLE is not set"),
        ("{file: secret}", "secret is empty"),
        ("{file: nowhere}", "nowhere cannot be read: No such file"),
        ("{default: public}", "name one of env and file"),
    ],
)
def test_a_secret_that_is_nowhere_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    monkeypatch.setenv("M9_EMPTY", "")
    (tmp_path / "secret").write_text("")
    (tmp_path / "rig.yaml").write_text(RIG.replace("{env: M9_NO_SUCH_VARIABLE, default: private}", source))
    with pytest.raises(rigfile.RigFileError, match=rf"power\.community: .*{said}"):
        rigfile.load(tmp_path / "rig.yaml")


def test_no_two_defects_have_a_name_and_each_is_known_by_it() -> None:
    names = defects.load()
    assert len(names) >= 25
    strategies = Strategies()
    for name, fault in names.items():
        strategies.apply(name)
        assert in_force(fault, strategies), name
        strategies.clear()
        assert not in_force(fault, strategies), name


def in_force(fault: Fault, strategies: Strategies) -> bool:
    if not isinstance(fault, Replacement):
        return isinstance(strategies.get(fault.__mro__[1]), fault)
    return inspect.getattr_static(fault.owner, fault.attribute) is not HEALTHY[fault.name]


HEALTHY = {
    fault.name: inspect.getattr_static(fault.owner, fault.attribute)
    for fault in defects.load().values()
    if isinstance(fault, Replacement)
}


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    for call in (Strategies().apply, Strategies().apply_dead):
        with pytest.raises(ValueError, match="settings"):
            call("no-such")


def test_health_is_what_is_left_after_clear() -> None:
    class Choice(Strategy):
        """Healthy."""

    class Fault(Choice):
        """Faulty."""

    strategies = Strategies()
    assert type(strategies.get(Choice)) is Choice
    strategies.override(Fault)
    assert type(strategies.get(Choice)) is Fault
    strategies.clear()
    assert type(strategies.get(Choice)) is Choice


def test_dead_rigs_are_five() -> None:
    assert {row["stimulus"] for row in dead_rigs.known().values()} == {"keys", "settings", "web", "far_end", "server"}


def test_quirks_refuse_what_they_do_not_document() -> None:
    assert quirks.Quirks({"bare_option66": "http"})["bare_option66"] == "http"
    for chosen in ({"bare_option66": "gopher"}, {"no_such": "x"}):
        with pytest.raises(ValueError):
            quirks.Quirks(chosen)
    for quirk in quirks.known().values():
        assert quirk.default in quirk.alternatives


def test_dns_messages_are_read_with_their_pointers() -> None:
    question = dnsmessage.question(7, "sip.example.org", "SRV")
    body = question[12:]
    head = struct.pack("!6H", 7, 0x8180, 1, 2, 0, 0)
    target = struct.pack("!HHIH", 33, 1, 60, 8) + struct.pack("!3H", 1, 2, 5060) + b"\xc0\x10"
    text = b"\x01s\x07SIP+D2U\x00"
    naptr = struct.pack("!HH", 10, 20) + text + b"\xc0\x0c"
    pointer = struct.pack("!HHIH", 35, 1, 30, len(naptr)) + naptr
    answer = dnsmessage.parse(head + body + b"\xc0\x0c" + target + b"\xc0\x0c" + pointer)
    assert [str(record.value) for record in answer.records] == [
        "1 2 5060 example.org",
        "10 20 s SIP+D2U sip.example.org",
    ]


@pytest.mark.parametrize("data", [b"", b"\0" * 12, struct.pack("!6H", 1, 0x8000, 1, 1, 0, 0) + b"\xc0\x0c"])
def test_dns_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(dnsmessage.MalformedMessage):
        dnsmessage.parse(data)


def test_outside_a_private_network_it_refuses_to_start() -> None:
    root = Path(__file__).resolve().parents[3]
    words = [sys.executable, "-m", "rigs.standin", "--rig", "rigs/standin.yaml"]
    script = "ip link add eth7 type dummy 2>/dev/null || ip link add eth7 type veth peer name eth8; exec " + " ".join(
        words
    )
    outer = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script]
    done = subprocess.run(outer, cwd=root, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "private network namespace" in done.stderr


def test_a_decision_that_is_called_as_what_a_defect_says_of_itself_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Odd\.name is the name of a defect"):
        type("Odd", (Strategy,), {"name": lambda self: ""})
