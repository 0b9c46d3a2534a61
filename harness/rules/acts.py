"""Acts on the base and what its handsets showed, beside the packets: the causes of many occasions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from harness.capture.messages import clock_text

ActKind = Literal[
    "key", "dial", "answer", "hang-up", "hold", "resume", "conference", "transfer", "intercom", "digit",
    "speed-dial", "mailbox", "look-up", "tone", "mute", "called",
    "handset-off", "handset-on", "air", "subscribe", "deregister",
    "power-off", "power-on", "reboot", "setting", "document", "sign-out",
    "locate-handsets", "open-registration", "close-registration", "action-server", "directory",
    "contacts", "battery", "alarm", "feed", "picture",
]  # fmt: skip
"""Kinds of acts; see `Act`."""
KINDS: frozenset[str] = frozenset(get_args(ActKind))
BY_KEY: tuple[ActKind, ...] = (
    "key", "dial", "answer", "hang-up", "hold", "resume", "conference", "transfer", "intercom", "digit",
    "speed-dial", "mailbox", "look-up",
)  # fmt: skip
"""Kinds of acts that are keys of a handset, or the purpose of a key: a handset gives feedback to them."""
FELT_WITHIN_S = 1.0
"""Seconds for feedback to a key: normally it comes at once, but handset and dongle may be busy."""
CLOCK_ERROR_S = 0.02
"""How far an event may appear before its cause: the dongle's clock is compared with the host's over a serial line."""
SIGNS = ("beep", "change", "display", "hook", "lamp")
"""Kinds of feedback to a key: a handset shows at least one of them."""


TEXT = "text"
"""The detail with the whole text of a document, secrets too: no finding shows it."""
REJECTING = ("ONHOOK", "SOFT2")
"""Keys that end the ringing of a handset: the call is rejected and does not count as missed."""


@dataclass(frozen=True)
class Act:
    """One act on the base or a handset, by its kind.

    Kinds: `key` and what it was pressed for (`dial`, `answer`, `hang-up`, `hold`, `resume`, `digit`, `speed-dial` by a
    digit key, `mailbox`, `transfer` with the `number` to which the far end is sent, or the Call-ID of the `other` call
    that it is joined with, `conference` on the held call that a talking one takes in, `intercom`: the handset `called`
    is dialled by its `number`, `look-up`: a name that begins with `text` is searched in the directory), `tone` and
    `mute` (talk into a handset, and no more), `called` (a far end calls the identity of this handset); of a handset
    `handset-off`, `handset-on`, `air`, `subscribe`, `deregister`; `power-off`, `power-on`, `reboot`, `setting` (its
    detail says `name`, `identity` and `channel`), `document` (one is offered under a `path`, with its `text` where it
    is sent whole, or none any more), `sign-out` (an identity is switched off); of a page `locate-handsets`,
    `open-registration`, `close-registration`; `action-server`: one for action URLs is there (or not) at an `authority`;
    `directory`: the harness's LDAP server is in a `state` (`up`, `frozen`, `down`); `contacts`: address books
    were given these (`text`: JSON, a list of identity, name, number and picture each), `complete` if that is all;
    `picture`: a caller's is there by this `name`, at a `url` or in a card, with the pixels (`text`) if it is
    fit, `there` is no where no server listens.
    `felt` says whether the handset gave feedback (a tone, a new display) to the key; None if this is not known.
    """

    kind: ActKind
    at: float
    ended: float = 0.0
    handset: int = 0
    call_id: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    felt: bool | None = None

    def __str__(self) -> str:
        who = f" at handset {self.handset}" if self.handset else ""
        detail = " ".join(f"{name}={value}" for name, value in self.detail.items() if value and name != TEXT)
        return f"{clock_text(self.at)} {self.kind}{who} {detail}".rstrip()

    @property
    def disturbs_the_air(self) -> bool:
        """Whether the handset is, or may be, off the air because of it."""
        kinds = ("handset-off", "handset-on", "subscribe", "deregister")
        return self.kind in kinds or (self.kind == "air" and self.detail.get("db") != "0")

    @property
    def felt_until(self) -> float:
        """Until when feedback counts for this act."""
        return max(self.at, self.ended) + FELT_WITHIN_S


@dataclass(frozen=True)
class Shown:
    """What a handset showed or did.

    Kinds: `ring` (ON, OFF), `display` (its text as read), `change` (the display became another), `lamp`, `beep`,
    `link`, `hook`, `ipui` (its own), `list` (of calls, `which` in the detail), `heard` (the level at its ear in dBm0;
    the tones in the detail); `icons` and `lamps` as they were looked at, with the `users` of its identities; `picture`
    of the caller (its pixels in the detail, and whether it is the `default` one). Of the web pages (handset 0):
    `version`, `uptime`, `status`, `binding`, `setting` (its value; `name` and `identity` in the detail). Of the wire:
    `handshake` (the base met a server's certificate with this fault; its own `port` in the detail).
    """

    kind: str
    at: float
    handset: int
    value: str
    detail: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{clock_text(self.at)} handset {self.handset} {self.kind} {self.value}".rstrip()


def with_feedback(acts: Iterable[Act], shown: Iterable[Shown], telling: Collection[int]) -> list[Act]:
    """The acts, each key with the handset's feedback or lack of it; `telling` are the handsets that report feedback."""
    signs: dict[int, list[float]] = {}
    for one in shown:
        if one.kind in SIGNS:
            signs.setdefault(one.handset, []).append(one.at)
    for told in signs.values():
        told.sort()
    return [felt(act, signs.get(act.handset, ()), telling) for act in acts]


def felt(act: Act, signs: Sequence[float], telling: Collection[int]) -> Act:
    """One act with whether there was feedback, from the sorted times of all feedback of its handset."""
    if act.kind not in BY_KEY or act.felt is not None or act.handset not in telling:
        return act
    first = bisect_left(signs, act.at - CLOCK_ERROR_S)
    return replace(act, felt=first < len(signs) and signs[first] <= act.felt_until)
