"""The configuration of an Asterisk for a rig: each account can call each; passwords are in no file.

Facts about its options: Asterisk's own sample files, and what versions 16 and 22 were seen to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from harness.pbx.protocol import PbxAccount

Driver = Literal["chan_pjsip", "chan_sip"]
Media = Literal["relayed", "direct", "own-tones"]
TEMPLATES = Path(__file__).with_name("asterisk_templates.yaml")
REALM = "asterisk"
SHORTEST, LONGEST = 10, 7200
"""The seconds for which a registration is granted at least and at most, unless a test wants others."""
RINGS = {"relayed": "60", "direct": "60", "own-tones": "60,r"}


@dataclass(frozen=True)
class Settings:
    """What its files are made of. `classic` tells chan_sip from chan_pjsip; `forked` has whom else a user rings."""

    hosts: tuple[str, ...]
    port: int
    driver: Driver = "chan_pjsip"
    media: Media = "relayed"
    shortest: int = SHORTEST
    longest: int = LONGEST
    forked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def classic(self) -> bool:
        """Whether its driver is chan_sip."""
        return self.driver == "chan_sip"

    @property
    def accounts_file(self) -> str:
        """The file with the accounts."""
        return "sip.conf" if self.classic else "pjsip.conf"

    @property
    def notices_file(self) -> str:
        """The file with the NOTIFY that it sends when it is told to."""
        return "sip_notify.conf" if self.classic else "pjsip_notify.conf"


def files(folder: Path, settings: Settings, accounts: Sequence[PbxAccount]) -> dict[str, str]:
    """All files by name; `folder` is where they are, and where the server writes."""
    templates = _templates()
    unused = [*templates["unused"], *templates["unused_beside"][settings.driver]]
    return {
        **templates["fixed"],
        "asterisk.conf": templates["asterisk"].format(folder=folder),
        "modules.conf": "[modules]\nautoload=yes\n" + "".join(f"noload => {name}.so\n" for name in unused),
        "extensions.conf": dial_plan(settings),
        settings.accounts_file: accounts_of(settings, accounts),
        settings.notices_file: notice("", ""),
    }


def write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into the folder; only their owner may read them."""
    for name in (".", "spool", "cache"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)


def accounts_of(settings: Settings, accounts: Sequence[PbxAccount], marker: str = "") -> str:
    """The text with transports and accounts; a `marker` is one account more that nobody can use.

    chan_sip reads its file behind a command's back: the marker shows when it has.
    """
    templates: dict[str, str] = _templates()[settings.driver]
    values: dict[str, Any] = {
        "direct": "yes" if settings.media == "direct" else "no",
        "shortest": settings.shortest,
        "longest": settings.longest,
        "realm": REALM,
    }
    hosts = [f"[{host}]" if ":" in host else host for host in settings.hosts]
    if settings.classic:
        server = templates["server"].format(host=hosts[0], port=settings.port, **values)
    else:
        listening = [(f"{kind}-{n}", kind, host) for n, host in enumerate(hosts) for kind in ("udp", "tcp")]
        server = templates["server"] + "".join(
            templates["transport"].format(name=name, kind=kind, host=host, port=settings.port)
            for name, kind, host in listening
        )
    known = [
        templates["account"].format(
            user=one.user, login=one.digest_user, name=one.display, digest=_digest(one), **values
        )
        for one in accounts
    ]
    return server + "".join(known) + (f"[{marker}]\ntype=peer\nhost=dynamic\n" if marker else "")


def dial_plan(settings: Settings) -> str:
    """The text with who is called by which number."""
    technology = "SIP" if settings.classic else "PJSIP"
    before = _templates()["before_dial"][settings.media]
    lines = ["[rig]"]
    for number, also in (("_XXX", ()), *settings.forked.items()):
        whom = "&".join(f"{technology}/{user}" for user in ("${EXTEN}", *also))
        lines += [f"exten => {number},1,NoOp()", *(f" same => n,{step}" for step in before)]
        lines += [f" same => n,Dial({whom},{RINGS[settings.media]})", " same => n,Hangup(${HANGUPCAUSE})"]
    return "\n".join(lines) + "\n"


def notice(headers: str, body: str) -> str:
    """The text with one NOTIFY, `m9`; each of `headers` ends in CR LF."""
    fields = [line.partition(":")[::2] for line in headers.split("\r\n") if line]
    lines = [f"{name.strip()}=>{_escaped(value.strip())}" for name, value in fields]
    lines += [f"Content=>{_escaped(line)}" for line in body.split("\r\n") if line]
    return "[m9]\n" + "\n".join(lines or ["Event=>none"]) + "\n"


def _escaped(text: str) -> str:
    """A semicolon begins a comment."""
    return text.replace(";", "\\;")


def _digest(account: PbxAccount) -> str:
    """What the server needs of a password: the hash that the digest is made of (RFC 2617 section 3.2.2.2)."""
    return hashlib.md5(f"{account.digest_user}:{REALM}:{account.password}".encode()).hexdigest()


def _templates() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(TEMPLATES.read_text(encoding="utf-8"))
    return loaded
