"""What the variables of action URLs stand for: the ends of a call, the identity, and settings by their names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES, definitions
from rigs.standin.sip.values import ValueSyntaxError

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.cti.events import Event

SECRET = "secret"
INDEXED = re.compile(r"([a-z0-9_]*?)([1-9])")


class Values:
    """The values of one event, at the moment of the event."""

    def __init__(self, device: Device, event: Event) -> None:
        self._device = device
        self._named = {
            "mac": device.mac_plain,
            "phone_ip": device.network.address4,
            "nr_ongoing_calls": str(len(device.exchange.calls)),
            **self._of_identity(event.identity),
            **self._of_call(event),
        }

    def get(self, name: str) -> str:
        """The value of a variable, else of the setting of this name; empty for a secret and for what is neither."""
        return self._named[name] if name in self._named else setting(self._device, name)

    def _of_identity(self, identity: int) -> dict[str, str]:
        if identity not in IDENTITIES:
            return {}
        account = self._device.sip.account(identity)
        try:
            address = str(account.uri)
        except ValueSyntaxError:
            address = ""
        return {
            "local": address,
            "display_local": account.display,
            "active_url": address,
            "active_user": account.user,
            "active_host": account.host,
        }

    def _of_call(self, event: Event) -> dict[str, str]:
        sip = event.call.far.sip if event.call is not None else None
        if sip is None:
            return dict.fromkeys(("remote", "display_remote", "call-id"), "")
        return {"remote": sip.caller_uri, "display_remote": sip.caller_name, "call-id": sip.call_id}


def setting(device: Device, name: str) -> str:
    """A setting by its name, that of an identity with its number behind it: `user_name1`."""
    indexed = INDEXED.fullmatch(name)
    base, idx = (indexed[1], int(indexed[2])) if name not in definitions() and indexed else (name, 0)
    definition = definitions().get(base)
    if definition is None or definition.type == SECRET or idx not in definition.indexes:
        return ""
    return device.settings.get(base, idx)
