"""The base driver with a real browser and a paper base: what it changes it puts back, also after a crash."""

from __future__ import annotations

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.base.driver import Base
from harness.base.journal import FILE_NAME
from harness.base.provisioning import SettingValue
from harness.base.web import WebUi
from harness.core.errors import InvalidTest, ProductFailure, RigFault
from harness.services.http import ProvisioningServer

from .paper_base import PaperBase, paper_base

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromium-driver is not installed"),
]
MAC = "00:04:13:30:01:21"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PaperBase, WebUi, ProvisioningServer]]:
    with paper_base() as (paper, port), ProvisioningServer("127.0.0.1", 0) as server:

        def boots() -> None:
            client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            client.request("GET", "/provisioning/snom-m9-000413300121.xml")
            answer = client.getresponse()
            body = answer.read()
            if answer.status == 200:
                paper.provisioned(body)

        paper.on_reboot = boots
        with WebUi("127.0.0.1", "admin", "password", tmp_path_factory.mktemp("web"), port=port, within=5) as web:
            yield paper, web, server


@pytest.fixture
def paper(parts: tuple[PaperBase, WebUi, ProvisioningServer]) -> Iterator[PaperBase]:
    parts[0].settings.clear()
    parts[0].protected.clear()
    yield parts[0]
    parts[0].deaf_save = False


def driver(parts: tuple[PaperBase, WebUi, ProvisioningServer], folder: Path, **more: object) -> Base:
    return Base(parts[1], parts[2], mac=MAC, journal=folder, boot=5, **more)  # type: ignore[arg-type]


def test_what_provisioning_wrote_is_compared_with_what_the_web_shows(
    paper: PaperBase, parts: tuple[PaperBase, WebUi, ProvisioningServer], tmp_path: Path
) -> None:
    base = driver(parts, tmp_path)
    boot = base.provision([SettingValue("user_realname", "Ann", 2, "R"), SettingValue("user_pass", "geheim", 2)])
    assert boot is not None
    assert boot.fetched >= boot.started
    base.verify()
    assert base.read_back([("user_realname", 2), "retry_t1"]) == {("user_realname", 2): "Ann", ("retry_t1", 0): ""}
    paper.settings["user_realname", 2] = "Anna"
    with pytest.raises(ProductFailure, match="given 'Ann', shown 'Anna'"):
        base.verify()


def test_changes_on_both_channels_are_put_back(
    paper: PaperBase, parts: tuple[PaperBase, WebUi, ProvisioningServer], tmp_path: Path
) -> None:
    base = driver(parts, tmp_path)
    base.provision([SettingValue("user_realname", "Ann", 1, "R")])
    base.change("user_name", "77", 1)
    base.change("retry_t1", 200)
    base.change("user_realname", "Bob", 1, "provisioning")
    assert (paper.settings["user_name", 1], paper.settings["retry_t1", 0]) == ("77", "200")
    assert paper.settings["user_realname", 1] == "Bob"
    assert base.restore() == 3
    assert (paper.settings["user_name", 1], paper.settings["retry_t1", 0]) == ("", "")
    assert paper.settings["user_realname", 1] == "Ann"
    assert base.document == [SettingValue("user_realname", "Ann", 1, "R")]
    assert not (tmp_path / FILE_NAME).exists()


def test_the_next_lease_replays_what_a_crash_left(
    paper: PaperBase, parts: tuple[PaperBase, WebUi, ProvisioningServer], tmp_path: Path
) -> None:
    paper.settings["user_name", 1] = "40"
    driver(parts, tmp_path).change("user_name", "77", 1)
    assert paper.settings["user_name", 1] == "77"
    assert driver(parts, tmp_path).restore() == 1
    assert paper.settings["user_name", 1] == "40"


def test_a_secret_is_put_back_from_the_rig_file_not_from_the_journal(
    paper: PaperBase, parts: tuple[PaperBase, WebUi, ProvisioningServer], tmp_path: Path
) -> None:
    driver(parts, tmp_path).change("user_pass", "newsecret", 1)
    assert "newsecret" not in (tmp_path / FILE_NAME).read_text()
    with pytest.raises(RigFault, match="the old secret"):
        driver(parts, tmp_path).restore()
    assert driver(parts, tmp_path, secrets=lambda name, idx: "oldsecret").restore() == 1


def test_a_protected_setting_is_not_written_by_the_web(
    paper: PaperBase, parts: tuple[PaperBase, WebUi, ProvisioningServer], tmp_path: Path
) -> None:
    base = driver(parts, tmp_path)
    base.provision([SettingValue("user_realname", "Ann", 1, "R")])
    with pytest.raises(InvalidTest, match="only shows it"):
        base.change("user_realname", "Eve", 1)
    base.restore()


def test_a_save_without_effect_fails(
    paper: PaperBase, parts: tuple[PaperBase, WebUi, ProvisioningServer], tmp_path: Path
) -> None:
    base = driver(parts, tmp_path)
    paper.deaf_save = True
    with pytest.raises(ProductFailure, match="lost"):
        base.change("user_name", "77", 1)
    assert base.server_type(1) == "Default"
