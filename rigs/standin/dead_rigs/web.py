"""Dead rig: web pages answer, and never change.

Login, licence and every page work; but each page is as it was when it was first asked for since power-on, and a form
that is sent, or a button that is pressed, gets that same page back and does nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.web.http import Request, Response
from rigs.standin.web.strategies import ServingStrategy


class FrozenPages(ServingStrategy):
    """The first answer of each address, for ever."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, tuple[tuple[str, str], ...]], Response] = {}

    def response(self, request: Request, page: Callable[[Request], Response]) -> Response:
        """A copy of the first answer; what was posted goes nowhere."""
        key = request.path, tuple(sorted(request.query.items()))
        if key not in self._first:
            self._first[key] = page(replace(request, method="GET", form={}))
        return replace(self._first[key])
