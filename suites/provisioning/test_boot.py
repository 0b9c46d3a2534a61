"""What a base does between the plug and its first settings: DHCP, file names, the fetch itself."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]


@feature("dhcp-host-name")
@pytest.mark.smoke
@rule("NET-HOST-NAME")
def test_base_asks_for_an_address_under_its_own_name(boot, rule):
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule)


@feature("dhcp-host-name")
@pytest.mark.stimulus("web", "settings")
@rule("NET-HOST-NAME")
def test_a_base_with_a_long_name_tells_all_of_it(boot, base, rule):
    boot.require_the_base_name_as_host_name()
    base.change("base_name", "snom-m9-warehouse-gate-4", reboot=False)
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule)


@feature("dhcp-options")
@rule("NET-OPTIONS")
def test_base_asks_for_the_server_and_file_of_its_settings(boot, rule):
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule)


@feature("default-file-name")
@pytest.mark.smoke
@rule("PRV-FILE")
def test_a_server_without_a_file_is_asked_for_the_default_file(boot, rule):
    boot.documents.serve_besides_the_session([], path="default/snom-m9-{MAC}.xml")
    boot.dhcp.offer(option66=boot.documents.url("default/"))
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("default-file-name", "auto-configuration")
@rule("PRV-FILE")
def test_a_server_alone_is_asked_for_the_default_file_in_its_root(boot, rule):
    boot.dhcp.offer(option66=boot.documents.url("").rstrip("/"))
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("boot-file")
@rule("PRV-FILE")
def test_option_67_names_the_boot_file(boot, rule):
    boot.dhcp.offer(option66=boot.documents.url("named"), option67="lab-boot.xml")
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("boot-file")
@rule("PRV-FILE")
def test_option_67_names_a_file_in_a_folder_of_the_server(boot, rule):
    boot.dhcp.offer(option66=boot.documents.url("named/"), option67="bases/lab-boot.xml")
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("boot-file")
@rule("PRV-FILE")
def test_option_67_may_name_a_file_of_another_server(boot, rule):
    boot.require_an_address_in_option_67()
    boot.names.add("settings.m9.test")
    boot.dhcp.offer(
        option66=boot.documents.url("named/"),
        option67=boot.documents.url("named/lab-boot.xml", host="settings.m9.test"),
    )
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("mac-placeholder")
@rule("PRV-FILE")
def test_the_mac_placeholder_is_replaced_by_the_address_of_the_base(boot, rule):
    boot.dhcp.offer(option66=boot.documents.url("units/{mac}.xml"))
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("mac-placeholder")
@rule("PRV-FILE")
def test_every_mac_placeholder_is_replaced(boot, rule):
    boot.dhcp.offer(option66=boot.documents.url("units/{mac}/settings.php?unit={mac}"))
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("mac-placeholder", "setting-files")
@rule("PRV-LIST")
def test_the_mac_placeholder_is_replaced_in_a_list_of_files(boot, rule):
    boot.documents.serve_list_of("list/{mac}.xml")
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("mac-placeholder", "setting-server")
@pytest.mark.stimulus("settings")
@rule("PRV-FILE")
def test_the_mac_placeholder_is_replaced_in_a_stored_setting_server(boot, base, rule):
    base.change("setting_server", boot.documents.url("stored/{mac}.xml"), reboot=False)
    boot.dhcp.offer(option66=None)
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("option66-query")
@rule("PRV-FILE")
def test_the_query_of_option_66_reaches_the_server(boot, rule):
    boot.dhcp.offer(option66=boot.documents.url("generator.php?key=4711&mac={mac}"))
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("single-fetch")
@rule("PRV-ONCE")
def test_a_boot_fetches_its_file_once(boot, rule):
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule)


@feature("single-fetch", "setting-files")
@rule("PRV-ONCE")
def test_a_boot_fetches_each_file_of_a_list_once(boot, rule):
    boot.documents.serve_list_of("list/one.xml", "list/two.xml")
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, "PRV-LIST", times=1)


@feature("auto-configuration")
@rule("HTTP-HOST")
def test_a_fetch_names_the_host_it_asks(boot, rule):
    boot.names.add("settings.m9.test")
    boot.dhcp.offer(option66=boot.documents.url("by-name/settings.xml", host="settings.m9.test"))
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, "PRV-FILE", times=1)


@feature("firmware-user-agent")
@rule("PRV-AGENT")
def test_every_fetch_names_product_and_version(boot, rule):
    boot.documents.serve_list_of("list/one.xml", "list/two.xml")
    boot.power_cycle()
    boot.expect.ready()
    boot.read_version()
    boot.judge(rule, times=3)


@feature("setting-server")
@pytest.mark.stimulus("settings")
@rule("PRV-FILE")
def test_a_stored_setting_server_is_asked_after_a_power_cut(boot, base, rule):
    base.change("setting_server", boot.documents.url("stored/settings.xml"), reboot=False)
    boot.dhcp.offer(option66=None)
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("poe-power")
@pytest.mark.smoke
def test_a_base_without_power_is_silent_and_comes_back_with_it(boot):
    boot.power_off()
    boot.expect.silence()
    boot.power_on()
    boot.expect.ready()
    boot.expect.uptime_from_now()


@feature("firmware-version")
def test_the_status_page_shows_the_installed_firmware(stored):
    stored.expect_firmware_of_the_rig_file()
