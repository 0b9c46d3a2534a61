"""One profile on a rig: its PBX runs, the base is provisioned and registered, its handsets and peers are ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from harness.core import clock, steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest, M9Error, NotApplicable, ProductFailure, RigFault
from harness.core.life_cycle import Stacked
from harness.pbx.protocol import Ability, can
from harness.rig import addresses, capture_point, factory, identities, pbx_rejection
from harness.rig.pools import Handsets, Peers
from harness.rig.rig_session import RigSession

if TYPE_CHECKING:
    from harness.base.driver import Base
    from harness.capture.messages import SipMessage
    from harness.pbx.protocol import Pbx
    from harness.profiles.model import Profile


class ProfileSession(Stacked):
    """Entering it boots the base once with the profile's document; after that tests only restart it to test restarts.

    Facts about the base go into `facts` at once. Raises RigFault for a part that does not answer,
    ProductFailure for a base that stops during the boot.
    """

    pbx: Pbx
    base: Base
    handsets: Handsets
    peers: Peers

    def __init__(self, rig_session: RigSession, profile: Profile, facts: dict[str, Any] | None = None) -> None:
        self.rig_session = rig_session
        self.profile = profile
        self.facts = {} if facts is None else facts
        self.refused: dict[str, RigFault] = {}
        """The faults of accounts that an external PBX refuses, by user; the others are used without them."""
        self._verified_at = 0.0

    @property
    def identities(self) -> list[int]:
        """The identities of the base in use."""
        return identities.identities_of(self.rig_session.rig, len(self.pbx.accounts))

    @property
    def users(self) -> list[str]:
        """The accounts that the base's identities are registered with."""
        found = [identities.account_of(self.pbx, number).user for number in self.identities]
        return [user for user in found if user not in self.refused]

    @property
    def names(self) -> dict[str, str]:
        """The names of addresses for ladders, the base first; a PBX of the lab has its name of the rig file."""
        pbx = "PBX" if can(self.pbx, Ability.OWN) else self.profile.name
        return {self.base.web.address: "base", **self.rig_session.names, **dict.fromkeys(self.pbx.addresses, pbx)}

    @cached_property
    def read_back(self) -> str:
        """The Server Type on the web UI, read once for each profile; raises InvalidTest if it is another.

        No rule of a profile is judged before this check (design, law 8).
        """
        wanted = self.profile.web.server_type
        for identity in self.identities:
            shown = self.base.server_type(identity)
            if wanted and shown != wanted:
                raise InvalidTest(
                    f"the web UI shows Server Type {wanted} for identity {identity}",
                    f"it shows {shown}",
                    remedy="compare user_pbxtype with this unit's name of the setting: run `m9 survey`",
                )
        self.facts["firmware"] = self.base.version()
        return wanted

    def require_firmware(self, image: Path) -> None:
        """Raise RigFault unless the base runs the version that an image's name says (m9-<version>.bin)."""
        wanted = image.stem.removeprefix("m9-")
        running = self.base.version()
        self.facts["firmware"] = running
        if running != wanted:
            raise factory.lost(
                "base", f"it runs {running}, this run is about {wanted}", f"install {image.name} on it, then run again"
            )

    @contextmanager
    def base_in_use(self) -> Iterator[Base]:
        """The base for one test: ready and registered; settings that the test changes are restored after it."""
        self._make_ready()
        try:
            yield self.base
        finally:
            self.rig_session.services.revive()  # restoring the settings needs them
            if self.base.journal.pending:
                self.base.restore()

    # starting

    def _start(self, stack: ExitStack) -> None:
        from harness.base.driver import Base

        rig_session, rig = self.rig_session, self.rig_session.rig
        rig_session.services.revive()
        rig_session.capture.tidy()
        self.pbx = factory.pbx(rig, self.profile.name, rig_session.folder, rig_session.secured)
        self.pbx.start()
        stack.callback(self.pbx.stop)
        address = rig.base.address if rig.base.address != "dhcp" else "0.0.0.0"
        web = stack.enter_context(factory.web(rig, address, rig_session.folder))
        self.base = Base(
            web,
            rig_session.services.http,
            mac=rig.base.mac,
            journal=rig_session.lease.directory,
            dhcp=rig_session.services.dnsmasq if rig.base.address == "dhcp" else None,
            power=None if rig.power.kind == "none" else rig_session.plug,
            path=factory.PROVISIONING,
            boot=rig.timing.boot,
            register=rig.timing.register_,
            secrets=self._secret,
            registered=self._registered,
        )
        self.handsets = Handsets(rig_session, web.dect.open_registration, self._fault_of)
        self.peers = stack.enter_context(Peers(rig_session, self.pbx))
        self._boot()

    def _boot(self) -> None:
        """Offer the profile's document, restart the base to fetch it, and restore settings after a crash."""
        rig = self.rig_session.rig
        self.base.offer(identities.values(rig, self.pbx, self.profile), replace=True)
        self.base.meet_again(rig.timing.boot)
        by: Literal["web", "power"] = "web" if rig.power.kind == "none" else "power"
        if by == "web":
            self.base.web.address = self.rig_session.base_address(rig.timing.boot)
        self._restart_in_sight(by)
        self._verified_at = clock.now()
        if self.base.journal.pending:
            steps.publish("base", "an earlier run left changed settings; they are restored")
            self.base.restore()

    def _restart_in_sight(self, by: Literal["web", "power"]) -> None:
        """Restart the base; if the capture cannot see base and PBX both ways, this is a rig fault, not the base's."""
        rig_session = self.rig_session
        try:
            self.base.reboot(by=by, users=self.users)
        except ProductFailure:
            rig_session.capture.check_mirror()
            within = rig_session.rig.timing.answer
            capture_point.prove(rig_session.capture, self.base.web.address, self.pbx, within)
            raise
        own = addresses.of_the_base(rig_session.rig, self.base.web.address)
        capture_point.require_requests(rig_session.capture, rig_session.wire.messages(since=self._last_fetch()), own)

    def _make_ready(self) -> None:
        """Make sure that PBX and base answer and the base is registered; if it is not, it is restarted once."""
        self._revive_pbx()
        if self._last_fetch() <= self._verified_at and self._answers() and self._bound():
            return
        try:
            self._await_users()
        except M9Error:
            if self.rig_session.rig.power.kind == "none":
                raise
            steps.publish("base", "the last test left the base in a bad state; it is restarted")
            self.base.reboot(by="power", users=self.users)
        self._verified_at = clock.now()

    def _revive_pbx(self) -> None:
        """Restart a PBX that died in the test before; it has no bindings then, so all clients register again."""
        try:
            self.pbx.check()
        except RigFault as fault:
            steps.publish("pbx", f"it is restarted: {fault.text}")
            self.pbx.stop()
            self.pbx.start()
            self.peers.renew()
            self.base.reboot(by="web" if self.rig_session.rig.power.kind == "none" else "power", users=self.users)
            self._verified_at = clock.now()

    def _await_users(self) -> None:
        try:
            self.base.web.answers(self.rig_session.rig.timing.boot)
            for user in self.users:
                wait_until(
                    lambda user=user: self._registered(user),  # type: ignore[misc]
                    what=f"{user} registers",
                    within=self.rig_session.rig.timing.register_,
                )
            wait_until(self._bound, what="the PBX holds all bindings", within=self.rig_session.rig.timing.register_)
        except WaitExpired as error:
            raise factory.lost("base", str(error), "the base is restarted; see the test before this one") from error

    def _bound(self) -> bool:
        """Whether the PBX has a binding of every user; True for a PBX that cannot be asked."""
        return all(self.pbx.registered(user) is not False for user in self.users)

    def _answers(self) -> bool:
        try:
            self.base.web.answers(1.0)
        except WaitExpired:
            return False
        return True

    def _last_fetch(self) -> float:
        fetches = [fetch.at for fetch in self.rig_session.services.http.fetches if fetch.path == self.base.path]
        return fetches[-1] if fetches else 0.0

    def _registered(self, user: str) -> bool:
        """Whether a 200 for this user's REGISTER was on the wire since the base last fetched its settings.

        A user that an external PBX refuses without a cause in the request is waited for no longer: see `refused`.
        Raises RigFault when it refuses all of them.
        """
        messages = self.rig_session.wire.messages(since=self._last_fetch())
        for message in messages:
            if message.status == 200 and message.cseq.method == "REGISTER" and message.to.user == user:
                return True
        fault = self._refusal(messages, user)
        if fault is None:
            return False
        self.refused[user] = fault
        if not self.users:
            raise fault
        self.facts.setdefault("refused", {})[user] = fault.text
        steps.publish("pbx", f"the run goes on without {user}: {fault.text}")
        return True

    def _refusal(self, messages: list[SipMessage], user: str) -> RigFault | None:
        if can(self.pbx, Ability.OWN):
            return None
        account = next(account for account in self.pbx.accounts if account.user == user)
        return pbx_rejection.refusal(messages, account, self.pbx.registrar, clock.now())

    def _fault_of(self, identity: int) -> M9Error | None:
        """Why an identity has no account that registers."""
        there = len(self.pbx.accounts)
        if identity > there:
            return NotApplicable(f"needs an account for identity {identity}, the PBX has {there}")
        return self.refused.get(identities.account_of(self.pbx, identity).user)

    def _secret(self, name: str, index: int) -> str | None:
        """A secret as provisioned in this run, for the settings journal."""
        rig = self.rig_session.rig
        if name == "base_pin":
            return rig.base.pin.value()
        if name == "http_password":
            return rig.base.web.password.value()
        if name == "user_pass" and index in range(1, len(self.pbx.accounts) + 1):
            return identities.account_of(self.pbx, index).password
        if name == "ldap_password":  # a test's own: outside of tests no identity logs in to a directory
            return ""
        return None
