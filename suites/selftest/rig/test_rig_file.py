"""A wrong rig file costs its author one look: every mistake, one line each."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness.core.errors import UsageError
from harness.core.limits import Limits
from harness.rig import factory
from harness.rig.file import RigFileError, load
from harness.rig.pools import Handsets

GOOD = """\
name: lab7
kind: physical
base:
  mac: "00:04:13:30:01:21"
  web: {username: admin, password: {env: LAB7_WEB, default: password}}
handsets:
  - {number: 1, ipui: "005C30C840", identity: 1}
dongle: {port: /dev/ttyUSB0}
power: {kind: poe, host: 192.0.2.2, port: 3, if_index: 10103, community: {env: LAB7_SNMP, default: private}}
capture: {interface: eth1}
network: {interface: eth1, address: 192.0.2.1/24}
pbx:
  asterisk: {kind: baseline}
"""


@pytest.fixture
def mistakes(tmp_path):
    """The mistakes of the good file with one text replaced, without the file's name."""

    def of(*replacements: tuple[str, str]) -> list[str]:
        text = GOOD
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "lab7.yaml"
        path.write_text(text)
        with pytest.raises(RigFileError) as caught:
            load(path)
        assert all(line.startswith(f"{path}:") for line in caught.value.mistakes)
        return [line.removeprefix(f"{path}:") for line in caught.value.mistakes]

    return of


def test_a_good_file_is_read_with_its_defaults(tmp_path):
    path = tmp_path / "lab7.yaml"
    path.write_text(GOOD)
    rig = load(path)
    assert rig.base.mac_digits == "000413300121"
    assert rig.timing.boot == 90
    assert rig.network.at(11) == "192.0.2.11"
    assert not rig.private


def test_the_limits_of_a_rig_are_those_of_its_drivers(tmp_path):
    path = tmp_path / "lab7.yaml"
    path.write_text(GOOD + "timing: {register: 40, display: 7.5}\n")
    rig = load(path)
    assert rig.timing.limits == Limits(register=40.0, display=7.5)
    assert factory.peer(rig, 0, tmp_path).limits == rig.timing.limits
    attached = SimpleNamespace(number=1, state="LOCKED")
    dongle = SimpleNamespace(caps=lambda number: frozenset(), handsets=lambda: [attached])
    rig_session: Any = SimpleNamespace(rig=rig, dongle=dongle)
    assert Handsets(rig_session, print)(1).limits == rig.timing.limits


@pytest.mark.parametrize(
    ("where", "more", "line"),
    [
        ("base", "address: 10.1.1.1", "address: 10.1.1.1 is outside network.address, which is 192.0.2.0/24"),
        ("base", "address: 192.0.2.255", "address: 192.0.2.255 is the network or broadcast address"),
        ("base", "address: 192.0.2.1", "address: 192.0.2.1 is the harness's own address"),
        ("base", "address: 192.0.2.22", "address: 192.0.2.22 is host 22, which network.peers uses (20 to 27)"),
        ("base", "address: 192.0.2.11", "address: 192.0.2.11 is host 11, which network.pbx uses (11)"),
        ("base", 'address: "fd00::5"', "address: fd00::5 is IPv6, and network.address6 is missing"),
        ("base", "address: DHCP", "address: 'DHCP' is neither dhcp nor an IPv4 or IPv6 address; write dhcp in"),
        (
            "base",
            "address: 192.0.2.9/24",
            "address: '192.0.2.9/24' is neither dhcp nor an IPv4 or IPv6 address; write 1",
        ),
        ("network", "pbx: 1", "pbx: is 1, the harness's own host number (192.0.2.1/24); choose another"),
        ("network", "pbx: 22", "peers: 20 to 27 overlaps network.pbx, which has 22; move one of them"),
        ("network", "peers: 48", "bases: 50 to 90 overlaps network.peers, which has 48 to 55"),
        ("network", "pbx: 0", "pbx: 0 is out of range; at least 1 is allowed (host number of the embedded"),
        ("network", "pbx: 300", "address: 192.0.2.1/24 has hosts 1 to 254, and network.pbx needs 300"),
        ("network", "pbx: 192.0.2.11", "pbx: '192.0.2.11' is an address; write its host number in network.address"),
        ("network", "services: [http, dns]", "base.address: is dhcp, but network.services lacks dhcp"),
    ],
)
def test_addresses_fit_each_other(mistakes, where, more, line):
    old = "base:\n" if where == "base" else "1/24}"
    new = f"base:\n  {more}\n" if where == "base" else f"1/24, {more}}}"
    (found,) = mistakes((old, new))
    assert found.partition("  ")[2].removeprefix(f"{where}.").startswith(line)


