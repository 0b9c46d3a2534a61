"""Settings: kinds, permissions, batches, flash, effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rigs.standin.base.settings import SettingRefused, Settings, definitions
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.documents import Entry, SettingsFile

Boot = Callable[..., Any]


@pytest.mark.parametrize(("text", "stored"), [("on", "true"), ("TRUE", "true"), ("off", "false"), ("", "false")])
def test_booleans_are_read_in_each_spelling(base: Boot, text: str, stored: str) -> None:
    settings = base().settings
    settings.set("user_active", text, 3, who="provisioning")
    assert settings.stored("user_active", 3) == stored
    assert settings.bool("user_active", 3) is (stored == "true")


def test_an_empty_dhcp_means_on(base: Boot) -> None:
    settings = base().settings
    settings.set("dhcp", "false", who="web")
    settings.set("dhcp", "", who="provisioning")
    assert settings.bool("dhcp")


@pytest.mark.parametrize(
    ("name", "value", "idx"),
    [
        ("nonsense", "1", 0),
        ("eula_accepted", "true", 0),
        ("user_name", "40", 0),
        ("user_name", "40", 10),
        ("dhcp", "maybe", 0),
        ("retry_t1", "x", 0),
    ],
)
def test_what_cannot_be_stored_is_refused(base: Boot, name: str, value: str, idx: int) -> None:
    with pytest.raises(SettingRefused):
        base().settings.set(name, value, idx, who="provisioning")


def test_perm_r_keeps_the_web_pages_out_and_provisioning_in(base: Boot) -> None:
    settings = base().settings
    settings.set("base_name", "lobby", who="provisioning", perm="R")
    with pytest.raises(SettingRefused):
        settings.set("base_name", "mine", who="web")
    settings.set("base_name", "attic", who="provisioning")
    assert settings.get("base_name") == "attic"
    assert base("read-only-ignored").settings.writable("base_name", who="web")


def test_a_batch_is_all_or_nothing_and_told_after_it_is_stored(base: Boot) -> None:
    device = base()
    heard: list[tuple[str, int, str, str]] = []

    def listen(name: str, idx: int, old: str, new: str) -> None:
        heard.append((name, idx, old, new))
        assert device.flash.load(Settings.FILE)

    device.settings.on_change(listen)
    with pytest.raises(SettingRefused), device.settings.batch() as batch:
        [batch.set(name, "lost", who="web") for name in ("base_name", "nonsense")]
    with device.settings.batch() as batch:
        batch.set("base_name", "kept", who="web")
        batch.set("user_name", "40", 1, who="web")
        batch.set("asset_id", "", who="web")
    assert heard == [("base_name", 0, "snom-m9", "kept"), ("user_name", 1, "", "40")]


def test_settings_survive_a_power_cut_unless_the_defect_says_otherwise(base: Boot) -> None:
    base().settings.set("base_name", "kept", who="web", perm="R")
    again = base().settings
    assert (again.get("base_name"), again.permission("base_name")) == ("kept", "R")
    base("settings-keep-no-names").settings.set("user_realname", "lost", 2, who="provisioning")
    assert (base().settings.get("base_name"), base().settings.get("user_realname", 2)) == ("kept", "")


def test_a_torn_flash_is_a_fresh_unit(base: Boot) -> None:
    device = base()
    device.settings.set("base_name", "kept", who="web")
    (device.flash.folder / Settings.FILE).write_bytes(b'{"base_name#0": ["ke')
    assert base().settings.get("base_name") == "snom-m9"


def test_the_desk_phones_name_is_stored_as_ours(base: Boot) -> None:
    settings = base().settings
    settings.set("user_pname", "auth40", 1, who="provisioning")
    assert settings.get("user_authname", 1) == settings.get("user_pname", 1) == "auth40"


def test_the_dead_rig_stores_and_shows_but_does_not_act(base: Boot) -> None:
    device = base(dead="settings")
    wanted = {"user_active": "true", "user_host": "pbx", "user_name": "40"}
    first = SettingsFile(tuple(Entry(name, 1, "RW", value) for name, value in wanted.items()))
    Applying(device).apply("http://first/", first)
    device.settings.set("user_name", "41", 1, who="provisioning")
    device.settings.set("dnd_msg", "603 Decline", who="web")
    for settings in (device.settings, base(dead="settings").settings):
        assert (settings.get("user_name", 1), settings.stored("user_name", 1)) == ("40", "41")
        assert (settings.get("dnd_msg"), settings.stored("dnd_msg")) == ("480 Do Not Disturb", "603 Decline")


def test_every_default_is_of_its_own_kind(base: Boot) -> None:
    settings = base().settings
    for definition in definitions().values():
        if not definition.alias:
            settings.set(definition.name, definition.default, definition.indexes[0], who="base")
            assert settings.stored(definition.name, definition.indexes[0]) == definition.default


def test_each_log_category_has_a_level_of_its_own(base: Boot) -> None:
    device = base()
    device.settings.set("log", "0", 7, who="web")
    device.settings.set("log", "9", 12, who="web")
    for category in ("dns", "ice", "general"):
        device.log.write(category, 9 if category == "ice" else 1, category)
    assert [entry.text for entry in device.log.entries()] == ["ice", "general"]


@pytest.mark.parametrize(
    ("name", "idx", "good", "bad"),
    [
        ("sip_port", 0, "65535", "65536"),
        ("http_port", 0, "8080", "-1"),
        ("log", 3, "9", "10"),
        ("packet_length", 1, "60", "5"),
        ("user_payload_type", 1, "127", "128"),
    ],
)
def test_a_number_out_of_its_range_is_not_stored(base: Boot, name: str, idx: int, good: str, bad: str) -> None:
    settings = base().settings
    settings.set(name, good, idx, who="web")
    with pytest.raises(SettingRefused, match=r"is not between -?\d+ and \d+"):
        settings.set(name, bad, idx, who="provisioning")
    assert settings.get(name, idx) == good


def test_every_default_is_in_its_range() -> None:
    for definition in definitions().values():
        if definition.bounds is not None:
            assert definition.bounds[0] <= int(definition.default) <= definition.bounds[1], definition.name


@pytest.mark.parametrize(
    ("name", "idx", "good", "bad", "why"),
    [
        ("gmt_offset", 0, "-18000", "9" * 400, "is no number"),
        ("gmt_offset", 0, "50400", "50401", "is not between"),
        ("retry_t1", 0, "500", "1_000", "is no number"),
        ("base_name", 0, "snom-m9-lobby", "x" * 300, "300 characters are more than 50"),
        ("gateway", 0, "192.0.2.1", "abc", "it is no IPv4 address"),
        ("ip_adr", 0, "192.0.2.5", "224.0.0.1", "no host has this address"),
        ("netmask", 0, "255.255.255.0", "255.0.255.0", "it is no netmask"),
        ("netmask", 0, "255.255.255.252", "0.0.0.0", "it is no netmask"),
        ("dns_server2", 0, "2001:db8::1", "ns.example.net", "it is no address"),
        ("dns_domain", 0, "example.net", "exam ple..net", "it is no domain"),
        ("base_pin", 0, "1111", "11111", "a PIN has four digits"),
        ("user_name", 1, "40 at home", "40\r\nX: y", "control characters are not allowed"),
        ("dnd_msg", 0, "480 Not now", "480 Not\x00now", "control characters are not allowed"),
        ("user_pass", 1, "pässwörd", "a\x7f", "control characters are not allowed"),
        ("action_hold", 1, "http://x/" + "y" * 1000, "http://x/" + "y" * 1100, "are more than 1024"),
    ],
)
def test_a_value_is_checked_at_the_door(base: Boot, name: str, idx: int, good: str, bad: str, why: str) -> None:
    settings = base().settings
    settings.set(name, good, idx, who="web")
    with pytest.raises(SettingRefused, match=why) as refused:
        settings.set(name, bad, idx, who="provisioning")
    assert settings.get(name, idx) == good
    assert len(str(refused.value)) < 160


@pytest.mark.parametrize(
    "row",
    ['"abc"', '["abc"]', '["abc", "RW"]', '[["a"], "RW"]', "null", "7", '["192.0.2.300", "RW"]', '["1", {}]'],
)
def test_a_stored_value_that_is_none_leaves_the_factorys(base: Boot, row: str) -> None:
    device = base()
    text = f'{{"gateway#0": {row}, "nobody#x": 1, "log#99": ["1", "RW"], "retry_t1#0": ["700", "RW"]}}'
    (device.flash.folder / Settings.FILE).write_text(text)
    settings = base().settings
    assert (settings.get("gateway"), settings.get("retry_t1")) == ("", "700")
    assert len(settings.not_taken) == 2
    assert any("gateway" in text for text in settings.not_taken)


def test_flash_that_nests_without_end_is_a_fresh_unit(base: Boot) -> None:
    device = base()
    (device.flash.folder / Settings.FILE).write_text('{"a":' * 100_000)
    assert base().settings.get("base_name") == "snom-m9"


def test_a_fixed_address_that_cannot_be_used_gives_way_to_dhcp(base: Boot) -> None:
    """Else a base whose address was left empty has neither network nor pages, for ever."""
    from rigs.standin.base.dhcp import Network

    device = base()
    device.settings.set("dhcp", "false", who="web")
    assert asyncio.run(Network(device)._use_static()) is False
    assert any("DHCP is asked for one" in entry.text for entry in device.log.entries())
