"""Law 10: each switch of quirks.yaml has alternatives, each alternative works, and some self-test shows it."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from rigs.standin import portable_process
from rigs.standin.base.dhcp import Network
from rigs.standin.core import quirks, rigfile
from rigs.standin.core.strategies import Strategies
from rigs.standin.provisioning import fetch
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.documents import FirmwareFile
from rigs.standin.provisioning.location import FileNameStrategy, address_of

from .test_provisioning import MAC, _boot, page

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

Boot = Callable[..., "Device"]
SELFTESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (quirk.name, value)
        for quirk in quirks.known().values()
        for value in quirk.alternatives
        if value != quirk.default
    ],
)
def test_every_alternative_is_shown_by_some_self_test(name: str, value: str) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in SELFTESTS.glob("standin_*/*.py"))
    assert re.search(rf'"{name}": "{re.escape(value)}"', sources), f"no self-test sets {name} to {value}"


def test_a_bare_server_is_asked_by_tftp_or_by_http() -> None:
    for chosen in ({"bare_option66": "tftp"}, {"bare_option66": "http"}):
        bare = quirks.Quirks(chosen)["bare_option66"]
        assert address_of("192.0.2.1", "", MAC, FileNameStrategy(), bare=bare).startswith(
            f"{bare}://192.0.2.1/snom-m9-"
        )


def test_a_server_that_is_not_there_is_asked_again_or_not(base: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    async def tries(device: Device) -> int:
        provisioning = fetch.Provisioning(device)
        device.dns = fetch_names()
        await provisioning.start()
        await provisioning.boot()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                while len(provisioning.history) < 3:
                    await asyncio.sleep(0.01)
        for task in tuple(device.tasks):
            task.cancel()
        return len(provisioning.history)

    monkeypatch.setattr(fetch, "FIRST_RETRY", 0.02)
    for chosen, least, most in (({"unreachable_server": "keep_trying"}, 3, 9), ({"unreachable_server": "once"}, 1, 1)):
        device = base(quirks=chosen)
        device.network.option66 = "http://127.0.0.1:1/x.xml"
        assert least <= asyncio.run(tries(device)) <= most


def test_the_first_file_is_asked_for_once_or_twice(base: Boot) -> None:
    async def asked(device: Device) -> int:
        provisioning = fetch.Provisioning(device)
        device.dns = fetch_names()
        await provisioning.boot()
        for task in tuple(device.tasks):
            task.cancel()
        return len(provisioning.history)

    for chosen, times in (({}, 1), ({"boot_fetches": "twice"}, 2)):
        device = base(quirks={"unreachable_server": "once", **chosen})
        device.network.option66 = "http://127.0.0.1:1/x.xml"
        assert asyncio.run(asked(device)) == times


def fetch_names() -> Any:
    """A resolver that knows literals."""

    class Literals:
        async def addresses(self, host: str) -> list[str]:
            return [host]

    return Literals()


def test_the_host_name_may_have_the_mac(base: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    class Client:
        def __init__(self, configuration: Any, owner: Any) -> None:
            names.append(configuration.host_name)

        async def __aenter__(self) -> None: ...

        async def bootstrap(self) -> None: ...

    monkeypatch.setattr("rigs.standin.base.dhcp.DhcpClient", Client)
    for chosen in ({}, {"host_name": "with_mac"}, {"host_name": "fixed"}):
        device = base(quirks=chosen)
        device.settings.set("base_name", "snom-m9-hall", who="web")
        asyncio.run(Network(device)._start_dhcp())
    assert names == ["snom-m9-hall", f"snom-m9-hall-{MAC}", "snom-m9"]


def test_a_boot_file_may_be_a_url_or_a_name_only(base: Boot) -> None:
    asked = []
    for chosen in ({"boot_file": "url"}, {"boot_file": "name"}):
        device = base(quirks=chosen)
        device.network.option66, device.network.option67 = "http://192.0.2.1/named/", "http://192.0.2.2/lab-boot.xml"
        asked.append(urlsplit(fetch.Provisioning(device)._address()).hostname)
    assert asked == ["192.0.2.2", "192.0.2.1"]


@pytest.mark.parametrize(
    ("chosen", "authname", "pname"),
    [
        ({"authentication_name": "both"}, "found", "desk"),
        ({"authentication_name": "authname"}, "found", ""),
        ({"authentication_name": "pname"}, "", "desk"),
    ],
)
def test_the_authentication_name_goes_by_its_names(
    base: Boot, chosen: dict[str, str], authname: str, pname: str
) -> None:
    names = b'<user_authname idx="1">found</user_authname><user_pname idx="2">desk</user_pname>'
    document = b"<settings><phone-settings>" + names + b"</phone-settings></settings>"
    device = base(quirks=chosen)
    _boot(device, {f"/provisioning/snom-m9-{MAC}.xml": page(document)})
    assert (device.settings.get("user_authname", 1), device.settings.get("user_authname", 2)) == (authname, pname)


def test_the_agent_may_leave_the_letter_out(base: Boot) -> None:
    files, _ = _boot(base(quirks={"http_agent_version": "without_letter"}), {})
    assert "User-Agent: Mozilla/4.0 (compatible; snom m9 9.2.45)\r\n" in files.asked[0]


@pytest.mark.parametrize(
    ("chosen", "offered", "news"),
    [
        ({"firmware_letter": "ignored"}, "9.2.45-b", False),
        ({"firmware_letter": "counts"}, "9.2.45-b", True),
        ({"firmware_letter": "counts"}, "9.2.45-a", False),
        ({"firmware_letter": "counts"}, "9.2.45", False),
        ({"firmware_letter": "counts"}, "9.6.2", True),
    ],
)
def test_another_letter_may_be_another_firmware(base: Boot, chosen: dict[str, str], offered: str, news: bool) -> None:
    applying = Applying(base(quirks=chosen))
    applying.apply("x", FirmwareFile(f"http://h/m9-{offered}.bin"))
    assert bool(applying.firmware_offers) is news


def test_parts_bought_apart_know_nothing_of_each_other(tmp_path: Path) -> None:
    text = 'name: x\nbase: {mac: "00:04:13:30:01:21"}\nhandsets: [{number: 1, ipui: "005C30C840", identity: 1}]\n'
    for at, (chosen, bonds) in enumerate((({"paired_kit": "yes"}, 1), ({"paired_kit": "no"}, 0))):
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / "rig.yaml").write_text(text + f"standin: {{quirks: {{paired_kit: '{chosen['paired_kit']}'}}}}\n")
        rig = rigfile.load(folder / "rig.yaml")
        room = portable_process.Portable(rig, folder, Strategies())
        assert len(room.handsets[1].part.bonds) == bonds
