"""Server types: nine spellings, and a choice that is a defect's, else the server type's, else the healthy one."""

import pytest

from rigs.standin.core.strategies import Strategies, Strategy
from rigs.standin.sip import platforms
from rigs.standin.sip.platforms import FoundByUser, Platform
from rigs.standin.sip.strategies import LineStrategy, MissingLineStrategy
from rigs.standin.web.definitions import choices

SPELLINGS = ["lync", "cisco", "broadsoft", "asterisk", "snom_one", "metaswitch", "telepo", "netpbx", "avaya"]


class Greeting(Strategy):
    """How somebody is greeted, and when."""

    def word(self) -> str:
        return "hello"

    def late(self) -> bool:
        return False


class Formal(Greeting):
    """As one platform wants it."""

    def word(self) -> str:
        return "good morning"


class Rude(Greeting):
    """As a defect does it."""

    def word(self) -> str:
        return "what"


@pytest.fixture
def formal(monkeypatch):
    """One platform of a test's own."""
    rows = {"formal": Platform("formal", "Formal", "formal", (Formal,))}
    monkeypatch.setattr(platforms, "platforms", lambda: rows)
    platforms._changed.cache_clear()
    yield
    platforms._changed.cache_clear()


def typed(base, *defects: str, **types: str):
    device = base(*defects)
    for identity, text in types.items():
        device.settings.set("user_pbxtype", text, int(identity[1:]), who="base")
    return device


def test_each_platform_has_its_one_spelling():
    assert [platform.name for platform in platforms.platforms().values()] == SPELLINGS


def test_the_drop_down_offers_the_default_and_every_platform():
    offered = choices("server_type")
    assert offered[0] == ("", "Default")
    assert ("asterisk", "Asterisk") in offered
    assert ("ocs", "Microsoft Office Communications Server") in offered
    assert len(offered) == 10


def test_each_identity_gets_the_choice_of_its_server_type(base, formal):
    device = typed(base, i1="formal", i2="other")
    words = [device.strategies.of(identity).get(Greeting).word() for identity in (1, 2, 3)]
    assert words == ["good morning", "hello", "hello"]
    assert device.strategies.get(Greeting).word() == "hello"


def test_a_server_type_that_is_changed_counts_at_once(base, formal):
    device = base()
    held = device.strategies.of(1)
    assert held.get(Greeting).word() == "hello"
    device.settings.set("user_pbxtype", " Formal ", 1, who="base")
    assert held.get(Greeting).word() == "good morning"


def test_a_defect_comes_before_the_server_type(base, formal):
    device = typed(base, i1="formal")
    device.strategies.override(Rude)
    assert device.strategies.of(1).get(Greeting).word() == "what"
    assert device.strategies.of(2).get(Greeting).word() == "what"


def test_a_defect_of_another_choice_leaves_the_server_type_alone(base):
    device = typed(base, i1="asterisk")

    class Other(LineStrategy):
        pass

    device.strategies.override(Other)
    assert device.strategies.of(1).get(MissingLineStrategy).by_user("not_found")
    assert isinstance(device.strategies.of(1).get(LineStrategy), Other)


@pytest.mark.parametrize(("text", "found"), [("asterisk", True), ("Asterisk", True), ("", False), ("ocs", False)])
def test_asterisk_finds_an_identity_by_its_user_and_others_do_not(base, text, found):
    device = typed(base, i1=text)
    assert device.strategies.of(1).get(MissingLineStrategy).by_user("not_found") is found
    assert device.strategies.of(1).get(MissingLineStrategy).by_user("user")
    assert not device.strategies.of(2).get(MissingLineStrategy).by_user("not_found")


def test_the_base_as_a_whole_has_no_server_type(base):
    device = typed(base, i1="asterisk")
    assert type(device.strategies.of(0).get(MissingLineStrategy)) is MissingLineStrategy
    assert type(Strategies().of(1).get(MissingLineStrategy)) is MissingLineStrategy


def test_a_choice_that_there_is_not_is_told():
    assert platforms._classes("asterisk", ["FoundByUser"]) == (FoundByUser,)
    for name in ("NoSuch", "MissingLineStrategy", "Platform"):
        with pytest.raises(ValueError, match=rf"^platforms\.yaml: asterisk: no choice {name} in platforms\.py$"):
            platforms._classes("asterisk", [name])
