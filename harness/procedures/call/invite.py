"""What is special about the INVITE that the peer will send, and what shows at the base that it came through."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.procedures.call import occasions

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.occasions import Shows
    from harness.procedures.call.state import CallState

ANONYMOUS = "anonymous"
"""The user of an anonymous From (RFC 3323 section 4.1.1.3)."""
DEAD_PORT = 4998
STRANGE_HEADERS = {
    "X-Asterisk-HangupCause": "Normal Clearing",
    "X-M9-Unheard-Of": 'one;two="three, four"',
    "Supported": "m9-unheard-of",
}


class Invite:
    """The peer's INVITE to come; nothing here sends it."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context
        self._codecs: tuple[str, ...] | None = None
        self._headers: dict[str, str] = {}
        self._edits: list[tuple[str, str]] = []
        self._shows: dict[str, Shows] = {}

    # preparations

    def offer_codecs(self, *codecs: str) -> None:
        """It will offer these codecs only."""
        self._codecs = codecs
        self._shows[f"offer of {', '.join(codecs)} before all others"] = occasions.prefers(codecs)

    def speak_g726(self) -> None:
        """The peer is one that offers G.726 and nothing else."""
        self._shows["offer of G726-32"] = occasions.offers_g726

    def number_events(self, payload_type: int) -> None:
        """Its description gives telephone-event this number."""
        self._edits += [
            (r"^(m=audio .*) \d+(?=\s*$)", rf"\1 {payload_type}"),
            (r"rtpmap:\d+ telephone-event", f"rtpmap:{payload_type} telephone-event"),
            (r"fmtp:\d+ 0-1", f"fmtp:{payload_type} 0-1"),
        ]
        self._shows[f"number {payload_type} of telephone-event"] = occasions.numbers_events(payload_type)

    def hide_media_port(self) -> None:
        """Its description names a port at which nothing listens; the packets come from another (as with NAT)."""
        self._edits.append((r"^m=audio \d+", f"m=audio {DEAD_PORT}"))
        self._shows["a media port of the far end's own"] = occasions.receives_at(DEAD_PORT)

    def require(self, tag: str) -> None:
        """It carries Require with this option tag."""
        self._headers["Require"] = tag

    def add_unknown_headers(self) -> None:
        """It carries headers of a server's own and an option tag that is not registered."""
        self._headers |= STRANGE_HEADERS

    def assert_number(self, number: str) -> None:
        """It asserts this number (RFC 3325); only at the embedded server, which calls no other phone."""
        self._headers["P-Asserted-Identity"] = f"<sip:{number}@{self._context.server.registrar}>"

    def want_session_timer(self, expires: int, refresher: str) -> None:
        """It asks for a session timer of so many seconds, refreshed by `uac` or `uas`.

        The peer's library names no refresher in an INVITE and is told to stay out of it; the headers are ours.
        """
        reconfigure(self._state, session_timer="inactive")
        self._headers |= {"Session-Expires": f"{expires};refresher={refresher}", "Supported": "timer"}

    # sending

    def send(self, display_name: str = "", *, withheld: bool = False) -> SipMessage:
        """The peer sends it, named or with its number withheld; required: it reaches the base with all it carries."""
        state, registrar = self._state, self._context.pbx.registrar
        headers = dict(self._headers)
        if display_name:
            headers["P-Asserted-Identity"] = f'"{display_name}" <sip:{state.peer_number}@{registrar}>'
        if withheld:
            headers["Privacy"] = "id"
        target = f"sip:{state.account.dialled}@{registrar}"
        state.leg = state.softphone.call(target, codecs=self._codecs, headers=headers, sdp_edits=self._edits)
        special = ", ".join([*headers, *self._shows])
        with self._context.needs_server_support(special) if special else contextlib.nullcontext():
            invite = state.wire.sip.require(
                method="INVITE",
                dest=state.base,
                from_user=lambda user: self._is_the_peer(user) or (withheld and user == ANONYMOUS),
                since=state.began,
                timeout=self._context.answer,
                what=f"INVITE of {state.peer_number} towards the base",
            )
        state.begin_dialog(invite)
        self._context.did("called", at=invite.at, handset=state.handset_number, call_id=invite.call_id)
        self._require_contents(invite, headers, display_name)
        return invite

    def _is_the_peer(self, user: str) -> bool:
        """Whether a From is the peer's: a PBX may present its user, its number, or its number with a prefix."""
        return user == self._state.peer_account.user or user.endswith(self._state.peer_number)

    def _require_contents(self, invite: SipMessage, headers: dict[str, str], display_name: str) -> None:
        """Required: what the caller said of itself and asked for reached the base."""
        for name, value in headers.items():
            if name == "Privacy" and invite.from_.user == ANONYMOUS:
                continue  # the server withholds the number itself (RFC 3323 section 5.3)
            text = "".join((display_name or value if name == "P-Asserted-Identity" else value).split())
            seen = [",".join(invite.header(name)), *([str(invite.from_)] if display_name else [])]
            with self._context.needs_server_support(name):
                if not any(text in "".join(one.split()) for one in seen):
                    self._context.missing(f"{name}: {value} in the INVITE towards the base", f"none in {invite}")
        for what, shows in self._shows.items():
            with self._context.needs_server_support(what):
                if not shows(invite):
                    self._context.missing(f"{what} in the INVITE towards the base", f"{invite}")


def reconfigure(state: CallState, **options: str) -> None:
    """The peer has these options until the test ends."""
    before = state.softphone.account
    state.context.addfinalizer(lambda: state.softphone.become(before))
    state.softphone.reconfigure(**options)
