"""The two servers of the harness's own, by a word: what one of them must do, the other must, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.pbx.dialect import Dialect
from harness.pbx.kamailio import Kamailio
from harness.pbx.protocol import PbxAccount

BOTH = ["kamailio", "dialect"]
BOTH_SLOWLY = ["kamailio", pytest.param("dialect", marks=pytest.mark.slow)]
"""For a fixture that runs a script at each of them; a long one at the second only with all tests."""


def server(
    word: str, address: str, address6: str | None, directory: Path, accounts: list[PbxAccount], peers: list[PbxAccount]
) -> Kamailio | Dialect:
    """The server that a word names."""
    driver = Dialect if word == "dialect" else Kamailio
    return driver(address, address6, directory, accounts, peer_accounts=peers)
