"""Faults of the presence of an identity."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.base.settings import Settings
from rigs.standin.call.activity import Activities
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._altering import spoils_request
from rigs.standin.defects._healthy import InEffect
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.presence import Activity, Presence
from rigs.standin.sip.strategies import PUBLISHES
from rigs.standin.sip.transaction import Outcome

Doing = Callable[[Activities, int], Activity]
Waiting = Callable[[Presence, Outcome, Activity], float | None]


@defect(feature="presence", replaces=Settings.in_effect)
def presence_published_unasked(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Every identity tells the server what its user does, though the setting does not ask for it."""
    return "true" if name == PUBLISHES else healthy(settings, name, idx, stored)


@defect(feature="presence", replaces=Presence.start)
def presence_never_published(healthy: Callable[[Presence], None], identity: Presence) -> None:
    """No presence is published; colleagues see everybody as offline."""


@defect(feature="presence", replaces=Activities.of)
def who_talks_looks_free(healthy: Doing, activities: Activities, identity: int) -> Activity:
    """Somebody who talks is shown as online."""
    found = healthy(activities, identity)
    return Activity.ONLINE if found is Activity.IN_CALL else found


@defect(feature="presence", replaces=Activities.of)
def do_not_disturb_looks_free(healthy: Doing, activities: Activities, identity: int) -> Activity:
    """Somebody who is not to be disturbed is shown as online."""
    found = healthy(activities, identity)
    return Activity.ONLINE if found is Activity.DND else found


@defect(feature="presence", replaces=Activities.of)
def busy_looks_reachable(healthy: Doing, activities: Activities, identity: int) -> Activity:
    """Somebody who takes no second call is shown as if a second call would ring."""
    found = healthy(activities, identity)
    return Activity.IN_CALL if found is Activity.BUSY else found


@defect(feature="presence", replaces=Activities.handset)
def absent_handset_looks_present(healthy: Callable[[Activities, str], None], activities: Activities, ipui: str) -> None:
    """An identity whose handset is off is shown as online."""


@defect(feature="presence", replaces=Activities.changed)
def presence_sticks(healthy: Callable[[Activities, int], None], activities: Activities, identity: int) -> None:
    """What is published is what the user did when the identity registered."""


@defect(feature="presence", replaces=Presence.withdraw)
async def identity_never_goes_offline(healthy: Callable[[Presence], Async[None]], identity: Presence) -> None:
    """An identity that is switched off is shown as online for an hour."""


@defect(feature="presence", replaces=Presence.refresh_delay)
def presence_refreshed_too_late(healthy: Callable[[Presence, int], float], identity: Presence, granted: int) -> float:
    """A publication runs out before it is refreshed: its user is offline for a while."""
    return granted + 3.0


@spoils_request("PUBLISH", feature="presence", within=False)
def etag_forgotten(request: Request) -> Request:
    """Each publication is a new one: the server has several states of one user."""
    request.headers.remove("SIP-If-Match")
    return request


@defect(feature="presence", replaces=Presence.wait_after)
def forgotten_publication_is_given_up(
    healthy: Waiting, identity: Presence, outcome: Outcome, now: Activity
) -> float | None:
    """After the server has lost a publication, its user stays offline."""
    wait = healthy(identity, outcome, now)
    return None if isinstance(outcome, Response) and outcome.status == 412 else wait


@defect(feature="presence", replaces=Presence.wait_after)
def server_without_presence_is_asked_in_a_ring(
    healthy: Waiting, identity: Presence, outcome: Outcome, now: Activity
) -> float | None:
    """A server that takes no presence is asked every second."""
    wait = healthy(identity, outcome, now)
    return 1.0 if wait is None else wait


@spoils_request("PUBLISH", feature="presence", within=False)
def presence_of_nobody(request: Request) -> Request:
    """The document does not say whose presence it tells."""
    request.body = request.body.replace(b' entity="sip:', b' entity="pres:nobody@')
    return request
