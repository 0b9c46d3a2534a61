"""A second worker behind the protocol of `worker`: drives a real baresip, for G.726 and for media over IPv6.

``python -m harness.softphone.baresip --fd N``. Requests that baresip 1.0.0 cannot do are refused: one call at a time,
rejection by 486 only, 180 sent by itself, no early media, no headers of its own or read, no UPDATE, no DTMF by INFO.
Its RTP leaves from the host's first address, as it binds to any: the SDP names the peer's, where it listens too.
"""

from __future__ import annotations

import re
import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.core import clock
from harness.softphone.baresip_line import Baresip, LineError, Message
from harness.softphone.baresip_sound import Hearing, write_tone
from harness.softphone.channel import Channel
from harness.softphone.run_worker import run, until_the_harness_leaves

FEATURES = ["hold", "tone", "hear", "dtmf", "codecs", "g726", "ipv6"]
CODECS = {"pcma": "PCMA", "pcmu": "PCMU", "g722": "G722", "g726-32": "G726-32", "g726-16": "G726-16"}
POLL_S = 0.02
MEDIA_SETTLES = 0.5
"""Seconds after an SDP in which baresip may change the direction of its stream; it has no event for that."""
UNSUPPORTED = ("progress", "reinvite", "update", "transfer", "request", "statistics")


