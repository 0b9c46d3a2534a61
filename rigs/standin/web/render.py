"""HTML: the frame around each page, forms of setting rows, tables. What comes from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

NAVIGATION: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Operation", (("Home", "/index.htm"),)),
    (
        "Setup",
        (
            ("Preferences", "/preferences.htm"),
            ("Network", "/network.htm"),
            ("Security", "/security.htm"),
            *((f"Identity {number}", "") for number in range(1, 10)),  # where: the unit knows
            ("Update", "/update.htm"),
        ),
    ),
    ("Information", (("Status", "/status.htm?tab=network"), ("Log", "/log.htm"), ("Log Filter", "/logfilter.htm"))),
    ("", (("Logout", "/logout.htm"),)),
)


@dataclass(frozen=True)
class Tab:
    """One tab above a page."""

    text: str
    link: str
    here: bool


@dataclass(frozen=True)
class Notice:
    """A box above a page; `kind` is message, warning or error."""

    kind: str
    text: str


@dataclass(frozen=True)
class Unit:
    """What the frame says of the base."""

    name: str
    version: str
    identity_page: str

    def tab(self, number: int, key: str) -> str:
        """The address of a tab of an identity."""
        return self.identity_page.format(number=number, tab=key)


def document(unit: Unit, content: str, *, here: str = "", tabs: Sequence[Tab] = (), inside: bool = True) -> bytes:
    """A whole page; `here` is the text of its entry in the list on the left, which only a session shows."""
    left = _navigation(unit, here) if inside else ""
    return (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">\n'
        "<html><head><title>snom m9</title>"
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        '<link rel="stylesheet" type="text/css" href="/style.css"></head>\n<body>'
        '<div id="head"><table width="100%"><tr><td class="mark">snom<span> m9</span></td>'
        f'<td class="unit">{escape(unit.name)}</td></tr></table></div>\n'
        f'<table id="frame"><tr><td id="left">{left}</td>\n<td id="main">{_tabs(tabs)}{content}</td></tr></table>\n'
        f'<div id="foot">snom m9 &nbsp;|&nbsp; Version {escape(unit.version)}</div></body></html>\n'
    ).encode()


def _navigation(unit: Unit, here: str) -> str:
    parts: list[str] = []
    for heading, entries in NAVIGATION:
        parts.append(f"<h4>{heading or '&nbsp;'}</h4>")
        for text, link in entries:
            mark = ' class="here"' if text == here else ""
            where = link or unit.tab(int(text.rpartition(" ")[2]), "account")
            parts.append(f'<a{mark} href="{escape(where)}">{text}</a>')
    return "".join(parts)


def _tabs(tabs: Sequence[Tab]) -> str:
    if not tabs:
        return ""
    links = (f'<a{_here(tab.here)} href="{escape(tab.link)}">{escape(tab.text)}</a>' for tab in tabs)
    return f'<div class="tabs">{"".join(links)}</div>\n'


def _here(here: bool) -> str:
    return ' class="here"' if here else ""


def notices(boxes: Iterable[Notice]) -> str:
    """The boxes above a page."""
    return "".join(f'<div class="{box.kind}">{escape(box.text)}</div>\n' for box in boxes)


def heading(text: str) -> str:
    """The title of a page."""
    return f"<h1>{escape(text)}</h1>\n"


def form(action: str, rows: str, buttons: Sequence[tuple[str, str]], hidden: dict[str, str] | None = None) -> str:
    """A form that is posted to `action`; `buttons` are names and texts."""
    fixed = "".join(f'<input type="hidden" name="{escape(n)}" value="{escape(v)}">' for n, v in (hidden or {}).items())
    submit = "".join(button(name, text) for name, text in buttons)
    return f'<form method="post" action="{escape(action)}"><table class="form">{rows}</table>{fixed}{submit}</form>\n'


def upload(action: str, label: str, name: str, text: str) -> str:
    """A form for one file; `text` is the button's."""
    control = f'<input type="file" name="{escape(name)}">'
    return (
        f'<form method="post" enctype="multipart/form-data" action="{escape(action)}">'
        f'<table class="form">{row(label, control)}</table>{button("upload", text)}</form>\n'
    )


def button(name: str, text: str) -> str:
    """A submit button."""
    return f'<input type="submit" name="{escape(name)}" value="{escape(text)}"> '


def row(label: str, control: str) -> str:
    """A row of a form; `control` is HTML."""
    return f'<tr><td class="label">{escape(label)}:</td><td>{control}</td></tr>\n'


def section(text: str) -> str:
    """A heading between rows of a form."""
    return f'<tr><th colspan="2">{escape(text)}</th></tr>\n'


def text_field(name: str, value: str, *, size: int = 32) -> str:
    """A line of text."""
    return f'<input type="text" name="{escape(name)}" value="{escape(value)}" size="{size}">'


def password_field(name: str) -> str:
    """An empty line for text that is not shown."""
    return f'<input type="password" name="{escape(name)}" value="" size="32" autocomplete="off">'


def switch(name: str, value: str) -> str:
    """Radio buttons: on, off."""
    buttons = []
    for option, text in (("true", "on"), ("false", "off")):
        checked = " checked" if value == option else ""
        buttons.append(f'<input type="radio" name="{escape(name)}" value="{option}"{checked}>{text}')
    return " ".join(buttons)


def choice(name: str, value: str, options: Sequence[tuple[str, str]]) -> str:
    """A drop-down; a value that is none of the options (settings files may bring one) is shown as it is."""
    known = [*options] if any(value == option for option, _ in options) else [*options, (value, value)]
    entries = (
        f'<option value="{escape(option)}"{" selected" if option == value else ""}>{escape(text)}</option>'
        for option, text in known
    )
    return f'<select name="{escape(name)}">{"".join(entries)}</select>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, raw: frozenset[int] = frozenset()) -> str:
    """A table with a head; columns whose number is in `raw` hold HTML already."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = []
    for number, cells in enumerate(rows):
        row_class = ' class="odd"' if number % 2 else ""
        tds = "".join(f"<td>{cell if at in raw else escape(cell)}</td>" for at, cell in enumerate(cells))
        body.append(f"<tr{row_class}>{tds}</tr>\n")
    return f'<table class="list"><tr>{head}</tr>\n{"".join(body)}</table>\n'
