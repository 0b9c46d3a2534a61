"""What a base does between the plug and its first settings: DHCP, file names, the fetch itself."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]


@feature("dhcp-host-name")
@pytest.mark.smoke
def test_base_asks_for_an_address_under_its_own_name(boot):
    boot.power_cycle()
    boot.asked_for_an_address_as("snom-m9")


@feature("dhcp-host-name")
@pytest.mark.stimulus("web", "settings")
def test_a_base_with_a_long_name_tells_all_of_it(boot, base):
    boot.host_name_is_said_to_be_that_of_the_base()
    base.change("base_name", "snom-m9-warehouse-gate-4", reboot=False)
    boot.power_cycle()
    boot.asked_for_an_address_as("snom-m9-warehouse-gate-4")


@feature("dhcp-options")
def test_base_asks_for_the_server_and_file_of_its_settings(boot):
    boot.power_cycle()
    boot.requested_dhcp_options(66, 67)


@feature("default-file-name")
@pytest.mark.smoke
def test_a_server_without_a_file_is_asked_for_the_default_file(boot):
    boot.serves_besides_the_session([], path="default/snom-m9-{MAC}.xml")
    boot.offers(option66=boot.url("default/"))
    boot.power_cycle()
    boot.fetched("/default/snom-m9-{MAC}.xml")


@feature("default-file-name", "auto-configuration")
def test_a_server_alone_is_asked_for_the_default_file_in_its_root(boot):
    boot.offers(option66=boot.url("").rstrip("/"))
    boot.power_cycle()
    boot.fetched("/snom-m9-{MAC}.xml")


@feature("boot-file")
def test_option_67_names_the_boot_file(boot):
    boot.offers(option66=boot.url("named"), option67="lab-boot.xml")
    boot.power_cycle()
    boot.fetched("/named/lab-boot.xml")


@feature("boot-file")
def test_option_67_names_a_file_in_a_folder_of_the_server(boot):
    boot.offers(option66=boot.url("named/"), option67="bases/lab-boot.xml")
    boot.power_cycle()
    boot.fetched("/named/bases/lab-boot.xml")


@feature("boot-file")
def test_option_67_may_name_a_file_of_another_server(boot):
    boot.option_67_is_said_to_take_an_address()
    boot.has_name("settings.m9.test")
    boot.offers(option66=boot.url("named/"), option67=boot.url("named/lab-boot.xml", host="settings.m9.test"))
    boot.power_cycle()
    boot.fetched_in_good_form("/named/lab-boot.xml", host="settings.m9.test")


@feature("mac-placeholder")
def test_the_mac_placeholder_is_replaced_by_the_address_of_the_base(boot):
    boot.offers(option66=boot.url("units/{mac}.xml"))
    boot.power_cycle()
    boot.fetched("/units/{MAC}.xml", ignore_case=True)


@feature("mac-placeholder")
def test_every_mac_placeholder_is_replaced(boot):
    boot.offers(option66=boot.url("units/{mac}/settings.php?unit={mac}"))
    boot.power_cycle()
    boot.fetched("/units/{MAC}/settings.php?unit={MAC}", ignore_case=True)


@feature("mac-placeholder", "setting-files")
def test_the_mac_placeholder_is_replaced_in_a_list_of_files(boot):
    boot.serves_a_list_of("list/{mac}.xml")
    boot.power_cycle()
    boot.fetched("/list/{MAC}.xml", ignore_case=True)


@feature("mac-placeholder", "setting-server")
@pytest.mark.stimulus("settings")
def test_the_mac_placeholder_is_replaced_in_a_stored_setting_server(boot, base):
    base.change("setting_server", boot.url("stored/{mac}.xml"), reboot=False)
    boot.offers(option66=None)
    boot.power_cycle()
    boot.fetched("/stored/{MAC}.xml", ignore_case=True)


@feature("option66-query")
def test_the_query_of_option_66_reaches_the_server(boot):
    boot.offers(option66=boot.url("generator.php?key=4711&mac={mac}"))
    boot.power_cycle()
    boot.fetched("/generator.php?key=4711&mac={MAC}", ignore_case=True)


@feature("single-fetch")
def test_a_boot_fetches_its_file_once(boot):
    boot.power_cycle()
    boot.fetched_once("/provisioning/snom-m9-{MAC}.xml")


@feature("single-fetch", "setting-files")
def test_a_boot_fetches_each_file_of_a_list_once(boot):
    boot.serves_a_list_of("list/one.xml", "list/two.xml")
    boot.power_cycle()
    boot.fetched_only("/list/root.xml", "/list/one.xml", "/list/two.xml")


@feature("auto-configuration")
def test_a_fetch_names_the_host_it_asks(boot):
    boot.has_name("settings.m9.test")
    boot.offers(option66=boot.url("by-name/settings.xml", host="settings.m9.test"))
    boot.power_cycle()
    boot.fetched_in_good_form("/by-name/settings.xml", host="settings.m9.test")


@feature("firmware-user-agent")
def test_every_fetch_names_product_and_version(boot):
    boot.serves_a_list_of("list/one.xml", "list/two.xml")
    boot.power_cycle()
    boot.fetched("/list/two.xml")
    boot.fetched_as(r"^Mozilla/4\.0 \(compatible; snom m9 {version}\)$")


@feature("setting-server")
@pytest.mark.stimulus("settings")
def test_a_stored_setting_server_is_asked_after_a_power_cut(boot, base):
    base.change("setting_server", boot.url("stored/settings.xml"), reboot=False)
    boot.offers(option66=None)
    boot.power_cycle()
    boot.fetched("/stored/settings.xml")


@feature("poe-power")
@pytest.mark.smoke
def test_a_base_without_power_is_silent_and_comes_back_with_it(boot):
    boot.power_off()
    boot.is_silent()
    boot.power_on()
    boot.is_ready()
    boot.counts_its_uptime_from_now()


@feature("firmware-version")
def test_the_status_page_shows_the_installed_firmware(stored):
    stored.shows_the_version_of_the_rig_file()
