"""The settings of the base for a profile: one identity for each handset, on accounts of the profile's PBX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import UsageError
from harness.rig.model import Rig

if TYPE_CHECKING:
    from harness.base.provisioning import SettingValue
    from harness.pbx.protocol import Pbx, PbxAccount
    from harness.profiles.model import Profile

EXPIRY = 600
MOST = 9
"""The base has so many identities."""


def account_of(pbx: Pbx, identity: int) -> PbxAccount:
    """The account of an identity, 1 to 9: the PBX's accounts in their order."""
    if identity > len(pbx.accounts):
        raise UsageError(
            f"identity {identity} has no account: the PBX has {len(pbx.accounts)}",
            remedy="add accounts to the PBX in the rig file, or bind handsets to fewer identities",
        )
    return pbx.accounts[identity - 1]


def identities_of(rig: Rig, accounts: int = MOST) -> list[int]:
    """The identities that handsets are bound to, of those that the PBX has accounts for."""
    return sorted({entry.identity for entry in rig.handsets if entry.identity <= accounts})


def values(rig: Rig, pbx: Pbx, profile: Profile) -> list[SettingValue]:
    """The settings of the base and of each identity in use; raises UsageError where none has an account."""
    from harness.base.provisioning import SettingValue

    found = [
        SettingValue("base_pin", rig.base.pin.value()),
        SettingValue("ntp_server", rig.network.host),
        SettingValue("pin_change_prompt", "false"),
    ]
    in_use = identities_of(rig, len(pbx.accounts))
    if not in_use:
        account_of(pbx, identities_of(rig)[0])
    for identity in in_use:
        found += [SettingValue(name, value, identity) for name, value in identity_values(rig, pbx, profile, identity)]
    return found


def identity_values(rig: Rig, pbx: Pbx, profile: Profile, identity: int) -> list[tuple[str, str]]:
    """The settings of one identity."""
    account = account_of(pbx, identity)
    bound = [entry.ipui for entry in rig.handsets if entry.identity == identity]
    return [
        ("user_active", "true"),
        ("user_realname", account.display or account.user),
        ("user_name", account.user),
        ("user_authname", account.auth_user),
        ("user_host", pbx.registrar),
        ("user_outbound", pbx.outbound),
        ("user_pass", account.password),
        ("user_pbxtype", profile.web.stored),
        ("user_expiry", str(EXPIRY)),
        ("user_ipui", " ".join(bound)),
    ]