class BaresipPhone:
    """Carries out the worker's requests with a baresip."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self.finished = False
        self.baresip: Baresip | None = None
        self._send = send
        self._accounts: dict[str, Message] = {}
        self._codecs = ["PCMA"]
        self._call = 0
        self._alive = False
        self._established = False
        self._hearings: list[Hearing] = []
        self._mute_at: float | None = None
        self._registering: set[str] = set()
        self._media = ("", "")
        self._media_until = 0.0

    def obey(self, message: Message) -> None:
        """Do one request and answer it."""
        name = str(message.get("do"))
        reply: Message = {"reply": message.get("id")}
        do: Callable[[Message], Message | None] | None = getattr(self, f"_do_{name}", None)
        try:
            if do is None:
                known = name in UNSUPPORTED
                raise ValueError(f"baresip cannot {name}" if known else f"unknown request {name!r}")
            reply["ok"] = do(message) or {}
        except (LineError, ValueError, KeyError, OSError, clock.WaitExpired) as error:
            reply["error"] = f"{type(error).__name__}: {error}"
        self._send(reply)
        self.tell_events()

    def tick(self) -> None:
        """End what is due."""
        time = clock.monotonic()
        if self._mute_at is not None and time >= self._mute_at:
            self._do_mute({})
        if self._established and time < self._media_until:
            self._tell_media()
        if self._registering:
            self._tell_registrations()
        for hearing in [one for one in self._hearings if time >= one.until]:
            self._finish(hearing)

    def close(self) -> None:
        """End the baresip."""
        if self.baresip is not None:
            self.baresip.stop()

    # requests

    def _do_start(self, asked: Message) -> Message:
        log = Path(asked["directory"]) / f"{asked['name']}-baresip.log"
        self.baresip = Baresip(asked["address"], int(asked.get("port", 5060)), log)
        silence = self.baresip.folder / "silence.wav"
        write_tone(silence, [], 0, 8000)
        self.baresip.start(silence)
        return {"codecs": list(CODECS.values())}

    def _do_quit(self, asked: Message) -> None:
        self.finished = True

    def _do_codecs(self, asked: Message) -> Message:
        wanted = [
            CODECS[name.split("/")[0].lower()] for name in asked["codecs"] if name.split("/")[0].lower() in CODECS
        ]
        if not wanted:
            raise ValueError(f"none of {asked['codecs']} is among {', '.join(CODECS.values())}")
        if asked.get("ptime", 20) != 20:
            raise ValueError("baresip sends 20 ms only here")
        changed, self._codecs = wanted != self._codecs, wanted
        if changed:
            for account in self._accounts.values():
                self._renew(account)
        return {"codecs": wanted}

    def _do_register(self, asked: Message) -> None:
        self._accounts[asked["account"]] = asked
        self._renew(asked)

    def _do_unregister(self, asked: Message) -> None:
        account = self._accounts[asked["account"]]
        self._line.command("uadel", _address_of_record(account))
        self._tell("registration", account=asked["account"], code=200, reason="OK", registered=False, expires=0)

    def _do_call(self, asked: Message) -> Message:
        if self._alive:
            raise ValueError("this worker has one call at a time")
        account = self._accounts[asked["account"]]
        target = asked["target"]
        if not target.startswith("sip:"):
            target = f"sip:{target}@{_domain(account)}"
        self._call += 1
        self._alive, self._established = True, False
        self._line.command("dial", target + _transport(account))
        return {"call": self._call, "call_id": ""}

    def _do_ring(self, asked: Message) -> None:
        """180 is sent by itself."""

    def _do_answer(self, asked: Message) -> None:
        self._line.command("accept")

    def _do_reject(self, asked: Message) -> None:
        if asked.get("code", 486) != 486:
            raise ValueError("baresip rejects with 486 only")
        self._line.command("hangup")

    def _do_hangup(self, asked: Message) -> None:
        self._line.command("hangup")

    def _do_hold(self, asked: Message) -> None:
        self._line.command("hold")

    def _do_resume(self, asked: Message) -> None:
        self._line.command("resume")

    def _do_dtmf(self, asked: Message) -> None:
        if asked.get("method", "rfc4733") != "rfc4733":
            raise ValueError("baresip sends DTMF by RFC 4733 only here")
        for digit in asked["digits"]:
            self._line.command("sndcode", digit)

    def _do_tone(self, asked: Message) -> None:
        rate = 16000 if self._codecs[0] == "G722" else 8000
        file = self._line.folder / f"tone-{clock.monotonic():.3f}.wav"
        write_tone(file, asked["hz"], float(asked["level"]), rate)
        self._line.command("ausrc", f"aufile,{file}")
        self._mute_at = clock.monotonic() + asked["ms"] / 1000 if asked.get("ms") else None

    def _do_mute(self, asked: Message) -> None:
        self._mute_at = None
        self._line.command("ausrc", f"aufile,{self._line.folder / 'silence.wav'}")

    def _do_hear(self, asked: Message) -> None:
        source = max(self._line.folder.glob("dump-*-dec.wav"), key=lambda p: p.stat().st_mtime_ns, default=None)
        offset = source.stat().st_size if source and self._established else 0
        until = clock.monotonic() + asked["ms"] / 1000
        taken = source if self._established else None
        self._hearings.append(Hearing(self._call, asked["file"], taken, offset, clock.now(), asked["ms"], until))

    # events

    def tell_events(self) -> None:
        """Translate what baresip told."""
        while self.baresip is not None and self.baresip.events:
            self._translate(self.baresip.events.pop(0))

    def _translate(self, event: Message) -> None:
        kind, told = event.get("type"), str(event.get("param", ""))
        call_id = event.get("id", "")
        if kind == "CALL_INCOMING":
            self._call += 1
            self._alive, self._established = True, False
            account, peer = self._account_of(event), event.get("peeruri", "")
            to = event.get("accountaor", "")
            self._tell(
                "incoming", call=self._call, account=account, to=to, headers=[], call_id=call_id, **{"from": peer}
            )
            self._tell_state("early", 180, "Ringing", call_id)
        elif kind in ("CALL_RINGING", "CALL_PROGRESS"):
            self._tell_state("early", 180 if kind == "CALL_RINGING" else 183, "Ringing", call_id)
        elif kind == "CALL_ESTABLISHED":
            self._established = True
            self._media = ("", "")
            self._tell_state("confirmed", 200, "OK", call_id)
            self._tell_media()
        elif kind in ("CALL_REMOTE_SDP", "CALL_LOCAL_SDP") and self._established:
            self._media_until = clock.monotonic() + MEDIA_SETTLES
        elif kind == "CALL_DTMF_START":
            self._tell("dtmf", call=self._call, digit=told, method="rfc4733", ms=0)
        elif kind == "CALL_CLOSED":
            self._alive = self._established = False
            code = re.match(r"(\d{3}) (.*)", told)
            self._tell_state("disconnected", int(code[1]) if code else 200, code[2] if code else told, call_id)

    def _tell_registrations(self) -> None:
        """baresip 1.0.0 tells no REGISTER_OK of accounts made by uanew: its list is looked at until it says so."""
        for line in self._line.command("reginfo").splitlines():
            found = re.search(r"(sip:\S+)\s+(?:\x1b\[\d*;?m?\d*m?)?\s*(OK|ERR)\b", line)
            name = self._account_of({"accountaor": found[1]}) if found else ""
            if found and name in self._registering:
                good = found[2] == "OK"
                self._registering.discard(name)
                code, reason, expires = (
                    (200, "OK", self._accounts[name].get("expires", 300)) if good else (403, "ERR", 0)
                )
                self._tell("registration", account=name, code=code, reason=reason, registered=good, expires=expires)

    def _tell_state(self, state: str, code: int, reason: str, call_id: str) -> None:
        self._tell("state", call=self._call, state=state, code=code, reason=reason, call_id=call_id)

    def _tell_media(self) -> None:
        said = self._line.command("audio_debug")
        direction = re.search(r"audio dir=(\w+)", said)
        codec = re.search(r"encode: (\S+)", said)
        seen = direction[1] if direction else "sendrecv"
        if (seen, said_codec := codec[1] if codec else "") == self._media:
            return
        self._media = (seen, said_codec)
        self._tell(
            "media",
            call=self._call,
            active=True,
            direction=seen,
            remote_hold=seen in ("recvonly", "inactive"),
            codec=said_codec,
        )

    # small parts

    @property
    def _line(self) -> Baresip:
        if self.baresip is None:
            raise ValueError("not started")
        return self.baresip

    def _renew(self, account: Message) -> None:
        """Make the account anew: baresip reads its codecs only then."""
        aor = _address_of_record(account)
        if aor in self._line.command("reginfo"):
            self._line.command("uadel", aor)
        registrar = account["registrar"]
        outbound = account.get("outbound") or registrar
        words = [
            f"<{aor}{_transport(account)}>",
            f"auth_user={account.get('auth_user') or account['user']}",
            f"auth_pass={account['password']}",
            f"regint={account.get('expires', 300) if account.get('register', True) else 0}",
            f"audio_codecs={','.join(self._codecs)}",
            f'outbound="{outbound}{_transport(account)}"',
            "answermode=manual",
        ]
        self._line.command("uanew", ";".join(words))
        if account.get("register", True):
            self._registering.add(account["account"])

    def _account_of(self, event: Message) -> str:
        wanted = event.get("accountaor", "")
        return next((name for name, one in self._accounts.items() if _address_of_record(one) == wanted), "")

    def _finish(self, hearing: Hearing) -> None:
        self._hearings.remove(hearing)
        silent = not hearing.write()
        of_call = {"call": hearing.call, "file": hearing.target, "started": hearing.started, "ms": hearing.ms}
        self._tell("heard", **of_call, silent=silent)

    def _tell(self, event: str, **content: Any) -> None:
        self._send({"event": event, "at": clock.now(), **content})


def _domain(account: Message) -> str:
    return str(account.get("domain") or re.sub(r"^sips?:", "", account["registrar"]).split(";")[0])


def _address_of_record(account: Message) -> str:
    return f"sip:{account['user']}@{_domain(account)}"


def _transport(account: Message) -> str:
    return ";transport=tcp" if account.get("transport") == "tcp" else ""


def serve(channel: Channel) -> None:
    """Obey until the harness says quit or goes away."""
    phone = BaresipPhone(channel.send)
    channel.send({"event": "ready", "program": "baresip", "protocol": 1, "features": FEATURES})
    with until_the_harness_leaves(phone):
        while not phone.finished:
            lines = [channel.fileno(), *([phone.baresip.fileno()] if phone.baresip else [])]
            ready, _, _ = select.select(lines, [], [], POLL_S)
            if phone.baresip is not None and phone.baresip.fileno() in ready:
                phone.baresip.read()
            phone.tell_events()
            for message in channel.receive(0):
                phone.obey(message)
            phone.tick()


if __name__ == "__main__":
    sys.exit(run(serve, __doc__))
