"""What the web pages show of the settings a base was given, and what they let a user change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.base import diagnostics
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable

if TYPE_CHECKING:
    from harness.procedures.provisioning.boot import Boot


class Stored:
    """The settings of one base as its web pages tell them."""

    def __init__(self, boot: Boot) -> None:
        self.boot = boot
        self.context = boot.context
        self.base = boot.base

    def shows(self, **expected: Any) -> None:
        """The web pages show these settings; a pair is (value, identity)."""
        for name, value in expected.items():
            text, identity = value if isinstance(value, tuple) else (value, 0)
            where = f" of identity {identity}" if identity else ""
            seen = self.context.setting(name, identity)
            self.context.same(f"{name}{where} on its web page is what the document said", seen, text)

    def is_read(self, *names: str) -> None:
        """The web pages are read: what they show of these settings."""
        for name in names:
            self.context.setting(name)

    def kept_its_settings(self) -> None:
        """The settings read before a bad document are as they were."""
        for (name, _), (was, now) in self.boot.spoiled().items():
            self.context.broken(f"a bad document changes nothing: {name}", repr(was), repr(now))

    def comes_to_show(self, name: str, text: str) -> None:
        """The web pages show this setting before long, without a restart."""
        try:
            wait_until(lambda: self.context.setting(name) == text, what=name, within=self.context.answer)
        except WaitExpired:
            self.context.broken(
                f"{name} on its web page follows the document", repr(text), repr(self.context.setting(name))
            )

    def cannot_be_changed(self, name: str, value: str, identity: int = 0) -> None:
        """A save of the field is refused or the field is not writable; either way the old value stays."""
        before = self.context.setting(name, identity)
        self.base.about_to_change([(name, identity)])
        if self.base.places.writable((name, identity)):
            self.base.web.fill(name, value)
            self.base.web.save()
        self.context.same(f"{name}, provisioned read-only, stays", self.context.setting(name, identity), before)

    def can_be_changed(self, name: str, value: str, identity: int = 0) -> None:
        """The page has a field for it, takes another value and shows it."""
        if not self.base.places.writable((name, identity)):
            self.context.broken(f"{name} may be changed on its web page", "a field to write in", "text only")
        self.base.change(name, value, identity, reboot=False)
        self.context.same(f"{name} on its web page after a save", self.context.setting(name, identity), value)

    def shows_log_levels(self, expected: dict[int, int]) -> None:
        """The log filter's drop-downs by their index, 1 to 12."""
        levels = list(diagnostics.levels(self.base.web).items())
        for index, level in expected.items():
            category, seen = levels[index - 1]
            self.context.same(f"level of {category!r}, log idx={index}", seen, level)

    def log_is_silent_about(self, index: int) -> None:
        """The log has messages, and none of the category with this index."""
        category = diagnostics.categories()[index - 1]
        entries = [str(entry) for entry in diagnostics.publish_log(self.base.web)]
        if not entries:
            self.context.broken("the other categories are logged", "messages", "an empty log")
        told = [text for text in entries if category.lower() in text.lower()]
        if told:
            self.context.broken(f"level 0 silences {category!r}", "no message", told[-1])

    def shows_the_version_of_the_rig_file(self) -> None:
        """The status page names the firmware that the lab has put on the unit."""
        release = self.context.rig.base.firmware.release
        if release is None:
            raise NotApplicable("the rig file names no base.firmware.release")
        self.context.same("the status page shows the installed firmware", self.base.version(), str(release))
