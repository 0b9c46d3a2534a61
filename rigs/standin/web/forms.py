"""Settings as rows of a form, and posted forms as settings."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rigs.standin.base.settings import SettingRefused
from rigs.standin.media import preference

from . import render
from .definitions import Field, FormPage, Heading, choices
from .render import Notice
from .strategies import PasswordStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

REPEAT = "_repeat"


def rows(device: Device, page: FormPage, idx: int) -> str:
    """The rows of a page with the stored values of index `idx`."""
    return "".join(
        render.section(row.text)
        if isinstance(row, Heading)
        else _field(device, row, idx if row.idx is None else row.idx)
        for row in page.rows
    )


def _field(device: Device, field: Field, idx: int) -> str:
    stored = device.settings.stored(field.name, idx)
    if not device.settings.writable(field.name, idx, who="web"):
        return render.row(field.label, _as_text(device, field, stored))
    if field.kind == "password":  # the page holds nothing of a stored one
        name, again = form_name(device, field), f"{field.label} (repeat)"
        return render.row(field.label, render.password_field(name)) + render.row(
            again, render.password_field(name + REPEAT)
        )
    return render.row(field.label, _control(device, field, stored))


def _control(device: Device, field: Field, stored: str) -> str:
    if field.kind == "switch":
        return render.switch(form_name(device, field), stored)
    if field.kind == "choice":
        return render.choice(form_name(device, field), stored, _options(device, field))
    return render.text_field(form_name(device, field), stored, size=8 if field.kind == "number" else 32)


def form_name(device: Device, field: Field) -> str:
    """The name of a field: its setting's; the authentication name may go by the desk phones' name."""
    desk = field.name == "user_authname" and device.quirks.get("authentication_name") == "pname"
    return "user_pname" if desk else field.form_name


def _as_text(device: Device, field: Field, stored: str) -> str:
    if field.kind == "password":
        return "********"
    if field.kind == "switch":
        return {"true": "on", "false": "off"}.get(stored, "")
    texts = dict(_options(device, field)) if field.kind == "choice" else {}
    return escape(texts.get(stored, stored))


def _options(device: Device, field: Field) -> list[tuple[str, str]]:
    return preference.choices(device) if field.choices == "codecs" else choices(field.choices)


def save(device: Device, page: FormPage, idx: int, posted: dict[str, str]) -> list[Notice]:
    """Writes the posted fields of a page as one batch: all or none; the notices say what became of it."""
    changes: list[tuple[str, str, int]] = []
    for field in page.fields:
        at = idx if field.idx is None else field.idx
        text = text_of(device, field, at, posted)
        if text is None:
            continue
        name = form_name(device, field)
        if field.kind == "password":
            if not device.strategies.get(PasswordStrategy).agree(text, posted.get(name + REPEAT, text)):
                return [Notice("error", "The passwords do not match. Nothing was saved.")]
            if not device.strategies.get(PasswordStrategy).changes(field.name, text, at):
                continue
        if text != device.settings.stored(field.name, at):
            changes.append((field.name, text, at))
    try:
        with device.settings.batch():
            for name, text, at in changes:
                device.settings.set(name, text, at, who="web")
    except SettingRefused as refused:
        device.log.write("web", 3, f"{page.title}: not saved, {refused}")
        return [Notice("error", f"Nothing was saved: {refused}")]
    names = ", ".join(name for name, _, _ in changes) or "no changes"
    device.log.write("web", 5, f"{page.title} saved: {names}")
    return [Notice("message", word(page.restart))]


def text_of(device: Device, field: Field, at: int, posted: dict[str, str]) -> str | None:
    """What a form brings for a setting of index `at`; None leaves it alone: it may bring some only (facts 4.2)."""
    return posted.get(form_name(device, field))


def word(restart: bool) -> str:
    """What the page says of a save; what works after a restart only needs more words (facts 4.2)."""
    return "Settings saved." + (" Please reboot the device to make the changes work." if restart else "")