@pytest.mark.parametrize("address", ["192.0.2.0/24", "192.0.2.255/24", "127.0.0.1/8"])
def test_the_harness_has_a_host_of_its_network(mistakes, address):
    (found,) = mistakes(("192.0.2.1/24", address))
    assert "network.address: " in found
    assert "is the network" in found or "is the broadcast" in found or "can reach" in found


def test_a_fixed_address_and_the_capability_dhcp_exclude_each_other(tmp_path, mistakes):
    text = GOOD.replace("base:\n", "base:\n  address: 192.0.2.60\n")
    path = tmp_path / "fixed.yaml"
    path.write_text(text)
    assert load(path).base.address == "192.0.2.60"
    (found,) = mistakes(("base:\n", "base:\n  address: 192.0.2.60\n"), ("pbx:\n", "capabilities: [dhcp]\npbx:\n"))
    assert found.endswith("capabilities: names dhcp, but base.address is fixed")


@pytest.mark.parametrize(
    ("permits", "line"),
    [
        ("brick", "permits: 'brick' is not a list; write [brick] (brick: bad images"),
        (
            "[Brick]",
            "permits.0: 'Brick' is not one of brick, reset, certificates (did you mean brick?) (brick: bad images",
        ),
        (
            "[factory_reset]",
            "permits.0: 'factory_reset' is not one of brick, reset, certificates (did you mean reset?)",
        ),
        ("", "permits: is empty; a list is wanted (brick: bad images"),
        ("true", "permits: true is not a list (brick: bad images"),
    ],
)
def test_wrong_permits_say_what_each_word_permits(mistakes, permits, line):
    (found,) = mistakes(("pbx:\n", f"permits: {permits}\npbx:\n"))
    assert found.partition("  ")[2].startswith(line)


@pytest.mark.parametrize(
    ("registrar", "line"),
    [
        ("300.1.1.1", "'300.1.1.1' is not an IPv4 or IPv6 address"),
        ("sip:as.example.net", "'sip:as.example.net': write the host without sip:"),
        ("as.example.net:sip", "'as.example.net:sip': 'sip' is not a port"),
        ("as.example.net:99999", "'as.example.net:99999': '99999' is not a port"),
        ("as example", "'as example' is not a host"),
    ],
)
def test_a_wrong_registrar_is_told(mistakes, registrar, line):
    entry = f"asterisk: {{kind: external, registrar: '{registrar}', accounts: ACCOUNT, peer_accounts: ACCOUNT}}"
    account = "[{user: '1', password: {env: X, default: x}}]"
    (found,) = mistakes(("asterisk: {kind: baseline}", entry.replace("ACCOUNT", account)))
    assert found.partition("registrar: ")[2].startswith(line)


