"""The base's web pages as a person uses them: login, session, licence, tabs and forms."""

from __future__ import annotations

from harness.base.pages import expected
from harness.procedures.web.log_pages import LogPages
from harness.procedures.web.sessions import Sessions
from harness.procedures.web.tab_forms import TabForms

NETWORK_FIELDS = (
    "base_name", "asset_id", "dhcp", "dns_domain", "vlan_id", "vlan_prio", "setting_server", "settings_refresh_timer",
    "sip_port", "retry_t1", "tos_rtp", "tos_sip", "allow_check_sync", "stun_server", "stun_interval", "ethernet_replug",
)  # fmt: skip


class Pages(Sessions, TabForms, LogPages):
    """Everything that a test does with the web UI of one base."""

    # raw requests

    def post_only(self, path: str, fields: dict[str, str]) -> None:
        """Post a form with these fields only; whatever else the page has is remembered, in case it does not stay."""
        self._before = self._network_fields()
        self.base.about_to_change(NETWORK_FIELDS)
        self._post(path, {**fields, "save": "Save"})

    def network_fields_kept(self, except_for: dict[str, str]) -> None:
        """All fields of the network page are as before but the posted ones."""
        now = self._network_fields()
        for name, value in {**self._before, **except_for}.items():
            self.context.same(f"{name} after a partial post", now[name], value)

    def _network_fields(self) -> dict[str, str]:
        """What the network page shows of its fields, by setting."""
        return {name: shown or "" for (name, _), shown in self.base.read_back(NETWORK_FIELDS).items()}

    def asks_for_a_reboot_after_a_save(self) -> None:
        """A network setting that works after a restart only is stored with a word about it (facts §4.2)."""
        self.web.open("network")
        before = self.web.value("vlan_prio")
        self.base.about_to_change(["vlan_prio"])
        if not self._prioritise("3" if before != "3" else "4"):
            self.context.broken(
                "a network setting is saved", expected().messages["reboot_needed"], " / ".join(self.web.page.lines[:6])
            )

    def _prioritise(self, value: str) -> bool:
        self.web.open("network")
        self.web.fill("vlan_prio", value)
        return self.web.save().reboot_needed

    def answers(self, path: str, status: int) -> None:
        """The status of a page on the wire, asked for with a session."""
        answer = self._answer_to(path)
        self.context.same(f"status of {path}", answer.status, status, answer)
