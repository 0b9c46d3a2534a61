"""The files of an Asterisk: no password in them, each ability in its place."""

import pytest

from harness.core.errors import NotApplicable, RigFault
from harness.pbx import asterisk_config as config
from harness.pbx.asterisk import Asterisk
from harness.pbx.protocol import Ability, PbxAccount, can

ACCOUNTS = [PbxAccount("101", "a-secret", "Base A"), PbxAccount("301", "b-secret", "Peer A", auth_user="peer-a")]


def settings(driver: str, **more: object) -> config.Settings:
    return config.Settings(("192.0.2.11", "2001:db8::11"), 5060, driver, **more)


@pytest.mark.parametrize("driver", ["chan_pjsip", "chan_sip"])
def test_no_file_has_a_password(driver, tmp_path):
    texts = config.files(tmp_path, settings(driver), ACCOUNTS)
    assert not [name for name, text in texts.items() if "secret\n" in text or "a-secret" in text or "b-secret" in text]
    config.write(tmp_path, texts)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.conf")} == {0}


def test_the_digest_is_that_of_the_login():
    text = config.accounts_of(settings("chan_pjsip"), ACCOUNTS)
    # md5sum of "peer-a:asterisk:b-secret"
    assert "username=peer-a\nmd5_cred=a4386b3098c16b123b70cbae0c93e39a" in text


def test_chan_pjsip_listens_on_both_addresses_and_chan_sip_on_one():
    assert "bind=[2001:db8::11]:5060" in config.accounts_of(settings("chan_pjsip"), [])
    classic = config.accounts_of(settings("chan_sip"), [], "marker-1")
    assert "192.0.2.11:5060" in classic
    assert "2001" not in classic
    assert classic.endswith("[marker-1]\ntype=peer\nhost=dynamic\n")


def test_times_and_media_stand_in_the_accounts():
    text = config.accounts_of(settings("chan_pjsip", media="direct", shortest=60, longest=90), ACCOUNTS)
    for line in ("direct_media=yes", "minimum_expiration=60", "maximum_expiration=90"):
        assert text.count(line) == 2


@pytest.mark.parametrize(("driver", "technology"), [("chan_pjsip", "PJSIP"), ("chan_sip", "SIP")])
def test_a_forked_user_rings_at_the_other_too(driver, technology):
    plan = config.dial_plan(settings(driver, forked={"101": ("302",)}))
    assert f"exten => 101,1,NoOp()\n same => n,Dial({technology}/${{EXTEN}}&{technology}/302,60)" in plan
    assert f"exten => _XXX,1,NoOp()\n same => n,Dial({technology}/${{EXTEN}},60)" in plan


def test_a_notice_keeps_its_semicolons_and_its_lines():
    text = config.notice("Event: check-sync;reboot=false\r\nContent-Type: text/plain\r\n", "one;two\r\nthree\r\n")
    assert text == (
        "[m9]\nEvent=>check-sync\\;reboot=false\nContent-Type=>text/plain\nContent=>one\\;two\nContent=>three\n"
    )


def test_what_it_cannot_be_made_to_do_is_not_applicable(tmp_path):
    server = Asterisk("192.0.2.11", None, tmp_path, accounts=ACCOUNTS)
    assert [ability for ability in Ability if not can(server, ability)] == [Ability.TRANSPARENT, Ability.TLS]
    with pytest.raises(NotApplicable, match="Asterisk cannot be made to do stale on demand"):
        server.fault("stale", 1)
    server.fault("stale", 0)
    with pytest.raises(NotApplicable, match="send MESSAGE on demand"):
        server.send("MESSAGE", "101")


def test_a_machine_without_it_is_a_rig_fault(tmp_path):
    server = Asterisk("192.0.2.11", None, tmp_path, accounts=ACCOUNTS, command=["./no-such-asterisk"])
    with pytest.raises(RigFault, match="no such command"):
        server.start()