def test_the_annotated_example_and_the_stand_in_are_good_files():
    root = Path(__file__).parents[3]
    assert load(root / "rigs" / "lab.example.yaml", secrets=False).kind == "physical"
    assert load(root / "rigs" / "standin.yaml").private


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            'ipui: "005C30C840"',
            "ipui: 0051300741",
            '7  handsets.0.ipui: 10846689 is a number; quote it: "0051300741" (ten hexadecimal digits)',
        ),
        ("kind: poe", "kind: poee", "9  power.kind: 'poee' is not one of poe, pdu, none (did you mean poe?)"),
        ("kind: poe", "knid: poe", "9  power.kind: missing; one of poe, pdu, none"),
        ("{kind: baseline}", "{kind: baselin}", "13  pbx.asterisk.kind: 'baselin' is not one of baseline, dialect,"),
        ("{kind: baseline}", "{kind: dialect, platform: lnyc}", "13  pbx.asterisk.platform: 'lnyc' is not one of"),
        ("if_index:", "ifindex:", "9  power.ifindex: unknown key (did you mean if_index?)"),
        ("{env: LAB7_WEB, default: password}", "hunter22", "5  base.web.password: a secret is never written in place"),
        ("{env: LAB7_WEB, default: password}", "{env: LAB7_WEB}", "5  base.web.password: $LAB7_WEB is not set"),
        ("192.0.2.1/24", "192.0.2.1", "11  network.address: '192.0.2.1' has no prefix length"),
        ("asterisk:", "asterix:", "13  pbx.asterix: 'asterix' is not one of asterisk,"),
        ("number: 1", "number: one", "7  handsets.0.number: 'one' is not a whole number"),
        ("kind: physical", "kind: physical\nkind: simulated", "3  kind: a second time here (first in line 2)"),
        ("name: lab7", "name: [lab7", "2  not YAML:"),
        ("name: lab7", "name: !!python/object:os.system lab7", "1  not YAML:"),
        ("name: lab7", "name: true", '1  name: true is true or false; quote it: "true"'),
        ("name: lab7", "7: lab7", '1  7: a key must be text; quote it: "7"'),
        ("name: lab7", "name:", "1  name: is empty"),
        ("dongle: {port: /dev/ttyUSB0}", "dongle: /dev/ttyUSB0", "8  dongle: '/dev/ttyUSB0' is not a mapping"),
        ("port: /dev/ttyUSB0", "port: tcp://host:7", "8  dongle.port: 'tcp://host:7': tcp:// is not one of rfc2217://,"),
        ("port: /dev/ttyUSB0", "backend: other", "8  dongle.backend: 'other' is not installed (entry point group"),
        ("web: {username: admin,", "web: {username: admin, username: x,", "5  base.web.username: a second time here"),
        ('"00:04:13:30:01:21"', '"01:00:5e:00:00:01"', "4  base.mac: '01:00:5e:00:00:01' is not the MAC of one device"),
        ("host: 192.0.2.2", "host: 999.0.2.2", "9  power.host: '999.0.2.2' is not an IPv4 or IPv6 address"),
        ("host: 192.0.2.2", 'host: ""', "9  power.host: '' is not a host; an IP address or a name is wanted"),
        ("port: 3,", "port: yes,", "9  power.port: 'yes' is not a whole number"),
        ("192.0.2.1/24", "198.18.9.1/24", "11  network: 198.18.9.1/24: 198.18.9.* is for private segments"),
        ("192.0.2.2", "198.18.9.2", "9  power: 198.18.9.2: 198.18.9.* is for private segments"),
        ("port: 3,", "port: 0,", "9  power.port: 0 is out of range; at least 1 is allowed"),
        ("port: 3,", 'port: 3, version: "3",', "9  power.version: 3 needs v3:"),
        ("port: 3,", "port: 3, version: 2,", "9  power.version: 2 is not one of 2c, 3 (did you mean 2c?)"),
        ("port: 3,", "port: 3, version: 3,", '9  power.version: 3 is a number; quote it: "3"'),
        ("port: 3,", "port: 3, v3: {user: x},", '9  power.v3: is not used with version 2c; write version: "3"'),
        ("port: 3,", 'port: "3",', "9  power.port: '3' is not a whole number; write 3 without quotes"),
        ("192.0.2.1/24", "192.0.2.1/33", "11  network.address: '192.0.2.1/33' is not an IPv4 address with its"),
        ("192.0.2.1/24", "192.0.2.1/28", "11  network.address: 192.0.2.1/28 has hosts 1 to 14, and network.p"),
        ("kind: physical", "", "1  kind: missing; one of physical, simulated"),
        ("name: lab7", "name: 2026-01-01", '1  name: 2026-01-01 is a date; quote it: "2026-01-01"'),
        ("name: lab7", "name: !!timestamp lab7", "1  name: 'lab7' cannot be read as timestamp; quote it if it is text"),
        ("  asterisk: {kind: baseline}", "  {}", "12  pbx: is empty; at least 1 is wanted"),
        ("1/24}", "1/24, services: [dhcp, tftp, http]}", "11  network.services.1: 'tftp': not yet: the harness has no"),
        ("1/24}", "1/24, services: [https, http]}", "11  network.services.0: 'https': not yet: the harness has no"),
        ("1/24}", "1/24, services: [dhcp, ntp]}", "11  network.services: lacks http: the base is provisioned from it"),
        ("1/24}", "1/24, services: [dhpc, http]}", "11  network.services.0: 'dhpc' is not one of dhcp, dns, ntp,"),
        ("base:", "base:\n  firmware: {directory: x}", "4  base.firmware.directory: not yet: no image is searched for"),
        ("{env: LAB7_WEB, default: password}", "{evn: X}", "5  base.web.password.evn: unknown key (did you mean env?)"),
    ],
)  # fmt: skip
def test_each_mistake_is_one_precise_line(mistakes, old, new, line):
    assert any(found.startswith(line) for found in mistakes((old, new))), mistakes((old, new))


@pytest.mark.parametrize("name", ["trueconf", "false-switches-on", "nullarbor", "on", "1st-floor"])
def test_a_word_that_only_begins_like_another_kind_is_text(tmp_path, name):
    path = tmp_path / "word.yaml"
    path.write_text(GOOD.replace("name: lab7", f"name: {name}"))
    assert load(path).name == name


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(mistakes):
    found = mistakes(
        ("kind: physical", "kind: virtual"), ("kind: poe", "kind: pou"), ("interface: eth1, a", "interface: 1, a")
    )
    assert [line.split()[1] for line in found] == ["kind:", "power.kind:", "network.interface:"]


def test_a_secret_in_place_is_not_repeated_in_the_message(mistakes):
    assert "hunter22" not in "\n".join(mistakes(("{env: LAB7_WEB, default: password}", "hunter22")))


