"""Identities of the base switched off and on by their web pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.base import setting_definitions
from harness.pbx.protocol import secured

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.registration.registrar import Registrar
    from harness.procedures.registration.state import RegistrationState


class BaseIdentities:
    """A user's acts on an identity by the web pages; changes are undone after the test."""

    def __init__(self, state: RegistrationState, server: Registrar) -> None:
        self._state = state
        self._context = state.context
        self._base = state.context.base
        self._server = server

    def register(self, identity: int = 1, *, transport: str = "", family: str = "ipv4", **settings: str) -> SipMessage:
        """The identity is switched off, given these settings, and switched on; returns its first REGISTER."""
        self.switch_off(identity)
        if transport or family == "ipv6":
            settings["user_outbound"] = self.proxy(transport, family)
        for name, value in settings.items():
            if name == "user_pass":
                self._remember_password(identity, value, settings.get("user_authname", ""))
            self._base.change(name, value, idx=identity)
        return self.switch_on(identity)

    def switch_on(self, identity: int = 1) -> SipMessage:
        """The identity is made active; returns its first REGISTER."""
        self._state.identity = identity
        self._state.began = self._state.wire.mark()
        self._base.change("user_active", "on", idx=identity)
        return self._state.await_first_request()

    def switch_off(self, identity: int = 1) -> None:
        """The identity is made inactive.

        Whether this unit then removes all bindings of the account (`*`) is inferred: see `sign_out` in settings.yaml.
        """
        self._state.identity = identity
        self._state.began = self._state.wire.mark()
        of_all = "yes" if setting_definitions.load().chosen("sign_out") == "all" else "no"
        self._context.did("sign-out", at=self._state.began, user=self._state.user, everybody=of_all)
        self._base.change("user_active", "off", idx=identity)

    def bind_to(self, identity: int, handset: int) -> None:
        """The identity is bound to this handset, by IPUI."""
        ipui = next(entry.ipui for entry in self._context.rig.handsets if entry.number == handset)
        self._base.change("user_ipui", ipui, idx=identity)
        self._state.handset_of[identity] = handset

    def _remember_password(self, identity: int, password: str, login: str) -> None:
        """The password of the identity, from now on."""
        name = login or self._context.account(identity).digest_user
        self._context.other_passwords.setdefault(name, set()).add(password)

    def proxy(self, transport: str, family: str = "ipv4") -> str:
        """The server as outbound proxy by a transport and an address family."""
        server = self._server.server
        host = f"[{server.address6}]" if family == "ipv6" else server.address
        port = secured(server).secure_port if transport == "tls" else server.port
        return f"sip:{host}:{port}" + (f";transport={transport}" if transport else "")
