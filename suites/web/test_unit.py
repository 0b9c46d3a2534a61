"""What the web pages say of the unit, and what their buttons do: status, registrations, log, PIN, reboot."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus


@feature("status-page")
@pytest.mark.smoke
def test_the_network_status_shows_what_the_wire_says(pages):
    pages.status.expect_version_mac_and_address()


@feature("status-address-source")
@pytest.mark.needs("dhcp")
def test_the_network_status_tells_which_values_came_by_dhcp(pages):
    pages.status.expect_dhcp_tags()


@feature("status-page")
@pytest.mark.needs("dhcp")
def test_the_network_status_shows_what_dhcp_gave(pages):
    pages.status.expect_lease()
    pages.status.expect_setting_server()


@feature("status-page")
@pytest.mark.needs("ipv6")
def test_the_network_status_shows_the_link_local_address(pages):
    pages.status.expect_link_local_address()


@feature("status-uptime")
def test_the_uptime_runs_in_days_hours_minutes_seconds(pages):
    pages.status.expect_uptime_to_run()


@feature("registration-page")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_the_registration_status_tells_who_is_registered_and_who_is_not(pages):
    pages.registrations.expect_shown(2, registered=True)
    pages.registrations.switch_off(identity=2)
    pages.registrations.expect_signed_out(identity=2)
    pages.registrations.expect_shown(2, registered=False)
    pages.registrations.expect_shown(1, registered=True)


@feature("registration-page")
@stimulus("web")
def test_the_seconds_beside_a_registration_run_down(pages):
    pages.registrations.expect_shown(1, registered=True)
    pages.registrations.expect_seconds_to_run_down(identity=1)


@feature("pin-warning")
@stimulus("web", "settings")
def test_the_landing_page_warns_of_the_factory_pin_until_it_is_changed(base, pages):
    base.change("pin_change_prompt", True)
    pages.landing_page.set_factory_pin()
    pages.landing_page.expect_pin_warning()
    pages.landing_page.set_pin("4711")
    pages.landing_page.expect_no_pin_warning()


@feature("pin-warning")
@stimulus("web", "settings")
def test_the_warning_of_the_factory_pin_can_be_switched_off(base, pages):
    base.change("pin_change_prompt", True)
    pages.landing_page.set_factory_pin()
    pages.landing_page.expect_pin_warning()
    base.change("pin_change_prompt", False)
    pages.landing_page.expect_no_pin_warning()


@feature("application-log")
@stimulus("web")
def test_the_log_tells_what_just_happened(pages):
    pages.log.set_levels(web=9)
    pages.log.log_in_again()
    pages.log.expect_login()


@feature("application-log")
@stimulus("web")
def test_a_message_has_the_time_it_was_written(pages):
    pages.log.set_levels(others=0, web=9)
    pages.log.log_in_again()
    pages.log.expect_time_of_writing()


@feature("application-log")
@stimulus("web")
def test_the_log_shows_what_a_stranger_typed_as_text(pages):
    pages.log.set_levels(others=0, web=9)
    pages.log.log_in_as_a_stranger()
    pages.log.expect_stranger_as_text()


@feature("log-level-zero", "log-filter")
@stimulus("web")
def test_a_category_at_level_zero_writes_nothing_and_the_others_go_on(pages):
    pages.log.set_levels(others=9, web=0)
    pages.log.log_in_again()
    pages.log.expect_silence_about_logins()
    pages.log.restart_registration_mode()
    pages.log.expect_message_of("dect")


@feature("log-filter")
@stimulus("web")
def test_each_category_has_a_level_of_its_own(pages):
    pages.log.set_levels(others=0, web=9)
    pages.log.log_in_again()
    pages.log.expect_login()


@feature("log-filter")
@stimulus("web")
def test_a_higher_level_tells_more(pages):
    messages = []
    for level in (1, 9):
        pages.log.set_levels(others=0, web=level)
        pages.log.log_in_again()
        messages.append(pages.log.count_new())
    pages.log.expect_more(*messages)


@feature("log-filter")
@stimulus("web")
def test_a_message_is_told_from_its_own_level_on(pages):
    pages.log.set_levels(others=0, web=9)
    pages.log.log_in_again()
    first = pages.log.level_that_shows_a_login()
    for level in (first - 1, first):
        pages.log.set_levels(web=level)
        pages.log.log_in_again()
        pages.log.expect_login(shown=level == first)


@feature("web-reboot", "status-uptime")
@stimulus("web")
@pytest.mark.reboots
def test_the_reboot_button_restarts_the_base(pages, boot):
    pressed = pages.press_reboot()
    boot.expect.restarted()
    boot.expect.ready()
    pages.status.expect_uptime_since(pressed)


@feature("web-reboot")
@stimulus("web")
@pytest.mark.reboots
def test_settings_outlive_the_reboot_button(base, pages, boot):
    base.change("ring_duration", "43")
    base.change("asset_id", "before the reboot")
    pages.press_reboot()
    boot.expect.restarted()
    boot.expect.ready()
    pages.expect_setting("ring_duration", "43")
    pages.expect_setting("asset_id", "before the reboot")


@feature("web-reboot")
@stimulus("web", "keys", "far_end", "server")
@pytest.mark.needs(identities=2)
@pytest.mark.reboots
def test_registrations_and_calls_return_after_the_reboot_button(pages, boot, call):
    pages.press_reboot()
    boot.expect.restarted()
    boot.expect.ready()
    boot.identities.expect_all_registered()
    for identity in (1, 2):
        pages.registrations.expect_shown(identity, registered=True)
    call.establish("incoming")
    call.handset.hang_up()
    call.expect.released_by("base")


@feature("web-reboot")
@stimulus("web")
def test_the_reboot_button_is_for_those_who_logged_in(pages):
    pages.status.read_uptime()
    pages.strangers.press_reboot()
    pages.status.expect_no_restart()
