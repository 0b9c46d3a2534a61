"""Firmware on offer: another version than the running one is fetched, the running one is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.rules.evidence import Evidence
from harness.rules.fetches import address_of
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.intervals import between
from harness.rules.registry import Expect, rule


class FirmwareExpect(Expect):
    """PRV-FIRMWARE: the form of a version in the name of an image and in User-Agent, and seconds."""

    image: str
    agent: str
    within: float


@rule("PRV-FIRMWARE", reads=("http", "dhcp", "sip", "acts"), timed=True)
def firmware_is_fetched_when_it_is_another(evidence: Evidence, expect: FirmwareExpect) -> Iterator[Finding]:
    """An image that a document names is requested if its version differs from that of User-Agent."""
    for fetch in evidence.fetches:
        named = fetch.content.firmware if fetch.content is not None else ""
        address = address_of(named, evidence.own_macs) if named else None
        offered, running = re.search(expect.image, named), re.search(expect.agent, fetch.request.user_agent)
        if address is None or address.scheme != "http" or fetch.answer is None or offered is None or running is None:
            continue
        due = fetch.answer.at + expect.within
        asked = next((f.request for f in between(evidence.fetches, fetch.at, due) if address.is_of(f.request)), None)
        new = _is_other(offered[1], running[1])
        if new is None:
            yield cannot_be_said(fetch.answer, why="whether the letter of a version counts is not known")
        elif asked is not None and new:
            yield held(fetch.answer, asked)
        elif asked is not None:
            yield broken(fetch.answer, asked, expected=f"{running[1]} runs and is not fetched", seen=f"GET {asked.uri}")
        elif evidence.settings.restarted(fetch.at + 0.001, due) or not evidence.has_seen(fetch.at, due):
            continue
        elif new:
            yield broken(fetch.answer, expected=f"GET {address.path}, as {running[1]} runs", seen="no GET")
        else:
            yield held(fetch.answer)


def _is_other(offered: str, running: str) -> bool | None:
    """Whether two versions differ; None if only the letter differs."""
    if offered == running:
        return False
    return None if offered.partition("-")[0] == running.partition("-")[0] else True
