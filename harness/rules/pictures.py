"""Pictures of callers: the one that was sent is shown, an unfit one does no harm, and the ringing waits for none."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from harness.rules.acts import TEXT, Act, Shown
from harness.rules.address_books import known_as
from harness.rules.call_evidence import CallEvidence
from harness.rules.call_info import ICON, icons, is_web, told_by
from harness.rules.findings import Finding, broken, held, judged
from harness.rules.reactions import WITHIN_S, over_at, rung
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.rules.evidence import Evidence
    from harness.rules.fetches import Fetch

SHOWN_S = 3.0
"""Seconds to a picture on the display: fetched by HTTP, and sent through the air."""
ERROR = 10.0
"""The mean difference of a colour, of 255, that decoders of one JPEG may have; two different pictures have far more."""
ROWS = "rows"


@dataclass(frozen=True)
class Expected:
    """The picture that a call is to show, and since when it can be known."""

    act: Act
    since: float


class PictureExpect(Expect):
    """PIC-SHOWN: which picture comes first where both the contact and Call-Info have one."""

    first: Literal["contact", "call-info"]


@lru_cache(maxsize=256)
def difference(seen: str, offered: str) -> float:
    """The mean difference of two pictures, given as base64 of their rows; 255 where they have not the same size."""
    one, other = _pixels(seen), _pixels(offered)
    if not one or len(one) != len(other):
        return 255.0
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)


@rule("PIC-SHOWN", reads=("sip", "acts", "shown"), timed=True)
def the_picture_that_was_sent_is_shown(call: CallEvidence, expect: PictureExpect) -> Iterator[Finding]:
    """While a call rings and lasts the handset shows the picture of its caller, pixel by pixel."""
    wanted, seen = expected_of(call, expect.first), _seen(call)
    late = [one for one in seen if wanted is not None and one.at >= wanted.since + SHOWN_S]
    good = [one for one in seen if wanted is not None and _is(one, wanted.act)]
    if wanted is None or not seen or call.opening is None:
        return
    if good and seen[-1] in good:
        yield held(call.opening, good[-1])
    elif late or good:
        last = (late or seen)[-1]
        name = wanted.act.detail.get("name", "")
        yield broken(call.opening, last, expected=f"the picture {name}", seen=_called(call.evidence, last))


@rule("PIC-DEFAULT", reads=("sip", "acts", "shown"))
def a_caller_without_a_picture_has_the_default_one(call: CallEvidence) -> Iterator[Finding]:
    """Where nothing fit was sent the handset shows what it shows of any caller without a picture, or none."""
    opening, seen = call.opening, _seen(call)
    if opening is None or not seen or expected_of(call, "contact") is not None or _is_unknown(call):
        return
    usual = _usual(call.evidence)
    for one in seen:
        offered = next((act for act in call.evidence.acts_of("picture") if _is(one, act)), None)
        rows = one.detail.get(ROWS)
        other = usual is not None and bool(rows) and rows != usual.detail.get(ROWS)
        if offered is not None or other:
            yield broken(opening, one, expected="the default picture", seen=_called(call.evidence, one))
            return
    yield held(opening, seen[-1])


@rule("PIC-DELAY", reads=("sip", "acts", "shown"), timed=True)
def the_ringing_waits_for_no_picture(call: CallEvidence) -> Iterator[Finding]:
    """A call whose caller has a picture rings at once, whatever comes of the picture."""
    invite = call.opening
    if invite is None or not call.incoming or not (icons(invite) or any(one.picture for one in known_as(call)[0])):
        return
    yield from rung(call, invite)


@rule("PIC-FETCH", reads=("sip", "http", "acts"), timed=True)
def the_icon_is_fetched_and_nothing_else(call: CallEvidence) -> Iterator[Finding]:
    """Of what Call-Info names the icon is asked for, by its address; cards and pages of the caller are not."""
    invite = call.opening
    if invite is None or not call.incoming:
        return
    over = (over_at(call, invite.at) or float("inf")) + WITHIN_S
    asked = [get for get in call.evidence.gets if invite.at <= get.at <= over]
    for purpose, url in told_by(invite):
        found = next((get for get in asked if _is_for(get, url)), None)
        if purpose != ICON and is_web(url):
            claim = f"what Call-Info names for the purpose {purpose} is not fetched"
            yield judged(
                found is None, invite, *([found] if found else []), expected="no request", seen=url, claim=claim
            )
    gone = {act.detail.get("url") for act in call.evidence.acts_of("picture") if act.detail.get("there") == "no"}
    wanted = [url for url in icons(invite) if url.lower().startswith("http://")][:1]
    if any(one.picture for one in known_as(call)[0]):
        return
    for url in wanted:
        found = next((get for get in asked if _is_for(get, url)), None)
        if found is not None:
            yield held(invite, found.request)
        elif url not in gone and call.evidence.has_seen(invite.at, invite.at + WITHIN_S):
            yield broken(invite, expected=f"GET {url} within {WITHIN_S:g} s", seen="no such request")


def expected_of(call: CallEvidence, first: str) -> Expected | None:
    """The fit picture that a call is to show at its end, by acts and INVITE; None without one."""
    opening = call.opening
    if opening is None or not call.incoming or not call.handset:
        return None
    over = over_at(call, opening.at) or float("inf")
    told = [act for act in call.evidence.acts_of("picture") if act.at < over]
    names = [one.picture for one in known_as(call)[0] if one.picture]
    urls = icons(opening)
    of_contact = [act for act in told if act.detail.get("name") in names and not act.detail.get("url")][-1:]
    of_caller = [act for url in urls for act in [one for one in told if one.detail.get("url") == url][-1:]]
    groups = (of_contact, of_caller) if first == "contact" else (of_caller, of_contact)
    act = next((one for group in groups for one in group if one.detail.get(TEXT)), None)
    return Expected(act, max(opening.at, act.at)) if act is not None else None


def _is_unknown(call: CallEvidence) -> bool:
    """Whether the INVITE names an icon that no act tells of: then what the handset shows may be right."""
    urls = icons(call.opening) if call.opening is not None else []
    return bool(set(urls) - {act.detail.get("url", "") for act in call.evidence.acts_of("picture")})


def _seen(call: CallEvidence) -> list[Shown]:
    """What was read of the handset's picture while the call was there."""
    if call.opening is None or not call.incoming or not call.handset:
        return []
    over = over_at(call, call.opening.at) or float("inf")
    return [one for one in call.shown("picture", call.handset) if call.opening.at <= one.at < over]


def _usual(evidence: Evidence) -> Shown | None:
    """What a caller without a picture was seen with; None where nobody looked."""
    return next((one for one in evidence.shown or () if one.kind == "picture" and one.detail.get("default")), None)


def _is(shown: Shown, act: Act) -> bool:
    rows, offered = shown.detail.get(ROWS, ""), act.detail.get(TEXT, "")
    return bool(rows and offered) and difference(rows, offered) <= ERROR


def _called(evidence: Evidence, shown: Shown) -> str:
    """What a picture is, as far as it is known."""
    if not shown.detail.get(ROWS):
        return "no picture"
    known = next((act.detail.get("name", "") for act in evidence.acts_of("picture") if _is(shown, act)), "")
    usual = _usual(evidence)
    if known:
        return f"the picture {known}"
    is_usual = usual is not None and usual.detail.get(ROWS) == shown.detail.get(ROWS)
    return "the default picture" if is_usual else "another picture"


def _is_for(get: Fetch, url: str) -> bool:
    """Whether a request is for an address."""
    parts, request = urlsplit(url), get.request
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return request.uri == path and request.host.lower() == parts.netloc.lower()


@lru_cache(maxsize=64)
def _pixels(text: str) -> bytes:
    return base64.b64decode(text)
