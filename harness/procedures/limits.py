"""The limits of waits and measurements that are no `timing` of the rig, as data: a lab corrects the YAML."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveFloat, ValidationError

from harness.core import overrides

PATH = Path(__file__).with_name("limits.yaml")


class ProcedureLimits(BaseModel):
    """The values of limits.yaml, which explains each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    heard: PositiveFloat
    ring_back: PositiveFloat
    waiting_tone: PositiveFloat
    on_its_way: PositiveFloat
    first_rtp: PositiveFloat
    volume_step_db: PositiveFloat
    rtcp_report: PositiveFloat
    offer_after_glare: PositiveFloat
    former_call: NonNegativeFloat
    digits: PositiveFloat
    digit_end: PositiveFloat
    next_key: PositiveFloat
    duration: PositiveFloat
    duration_error: PositiveFloat
    alarm: PositiveFloat
    registration_window: PositiveFloat
    window_opened: PositiveFloat
    window_runs_down: PositiveFloat
    pause_after_pins: PositiveFloat
    occasions: PositiveFloat
    web_over_ipv6: PositiveFloat
    session_grace: PositiveFloat
    registration_runs_down: PositiveFloat
    uptime_tick: PositiveFloat
    uptime_error: PositiveFloat
    log_clock_error: PositiveFloat


@overrides.cached
def limits() -> ProcedureLimits:
    """The limits with the lab's corrections; UsageError where these are wrong."""
    found = overrides.over("limits", yaml.safe_load(PATH.read_text(encoding="utf-8")))
    try:
        return ProcedureLimits.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        raise overrides.mistake("limits", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
