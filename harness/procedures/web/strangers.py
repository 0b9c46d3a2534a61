"""What the web UI shows to, and accepts from, a user who has not logged in."""

from __future__ import annotations

import re

from harness.base.pages import expected
from harness.procedures.web.access import LOGIN_PATH, NO_COOKIE, WebAccess, asks_for_login

GUARDED = (
    ("network", 0), ("update", 0), ("status-network", 0), ("status-registration", 0), ("status-dect", 0), ("log", 0),
    ("log-filter", 0), ("account", 1), ("sip", 1),
)  # fmt: skip


class Strangers:
    """Requests without a session's cookie, or with an invented one."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context
        self._web = access.web
        self._paths: list[str] = []
        self._since = 0.0

    # acts

    def ask_for_every_page(self) -> None:
        """All pages of a session are requested without a cookie, the known ones also with an invented one."""
        known = [self._web.open(page, identity or None).url for page, identity in GUARDED]
        self._web.login()
        linked = [link.href for link in self._web.page.links if expected().follows(link)]
        self._paths = [path for path in dict.fromkeys([*known, *linked]) if path not in ("/", LOGIN_PATH)]
        invented = re.sub(r"=(.)", lambda first: "=" + ("0" if first[1] != "0" else "1"), self._access.cookie())
        self._since = self._access.wire.mark()
        for path in self._paths:
            self._access.get(path, NO_COOKIE)
        for path in known:
            self._access.get(path, invented)

    def save_asset(self, text: str, *, logged_in: bool) -> None:
        """The form of the network page is sent with this asset number, with a session's cookie or without."""
        path = self._web.open("network").url
        self._access.base.about_to_change(["asset_id"])
        self._access.post(path, {"asset_id": text, "save": "Save"}, None if logged_in else NO_COOKIE)

    def press_reboot(self) -> None:
        """The form of the update page is sent with its button, without a session's cookie."""
        path = self._web.open("update").url
        self._access.post(path, {"reboot": "Reboot"}, NO_COOKIE)

    # what is expected

    def expect_login_form(self) -> None:
        """Every request was answered with the login form."""
        answers = self._access.bodies(self._since)
        for path in self._paths:
            seen = [body for there, body in answers if there == path]
            if not seen:
                self._context.missing(f"an answer to {path} on the wire", f"{len(answers)} others")
            if not all(asks_for_login(body) for body in seen):
                self._context.broken(f"{path} without a login", "the login form", "the page itself")

    def expect_asset(self, text: str) -> None:
        """The page shows this asset number."""
        claim = "a form is stored when it is posted with a session, and only then"
        self._context.same(claim, self._context.setting("asset_id"), text)
