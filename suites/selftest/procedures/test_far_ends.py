"""Whose fault it is when the far end is the wrong one, or does not tell of what reached it."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from harness.core.errors import InvalidTest, NotApplicable, RigFault
from harness.core.tones import NOTHING_HEARD, Tone, Tones
from harness.pbx.external import ExternalPbx
from harness.pbx.kamailio import Kamailio
from harness.pbx.protocol import PbxAccount
from harness.procedures.call import media
from harness.procedures.call.digits import Digits
from harness.procedures.call.voices import HANDSET, LEVEL_DBM0, voices_of
from harness.procedures.context import TestContext
from harness.procedures.dect.dect_link import IN_RANGE_DB, OUT_OF_RANGE_DB, DectLink
from harness.procedures.handset import lists
from harness.procedures.limits import limits

VOICES = voices_of(0)


@pytest.fixture
def listing(monkeypatch):
    """The lists of a handset that shows one entry, at a PBX with these peers; calls came from these (user, name)."""

    def acts(entry, *peers, calls=()):
        accounts = [
            PbxAccount(f"line-{n}", "secret", number=number, display=name) for n, (number, name) in enumerate(peers)
        ]
        invites = [SimpleNamespace(from_=SimpleNamespace(user=user, display=name)) for user, name in calls]
        context = SimpleNamespace(
            peer_account=lambda number: accounts[number - 1],
            pbx=SimpleNamespace(peer_accounts=accounts),
            wire=SimpleNamespace(sip=SimpleNamespace(all=lambda **conditions: invites)),
            base_addresses=(),
            began=0.0,
        )
        monkeypatch.setattr(lists, "Call", lambda context, handset, peer: SimpleNamespace(peer=peer))
        made = lists.CallLists(context, SimpleNamespace(number=1))
        monkeypatch.setattr(made, "_entries", lambda which: [entry])
        return made

    return acts


def test_another_peer_is_another_where_the_number_is_not_the_user(listing):
    acts = listing("201 10:20", ("201", ""), ("202", ""))
    assert acts.another(SimpleNamespace(peer=SimpleNamespace(number="201"))).peer == 2
    assert acts.call_with_new_peer_for("missed").peer == 2


def test_a_number_is_no_part_of_a_date_or_of_a_longer_number(listing):
    acts = listing("1001 24.11. 10:20", ("11", "Anna"), ("100", "Ben"), calls=[("00100", "Ben"), ("line-0", "Ann")])
    assert acts.call_with_new_peer_for("missed").peer == 1
    entries = ("1001 24.11. 10:20", "Ben 10:20", "00100 11:24", "Ann 24.11.", "Annabel", "11 11/24")
    owners = [[number for number in ("11", "100") if acts._is_of(entry, number)] for entry in entries]
    assert owners == [[], ["100"], ["100"], ["11"], [], ["11"]]


def test_a_name_that_two_peers_have_tells_of_neither(listing):
    acts = listing("Lab 10:20", ("11", "Lab"), ("12", "Lab"))
    with pytest.raises(InvalidTest, match="a look at the missed list"):
        acts.expect_newest("missed", "11")
    acts.look_at()
    with pytest.raises(InvalidTest, match="a display name of its own"):
        acts.expect_newest("missed", "11")
    with pytest.raises(InvalidTest, match="a peer who is not the newest entry"):
        acts.call_with_new_peer_for("missed")
    acts = listing("Lab 11", ("11", "Lab"), ("12", "Lab"))
    acts.look_at("missed")
    acts.expect_newest("missed", "11")


def digits_at(pbx):
    """The digits of a call through this PBX: they are right on the wire, and the peer tells of none."""

    def nothing(digits, within):
        raise InvalidTest(f"DTMF {digits}", "nothing")

    sent = [SimpleNamespace(digit=digit, ends=3) for digit in "12"]
    state = SimpleNamespace(
        context=TestContext(rig=None, profile=None, base=None, pbx=pbx, wire=None, handset=None, peer=None),
        leg=SimpleNamespace(name="peer1/1", audio=SimpleNamespace(digits="", expect_digits=nothing)),
        base_streams=lambda: [SimpleNamespace(dtmf=sent)],
        rules_speak=_nothing,
    )
    return Digits(state)


def test_digits_that_were_on_the_wire_and_not_told_are_the_peers_fault(tmp_path):
    with pytest.raises(RigFault, match="received no digit, the base's RTP carries 12"):
        digits_at(Kamailio("127.0.0.1", None, tmp_path, [])).expect_at_the_peer("12")


def test_a_pbx_of_the_lab_may_keep_digits_to_itself():
    with pytest.raises(NotApplicable, match="keeps it to itself: digits of the base"):
        digits_at(ExternalPbx("as.example.net", [])).expect_at_the_peer("12")


class _Broken(Exception):
    """The product's failure."""


