"""What the web pages show of the settings a base was given, and what they let a user change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.base import diagnostics
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable

if TYPE_CHECKING:
    from harness.procedures.provisioning.boot import BootProcedure


class StoredSettings:
    """The settings of one base as its web pages tell them."""

    def __init__(self, boot: BootProcedure) -> None:
        self._boot = boot
        self._context = boot.context
        self._base = boot.context.base
        self._before: dict[tuple[str, int], str] = {}

    # acts

    def read(self, *names: str) -> None:
        """The web pages are read: what they show of these settings."""
        for name in names:
            self._context.setting(name)

    def try_to_save(self, name: str, value: str, identity: int = 0) -> None:
        """Another value is typed in and saved, where the page has a field for it."""
        self._before[name, identity] = self._context.setting(name, identity)
        self._base.about_to_change([(name, identity)])
        if self._base.locator.writable((name, identity)):
            self._base.web.fill(name, value)
            self._base.web.save()

    def save(self, name: str, value: str, identity: int = 0) -> None:
        """Another value is typed into the field of the page and saved."""
        self._base.change(name, value, identity, reboot=False)

    # what is expected

    def expect_shown(self, **expected: Any) -> None:
        """The web pages show these settings; a pair is (value, identity)."""
        for name, value in expected.items():
            text, identity = value if isinstance(value, tuple) else (value, 0)
            where = f" of identity {identity}" if identity else ""
            seen = self._context.setting(name, identity)
            self._context.same(f"{name}{where} on its web page is what was given or saved", seen, text)

    def expect_to_become(self, name: str, text: str) -> None:
        """The web pages show this setting before long, without a restart."""
        try:
            wait_until(lambda: self._context.setting(name) == text, what=name, within=self._context.answer)
        except WaitExpired:
            seen = self._context.setting(name)
            self._context.broken(f"{name} on its web page follows the document", repr(text), repr(seen))

    def expect_unchanged(self, name: str, identity: int = 0) -> None:
        """The value is the one before it was tried to save another: the setting was provisioned read-only."""
        seen = self._context.setting(name, identity)
        self._context.same(f"{name}, provisioned read-only, stays", seen, self._before[name, identity])

    def expect_writable(self, name: str, identity: int = 0) -> None:
        """The page has a field to write in."""
        if not self._base.locator.writable((name, identity)):
            self._context.broken(f"{name} may be changed on its web page", "a field to write in", "text only")

    def expect_kept(self) -> None:
        """The settings read before a bad document are as they were."""
        for (name, _), (was, now) in self._boot.documents.spoiled().items():
            self._context.broken(f"a bad document changes nothing: {name}", repr(was), repr(now))

    def expect_log_levels(self, expected: dict[int, int]) -> None:
        """The log filter's drop-downs by their index, 1 to 12."""
        levels = list(diagnostics.levels(self._base.web).items())
        for index, level in expected.items():
            category, seen = levels[index - 1]
            self._context.same(f"level of {category!r}, log idx={index}", seen, level)

    def expect_log_silent_about(self, index: int) -> None:
        """The log has messages, and none of the category with this index."""
        category = diagnostics.categories()[index - 1]
        entries = [str(entry) for entry in diagnostics.publish_log(self._base.web)]
        if not entries:
            self._context.broken("the other categories are logged", "messages", "an empty log")
        found = [text for text in entries if category.lower() in text.lower()]
        if found:
            self._context.broken(f"level 0 silences {category!r}", "no message", found[-1])

    def expect_firmware_of_the_rig_file(self) -> None:
        """The status page names the firmware that the lab has put on the unit."""
        release = self._context.rig.base.firmware.release
        if release is None:
            raise NotApplicable("the rig file names no base.firmware.release")
        self._context.same("the status page shows the installed firmware", self._base.version(), str(release))
