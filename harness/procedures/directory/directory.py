"""The directory of an identity: the LDAP tab, the harness's server and its people."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from harness.capture.ldap import INVALID_CREDENTIALS
from harness.core import overrides
from harness.procedures import judging
from harness.procedures.directory.browsing import Browsing
from harness.services import people

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule
    from harness.rig.factory import Services
    from harness.services.people import Person

FILE = Path(__file__).with_name("defaults.yaml")
SETTING = "ldap_"


@overrides.cached
def defaults() -> dict[str, str]:
    """The settings of defaults.yaml with what a lab learned."""
    return dict(overrides.over("directory", yaml.safe_load(FILE.read_text(encoding="utf-8"))))


class Directory:
    """The LDAP server and the settings of one identity; `handset` is the handset that searches."""

    def __init__(self, context: TestContext, services: Services, identity: int = 1, handset: int = 1) -> None:
        self._context = context
        self._server = services.directory
        self._identity = identity
        self._noted = context.began
        self.handset = Browsing(context, context.handset(handset))

    # who is in it

    @property
    def owners(self) -> list[Person]:
        """The people of the directory whose numbers the peers call from, in their order."""
        return people.owners(self._numbers)

    @property
    def staff(self) -> list[Person]:
        """Others with the same numbers, whom only the login may see."""
        return people.staff(self._numbers)

    def person(self, number: int) -> Person:
        """One of the many; by the number's rest at division by three it is written international, national or local."""
        return people.people()[number]

    @property
    def hits_without_login(self) -> int:
        """How many people the server gives to who has not logged in."""
        return people.ANONYMOUS_HITS

    # acts on the base

    def use(self, **values: str) -> None:
        """The identity uses the directory, set on its LDAP tab; `values` are settings without `ldap_`."""
        self._server.require(self._numbers)
        self._note("up")
        mine = {f"{SETTING}server": self._server.address, f"{SETTING}base": people.PEOPLE}
        wanted = {**defaults(), **mine, **{f"{SETTING}{name}": value for name, value in values.items()}}
        self._context.base.change_all({(name, self._identity): value for name, value in wanted.items()})

    def change(self, name: str, value: str) -> None:
        """One setting more, without `ldap_`."""
        self._context.base.change(f"{SETTING}{name}", value, idx=self._identity)

    def use_login(self, *, base: str = people.STAFF, password: str = "") -> None:
        """As `use`, with the login of the phones, by default for the people that only it may see."""
        self.use(base=base, username=people.LOGIN, password=password or self._server.password)

    def use_without_login(self, base: str = people.STAFF) -> None:
        """As `use`, for the people that only a login may see."""
        self.use(base=base)

    # acts on the server

    def freeze(self) -> None:
        """The server takes connections and answers nothing."""
        self._context.addfinalizer(self._server.start)
        self._server.freeze()
        self._note("frozen")

    def thaw(self) -> None:
        """It answers what it was asked meanwhile."""
        self._server.thaw()
        self._note("up")

    def stop(self) -> None:
        """The server is away: connections are refused. It is back for the next test."""
        self._context.addfinalizer(partial(self._server.require, self._numbers))
        self._server.stop()
        self._note("down")

    # what is expected

    def require_asked(self) -> None:
        """Required: the base has asked the server since it was frozen."""
        self._context.wire.ldap.require(
            operation="bind",
            source=self._context.base_addresses,
            since=self._noted,
            timeout=self._context.answer,
            what="bind of the base",
        )

    def expect_search(self) -> None:
        """The base searches; whether for the right one is a rule's word."""
        with judging.rules_first(self._context):
            self._context.wire.ldap.expect(
                operation="search",
                source=self._context.base_addresses,
                timeout=self._context.answer,
                claim="the directory is searched",
            )

    def expect_refused_login(self) -> None:
        """The base has logged in, the server has refused it, and nothing was searched after it."""
        wire, base = self._context.wire.ldap, self._context.base_addresses
        refused = wire.require(
            operation="bind result", result=INVALID_CREDENTIALS, dest=base, since=self._context.began, what="a refusal"
        )
        wire.never(
            operation="search", source=base, since=refused.at, claim="a refused login is no reason to search without"
        )

    def judge(self, rule: Rule | str) -> None:
        """The test by one rule of the profile, or its id."""
        __tracebackhide__ = True
        row = self._context.profile.rule(rule) if isinstance(rule, str) else rule
        judging.judge_rule(self._context, row)

    @property
    def _numbers(self) -> list[str]:
        return [account.dialled for account in self._context.pbx.peer_accounts]

    def _note(self, state: str) -> None:
        self._noted = self._context.wire.mark()
        self._context.did("directory", at=self._noted, state=state)
