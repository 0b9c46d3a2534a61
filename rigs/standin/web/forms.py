"""Settings as rows of a form, and posted forms as settings."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from rigs.standin.base.settings import SettingRefused
from rigs.standin.media import preference

from . import render
from .definitions import Field, FormPage, Heading, choices
from .render import Notice
from .strategies import FormStrategy, PageStrategy, PasswordStrategy

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
    label = device.strategies.get(PageStrategy).label(field.name, field.label)
    if not device.settings.writable(field.name, idx, who="web"):
        return render.row(label, _as_text(device, field, stored))
    if field.kind == "password":
        shown = device.strategies.get(PasswordStrategy).shown(stored)
        again = render.row(f"{label} (repeat)", render.password_field(form_name(device, field) + REPEAT, shown))
        return render.row(label, render.password_field(form_name(device, field), shown)) + again
    return render.row(label, _control(device, field, stored))


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
    strategy = device.strategies.get(FormStrategy)
    changes: list[tuple[str, str, int]] = []
    for field in page.fields:
        name = form_name(device, field)
        text = strategy.value(name, posted)
        if text is None:
            continue
        at = strategy.identity(idx) if field.idx is None else field.idx
        before = device.settings.stored(field.name, at)
        text = strategy.stored(field.name, text, before)
        if field.kind == "password":
            if not device.strategies.get(PasswordStrategy).agree(text, posted.get(name + REPEAT, text)):
                return [Notice("error", "The passwords do not match. Nothing was saved.")]
            if not device.strategies.get(PasswordStrategy).changes(field.name, text, at):
                continue
        if text != before:
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
    return [Notice("message", strategy.word(page.restart))]
