"""The certificate of a rig's embedded servers, by an authority that is made for each run."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from harness.rig.model import Rig
from harness.rig.pbx_model import BaselinePbx

if TYPE_CHECKING:
    from harness.pbx.kamailio_config import Tls
    from harness.services.authority import ServerFiles


def tls(rig: Rig, shown: ServerFiles | None) -> Tls | None:
    """What an embedded server needs for TLS; None without a certificate."""
    from harness.pbx.kamailio_config import Tls

    return None if shown is None else Tls(shown.certificate, shown.key, rig.base.tls.minimum)


def server_files(rig: Rig, folder: Path) -> ServerFiles | None:
    """Certificate and key for the embedded servers of a rig, stored in this folder; None for a rig without them."""
    if not any(isinstance(entry, BaselinePbx) for entry in rig.pbx.values()):
        return None
    from harness.services.authority import Authority, ServerFiles
    from harness.services.names import rig_names

    pbx4, pbx6 = rig.network.at(rig.network.pbx), rig.network.at6(rig.network.pbx) or ""
    host, host6 = rig.network.host, str(rig.network.host6 or "")
    known = rig_names(host4=host, host6=host6, pbx4=pbx4, pbx6=pbx6).hosts
    names = [*known, *(address for address in (pbx4, pbx6, host, host6) if address)]
    files = ServerFiles(folder, Authority(f"m9 harness CA {secrets.token_hex(3)}"), names)
    files.write()
    return files
