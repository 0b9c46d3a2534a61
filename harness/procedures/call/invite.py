"""What is special about the INVITE that the peer will send, and what shows at the base that it came through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from harness.capture.headers import parse_address
from harness.core.errors import InvalidTest
from harness.procedures.call import occasions

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.occasions import Shows
    from harness.procedures.call.state import CallState

ANONYMOUS = "anonymous"
"""The user of an anonymous From (RFC 3323 section 4.1.1.3)."""
DEAD_PORT = 4998
REFUSES_CONTENTS = (400, 406, 415, 420, 421, 422, 433, 481, 488, 494, 513, 606)
"""Refusals of what an INVITE carries (RFC 3261 section 21, RFC 3891, RFC 5079); others are about account or server."""
NOT_PUT_THROUGH = "look at the base's registration in the ladder, and at the dial plan and the log of the PBX"
AUTO_ANSWER = {
    "Answer-Mode": ("Answer-Mode", "Auto"),
    "Call-Info": ("Call-Info", "<sip:{registrar}>;answer-after={seconds}"),
    "Alert-Info": ("Alert-Info", "<http://{registrar}>;info=alert-autoanswer;delay={seconds}"),
}
"""Forms in which a caller asks the phone to answer by itself (RFC 5373; profiles, row CAL-11)."""
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
        self._describes = True
        self._loses_line = False

    # preparations

    def offer_codecs(self, *codecs: str) -> None:
        """It will offer these codecs only."""
        self._codecs = codecs
        self._shows[f"offer of {', '.join(codecs)} before all others"] = occasions.prefers(codecs)

    def offer_nothing(self) -> None:
        """It has no description: the base's answer is to make the offer."""
        self._describes = False
        self._shows["no offer"] = occasions.offers_nothing

    def list_foreign_codecs(self, codecs: Sequence[str]) -> None:
        """Before those of the peer it lists codecs of a platform, each as in `a=rtpmap`: number, name/clock rate."""
        numbers = [codec.split()[0] for codec in codecs]
        self._edits.append((r"^(m=audio \d+ \S+)", rf"\1 {' '.join(numbers)}"))
        self._edits += [(r"^(a=rtpmap:\d+ telephone-event.*)", rf"a=rtpmap:{codec}\r\n\1") for codec in codecs]
        self._shows[f"offer of {', '.join(codecs)}"] = occasions.begins_with([*map(int, numbers)])

    def lose_the_line(self) -> None:
        """It comes without line= in its Request-URI, as from a registrar that keeps the user part only."""
        self._loses_line = True
        self._shows["Request-URI without line="] = occasions.names_no_line

    def speak_g726(self) -> None:
        """The peer is one that offers G.726 and nothing else."""
        self._shows["offer of G726-32"] = occasions.offers_g726

    def number_events(self, payload_type: int) -> None:
        """Its description gives telephone-event this number."""
        self._edits += event_number(payload_type)
        self._shows[f"number {payload_type} of telephone-event"] = occasions.numbers_events(payload_type)

    def hide_media_port(self) -> None:
        """Its description names a port at which nothing listens; the packets come from another (as with NAT)."""
        self._edits.append((r"^m=audio \d+", f"m=audio {DEAD_PORT}"))
        self._shows["a media port of the far end's own"] = occasions.receives_at(DEAD_PORT)

    def encrypt(self, how: Literal["optional", "mandatory"]) -> None:
        """The peer has keys from now on: in plain descriptions (optional), or it takes nothing else (mandatory)."""
        reconfigure(self._state, srtp=how)

    def require(self, tag: str) -> None:
        """It carries Require with this option tag."""
        self._headers["Require"] = tag

    def ask_for_reliable_ringing(self) -> None:
        """The peer takes no ringing that does not want to be confirmed: its INVITE carries Require: 100rel."""
        reconfigure(self._state, prack="mandatory")
        self._shows["Require: 100rel"] = lambda message: message.has("require", "100rel")

    def add_unknown_headers(self) -> None:
        """It carries headers of a server's own and an option tag that is not registered."""
        self._headers |= STRANGE_HEADERS

    def name_contact(self, parameters: str) -> None:
        """Its Contact has these parameters, e.g. those of a conference bridge."""
        reconfigure(self._state, contact=parameters)
        self._shows[f"Contact with {parameters}"] = occasions.names_in_contact(parameters)

    def add_headers(self, headers: Mapping[str, str]) -> None:
        """It carries these, as the platform's server adds them."""
        self._headers |= headers

    def assert_number(self, number: str) -> None:
        """It asserts this number (RFC 3325); only at the embedded server, which calls no other phone."""
        self._headers["P-Asserted-Identity"] = f"<sip:{number}@{self._context.server.registrar}>"

    def present(self, name: str, number: str, *, hidden: bool = False) -> None:
        """It says by Remote-Party-ID who calls, as servers of that time do, and whether that may be shown."""
        address = f"<sip:{number}@{self._context.server.registrar}>"
        self._headers["Remote-Party-ID"] = (
            f"{quoted(name)} {address};party=calling;privacy={'full' if hidden else 'off'}"
        )

    def name_caller_by(self, header: str, name: str, number: str) -> None:
        """The server says by this header who calls: P-Asserted-Identity or Remote-Party-ID."""
        if header == "Remote-Party-ID":
            self.present(name, number)
        else:
            self._headers[header] = f'"{name}" <sip:{number}@{self._context.server.registrar}>'

    def pass_in_latin1(self) -> None:
        """The embedded server writes the caller's name in Latin-1 on its way, as old servers do."""
        self._context.server.fault("latin1", 1, of="peers")
        self._shows["a name in Latin-1"] = occasions.is_no_utf8

    def ask_for_auto_answer(self, form: str, seconds: int = 0) -> None:
        """It asks the phone to answer by itself, in one of the forms `AUTO_ANSWER`."""
        name, value = AUTO_ANSWER[form]
        self._headers[name] = value.format(registrar=self._context.pbx.registrar, seconds=seconds)

    def take_over(
        self, other: CallState, *, wrong: str = "", early_only: bool = False, twice: bool = False, needed: bool = False
    ) -> None:
        """It takes the place of another call (RFC 3891); what is `wrong` of it is named otherwise than it is."""
        dialog = {"call-id": other.dialog.call_id} | dict(zip(("to-tag", "from-tag"), _tags(other), strict=True))
        if wrong:
            dialog[wrong] += "x"
        tags = "".join(f";{name}={dialog[name]}" for name in ("to-tag", "from-tag"))
        value = f"{dialog['call-id']}{tags}{';early-only' if early_only else ''}"
        self._headers |= dict.fromkeys(("Replaces", "REPLACES")[: 1 + twice], value)
        if needed:
            self._headers["Require"] = "replaces"

    def want_session_timer(self, expires: int, refresher: str, least: int = 0) -> None:
        """It asks for a session timer of so many seconds, and no fewer than `least`, refreshed by `uac` or `uas`.

        The peer's library names no refresher in an INVITE and is told to stay out of it; the headers are ours.
        """
        reconfigure(self._state, session_timer="inactive")
        self._headers |= {"Session-Expires": f"{expires};refresher={refresher}", "Supported": "timer"}
        if least:
            self._headers["Min-SE"] = str(least)

    # sending

    def send(self, display_name: str = "", *, withheld: bool = False) -> SipMessage:
        """The peer sends it, named or with its number withheld; required: it reaches the base with all it carries."""
        state, registrar = self._state, self._context.pbx.registrar
        headers = dict(self._headers)
        if display_name:
            headers["P-Asserted-Identity"] = f"{quoted(display_name)} <sip:{state.peer_number}@{registrar}>"
        if withheld:
            headers["Privacy"] = "id"
        target = self._past_the_server() if self._loses_line else f"sip:{state.account.dialled}@{registrar}"
        state.leg = state.softphone.call(
            target, codecs=self._codecs, headers=headers, sdp_edits=self._edits, sdp=self._describes
        )
        invite = self._require_arrival(", ".join([*headers, *self._shows]), withheld=withheld)
        state.begin_dialog(invite)
        self._context.did("called", at=invite.at, handset=state.handset_number, call_id=invite.call_id)
        self._require_contents(invite, headers, display_name)
        return invite

    def _past_the_server(self) -> str:
        """The base's Contact without its parameters, to which the peer now sends directly."""
        state = self._state
        sent = state.wire.sip.all(method="REGISTER", source=state.base, to_user=state.account.user, since=0.0)
        contact = next((m.contact.uri for m in reversed(sent) if m.header("contact")), "")
        if not contact:
            self._context.missing(f"a REGISTER of {state.account.user}", "none in this run")
        bare = contact.partition(";")[0]
        reconfigure(state, outbound=f"sip:{bare.partition('@')[2]}", register=False)
        return bare

    def _require_arrival(self, special: str, *, withheld: bool) -> SipMessage:
        """Required: an INVITE reaches the base. A server may refuse what is `special` about it, nothing else."""
        state = self._state
        assert state.leg is not None
        try:
            return state.wire.sip.require(
                method="INVITE",
                dest=state.base,
                from_user=lambda user: self._is_the_peer(user) or (withheld and user == ANONYMOUS),
                since=state.began,
                timeout=self._context.answer,
                what=f"INVITE of {state.peer_number} towards the base",
            )
        except InvalidTest as missing:
            status = state.leg.ended_with
            if special and status in REFUSES_CONTENTS:
                with self._context.needs_server_support(special):
                    raise
            if not status:
                raise
            seen = f"the PBX answered the peer's call to {state.account.dialled} with {status}"
            raise InvalidTest(missing.requirement, seen, remedy=NOT_PUT_THROUGH) from missing

    def _is_the_peer(self, user: str) -> bool:
        """Whether a From is the peer's: a PBX may present its user, its number, or its number with a prefix."""
        return user == self._state.peer_account.user or user.endswith(self._state.peer_number)

    def _require_contents(self, invite: SipMessage, headers: dict[str, str], display_name: str) -> None:
        """Required: what the caller said of itself and asked for reached the base."""
        for name, value in headers.items():
            if name == "Privacy" and invite.from_.user == ANONYMOUS:
                continue  # the server withholds the number itself (RFC 3323 section 5.3)
            if name == "P-Asserted-Identity" and display_name:
                continue
            with self._context.needs_server_support(name):
                if "".join(value.split()) not in "".join(",".join(invite.header(name)).split()):
                    self._context.missing(f"{name}: {value} in the INVITE towards the base", f"none in {invite}")
        if display_name:
            self.require_name(invite, display_name)
        for what, shows in self._shows.items():
            with self._context.needs_server_support(what):
                if not shows(invite):
                    self._context.missing(f"{what} in the INVITE towards the base", f"{invite}")

    def require_name(self, invite: SipMessage, name: str) -> None:
        """Required: the caller's name means at the base what the peer meant; a server may escape it once too often."""
        asserted = [parse_address(value).display for value in invite.header("P-Asserted-Identity")]
        seen = [*asserted, invite.from_.display]
        with self._context.needs_server_support(f"the name {name}"):
            if name not in seen:
                told = " and ".join(one for one in seen if one) or "no name"
                self._context.missing(f"the name {name} in the INVITE towards the base", f"{told} in {invite}")


def quoted(name: str) -> str:
    """A display name as a quoted string is written (RFC 3261 section 25.1)."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _tags(other: CallState) -> tuple[str, str]:
    """The base's own tag of a call, and that of its far end."""
    first = next(m for m in other.dialog.messages if 100 < m.status < 300 and m.to.tag and m.cseq.method == "INVITE")
    ours, theirs = (first.to.tag, first.from_.tag) if first.src in other.base else (first.from_.tag, first.to.tag)
    return ours, theirs


def reconfigure(state: CallState, **options: str | bool) -> None:
    """The peer has these options until the test ends."""
    before = state.softphone.account
    state.context.addfinalizer(lambda: state.softphone.become(before))
    state.softphone.reconfigure(**options)


def event_number(payload_type: int) -> list[tuple[str, str]]:
    """The edits of a description of the peer's that give telephone-event this number."""
    return [
        (r"^(m=audio .*) \d+(?=\s*$)", rf"\1 {payload_type}"),
        (r"rtpmap:\d+ telephone-event", f"rtpmap:{payload_type} telephone-event"),
        (r"fmtp:\d+ 0-1", f"fmtp:{payload_type} 0-1"),
    ]
