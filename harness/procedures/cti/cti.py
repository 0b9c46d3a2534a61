"""Action URLs of identities: set, waited for at the harness's own server, and judged over the whole test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired
from harness.procedures import judging
from harness.rules.action_urls import SETTINGS
from harness.rules.call_refusal import DND

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule
    from harness.services.action_server import ActionServer

ROWS = ("ACT-TOLD", "ACT-ONLY")
ALL = tuple(SETTINGS)
"""All events, in the presentation's order."""
STEP_S = 1e-6
"""Two requests are told apart by as much."""
NOBODY = 9
"""The port at which nothing listens (discard)."""


class Cti:
    """Acts on settings and server; `expect` waits for a request, and for what must not come after a later one."""

    def __init__(self, context: TestContext, server: ActionServer) -> None:
        self._context = context
        self._server = server
        self._seen: dict[str, float] = {}
        server.start()
        context.addfinalizer(lambda: server.answer("usual"))
        context.addfinalizer(server.start)

    # settings

    def set_on_page(self, *events: str, identity: int = 1, query: str = "", at: str = "") -> None:
        """The URLs of these events, by default of all: each names identity and event in its path.

        `query` is what stands behind the question mark, `at` another server: see `dead` and `nowhere`.
        """
        self._context.base.change_all(
            {(SETTINGS[event], identity): self.url(event, identity, query, at) for event in events or ALL}
        )

    def provision(self, *events: str, identity: int = 1, query: str = "") -> None:
        """The same by the base's document; the base restarts."""
        *most, last = events or ALL
        for event in most:
            self._provision(event, identity, query, reboot=False)
        self._provision(last, identity, query)

    def _provision(self, event: str, identity: int, query: str, *, reboot: bool | None = None) -> None:
        url = self.url(event, identity, query)
        self._context.base.change(SETTINGS[event], url, identity, "provisioning", reboot=reboot)

    def clear_on_page(self, *events: str, identity: int = 1) -> None:
        """No URL is set for these events any more, by default for none."""
        self._context.base.change_all({(SETTINGS[event], identity): "" for event in events or ALL})

    def expect_on_page(self, *events: str, identity: int = 1) -> None:
        """The Action URLs tab shows what was set."""
        for event in events or ALL:
            shown = self._context.setting(SETTINGS[event], identity)
            claim = f"the URL of {event} on the page is the one that was set"
            self._context.same(claim, shown, [self.url(event, identity)])

    def url(self, event: str, identity: int, query: str = "", at: str = "") -> str:
        """The URL of an event in this test."""
        path = _path(event, identity) + (f"?{query}" if query else "")
        return f"http://{at}{path}" if at else self._server.url(path)

    @property
    def dead(self) -> str:
        """Host and port where nothing listens: connections are refused."""
        return f"{self._context.rig.network.host}:{NOBODY}"

    @property
    def nowhere(self) -> str:
        """The address of no host."""
        network = self._context.rig.network
        return f"{network.at(network.bases - 1)}:{NOBODY}"

    # the server

    def server_answers(self, manner: str) -> None:
        """From now on the server answers in this manner, see `harness.services.action_server.MANNERS`."""
        self._server.answer(manner)

    def server_goes_away(self) -> None:
        """It refuses connections."""
        self._server.stop()

    def server_comes_back(self) -> None:
        """It takes connections again."""
        self._server.start()

    def server_is_trusted(self, *, trusted: bool) -> None:
        """A test has given the server another certificate: events are due there only while clients may trust it."""
        self._server.note_trust(trusted=trusted)

    # handsets

    def know_handset(self, number: int = 1) -> None:
        """Read the IPUI of a handset: by it the base knows which identities it is bound to."""
        status = self._context.handset(number).link.status()
        self._context.saw("ipui", status.ipui, handset=number)

    # what is expected

    def expect(self, *events: str, identity: int = 1) -> None:
        """The server gets a request for each of these events, one more than was waited for before."""
        waits = self._server.keeps_waiting
        for event in events:
            self._expect(event, identity, self._patience if waits else self._context.answer)

    def expect_behind_another(self, *events: str, identity: int = 1) -> None:
        """The same where another server is not there: it may take as long as a base may wait for that."""
        for event in events:
            self._expect(event, identity, self._patience)

    def expect_nothing_more(self) -> None:
        """A fence: an event of another identity has its request, so that none before it can come any more."""
        identity = self._context.handsets_in_use[-1].identity
        self.set_on_page("dnd on", identity=identity)
        self._context.base.change(DND, "on", idx=identity)
        self.expect("dnd on", identity=identity)

    def judge(self, *rows: str) -> None:
        """Everything of the test by the rules of action URLs, by default: each event is told, and nothing else."""
        __tracebackhide__ = True
        judging.judge_rules(self._context, [self._row(name) for name in rows or ROWS])

    @property
    def _patience(self) -> float:
        return float(self._row(ROWS[0]).expect["patience_s"])

    def _expect(self, event: str, identity: int, within: float) -> None:
        __tracebackhide__ = True
        path = _path(event, identity)
        since = self._seen.get(path, self._context.began)
        try:
            self._seen[path] = self._server.expect(path, within, since).at + STEP_S
        except WaitExpired as expired:
            with judging.rules_first(self._context):
                self._context.broken(f"{event} of identity {identity} is told", f"GET {path}", expired.last_seen)

    def _row(self, name: str) -> Rule:
        return self._context.profile.rule(name)


def _path(event: str, identity: int) -> str:
    return f"/{identity}/{event.replace(' ', '-')}"
