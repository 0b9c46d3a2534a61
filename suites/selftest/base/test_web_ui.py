"""The web driver with a real browser against a base made of paper."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from harness.base.web import WebUi
from harness.core.errors import InvalidTest, ProductFailure, RigFault, UsageError

from .paper_base import PaperBase, paper_base

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromium-driver is not installed"),
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PaperBase, WebUi]]:
    with paper_base() as (base, port):
        folder = tmp_path_factory.mktemp("web")
        with WebUi("127.0.0.1", "admin", "password", folder, port=port, within=3) as web:
            yield base, web


@pytest.fixture
def base(running: tuple[PaperBase, WebUi]) -> Iterator[PaperBase]:
    yield running[0]
    running[0].mute = running[0].deaf_save = running[0].eula = False


@pytest.fixture
def web(running: tuple[PaperBase, WebUi]) -> WebUi:
    return running[1]


def test_login_tells_right_from_wrong(base: PaperBase, web: WebUi) -> None:
    assert not web.login("admin", "wrongpassword")
    assert not web.browser.cookies()
    assert web.login()
    assert web.browser.cookies() == {"sid": base.session}
    heads = "\n".join(exchange.request + exchange.body for exchange in web.proxy.exchanges.snapshot())
    assert "wrongpassword" not in heads


def test_an_identity_tab_is_found_by_its_words_and_filled_by_labels(base: PaperBase, web: WebUi) -> None:
    web.open("account", 3)
    web.fill("Display Name", "John Döe & Co")
    web.fill("Password", "verysecret")
    web.fill("Password (repeat)", "verysecret")
    web.choose("Identity active", "on")
    answer = web.save()
    assert answer.confirmed
    assert answer.kept == {"user_realname": "John Döe & Co", "user_active": "on"}
    assert base.settings["user_realname", 3] == "John Döe & Co"
    assert web.read("Display Name") == "John Döe & Co"
    assert web.read("Identity active") == "on"
    assert "/logout.htm" not in " ".join(base.seen)


def test_a_drop_down_is_chosen_by_text_and_read_both_ways(base: PaperBase, web: WebUi) -> None:
    web.open("sip", identity=1)
    web.choose("Server Type", "Asterisk")
    web.save()
    assert (web.read("Server Type"), web.value("user_pbxtype")) == ("Asterisk", "asterisk")
    assert base.settings["user_pbxtype", 1] == "asterisk"
    assert web.field("Country code").name == "user_country_code"
    with pytest.raises(ProductFailure, match=r"Default \(default\), Asterisk \(asterisk\)"):
        web.choose("Server Type", "Avaya")


def test_a_save_that_does_nothing_is_not_confirmed(base: PaperBase, web: WebUi) -> None:
    base.deaf_save = True
    web.open("network")
    web.fill("base_name", "other")
    answer = web.save()
    assert (answer.confirmed, answer.lost, answer.reboot_needed) == (False, {"base_name": ""}, True)


def test_an_expired_session_is_renewed_on_the_way(base: PaperBase, web: WebUi) -> None:
    web.open("network")
    before = web.logins
    base.session = "expired"
    web.open("status-network")
    assert web.logins == before + 1
    base.session = "expired"
    web.visit("/network.htm", relogin=False)
    assert web.shows_login


def test_the_licence_of_a_fresh_unit_is_accepted_on_the_way(base: PaperBase, web: WebUi) -> None:
    base.eula = True
    assert web.login()
    assert web.shows_eula
    web.open("network")
    assert (base.eula, web.licences_shown) == (False, 1)


def test_status_rows_registrations_and_tabs(base: PaperBase, web: WebUi) -> None:
    assert web.status()["Version"] == "9.2.45-a"
    assert web.registrations() == [{"Identity": "1", "Account": "40", "State": "registered"}]
    assert web.tabs(2) == ["Account", "SIP", "Action URLs"]


def test_a_missing_page_is_judged_by_how_sure_we_are(base: PaperBase, web: WebUi) -> None:
    with pytest.raises(ProductFailure, match="Action URLs Settings for Identity 1"):
        web.open("action-urls", 1)
    with pytest.raises(InvalidTest, match="log"):
        web.open("log")
    with pytest.raises(UsageError, match="unknown page"):
        web.open("nonsense")


def test_the_registration_window_is_opened_by_its_button(base: PaperBase, web: WebUi) -> None:
    web.dect.open_registration()
    assert web.page.says("Window open")
    with pytest.raises(InvalidTest, match="a button to locate handsets"):
        web.dect.locate_handsets()


def test_reboot_without_an_answer_is_no_failure(base: PaperBase, web: WebUi) -> None:
    exchange = web.reboot()
    assert (exchange.path, exchange.error) == ("/update.htm", "connection closed without a status line")
    assert base.rebooted == 1


def test_a_base_without_an_answer_fails_and_says_so(base: PaperBase, web: WebUi) -> None:
    base.mute = True
    with pytest.raises(ProductFailure, match=r"the base answers GET /network\.htm"):
        web.open("network")


def test_a_killed_browser_is_a_rig_fault_and_the_next_use_gets_a_fresh_one(base: PaperBase, web: WebUi) -> None:
    web.open("network")
    assert web.browser._service is not None
    browsers = web.browser._processes()
    assert browsers
    os.kill(web.browser._service.process.pid, signal.SIGKILL)
    with pytest.raises(RigFault, match="browser"):
        web.open("network")
    psutil.wait_procs(browsers, timeout=5)
    assert not [one for one in browsers if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    web.open("network")
    assert web.read("base_name") == web.value("base_name")


@pytest.mark.parametrize("frozen", ["chromedriver", "browser"])
def test_a_frozen_browser_is_a_rig_fault_in_time_and_the_next_use_gets_a_fresh_one(
    base: PaperBase, web: WebUi, frozen: str
) -> None:
    web.open("network")
    stopped = frozen_process(web, frozen)
    began = time.monotonic()
    with pytest.raises(RigFault, match="stopped by a signal") as fault:
        web.open("network")
    assert time.monotonic() - began < web.browser.within + 10
    assert "fresh browser" in fault.value.remedy
    assert not stopped.is_running()
    web.open("network")
    web.browser.check()


@pytest.mark.parametrize("frozen", ["chromedriver", "browser"])
def test_a_browser_that_was_frozen_after_its_last_use_is_found_at_once(
    base: PaperBase, web: WebUi, frozen: str
) -> None:
    web.open("network")
    frozen_process(web, frozen)
    with pytest.raises(RigFault, match="stopped by a signal"):
        web.browser.check()
    assert not web.browser.running
    web.open("network")


def frozen_process(web: WebUi, which: str) -> psutil.Process:
    """A process of the browser that was stopped as by SIGSTOP."""
    assert web.browser._service is not None
    (chromedriver,) = psutil.Process(web.browser._service.process.pid).children()
    below = [one for one in chromedriver.children(recursive=True) if "--type" not in " ".join(one.cmdline())]
    found = below[-1] if which == "browser" else chromedriver  # between the two may be a script
    found.suspend()
    return found


def test_a_screenshot_is_a_picture(base: PaperBase, web: WebUi) -> None:
    web.open("account", 1)
    path = web.screenshot("account of 1/..")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.parent == Path(web.browser.directory)
