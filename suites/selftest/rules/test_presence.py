"""Publications on paper: one thing spoiled at a time."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from harness.rules.publications import PUBLISHES, entity_of, state_in
from suites.selftest.rules.registrations import SERVER, Room

HELD, UNSAID, NOT_EXERCISED = Result.HELD, Result.CANNOT_BE_SAID, Result.NOT_EXERCISED


def document(activity: str = "", *, basic: str = "open", note: str = "", entity: str = f"sip:41@{SERVER}") -> str:
    """A PIDF document with an activity of RPID."""
    doing = f"<r:activities><r:{activity}/></r:activities>" if activity else ""
    names = 'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"'
    tuple_ = f'<tuple id="t"><status><basic>{basic}</basic></status><note>{note}</note></tuple>'
    return f'<presence {names} entity="{entity}">{tuple_}{doing}</presence>'


class Publishing(Room):
    """An identity that is told to publish; `etags` counts what the server gave out."""

    def publishes(self, *changed: str, body: str = "", etag: str = "", expires: int = 3600) -> None:
        """PUBLISH and, where an `etag` is given, its 200."""
        lines = [f"CSeq: {self.number + 1} PUBLISH", "Event: presence", "Call-ID: p1@snom", "Contact:", *changed]
        lines.append(f"Content-Length: {len(body)}")
        self.asks(*lines, expires=expires, first=f"PUBLISH sip:41@{SERVER} SIP/2.0", body=body)
        if etag:
            self.says(200, f"SIP-ETag: {etag}", f"Expires: {expires}")


def told(value: str = "true") -> Publishing:
    """The identity whose setting has this value."""
    room = Publishing()
    room.setting(PUBLISHES, value)
    room.passes(1)
    return room


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (document(), "online"),
        (document("on-the-phone"), "in-call"),
        (document("busy"), "busy"),
        (document("away"), "away"),
        (document("busy", note="Do Not Disturb"), "dnd"),
        (document(basic="closed"), "offline"),
        ("<presence/>", ""),
        ("no document", ""),
        ('<!DOCTYPE x [<!ENTITY e "e">]>' + document(), ""),
    ],
)
def test_what_a_document_says(body, state):
    assert state_in(body.encode()) == state
    assert entity_of(document().encode()) == "41"


def test_presence_is_published_where_it_is_asked_for():
    room = told()
    room.publishes(body=document(), etag="a")
    assert room.says_of("FEA-1").result is HELD
    off = told("false")
    off.publishes(body=document(), etag="a")
    assert off.says_of("FEA-1").broken
    off = told("false")
    off.publishes("SIP-If-Match: a", expires=0)
    assert not off.says_of("FEA-1").broken
    lync = told()
    lync.profile = "lync"
    lync.publishes(body=document(), etag="a")
    assert lync.says_of("FEA-1").broken


@pytest.mark.parametrize(("condition", "held"), [("SIP-If-Match: a", True), ("SIP-If-Match: b", False), ("", False)])
def test_a_publication_names_the_one_before(condition, held):
    room = told()
    room.publishes(body=document(), etag="a")
    room.passes(10).publishes(*[condition] * bool(condition), body=document("away"), etag="c")
    assert bool(room.says_of("SIP-PUBLISH").broken) is not held


def test_a_challenge_is_not_the_one_before():
    room = told()
    room.publishes(body=document())
    room.says(407, "Proxy-Authenticate: Digest realm=x, nonce=n")
    room.publishes(body=document(), etag="a")
    assert not room.says_of("SIP-PUBLISH").broken


@pytest.mark.parametrize(("seconds", "held"), [(300, True), (700, False), (None, False)])
def test_a_publication_is_refreshed_before_it_runs_out(seconds, held):
    room = told()
    room.publishes(body=document(), etag="a", expires=600)
    if seconds:
        room.passes(seconds).publishes(*["SIP-If-Match: a"] * held, body="" if held else document(), etag="b")
    room.passes(601).is_asked("OPTIONS")
    assert bool(room.says_of("SIP-PUBLISH").broken) is not held


@pytest.mark.parametrize(("seconds", "held"), [(0.1, True), (8.0, False), (None, False)])
def test_after_412_a_publication_is_made_anew(seconds, held):
    room = told()
    room.publishes(body=document(), etag="a")
    room.passes(5).publishes("SIP-If-Match: a", body=document("away"))
    room.says(412)
    if seconds:
        room.passes(seconds).publishes(body=document("away"), etag="b")
    room.passes(9).is_asked("OPTIONS")
    assert bool(room.says_of("SIP-PUBLISH").broken) is not held


@pytest.mark.parametrize("status", [405, 489, 501])
def test_a_server_without_presence_is_left_alone(status):
    room = told()
    room.publishes(body=document())
    room.says(status)
    assert room.says_of("SIP-PUBLISH").result is HELD
    room.passes(60).publishes(body=document())
    assert room.says_of("SIP-PUBLISH").broken
    again = told()
    again.publishes(body=document())
    again.says(status)
    again.setting(PUBLISHES, "true")
    again.publishes(body=document(), etag="a")
    assert not again.says_of("SIP-PUBLISH").broken


def test_a_document_of_somebody_else_is_named():
    room = told()
    room.publishes(body=document(entity="pres:nobody@41@x"), etag="a")
    assert room.says_of("SIP-PUBLISH").broken


@pytest.mark.parametrize(("state", "held"), [(document("busy", note="Do not disturb"), True), (document(), False)])
def test_do_not_disturb_is_published_soon(state, held):
    room = told()
    room.publishes(body=document(), etag="a")
    room.passes(10).setting("user_dnd", "on")
    if held:
        room.publishes("SIP-If-Match: a", body=state, etag="b")
    room.passes(9).is_asked("OPTIONS")
    found = [one.claim for one in room.says_of("FEA-1").broken]
    assert found == ([] if held else ["what is published is what the user does"])


def test_a_change_that_a_server_refused_is_no_break():
    room = told()
    room.publishes(body=document(), etag="a")
    room.passes(10).setting("user_dnd", "on")
    room.publishes("SIP-If-Match: a", body=document("busy"))
    room.says(489)
    room.passes(9).is_asked("OPTIONS")
    assert not room.says_of("FEA-1").broken
