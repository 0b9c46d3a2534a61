"""Law 10: under other readings of what is only inferred the suites pass, once the driver's data is told of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
PYTEST = [sys.executable, "-m", "pytest"]

ALTERNATIVES: dict[str, dict[str, Any]] = {
    "settings": {
        "quirks": {
            "codec_encoding": "index",
            "authentication_name": "pname",
            "http_agent_version": "without_letter",
            "host_name": "with_mac",
            "repeated_setting": "first",
            "hold_direction": "inactive",
            "firmware_letter": "counts",
            "reliable_ringing": "unknown",
        },
        "learned": {
            "settings": {"choices": {"codec_numbers": "index", "user_authname": "user_pname"}},
            "rules": {
                "baseline": {
                    "HLD-1": {"expect": {"direction": ["sendonly", "inactive"]}},
                    "CAL-3": {"expect": {"prack": False}},
                }
            },
        },
        "beyond_smoke": [
            "suites/calls/test_hold.py::test_held_party_is_offered_what_the_platform_wants",
            "suites/calls/test_media.py::test_a_call_in_one_codec_carries_audio_both_ways",
            "suites/calls/test_set_up.py::test_ringing_that_asks_for_it_is_confirmed",
            "suites/registration/test_challenge.py::test_the_authentication_name_is_the_login",
            "suites/provisioning/test_documents.py::test_offering_the_running_firmware_starts_no_reboot_loop",
        ],
    },
    "screens": {
        "quirks": {
            "display_words": "short",
            "identity_pages": "paths",
            "eula_gate": "landing",
            "reject_scope": "call",
            "no_answer_status": "408",
            "missing_line": "user",
        },
        "learned": {
            "texts": {
                "ringing": ["Free line"],
                "talking": ["In call"],
                "held": ["Held"],
                "busy": ["Engaged"],
                "rejected": ["Declined"],
                "anonymous": ["Withheld"],
                "missed": ["call lost", "calls lost"],
            },
            "menus": {
                "call_lists": {"rows": {"missed": ["Lost"], "received": ["Taken"], "dialed": ["Called"]}},
                "ringer": {"silent": ["Bell off"]},
                "registration": {"refused": ["Not accepted", "PIN refused", "No registration now"]},
            },
        },
        "beyond_smoke": [
            "suites/calls/test_set_up.py::test_a_caller_who_withholds_the_number_is_anonymous",
            "suites/handset/test_display.py",
        ],
    },
    "network": {
        "quirks": {
            "bare_option66": "http",
            "boot_fetches": "twice",
            "server_precedence": "option66",
            "unreachable_server": "once",
            "big_requests": "udp",
            "dual_stack": "ipv6",
            "outbound_proxy_route": "preloaded",
            "paired_kit": "no",
            "pin_pacing": "none",
            "sign_out": "all",
            "host_name": "fixed",
            "boot_file": "name",
        },
        "learned": {
            "menus": {"registration": {"paced": False}},
            "settings": {"choices": {"sign_out": "all", "host_name": "fixed", "boot_file": "name"}},
            "rules": {
                "baseline": {
                    "NET-HOST-NAME": {"expect": {"follows_base_name": False}},
                    "PRV-FILE": {"expect": {"precedence": "option66", "boot_file_is_url": False}},
                    "PRV-ONCE": {"expect": {"times": 2}},
                }
            },
        },
        "beyond_smoke": [
            "suites/handset/test_registration.py",
            "suites/provisioning/test_boot.py::test_a_boot_fetches_its_file_once",
            "suites/provisioning/test_boot.py::test_a_boot_fetches_each_file_of_a_list_once",
            "suites/provisioning/test_boot.py::test_a_base_with_a_long_name_tells_all_of_it",
            "suites/provisioning/test_boot.py::test_option_67_names_a_file_in_a_folder_of_the_server",
            "suites/provisioning/test_boot.py::test_option_67_may_name_a_file_of_another_server",
            "suites/registration/test_binding.py::test_switching_an_identity_off_removes_its_binding",
        ],
    },
}
"""Readings that go together: switches of the stand-in, what a lab would write down of such a unit, and the suites that
see them beyond the smoke selection."""


def rig_file(folder: Path, name: str) -> Path:
    """The stand-in's rig file with the switches of a reading, and beside it a survey with what was learned."""
    reading = ALTERNATIVES[name]
    rig = yaml.safe_load((ROOT / "rigs" / "standin.yaml").read_text(encoding="utf-8"))
    rig["standin"]["quirks"] = reading["quirks"]
    rig["base"]["survey"] = "survey.yaml"
    (folder / "survey.yaml").write_text(yaml.safe_dump({"learned": reading["learned"]}), encoding="utf-8")
    (folder / "rig.yaml").write_text(yaml.safe_dump(rig), encoding="utf-8")
    return folder / "rig.yaml"


def selection(rig: Path, name: str) -> list[str]:
    """The smoke tests, and the tests that see what is different."""
    words = [*PYTEST, "suites", "--rig", str(rig), "--profile", "asterisk", "-m", "smoke", "--collect-only", "-q"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout
    smoke = [line for line in listed.splitlines() if line.startswith("suites/")]
    assert len(smoke) >= 10, listed
    return [*smoke, *ALTERNATIVES[name]["beyond_smoke"]]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ALTERNATIVES)
def test_the_suites_pass_under_another_reading_told_as_data(tmp_path: Path, name: str) -> None:
    rig = rig_file(tmp_path, name)
    run = tmp_path / "run"
    words = [*PYTEST, *selection(rig, name), "--rig", str(rig), "--profile", "asterisk", "--run-dir", str(run), "-q"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=880, check=False)
    counts = json.loads((run / "run.json").read_text(encoding="utf-8"))["counts"]
    assert done.returncode == 0, f"{counts}\n{done.stdout[-4000:]}"
    assert counts["passed"] >= 10
