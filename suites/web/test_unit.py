"""What the web pages say of the unit, and what their buttons do: status, registrations, log, PIN, reboot."""

import pytest

feature = pytest.mark.feature
rule = pytest.mark.rule
stimulus = pytest.mark.stimulus


@feature("status-page")
@pytest.mark.smoke
def test_the_network_status_shows_what_the_wire_says(pages):
    pages.status_names_version_mac_and_address()


@feature("status-address-source")
@pytest.mark.needs("dhcp")
def test_the_network_status_tells_which_values_came_by_dhcp(pages):
    pages.status_tells_what_came_by_dhcp()


@feature("status-page")
@pytest.mark.needs("dhcp")
def test_the_network_status_shows_what_dhcp_gave(pages):
    pages.status_shows_what_dhcp_gave()
    pages.status_shows_the_setting_server()


@feature("status-page")
@pytest.mark.needs("ipv6")
def test_the_network_status_shows_the_link_local_address(pages):
    pages.status_shows_the_link_local_address()


@feature("status-uptime")
def test_the_uptime_runs_in_days_hours_minutes_seconds(pages):
    pages.uptime_runs()


@feature("registration-page")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_the_registration_status_tells_who_is_registered_and_who_is_not(pages):
    pages.registration_status_says(2, registered=True)
    pages.switch_off(identity=2)
    pages.registration_status_says(2, registered=False)
    pages.registration_status_says(1, registered=True)


@feature("registration-page")
@stimulus("web")
@rule("IDLE-REGISTRATION")
def test_the_seconds_beside_a_registration_run_down(pages):
    pages.registration_status_says(1, registered=True)
    pages.registration_seconds_run_down(identity=1)


@feature("pin-warning")
@stimulus("web", "settings")
def test_the_landing_page_warns_of_the_factory_pin_until_it_is_changed(base, pages):
    base.change("pin_change_prompt", True)
    pages.has_the_factory_pin()
    pages.landing_page_warns_of_the_pin()
    pages.has_pin("4711")
    pages.landing_page_is_silent_about_the_pin()


@feature("pin-warning")
@stimulus("web", "settings")
def test_the_warning_of_the_factory_pin_can_be_switched_off(base, pages):
    base.change("pin_change_prompt", True)
    pages.has_the_factory_pin()
    pages.landing_page_warns_of_the_pin()
    base.change("pin_change_prompt", False)
    pages.landing_page_is_silent_about_the_pin()


@feature("application-log")
@stimulus("web")
def test_the_log_tells_what_just_happened(pages):
    pages.set_log(web=9)
    pages.log_tells_of_a_login()


@feature("application-log")
@stimulus("web")
def test_a_message_has_the_time_it_was_written(pages):
    pages.set_log(others=0, web=9)
    pages.a_new_message_has_the_time_it_was_written()


@feature("application-log")
@stimulus("web")
def test_the_log_shows_what_a_stranger_typed_as_text(pages):
    pages.set_log(others=0, web=9)
    pages.log_shows_what_a_stranger_typed_as_text()


@feature("log-level-zero", "log-filter")
@stimulus("web")
def test_a_category_at_level_zero_writes_nothing_and_the_others_go_on(pages):
    pages.set_log(others=9, web=0)
    pages.log_keeps_silent_about_a_login()
    pages.log_goes_on_with("dect")


@feature("log-filter")
@stimulus("web")
def test_each_category_has_a_level_of_its_own(pages):
    pages.set_log(others=0, web=9)
    pages.log_tells_of_a_login()


@feature("log-filter")
@stimulus("web")
def test_a_higher_level_tells_more(pages):
    pages.a_higher_level_tells_more()


@feature("log-filter")
@stimulus("web")
def test_a_message_is_told_from_its_own_level_on(pages):
    pages.a_login_is_told_from_its_own_level_on()


@feature("web-reboot", "status-uptime")
@stimulus("web")
@pytest.mark.reboots
def test_the_reboot_button_restarts_the_base(pages, boot):
    pressed = pages.press_reboot()
    boot.restarted()
    boot.is_ready()
    pages.uptime_began_with(pressed)
