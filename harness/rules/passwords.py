"""The passwords that digests are computed with; no text of a rule, no traceback and no `repr` shows them."""

from __future__ import annotations

from collections.abc import Collection, Mapping


class Passwords:
    """Passwords by digest user name, several where one was changed; `of_all` are tried for every name."""

    __slots__ = ("_by_name", "_of_all")

    def __init__(self, by_name: Mapping[str, Collection[str]] | None = None, of_all: Collection[str] = ()) -> None:
        self._by_name = {name: tuple(some) for name, some in (by_name or {}).items()}
        self._of_all = tuple(of_all)

    def __repr__(self) -> str:
        return f"<passwords of {len(self._by_name)} accounts>"

    def of(self, name: str) -> tuple[str, ...]:
        """The passwords for a user's digest; empty if none is known."""
        return (*self._by_name.get(name, ()), *self._of_all)


NO_PASSWORDS = Passwords()