@pytest.fixture
def ears(monkeypatch):
    """The audio of a call; `ears(here, there)`: what the handset and the peer hear, window by window."""
    monkeypatch.setattr(media, "limits", lambda: limits().model_copy(update={"ring_back": 0.2}))

    def heard(windows, last):
        left = [*windows]
        return lambda ms: left.pop(0) if left else last

    def made(here=(), there=(), by_rtp=(), sent=(), transparent=True):
        own, far = _reading(VOICES.to_handset_hz), _reading(VOICES.to_peer_hz)
        hear, listen = heard(there, far), heard(here, own)
        audio = SimpleNamespace(
            tone=_nothing, mute=_nothing, hear=hear, listen=lambda ms: SimpleNamespace(result=lambda: hear(ms))
        )
        leg = SimpleNamespace(audio=audio)
        handset = SimpleNamespace(
            tone=_nothing, mute=_nothing, listen=lambda ms: SimpleNamespace(result=lambda: listen(ms))
        )
        wire = SimpleNamespace(mark=lambda: 0.0, fence=_nothing)
        dialog = SimpleNamespace(bye=None, descriptions=list)
        context = SimpleNamespace(broken=_breaks, missing=_misses, needs_server_support=lambda what: nullcontext())
        context.has_transparent_pbx = transparent
        monkeypatch.setattr(media, "sent_by_rtp", lambda state, tone, *span: any(tone(one) for one in sent))
        monkeypatch.setattr(media, "came_by_rtp", lambda state, tone, *span: any(tone(one) for one in by_rtp))
        call = {
            "began": 0.0,
            "voices": VOICES,
            "talking": {HANDSET},
            "blames_who_ends_it": nullcontext,
            "rules_speak": _nothing,
        }
        state = SimpleNamespace(**call, context=context, leg=leg, handset_driver=handset, wire=wire, dialog=dialog)
        return media.CallMedia(state)

    return made


def _nothing(*words, **named):
    pass


def _misses(requirement, seen):
    raise InvalidTest(requirement, seen)


def _breaks(*words):
    raise _Broken(words[0])


def _reading(*hz):
    return Tones(-12.0, tuple(Tone(one, LEVEL_DBM0) for one in hz))


def test_a_burst_of_ring_back_after_a_pause_is_heard_beside_the_far_end(ears):
    alone, both = _reading(VOICES.to_handset_hz), _reading(VOICES.to_handset_hz, 425.0)
    ears(here=[alone] * 12).expect_the_peer_alone()
    with pytest.raises(_Broken, match="beside the far end"):
        ears(here=[*[alone] * 12, both]).expect_the_peer_alone()


def test_a_tone_that_the_server_sends_is_no_fault_of_the_base(ears):
    both = _reading(VOICES.to_handset_hz, 425.0)
    with pytest.raises(InvalidTest, match="425 Hz in the RTP towards the base"):
        ears(here=[both] * 12, by_rtp=[_reading(425.0)]).expect_the_peer_alone()
    with pytest.raises(_Broken, match="beside the far end"):
        ears(here=[both] * 12, by_rtp=[_reading(VOICES.to_handset_hz)]).expect_the_peer_alone()


@pytest.fixture
def link():
    """The air of a handset, and what was done to it."""
    done = []
    context = SimpleNamespace(addfinalizer=lambda restore: None)
    return DectLink(SimpleNamespace(context=context)), SimpleNamespace(attenuate=done.append), done


def fading(link, audio):
    """A call of a handset on this link, as the air knows it."""
    return SimpleNamespace(state=SimpleNamespace(handset_driver=SimpleNamespace(link=link)), media=audio)


def test_a_handset_that_is_heard_while_its_air_should_be_gone_makes_the_test_invalid(ears, link):
    air, own, done = link
    with pytest.raises(InvalidTest, match="silence at the peer"):
        air.fade(fading(own, ears()), seconds=0.05)
    assert done == [OUT_OF_RANGE_DB, IN_RANGE_DB]
    air.fade(fading(own, ears(there=[_reading(VOICES.to_peer_hz), *[NOTHING_HEARD] * 3])), seconds=0.0)


def test_silence_of_a_handset_that_does_not_talk_is_no_judgement(ears):
    silent = ears(there=[NOTHING_HEARD])
    silent.expect_silence_at_the_peer()
    silent._state.talking.clear()
    with pytest.raises(InvalidTest, match="a handset that talks"):
        silent.expect_silence_at_the_peer()


def test_music_of_a_server_is_no_voice_from_the_room(ears):
    music, voice = Tones(-14.8, (Tone(VOICES.to_peer_hz, -42.7),)), _reading(VOICES.to_peer_hz)
    ears(there=[music], transparent=False, sent=[NOTHING_HEARD]).expect_silence_at_the_peer()
    for where in ({"transparent": False, "sent": [voice]}, {"transparent": True}):
        with pytest.raises(_Broken, match="nothing of the room is heard"):
            ears(there=[music], **where).expect_silence_at_the_peer()