def test_two_handsets_cannot_be_the_same(mistakes):
    twice = '- {number: 1, ipui: "005C30C840", identity: 1}\n  - {number: 1, ipui: "005C30C841", identity: 2}'
    assert "two handsets have the number 1" in mistakes(('- {number: 1, ipui: "005C30C840", identity: 1}', twice))[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a list\n",
        "a: &a [*a]\n",
        "\x00",
        "a: " + "[" * 300 + "]" * 300,
        "a: 9999-99-99\n",
        "? [a]\n: b\n",
        "name: !!timestamp lab7\n",
        "name: !!bool lab7\n",
        "port: " + "9" * 5000,
    ],
)
def test_what_is_no_rig_file_at_all_is_one_clear_error(tmp_path, text):
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises(RigFileError) as caught:
        load(path)
    [line] = caught.value.mistakes
    assert line.startswith(f"{path}:1  ")
    assert len(line) < 250


def test_a_bomb_of_aliases_is_refused_quickly(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines))
    with pytest.raises(RigFileError, match="too deeply"):
        load(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/nowhere/rig.yaml", "No such file or directory; a rig file is wanted"),
        ("/", "is a folder; a rig file is wanted"),
        ("/dev/null", "is no file; a rig file is wanted"),
        ("/" + "x" * 300, "File name too long"),
        ("/tmp/a\0b", "null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_usage_error(path, text):
    with pytest.raises(UsageError, match=text):
        load(path)


def test_a_mistake_that_two_keys_make_is_told_at_one_of_them(mistakes):
    found = mistakes(
        (
            "power: {kind: poe, host: 192.0.2.2, port: 3, if_index: 10103, community:",
            "capabilities: [power]\nstandin: {x:",
        ),
        ("default: private}}", "default: private}}"),
    )
    assert found == ["9  capabilities: names power, but power.kind is none"]


def test_a_registrar_that_the_peers_cannot_reach_is_told(mistakes):
    account = "[{user: '1', password: {env: X, default: y}}]"
    entry = "asterisk: {kind: external, registrar: 'fd00::9', accounts: ACCOUNT, peer_accounts: ACCOUNT}"
    found = mistakes(("asterisk: {kind: baseline}", entry.replace("ACCOUNT", account)))
    assert [line.partition("  ")[2] for line in found] == [
        "pbx: asterisk.registrar is an IPv6 address; the peers need network.address6 to reach it"
    ]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "cannot be read: No such file or directory; write it into"),
        (b"", "is empty; write it into"),
        (b"\xff\xfe", "is not UTF-8 text; write it into"),
    ],
)
def test_a_secret_file_that_gives_none_says_why(mistakes, tmp_path, content, text):
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    [found] = mistakes(("{env: LAB7_WEB, default: password}", "{file: secret}"))
    assert found.startswith(f"5  base.web.password: {tmp_path / 'secret'} {text}")


def test_a_variable_that_is_set_to_nothing_is_no_secret(mistakes, monkeypatch):
    monkeypatch.setenv("LAB7_WEB", "")
    [found] = mistakes(("{env: LAB7_WEB, default: password}", "{env: LAB7_WEB}"))
    assert found == "5  base.web.password: $LAB7_WEB is empty; export LAB7_WEB=…"


def test_a_secret_file_lies_beside_the_rig_file_wherever_the_command_was_typed(tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("correct-horse\n")
    path = tmp_path / "lab7.yaml"
    path.write_text(GOOD.replace("{env: LAB7_WEB, default: password}", "{file: secret}"))
    monkeypatch.chdir("/")
    assert load(path).base.web.password.value() == "correct-horse"


def test_bytes_that_are_no_text_are_a_usage_error(tmp_path):
    path = tmp_path / "rig.yaml"
    path.write_bytes(b"# a lab\nname: \xff\xfe")
    with pytest.raises(RigFileError, match=r"rig.yaml:2  not UTF-8 text \(invalid start byte at byte 14\)"):
        load(path)


def test_a_secret_of_a_file_is_its_first_line_and_is_masked(tmp_path):
    from harness.core.redaction import redaction
    from harness.rig.secrets import Secret

    path = tmp_path / "secret"
    path.write_text("correct-horse\nsecond line\n")
    assert Secret(file=str(path)).value() == "correct-horse"
    assert redaction.mask("it is correct-horse") == "it is *************"


def test_a_survey_that_is_none_is_told_before_the_run(mistakes, tmp_path):
    (tmp_path / "odd.yaml").write_text("pages: {a: [")
    [found] = mistakes(('  mac: "00', '  survey: odd.yaml\n  mac: "00'))
    assert found.startswith(f"4  base.survey: {tmp_path / 'odd.yaml'}: not a survey: ")
    [found] = mistakes(('  mac: "00', '  survey: none.yaml\n  mac: "00'))
    assert "No such file" in found
