"""What a server can is asked in one way, of a driver before there is a server and of the server itself."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.core.errors import NotApplicable
from harness.pbx.dialect import Dialect
from harness.pbx.external import ExternalPbx
from harness.pbx.kamailio import Kamailio
from harness.pbx.protocol import Ability, can, reason_against, steered
from harness.rig import factory
from harness.rig import file as rig_files
from harness.rig.pbx_model import DialectPbx
from harness.rig.profile_session import ProfileSession

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=[Kamailio, Dialect])
def own(request, tmp_path):
    return request.param("198.18.9.11", "fd00:9::11", tmp_path, [])


@pytest.mark.parametrize("ability", Ability)
def test_driver_and_server_answer_alike(ability, own):
    external = ExternalPbx("192.0.2.9", [])
    known = ability is not Ability.TLS or isinstance(own, Kamailio)
    assert (can(type(own), ability), can(own, ability)) == (known, known)
    assert (can(ExternalPbx, ability), can(external, ability)) == (False, False)
    assert (reason_against(own, ability) == "") is known
    assert reason_against(ExternalPbx, ability, of="broadsoft").startswith("the external PBX of broadsoft ")


def test_only_a_steerable_server_is_steered(own):
    assert steered(own) is own
    with pytest.raises(NotApplicable, match="the external PBX is neither steered nor provoked"):
        steered(ExternalPbx("192.0.2.9", []))


def test_the_rig_file_says_which_driver_a_profile_has(tmp_path):
    rig = rig_files.load(ROOT / "rigs" / "standin.yaml")
    assert factory.pbx_driver(rig, "asterisk") is Kamailio
    assert factory.pbx_identities(rig, "asterisk") == 9
    rig.pbx["avaya"] = DialectPbx(kind="dialect")
    rig.pbx["cisco"] = DialectPbx(kind="dialect")
    assert factory.pbx_driver(rig, "avaya") is Dialect
    passes_all_on = {name: can(factory.pbx_driver(rig, name), Ability.TRANSPARENT) for name in ("avaya", "cisco")}
    assert passes_all_on == {"avaya": True, "cisco": False}, "CAL-2: a far end's offer does not arrive"
    logins = {name: factory.pbx(rig, name, tmp_path).accounts[0].digest_user for name in ("avaya", "cisco")}
    assert logins == {"avaya": "101", "cisco": "phone-101"}, "REG-3: the login is what tells a phone"
    assert factory.pbx_identities(rig, "avaya") == 9


@pytest.mark.parametrize(
    ("registrar", "outbound", "addresses"),
    [
        ("192.0.2.9", "", ("192.0.2.9",)),
        ("192.0.2.9:5070", "sip:192.0.2.10;transport=tcp", ("192.0.2.9", "192.0.2.10")),
        ("fd00:9::9", "", ("fd00:9::9",)),
        ("no-such-host.invalid", "", ()),
    ],
)
def test_an_external_server_is_seen_at_its_registrar_and_its_proxy(registrar, outbound, addresses):
    assert ExternalPbx(registrar, [], outbound=outbound).addresses == addresses


def test_a_ladder_names_a_server_of_the_lab_as_the_rig_file_does(own):
    night = SimpleNamespace(names={"198.18.9.1": "harness", "198.18.9.11": "PBX"})
    session = ProfileSession(night, SimpleNamespace(name="broadsoft"))  # type: ignore[arg-type]  # what is asked is there
    session.base = SimpleNamespace(web=SimpleNamespace(address="198.18.9.50"))  # type: ignore[assignment]
    session.pbx = ExternalPbx("192.0.2.9", [])
    assert session.names == {
        "198.18.9.50": "base", "198.18.9.1": "harness", "198.18.9.11": "PBX", "192.0.2.9": "broadsoft",
    }  # fmt: skip
    session.pbx = own
    assert session.names["198.18.9.11"] == session.names["fd00:9::11"] == "PBX"
