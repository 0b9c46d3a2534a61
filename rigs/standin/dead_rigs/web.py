"""Dead rig: web pages answer, and never change.

Login, licence and every page work; but each page is as it was when it was first asked for since power-on, and a form
that is sent, or a button that is pressed, gets that same page back and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.web.http import Request, Response
from rigs.standin.web.login import Login, Page

Address: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]

_first: WeakKeyDictionary[Login, dict[Address, Response]] = WeakKeyDictionary()


@defect(feature="web", replaces=Login.inside)
def frozen_pages(
    healthy: Callable[[Login, Request, Page], Response], login: Login, request: Request, page: Page
) -> Response:
    """A copy of the first answer of each address, for ever; what was posted goes nowhere."""

    def frozen(asked: Request) -> Response:
        known = _first.setdefault(login, {})
        key = asked.path, tuple(sorted(asked.query.items()))
        if key not in known:
            known[key] = page(replace(asked, method="GET", form={}))
        return replace(known[key])

    return healthy(login, request, frozen)
