"""The profiles as data: they inherit, they are strict, and every rule says where it comes from."""

import re
from typing import get_args

import pytest

from harness.core.errors import UsageError
from harness.profiles import model
from harness.rig.field_types import Platform
from harness.signoff import catalogue
from rigs.standin.sip.platforms import platforms


def test_asterisk_is_a_profile_and_baseline_is_none():
    assert "asterisk" in model.names()
    assert "baseline" not in model.names()


def test_rig_files_and_the_stand_in_know_each_profile_by_the_same_words():
    assert sorted(get_args(Platform)) == model.names()
    of_the_base = {platform.name: (platform.title, platform.stored) for platform in platforms().values()}
    webs = {name: model.load(name).web for name in model.names()}
    assert {name: (web.server_type, web.stored) for name, web in webs.items()} == of_the_base


@pytest.mark.parametrize("name", ["telepo", "netpbx"])
def test_a_platform_of_which_nothing_is_known_claims_nothing_of_its_own_and_says_so(name):
    profile = model.load(name)
    assert profile.rules == model.load("baseline").rules
    assert profile.note.startswith(f"Only the RFC baseline is known: no public document says what {profile.title} asks")


@pytest.mark.parametrize("name", model.names())
def test_what_an_rfc_asks_of_every_phone_is_no_mere_warning_under_a_platform(name):
    base = model.load("baseline")
    for rule in model.load(name).rules.values():
        if rule.level == "inferred" != base.rule(rule.id).level:
            assert rule.expect != base.rule(rule.id).expect, f"{rule.id}: the baseline asks the same, by an RFC"


def test_a_rule_of_the_platform_overrides_the_baseline_and_keeps_what_it_does_not_name():
    profile = model.load("asterisk")
    assert profile.web.stored == "asterisk"
    assert profile.rule("REG-2").level == "documented"
    assert profile.rule("REG-2").expect["scheme"] == "Digest"
    assert profile.rule("CAL-8").level == "standard"
    assert profile.rule("CAL-1").expect["uri_parameters_absent"] == ["user"]


@pytest.mark.parametrize("name", model.names())
def test_every_rule_has_a_claim_a_source_and_an_id_of_the_matrix(name):
    for rule in model.load(name).rules.values():
        numbered = r"(REG|CAL|HLD|XFR|CID|MWI|CNF|FEA|DTM|RTP)-\d+"
        areas = "SIP|SDP|RTP|RTCP|DTMF|REG|MWI|DNS|HTTP|NET|PRV|CHECK|IDLE|CALL|DIAL|EAR|AFTER|XFR|ACT|TLS|SRTP|LDAP"
        named = rf"({areas}|BOOK|PIC)-[A-Z-]+"
        assert re.fullmatch(named if rule.of_all_traffic else numbered, rule.id)
        assert rule.claim
        assert rule.source


@pytest.mark.parametrize("name", model.names())
def test_a_rule_says_in_sentences_what_it_means_and_where_to_look(name):
    for rule in model.load(name).rules.values():
        for words in (rule.means, rule.look):
            assert re.fullmatch(r"[A-Z].{15,}[.?]", words), f"{rule.id}: {words}"


@pytest.mark.parametrize("name", model.names())
def test_a_rule_names_features_of_the_catalogue_and_one_of_all_traffic_has_some(name):
    known = catalogue.load().ids
    for rule in model.load(name).rules.values():
        assert set(rule.features) <= known, rule.id
        assert rule.features or not rule.of_all_traffic, f"{rule.id}: no defect can be proved by it: add features"


def test_an_unknown_rule_names_the_known_ones():
    with pytest.raises(UsageError, match="HLD-99") as error:
        model.load("asterisk").rule("HLD-99")
    assert "HLD-1" in error.value.remedy


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(UsageError, match="no profile 'asterix'") as error:
        model.load("asterix")
    assert "asterisk" in error.value.remedy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: X\nweb: {}\nrules: {REG-1: {claim: a, level: sure, source: b}}", "level"),
        ("title: X\nweb: {}\nrules: {REG-1: {claim: a, level: standard, source: b, expects: {}}}", "expects"),
        ("title: X\nweb: {}\nrules: {REG-1: {claim: a, level: standard, source: b, look: c}}", "rules.REG-1.means"),
        ("title: X\nweb: {}\nrules: {REG-1: {claim: a, level: standard, source: b, means: c}}", "rules.REG-1.look"),
        ("title: X\nweb: {server: y}\nrules: {}", "server"),
        ("title: X\nweb: {}\nrules:\n  REG-1: {}\n  REG-1: {}\n", "REG-1 stands twice"),
    ],
)
def test_a_mistake_in_a_profile_is_an_error_that_names_the_key(tmp_path, monkeypatch, text, said):
    (tmp_path / "odd.yaml").write_text(text)
    monkeypatch.setattr(model, "FOLDER", tmp_path)
    model.load.cache_clear()
    with pytest.raises(UsageError, match=said):
        model.load("odd")
    model.load.cache_clear()


@pytest.mark.parametrize(
    ("own", "file"),
    [
        ("{}", "parent.yaml: rules.REG-1.level"),
        ("{REG-1: {claim: c}}", "parent.yaml: rules.REG-1.level"),
        ("{REG-1: {level: surely}}", "child.yaml: rules.REG-1.level"),
    ],
)
def test_a_mistake_in_a_row_names_the_file_that_says_it(tmp_path, monkeypatch, own, file):
    (tmp_path / "parent.yaml").write_text("title: X\nweb: {}\nrules: {REG-1: {claim: a, level: sure, source: b}}")
    (tmp_path / "child.yaml").write_text(f"inherits: parent\nrules: {own}")
    monkeypatch.setattr(model, "FOLDER", tmp_path)
    model.load.cache_clear()
    with pytest.raises(UsageError, match=file):
        model.load("child")
    model.load.cache_clear()
