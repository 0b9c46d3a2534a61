"""The base as a whole: provision it, see it boot, compare what it was given with what it shows, change settings and
put every one of them back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from harness.base import diagnostics
from harness.base.boot import Boot, BootWatch, Dhcp
from harness.base.field_locator import FieldLocator
from harness.base.journal import Change, SettingsJournal
from harness.base.last_address import LastAddress
from harness.base.log_page import LogEntry
from harness.base.plain_web import PlainWeb
from harness.base.provisioning import Mismatch, SettingValue, file_name, settings_document
from harness.base.setting_definitions import SettingDefinitions, load
from harness.base.snapshot import Field
from harness.base.web import WebUi
from harness.core import clock, steps
from harness.core.clock import WaitExpired
from harness.core.errors import Expectation, ProductFailure, RigFault
from harness.services.http import ProvisioningServer

Channel = Literal["web", "provisioning"]
Key = tuple[str, int]
Secrets = Callable[[str, int], str | None]
DHCP: Key = ("dhcp", 0)


class PowerCycler(Protocol):
    """A switch for the base's power."""

    def cycle(self) -> object:
        """Off and on again."""


class Base:
    """Drives one base through its web UI, its provisioning document and its power.

    `path` is the folder of its document on `server`; `boot` and `register` are limits in seconds. `secrets` tells a
    secret's value when it has to be put back, `registered` whether a user of the PBX is registered now. `journal` is
    the lease's folder.
    """

    def __init__(
        self,
        web: WebUi,
        server: ProvisioningServer,
        *,
        mac: str,
        journal: Path,
        dhcp: Dhcp | None = None,
        power: PowerCycler | None = None,
        path: str = "/provisioning/",
        definitions: SettingDefinitions | None = None,
        boot: float = 90.0,
        register: float = 15.0,
        secrets: Secrets | None = None,
        registered: Callable[[str], bool] | None = None,
    ) -> None:
        self.web = web
        self.plain_web = PlainWeb(web)
        self.server = server
        self.mac = mac.upper()
        self.definitions = definitions or load()
        self.journal = SettingsJournal(journal)
        self.last_address = LastAddress(journal)
        self.locator = FieldLocator(web, self.definitions)
        self.path = path.rstrip("/") + "/" + file_name(mac)
        self.boot_watch = BootWatch(
            web, server, mac=mac, path=self.path, dhcp=dhcp, limit=boot, register=register, registered=registered
        )
        self.reboots = 0
        self.restarted_at = 0.0
        """When it was told to restart last (epoch seconds); 0 if it was not."""
        self.awaited: set[str] = set()
        """The users who were waited for since then: the next call does not wait for their registration again."""
        self._power = power
        self._secrets = secrets
        self._document: dict[Key, SettingValue] = {}
        self._standing: dict[Key, SettingValue] | None = None

    # --- provisioning and booting ----------------------------------------------------------------------------------

    @property
    def document(self) -> list[SettingValue]:
        """The settings in the base's provisioning document."""
        return list(self._document.values())

    def offer(self, values: Iterable[SettingValue], *, replace: bool = False) -> None:
        """Put these values into the base's document; with `replace` only these."""
        if replace:
            self._document.clear()
        new = {(self.definitions[value.name].name, value.idx): value for value in values}
        self._document.update(new)
        self.server.put(self.path, settings_document(self._document.values(), self.definitions))
        written = {key: self.definitions.encoded(key[0], value.value) for key, value in new.items()}
        did = self._acts(written, "provisioning")
        steps.publish("settings", f"{len(new)} in the base's document", did=did)

    def provision(
        self, values: Iterable[SettingValue], *, reboot: bool = True, replace: bool = False, by: str = "web"
    ) -> Boot | None:
        """Offer these values and, unless told otherwise, reboot so that the base fetches them; ends when it is ready.

        `by` is web or power: how to reboot.
        """
        listed = list(values)
        with steps.step("base", f"provision {len(listed)} settings"):
            self.offer(listed, replace=replace)
            return self.reboot(by=by) if reboot else None

    def reboot(self, *, by: str = "web", users: Sequence[str] = ()) -> Boot:
        """Restart the base by its web UI (`web`) or its plug (`power`) and wait until it is ready again.

        If the button has no effect, the power is cut instead: a separate test judges the button.
        """
        since = self.restarted_at = clock.now()
        self.awaited.clear()
        self.reboots += 1
        with steps.step("base", f"reboot by {by}"):
            if by == "web":
                self.web.reboot()
                try:
                    return self.wait_ready(since=since, users=users)
                except RigFault as silence:
                    if self._power is None:
                        raise
                    steps.publish("base", f"the reboot button did nothing, its plug is used: {silence.text}")
                    since = clock.now()
            if self._power is None:
                raise RigFault("power", "the rig file names no power", remedy="add `power:` or reboot by web")
            self._power.cycle()
            return self.wait_ready(since=since, users=users)

    def wait_ready(self, *, since: float, users: Sequence[str] = (), within: float | None = None) -> Boot:
        """Wait for the events of a boot begun at `since` (epoch seconds); see BootWatch.wait for its errors."""
        boot = self.boot_watch.wait(since=since, users=users, within=within)
        self.web.forget_session()
        return boot

    # --- reading back ----------------------------------------------------------------------------------------------

    def read_back(self, names: Iterable[str | Key]) -> dict[Key, str | None]:
        """The values of these settings in the web UI's forms; None for one that no page shows.

        A name without an index means the whole base, or identity 1.
        """
        found = self.locator.read([self._key(name) for name in names])
        shown = [
            {"kind": "setting", "handset": 0, "value": self.definitions.told(name, value), "name": name}
            | {"identity": str(idx)}
            for (name, idx), value in found.items()
            if value is not None and not self.definitions[name].secret
        ]
        steps.publish("settings", f"{len(shown)} read", shown=shown)
        return found

    def mismatches(self, values: Iterable[SettingValue]) -> list[Mismatch]:
        """The settings that the web UI shows with another value; secrets and settings without a field are left out."""
        wanted = {self._key((v.name, v.idx)): v for v in values if not self.definitions[v.name].secret}
        shown = self.locator.read(list(wanted))
        found = []
        for (name, idx), value in wanted.items():
            seen, given = shown[name, idx], self.definitions.encoded(name, value.value)
            if seen is not None and not self.definitions.same(name, given, seen):
                found.append(Mismatch(name, idx, given, seen))
        return found

    def verify(self, values: Iterable[SettingValue] | None = None) -> None:
        """Raise ProductFailure unless the web UI shows what the document (or `values`) says."""
        found = self.mismatches(self.document if values is None else values)
        if found:
            raise ProductFailure(
                Expectation(
                    "the web UI shows what provisioning wrote",
                    ", ".join(f"{m.name}={m.given}" for m in found),
                    "; ".join(map(str, found)),
                    source="facts sheet 4.2: form fields are the settings",
                )
            )

    def server_type(self, identity: int) -> str:
        """The Server Type of an identity: the text of the drop-down on its SIP tab."""
        self.web.open("sip", identity)
        return self.web.read(self.definitions["user_pbxtype"].label)

    def version(self) -> str:
        """The firmware version on the status page."""
        return self.web.status().get("Version", "")

    def log(self) -> list[LogEntry]:
        """The messages of the base's own log."""
        return diagnostics.publish_log(self.web)

    def given(self, name: str, idx: int = 0) -> str:
        """The value of a setting in the base's document, else its factory value."""
        key = self._key((name, idx))
        value = self._document.get(key)
        return self.definitions.encoded(key[0], value.value) if value else self.definitions[key[0]].default

    # --- changing and putting back ---------------------------------------------------------------------------------

    def change(
        self, name: str, value: str | int | bool, idx: int = 0, channel: Channel = "web", *, reboot: bool | None = None
    ) -> None:
        """Change one setting, its old value journalled first.

        `reboot` None reboots where the channel needs it: provisioning always, the web when the page asks for it.
        """
        if channel == "web":
            self.change_all({(name, idx): value}, reboot=reboot)
            return
        self.about_to_change([(name, idx)], channel)
        with steps.step("base", f"change {name} idx={idx} by {channel}"):
            self.offer([SettingValue(self.definitions[name].name, value, self._key((name, idx))[1])])
            if reboot is not False:
                self.reboot()

    def change_all(self, values: Mapping[Key, str | int | bool], *, reboot: bool | None = None) -> None:
        """Change several settings by the web UI, one save a page; each old value is journalled first."""
        wanted = {self._key(key): self.definitions.encoded(key[0], value) for key, value in values.items()}
        self.about_to_change(wanted)
        with steps.step("base", f"change {', '.join(f'{name} idx={idx}' for name, idx in wanted)} by web"):
            self._by_web(wanted, reboot)

    def _acts(self, values: Mapping[Key, str], channel: Channel) -> list[dict[str, str]]:
        """Settings as acts: name, value as people say it, and identity (0 is the whole base)."""
        return [
            {"kind": "setting", "name": name, "value": self.definitions.told(name, value), "identity": str(idx)}
            | {"channel": channel}
            for (name, idx), value in values.items()
        ]

    def change_many(self, values: Iterable[tuple[str, str]], idx: int = 0) -> None:
        """Change several settings of one identity, or of the base, by the web UI."""
        self.change_all({(name, idx): value for name, value in values})

    def about_to_change(self, names: Iterable[str | Key], channel: Channel = "web") -> None:
        """Journal the present values of these settings before a change by other means than this class.

        With the channel web, a setting that the pages then show unchanged is not restored.
        """
        keys = [self._key(name) for name in names]
        shown = self.locator.read([key for key in keys if not self.definitions[key[0]].secret])
        for key in keys:
            self._journal(key, shown.get(key), channel)

    def remember(self, values: Iterable[SettingValue]) -> None:
        """Journal the present values of these settings before a change by a test's own document."""
        keys = [self._key((value.name, value.idx)) for value in values]
        under_way = {change.key for change in self.journal.pending}
        unknown = [key for key in keys if key not in self._document or key in under_way]
        shown = self.locator.read([key for key in unknown if not self.definitions[key[0]].secret])
        for key in keys:
            self._journal(key, shown.get(key), "provisioning")

    def _journal(self, key: Key, shown: str | None, channel: Channel) -> None:
        """Journal a setting before its change: the value that the web UI shows, else that of document or factory."""
        if not self.journal.pending:
            self._standing = dict(self._document)
        # The new value is not known here: with the channel `unknown` rules take no value until the pages write or show
        # one, with `document` they read it from the document that the base fetches.
        by = "document" if channel == "provisioning" else "unknown"
        did = {"kind": "setting", "name": key[0], "value": "", "identity": str(key[1]), "channel": by}
        steps.publish("settings", f"{key[0]} idx={key[1]} is about to change", did=did)
        if key == DHCP:
            self.last_address.keep(self.web.address)
        kept = self._document.get(key)
        secret = self.definitions[key[0]].secret
        old = None if secret else self.given(*key) if shown is None else shown
        self.journal.before(Change(key[0], key[1], old, channel, kept.perm if kept else "RW", secret))

    def restore(self) -> int:
        """Put back every setting the journal holds, in reverse; returns how many. Also replays a crash's journal."""
        restored = self.journal.undo(self._put_back)
        self._standing = None
        self.last_address.drop()
        return restored

    def meet_again(self, within: float) -> None:
        """A crash may have left the base with a fixed address: put everything back there, if it answers in time."""
        if not self.last_address.address or not self.journal.pending:
            return
        self.web.address = self.last_address.address
        with contextlib.suppress(WaitExpired):
            self.web.answers(within)
            self.restore()

    def _put_back(self, changes: list[Change]) -> None:
        """Restore each setting by a channel that may write it: protected (R) or hidden settings go by file."""
        standing = dict(self._document) if self._standing is None else self._standing
        old = {change.key: self._old_value(change) for change in changes}
        fields = self.locator.fields([change.key for change in changes if change.channel == "web"])
        left = [change for change in changes if not self._is_back(change, fields.get(change.key))]
        by_web = {change.key: old[change.key] for change in left if _writes(change, fields.get(change.key))}
        by_file = [change for change in left if change.key not in by_web]
        if by_web:
            self._by_web(by_web, False if by_file else None)
        if by_file:
            self.offer([SettingValue(change.name, old[change.key], change.idx, change.perm) for change in by_file])
            self.reboot()
        self._document = dict(standing)
        if standing:
            self.server.put(self.path, settings_document(standing.values(), self.definitions))
        else:
            self.server.remove(self.path)

    def _is_back(self, change: Change, field: Field | None) -> bool:
        """Whether the pages show the old value: the change was not made, or was undone already."""
        old = change.old
        return field is not None and old is not None and self.definitions.same(change.name, old, field.sent)

    def _old_value(self, change: Change) -> str:
        if not change.secret:
            return change.old if change.old is not None else self.definitions[change.name].default
        value = self._secrets(change.name, change.idx) if self._secrets else None
        if value is None:
            raise RigFault(
                "settings journal",
                f"the old secret {change.name} idx={change.idx} is not known and cannot be restored",
                remedy="provision the base again: the journal contains no secrets",
            )
        return value

    def _by_web(self, values: dict[Key, str], reboot: bool | None) -> None:
        """Write settings by the web UI, one save a page, and reboot if `reboot` or the page asks for it."""
        names = ", ".join(f"{name} idx={idx}" for name, idx in values)
        with steps.step("settings", f"write {names} by web", did=self._acts(values, "web")):
            asked = self.locator.write(values)
        if reboot or (asked and reboot is None):
            self.reboot()

    def _key(self, name: str | Key) -> Key:
        """Canonical name and index; an identity setting without one means identity 1."""
        given, idx = name if isinstance(name, tuple) else (name, 0)
        setting = self.definitions[given]
        return (setting.name, idx or (0 if setting.scope == "base" else 1))


def _writes(change: Change, field: Field | None) -> bool:
    """Whether a user may write this setting in its field."""
    return change.perm != "R" and field is not None and not field.disabled
