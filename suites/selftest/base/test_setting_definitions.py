"""The settings catalogue and the documents made from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from defusedxml import ElementTree

from harness.base import provisioning, setting_definitions
from harness.base.provisioning import Contact, SettingValue
from harness.core.errors import UsageError
from harness.core.redaction import redaction


def test_every_default_is_a_value_its_own_setting_allows() -> None:
    known = setting_definitions.load()
    for setting in known:
        idx = 0 if setting.scope == "base" else 1
        if setting.default:
            assert setting.mistake(setting.default, idx) == "", setting.name


def test_the_catalogue_covers_the_facts_sheet() -> None:
    known = setting_definitions.load()
    assert len(known) > 120
    assert len([s for s in known if s.page == "action-urls"]) == 17
    assert known["user_ipui"].label == ""
    assert known["http_user"].name == "http_username"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (SettingValue("usr_name", "40", 1), r"unknown setting 'usr_name' \(did you mean user_name\?\)"),
        (SettingValue("user_name", "40"), "user_name: '40' is idx 0; it is 1 to 9"),
        (SettingValue("base_name", "x", 2), "base_name idx=2: 'x' is idx 2 on a setting of the whole base"),
        (SettingValue("retry_t1", "fast"), "retry_t1: 'fast' is not a whole number"),
        (SettingValue("vlan_id", 5000), "vlan_id: '5000' is not between 0 and 4094"),
        (SettingValue("user_active", "maybe", 1), "user_active idx=1: 'maybe' is not one of true, false, on, off"),
        (SettingValue("dnd_msg", "busy"), "not a status line such as 480"),
        (SettingValue("ip_adr", "10.0.0"), "not an IP address"),
        (SettingValue("setting_server", "10.0.0.1"), "not a URL"),
        (SettingValue("user_ipui", "005C30C84", 1), "not of the form"),
        (SettingValue("base_name", "x", perm="!"), r"perm '!' is not one of R, RW"),
        (SettingValue("base_pin", "12"), r"base_pin: \(secret\) is not of the form"),
    ],
)
def test_each_mistake_is_one_clear_line(value: SettingValue, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        provisioning.settings_document([value])
    assert caught.value.text.count("\n") == 0


def test_a_settings_document_is_what_the_presentation_shows() -> None:
    document = provisioning.settings_document(
        [
            SettingValue("dhcp", True),
            SettingValue("user_name", "100", 1),
            SettingValue("user_realname", 'Ann "A" <&>', 1, "R"),
            SettingValue("user_mailbox", "", 1),
        ]
    )
    assert document.startswith(b'<?xml version="1.0" encoding="utf-8" ?>\n<settings>\n  <phone-settings>\n')
    assert b'    <user_name perm="RW" idx="1">100</user_name>\n' in document
    assert b'    <user_mailbox perm="RW" idx="1" />\n' in document
    names = ElementTree.fromstring(document)[0]
    assert [(e.tag, e.text, e.get("perm")) for e in names][:3] == [
        ("dhcp", "true", "RW"),
        ("user_name", "100", "RW"),
        ("user_realname", 'Ann "A" <&>', "R"),
    ]


def test_a_lab_chooses_spellings_and_alternatives_as_data(tmp_path: Path) -> None:
    overlay = tmp_path / "lab.yaml"
    overlay.write_text(
        "choices: {user_authname: user_pname, booleans: switch, codec_numbers: index}\n"
        "settings: {dnd_msg: {page: behavior, label: DND message}, new_one: "
        "{type: text, source: our unit, confidence: found}}\n"
    )
    known = setting_definitions.load(overlay)
    document = provisioning.settings_document(
        [
            SettingValue("user_authname", "40", 1),
            SettingValue("user_dnd", False, 1),
            SettingValue("codec1_name", "G722", 1),
            SettingValue("new_one", "x"),
        ],
        known,
    )
    for text in (b">40</user_pname>", b">off</user_dnd>", b">4</codec1_name>", b">x</new_one>"):
        assert text in document
    assert known["dnd_msg"].page == "behavior"


def test_a_wrong_overlay_or_choice_is_a_usage_error(tmp_path: Path) -> None:
    overlay = tmp_path / "lab.yaml"
    overlay.write_text("settings: {dnd_msg: {pge: behavior}}\n")
    with pytest.raises(UsageError, match=r"pge: Extra inputs"):
        setting_definitions.load(overlay)
    with pytest.raises(UsageError, match="'href' is not one of uri, url"):
        setting_definitions.load(choices={"file_attribute": "href"})
    with pytest.raises(UsageError, match="unknown setting or question 'colour'"):
        setting_definitions.load(choices={"colour": "red"})


def test_values_that_mean_the_same_are_the_same() -> None:
    known = setting_definitions.load()
    assert known.same("user_active", "on", "true")
    assert known.same("dhcp", "", "true")
    assert known.same("user_expiry", "060", "60")
    assert known.same("codec1_name", "PCMA", "8")
    assert not known.same("user_name", "40", "040")


def test_unchecked_documents_may_hold_anything_well_formed() -> None:
    document = provisioning.settings_document([SettingValue("no_such", "x", perm="&")], checked=False)
    assert b'<no_such perm="&amp;">x</no_such>' in document


def test_the_other_documents() -> None:
    assert b'<file url="http://h/a?b=1&amp;c=2" />' in provisioning.setting_files_document(
        ["http://h/a?b=1&c=2"], "url"
    )
    assert b'<file uri="http://h/" />' in provisioning.setting_files_document(["http://h/"])
    assert b'<firmware perm="">https://h/m9-9.2.45-a.bin</firmware>' in provisioning.firmware_document(
        "https://h/m9-9.2.45-a.bin"
    )
    assert b"<firmware>x</firmware>" in provisioning.firmware_document("x", None)
    book = provisioning.phone_book_document([Contact("Bob & Co", "301"), Contact("Eve", "302", 2)])
    assert b'<tbook complete="true">' in book
    assert b'<item context="identity2" index="1">' in book
    assert provisioning.file_name("00:04:13:30:01:2f") == "snom-m9-00041330012F.xml"


def test_certificates_come_in_pairs_and_keys_are_masked() -> None:
    with pytest.raises(UsageError):
        provisioning.certificates_document(cert="-----BEGIN CERTIFICATE-----")
    key = "-----BEGIN RSA PRIVATE KEY-----\nVERYSECRETLINE\n-----END RSA PRIVATE KEY-----"
    document = provisioning.certificates_document(cert="C", key=key, cas=["A", "B"])
    assert document.count(b"<ca>") == 2
    assert "VERYSECRETLINE" not in redaction.mask("log: VERYSECRETLINE")
