"""At a PBX that re-writes what it passes on, a test is judged where its occasion reached the base, else not applicable.

The suites run at it as at a lab's own PBX. What it keeps to itself must not fail, and must not pass either.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.plugin import runfolder
from suites.selftest.occasions.bring_up import rig_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
CALLS = ROOT / "suites" / "calls"
LIMIT = 600.0
KEEPS = "the PBX in between keeps it to itself: "

DIALOG = {
    "test_an_unknown_extension_that_is_required_is_refused_by_name",
    "test_a_ping_within_a_call_is_answered",
    "test_headers_and_option_tags_that_nobody_knows_are_passed_over",
    "test_an_update_in_a_call_is_answered",
    "test_an_invite_without_an_offer_gets_one",
    "test_a_hold_does_not_end_the_session_timer",
}
HOLD = {
    "test_held_party_is_offered_what_the_platform_wants",
    "test_nothing_is_sent_to_a_far_end_that_holds",
    "test_each_direction_of_an_offer_has_an_answer_that_fits",
    "test_the_old_form_of_hold_is_taken_as_hold",
    "test_a_call_that_both_hold_stays_on_hold_until_both_have_resumed",
    "test_what_a_holding_far_end_plays_is_heard",
}
MEDIA = {
    "test_a_call_in_one_codec_carries_audio_both_ways",
    "test_a_call_in_g726_is_packed_as_the_rfc_says",
    "test_an_offer_lists_the_codecs_in_the_order_that_was_set",
    "test_an_answer_keeps_the_order_of_the_offer",
    "test_packets_have_the_length_that_was_set",
    "test_every_digit_arrives_once_and_in_order",
    "test_a_digit_has_the_number_that_the_far_end_described",
    "test_digits_go_by_info_when_the_identity_says_so",
    "test_digits_of_the_far_end_do_not_disturb_the_call",
    "test_reports_go_on_while_the_far_end_holds",
    "test_media_goes_to_where_media_comes_from",
}
SET_UP = {
    "test_an_incoming_call_is_answered_and_carries_audio_both_ways",
    "test_a_caller_who_withholds_the_number_is_anonymous",
    "test_early_media_of_the_far_end_reaches_the_ear",
    "test_a_ringing_far_end_is_heard_and_shown",
    "test_a_busy_far_end_ends_the_call",
    "test_a_declining_far_end_ends_the_call",
    "test_a_call_taken_by_another_device_is_not_missed",
}
PLAYED = {"test_dialog.py": DIALOG, "test_hold.py": HOLD, "test_media.py": MEDIA, "test_set_up.py": SET_UP}
"""The tests that have a peer do what a PBX in between need not pass on, and calls that need nothing of it."""

KEPT_BY: dict[str, dict[str, str]] = {
    "numbers": {
        "test_an_unknown_extension_that_is_required_is_refused_by_name": "Require",
        "test_a_ping_within_a_call_is_answered": "OPTIONS",
        "test_an_update_in_a_call_is_answered": "UPDATE",
        "test_each_direction_of_an_offer_has_an_answer_that_fits[inactive]": "offer of inactive",
        "test_the_old_form_of_hold_is_taken_as_hold": "hold of the far end by 0.0.0.0",
        "test_a_digit_has_the_number_that_the_far_end_described": "number 110 of telephone-event",
        "test_digits_of_the_far_end_do_not_disturb_the_call": "INFO",
        "test_media_goes_to_where_media_comes_from": "a media port of the far end's own",
        "test_a_declining_far_end_ends_the_call": "603",
        "test_a_call_taken_by_another_device_is_not_missed": "Reason of a CANCEL",
    },
    "own-offers": {
        "test_an_unknown_extension_that_is_required_is_refused_by_name": "Require",
        "test_a_ping_within_a_call_is_answered": "OPTIONS",
        "test_headers_and_option_tags_that_nobody_knows_are_passed_over": "X-Asterisk-HangupCause",
        "test_an_update_in_a_call_is_answered": "UPDATE",
        "test_a_hold_does_not_end_the_session_timer": "Session-Expires",
        "test_nothing_is_sent_to_a_far_end_that_holds": "hold of the far end",
        "test_each_direction_of_an_offer_has_an_answer_that_fits[sendonly]": "offer of sendonly",
        "test_each_direction_of_an_offer_has_an_answer_that_fits[recvonly]": "offer of recvonly",
        "test_each_direction_of_an_offer_has_an_answer_that_fits[inactive]": "offer of inactive",
        "test_a_call_that_both_hold_stays_on_hold_until_both_have_resumed": "hold of the far end",
        "test_what_a_holding_far_end_plays_is_heard": "hold of the far end",
        "test_reports_go_on_while_the_far_end_holds": "hold of the far end",
        "test_a_call_in_one_codec_carries_audio_both_ways[G.722]": "offer of G722 before all others",
        "test_a_call_in_g726_is_packed_as_the_rfc_says": "offer of G726-32",
        "test_an_answer_keeps_the_order_of_the_offer": "offer of G722, PCMU, PCMA before all others",
        "test_packets_have_the_length_that_was_set": "an occasion of RTP-2",
        "test_every_digit_arrives_once_and_in_order": "digits of the base on their way to the far end",
        "test_a_digit_has_the_number_that_the_far_end_described": "number 110 of telephone-event",
        "test_digits_of_the_far_end_do_not_disturb_the_call": "telephone events of the far end",
        "test_a_ringing_far_end_is_heard_and_shown": "180 Ringing",
        "test_a_call_taken_by_another_device_is_not_missed": "Reason of a CANCEL",
    },
}
"""What each variant keeps, and the reason that must be given: these must not pass."""


@dataclass(frozen=True)
class Spoilt:
    """A base with defects: those tests that see them, and those whose occasion the PBX keeps to itself."""

    defects: tuple[str, ...]
    seen: frozenset[str]
    kept: frozenset[str]


SPOILT = {
    "numbers": Spoilt(
        defects=(
            "hold-keeps-sendrecv",
            "symmetric-rtp-ignored",
            "far-digits-refused",
            "answered-elsewhere-missed",
            "ping-in-a-call-unanswered",
        ),
        seen=frozenset({"test_held_party_is_offered_what_the_platform_wants"}),
        kept=frozenset(
            {
                "test_media_goes_to_where_media_comes_from",
                "test_digits_of_the_far_end_do_not_disturb_the_call",
                "test_a_call_taken_by_another_device_is_not_missed",
                "test_a_ping_within_a_call_is_answered",
            }
        ),
    ),
    "own-offers": Spoilt(
        defects=(
            "hold-keeps-sendrecv",
            "symmetric-rtp-ignored",
            "codec-order-ignored",
            "g722-is-alaw",
            "music-on-hold-not-played",
        ),
        seen=frozenset(
            {
                "test_held_party_is_offered_what_the_platform_wants",
                "test_media_goes_to_where_media_comes_from",
                "test_an_offer_lists_the_codecs_in_the_order_that_was_set",
            }
        ),
        kept=frozenset(
            {
                "test_a_call_in_one_codec_carries_audio_both_ways[G.722]",
                "test_what_a_holding_far_end_plays_is_heard",
            }
        ),
    ),
}


class Played:
    """A part of the suites, run at the PBX: verdicts and reasons by the test's name and its own parameter."""

    def __init__(self, folder: Path, variant: str, names: Mapping[str, set[str]], defects: Sequence[str] = ()) -> None:
        rig = rig_file(folder / "rig.yaml", variant, defects)
        tests = [f"{CALLS / file}::{name}" for file, chosen in names.items() for name in sorted(chosen)]
        words = [sys.executable, "-m", "pytest", "-q", "-n", "2", *tests, "--rig", str(rig)]
        own = {"XDG_RUNTIME_DIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        done = subprocess.run(
            [*words, "--run-dir", str(folder / "run")],
            cwd=ROOT,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.output = done.stdout + done.stderr
        self.record: dict[str, Any] = runfolder.read(folder / "run")
        self.tests = {_name(test): test for test in self.record["tests"]}

    def ended(self, verdict: str) -> set[str]:
        """The tests with this verdict."""
        return {name for name, test in self.tests.items() if test["verdict"] == verdict}


def _name(test: Mapping[str, Any]) -> str:
    """`test_x[inactive]` of `suites/…::test_x[asterisk-HLD-2-inactive]`: without profile and rule."""
    name, _, words = str(test["id"]).rpartition("::")[2].rstrip("]").partition("[")
    own = words.removeprefix("asterisk").removeprefix(f"-{test.get('rule', '')}").strip("-")
    return f"{name}[{own}]" if own else name


@pytest.fixture(scope="module", params=KEPT_BY)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def healthy(variant: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("healthy"), variant, PLAYED)


def test_a_healthy_base_is_blamed_for_nothing_and_no_test_is_invalid(healthy: Played) -> None:
    bad = {key: number for key, number in healthy.record["counts"].items() if number}
    assert set(bad) == {"passed", "not_applicable"}, healthy.output


def test_what_the_pbx_keeps_is_not_applicable_and_nothing_else_is(variant: str, healthy: Played) -> None:
    assert healthy.ended("not applicable") == set(KEPT_BY[variant]), healthy.output


def test_the_reason_tells_what_was_kept(variant: str, healthy: Played) -> None:
    reasons = {name: healthy.tests[name]["reason"] for name in KEPT_BY[variant]}
    told = {name: KEEPS + what for name, what in KEPT_BY[variant].items()}
    assert {name: reason[: len(told[name])] for name, reason in reasons.items()} == told


def test_defects_are_seen_where_their_occasion_came_through(variant: str, tmp_path: Path) -> None:
    spoilt = SPOILT[variant]
    chosen = {one.partition("[")[0] for one in spoilt.seen | spoilt.kept}
    names = {file: found for file, played in PLAYED.items() if (found := played & chosen)}
    played = Played(tmp_path, variant, names, spoilt.defects)
    assert spoilt.seen <= played.ended("product failure"), played.output
    assert spoilt.kept <= played.ended("not applicable"), played.output
