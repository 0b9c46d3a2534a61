"""How a document may be written and sent: what XML and HTTP allow, a base that speaks them understands."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.needs("dhcp", "power", identities=2), pytest.mark.reboots]

SAID_OTHERWISE = """<?xml version='1.0' encoding='UTF-8'?>
<!-- as a server's template may write it -->
<settings>
 <phone-settings>
  <no_setting_of_any_m9 perm="RW">1</no_setting_of_any_m9>
  <!-- a comment between two settings -->
  <user_realname idx='2' perm='RW'>J&#246;rg &amp; S&#xF6;hne</user_realname>
  <user_realname idx="1" perm="RW">Größe 1</user_realname>
  <user_expiry
     perm="RW"
     idx="2">900</user_expiry>
 </phone-settings>
</settings>
"""
TWICE = """<?xml version="1.0" encoding="utf-8"?>
<settings><phone-settings>
<user_expiry perm="RW" idx="2">700</user_expiry>
<user_expiry perm="RW" idx="2">800</user_expiry>
<user_realname perm="RW" idx="1">After</user_realname>
</phone-settings></settings>
"""


@feature("document-writing", "auto-configuration")
@settings
@rule("PRV-GIVEN")
def test_quotes_comments_references_and_unknown_settings_do_not_matter(boot, rule):
    boot.documents.serve_written(
        SAID_OTHERWISE,
        [("user_realname", "Jörg & Söhne", 2), ("user_realname", "Größe 1", 1), ("user_expiry", "900", 2)],
    )
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=2)
    boot.judge("PRV-EXPIRY", times=1)


@feature("document-writing", "auto-configuration")
@settings
@rule("PRV-GIVEN")
def test_a_setting_that_stands_twice_spoils_nothing(boot, rule):
    boot.documents.serve_written(TWICE, [("user_expiry", "800", 2), ("user_realname", "After", 1)])
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, "PRV-EXPIRY", times=1)


@feature("empty-element", "auto-configuration")
@settings
@rule("PRV-SHOWN")
def test_an_empty_element_empties_a_setting(boot, base, stored, rule):
    base.change("asset_id", "rack 7", reboot=False)
    boot.documents.serve([("asset_id", ""), ("user_realname", "", 2)])
    boot.power_cycle()
    boot.expect.ready()
    stored.read("asset_id")
    boot.judge(rule, "PRV-GIVEN", times=1)


@feature("chunked-document", "auto-configuration")
@settings
def test_a_document_sent_in_chunks_is_understood(boot):
    boot.documents.serve([("user_realname", "In Chunks", 2)], chunked=True)
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-GIVEN")
