"""The network page of a base: incomplete forms, and saves that ask for a reboot."""

from __future__ import annotations

from harness.base.pages import expected
from harness.procedures.web.access import WebAccess

PATH = "/network.htm"
NETWORK_FIELDS = (
    "base_name", "asset_id", "dhcp", "dns_domain", "vlan_id", "vlan_prio", "setting_server", "settings_refresh_timer",
    "sip_port", "retry_t1", "tos_rtp", "tos_sip", "allow_check_sync", "stun_server", "stun_interval", "ethernet_replug",
)  # fmt: skip


class NetworkPage:
    """Its form."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._web = access.web
        self._before: dict[str, str] = {}
        self._asked_for_reboot = False

    def post_only(self, fields: dict[str, str]) -> None:
        """The form is sent with these fields only; the page's other fields are restored after the test."""
        self._before = self._fields()
        self._access.base.about_to_change(NETWORK_FIELDS)
        self._access.post(PATH, {**fields, "save": "Save"})

    def save_another_priority(self) -> None:
        """The VLAN priority, which takes effect after a restart only, is changed and saved."""
        self._web.open("network")
        before = self._web.value("vlan_prio")
        self._access.base.about_to_change(["vlan_prio"])
        self._web.open("network")
        self._web.fill("vlan_prio", "3" if before != "3" else "4")
        self._asked_for_reboot = self._web.save().reboot_needed

    def expect_others_kept(self, except_for: dict[str, str]) -> None:
        """All fields are as they were before the form was sent, but for the posted ones."""
        now = self._fields()
        for name, value in {**self._before, **except_for}.items():
            self._context.same(f"{name} after a partial post", now[name], value)

    def expect_reboot_asked_for(self) -> None:
        """The answer to the save asks for the reboot (facts §4.2)."""
        if not self._asked_for_reboot:
            lines = " / ".join(self._web.page.lines[:6])
            self._context.broken("a network setting is saved", expected().messages["reboot_needed"], lines)

    def _fields(self) -> dict[str, str]:
        """The values of the page's fields, by setting."""
        return {name: shown or "" for (name, _), shown in self._access.base.read_back(NETWORK_FIELDS).items()}
