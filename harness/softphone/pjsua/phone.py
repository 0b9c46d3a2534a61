"""The pjsua2 endpoint of the worker and the requests it obeys; everything runs in the process's main thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from harness.core import clock
from harness.softphone.pjsua import audio
from harness.softphone.pjsua.account import LiveAccount, configuration, host_of
from harness.softphone.pjsua.call import LiveCall
from harness.softphone.pjsua.headers import read_headers

Message = dict[str, Any]
FEATURES = ["hold", "update", "transfer", "refer", "tone", "hear", "dtmf", "codecs", "ptime", "request"]
MAX_CALLS = 4
GOOD_BYE_WITHIN = 1.0


class Phone:
    """One softphone: endpoint, transports, accounts and calls. `send` carries replies and events to the harness."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self.finished = False
        self._send = send
        self._endpoint = pj.Endpoint()
        self._address = ""
        self._transports: dict[str, int] = {}
        self._accounts: dict[str, LiveAccount] = {}
        self._calls: dict[int, LiveCall] = {}
        self._number = 0
        self._ptime = 20

    # life

    def open(self) -> str:
        """Create the library; returns its version."""
        self._endpoint.libCreate()
        return str(self._endpoint.libVersion().full)

    def close(self) -> None:
        """Say good-bye to far ends and server, then drop all objects before the library goes.

        The other order ends in a crash of its destructors.
        """
        if self._transports:
            self._say_good_bye()
        for call in self._calls.values():
            call.release()
        self._calls.clear()
        for account in self._accounts.values():
            account.shutdown()
        self._accounts.clear()
        # the answers have been waited for above; the library's own wait is a fixed second
        self._endpoint.libDestroy(pj.PJSUA_DESTROY_NO_RX_MSG)

    def _say_good_bye(self) -> None:
        """BYE and de-registration with their answers, as far as they come within GOOD_BYE_WITHIN."""
        self._send = _unheard
        self._endpoint.hangupAllCalls()
        for account in self._accounts.values():
            account.sign_out()
        deadline = clock.Deadline(GOOD_BYE_WITHIN)
        while not deadline.expired and (self._calls or any(one.signing_out for one in self._accounts.values())):
            self.turn(5)

    def turn(self, milliseconds: int) -> None:
        """Let the library work for a while, then look at what is due."""
        if not self._transports:
            return
        self._endpoint.libHandleEvents(milliseconds)
        for number, call in list(self._calls.items()):
            call.tick()
            if call.ended and not call.busy:
                del self._calls[number]

    def obey(self, message: Message) -> None:
        """Do one request and answer it; a refusal of the library is the answer's error."""
        do: Callable[[Message], Message | None] | None = getattr(self, f"_do_{message.get('do')}", None)
        reply: Message = {"reply": message.get("id")}
        if do is None:
            reply["error"] = f"unknown request {message.get('do')!r}"
        else:
            try:
                reply["ok"] = do(message) or {}
            except pj.Error as error:
                reply["error"] = f"{error.title}: {error.reason}"
            except (KeyError, ValueError, TypeError, OSError) as error:
                reply["error"] = f"{type(error).__name__}: {error}"
        self._send(reply)

    # requests: the phone

    def _do_start(self, asked: Message) -> Message:
        self._address = asked["address"]
        if ":" in self._address:
            raise ValueError(
                "this build of PJSIP has no IPv6 media (pjsua_acc.c asserts on it): use the baresip worker"
            )
        log = os.path.join(asked["directory"], f"{asked['name']}-pjsip.log")
        self._endpoint.libInit(_endpoint_configuration(asked.get("user_agent", "m9-harness peer"), log))
        self._endpoint.audDevManager().setNullDev()
        for kind in asked.get("transports", ["udp", "tcp"]):
            config = pj.TransportConfig()
            config.port = int(asked.get("port", 5060))
            config.boundAddress = self._address
            number = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP}[kind]
            self._transports[kind] = self._endpoint.transportCreate(number, config)
        self._endpoint.libStart()
        return {"codecs": [codec.codecId for codec in self._endpoint.codecEnum2()]}

    def _do_quit(self, asked: Message) -> None:
        self.finished = True

    def _do_codecs(self, asked: Message) -> Message:
        self._ptime = int(asked.get("ptime", 20))
        known = [codec.codecId for codec in self._endpoint.codecEnum2()]
        chosen = [_codec_id(name, known) for name in asked["codecs"]]
        for codec in known:
            self._endpoint.codecSetPriority(codec, 0)
        for place, codec in enumerate(chosen):
            self._endpoint.codecSetPriority(codec, 255 - place)
            parameters = self._endpoint.codecGetParam(codec)
            parameters.setting.frmPerPkt = max(1, self._ptime // parameters.info.frameLen)
            parameters.setting.vad = False
            self._endpoint.codecSetParam(codec, parameters)
        return {"codecs": chosen}

    def _do_register(self, asked: Message) -> None:
        name = asked["account"]
        config = configuration(asked, self._address, self._transports[asked.get("transport", "udp")])
        if name in self._accounts:
            self._take_back(self._accounts.pop(name))
        domain = asked.get("domain") or host_of(asked["registrar"])
        account = LiveAccount(name, domain, self._tell, self._arrived)
        self._accounts[name] = account
        account.create(config)

    def _take_back(self, account: LiveAccount) -> None:
        """End an account, its de-registration answered: one on its way beside the next REGISTER may be done after it.

        A server that works on several messages at a time would end up without a binding.
        """
        account.quiet = True
        account.sign_out()
        deadline = clock.Deadline(GOOD_BYE_WITHIN)
        while not deadline.expired and account.signing_out:
            self.turn(5)
        account.shutdown()

    def _do_unregister(self, asked: Message) -> None:
        self._accounts[asked["account"]].setRegistration(False)

    # requests: calls

    def _do_call(self, asked: Message) -> Message:
        account = self._accounts[asked["account"]]
        call = self._another(account)
        call.edit_sdp(self._edits(asked))
        try:
            call.dial(account.uri(asked["target"]), asked.get("headers", []), with_sdp=asked.get("sdp", True))
        except pj.Error:
            del self._calls[call.number]
            raise
        return {"call": call.number, "call_id": call.getInfo().callIdString}

    def _do_ring(self, asked: Message) -> None:
        self._call(asked).respond(asked.get("code", 180), asked.get("reason", ""), asked.get("headers"))

    def _do_progress(self, asked: Message) -> None:
        self._edited(asked).respond(asked.get("code", 183), asked.get("reason", ""), asked.get("headers"))

    def _do_answer(self, asked: Message) -> None:
        self._edited(asked).respond(asked.get("code", 200), asked.get("reason", ""), asked.get("headers"))

    def _do_reject(self, asked: Message) -> None:
        self._call(asked).respond(asked.get("code", 486), asked.get("reason", ""), asked.get("headers"))

    def _do_hangup(self, asked: Message) -> None:
        self._call(asked).end(asked.get("headers", []), asked.get("code", 0))

    def _do_hold(self, asked: Message) -> None:
        self._call(asked).put_on_hold()

    def _do_resume(self, asked: Message) -> None:
        self._call(asked).take_from_hold()

    def _do_reinvite(self, asked: Message) -> None:
        self._offer(asked, by_update=False)

    def _do_update(self, asked: Message) -> None:
        self._offer(asked, by_update=True)

    def _do_dtmf(self, asked: Message) -> None:
        self._call(asked).press(asked["digits"], asked.get("method", "rfc4733"), int(asked.get("ms", 160)))

    def _do_tone(self, asked: Message) -> None:
        self._call(asked).play(asked["hz"], float(asked["level"]), asked.get("ms"))

    def _do_mute(self, asked: Message) -> None:
        self._call(asked).silence()

    def _do_hear(self, asked: Message) -> None:
        self._call(asked).hear(asked["file"], int(asked["ms"]))

    def _do_transfer(self, asked: Message) -> None:
        call, headers = self._call(asked), asked.get("headers", [])
        if "replaces" in asked:
            call.refer_to_call(self._calls[asked["replaces"]], headers)
        else:
            call.refer(self._accounts[asked["account"]].uri(asked["target"]), headers)

    def _do_answer_refer(self, asked: Message) -> None:
        self._call(asked).answers_refer = int(asked["code"])

    def _do_request(self, asked: Message) -> None:
        body, content_type = asked.get("body", ""), asked.get("content_type", "")
        self._call(asked).send(asked["method"], asked.get("headers", []), body, content_type)

    def _do_statistics(self, asked: Message) -> Message:
        return self._call(asked).statistics()

    # small parts

    def _offer(self, asked: Message, *, by_update: bool) -> None:
        direction, headers = asked.get("direction", "sendrecv"), asked.get("headers", [])
        how = {"with_sdp": asked.get("sdp", True), "moves": asked.get("moves", False)}
        self._edited(asked).offer(direction, headers, by_update=by_update, **how)

    def _edits(self, asked: Message) -> list[list[str]]:
        """What the request wants changed in SDP, and the packet time, which the library leaves unsaid."""
        ptime = [[r"^(m=audio .*?)(\r?)$", rf"\1\2\na=ptime:{self._ptime}\2"]] if self._ptime != 20 else []
        return [*ptime, *asked.get("sdp_edits", [])]

    def _edited(self, asked: Message) -> LiveCall:
        call = self._call(asked)
        if "sdp_edits" in asked:
            call.edit_sdp(self._edits(asked))
        return call

    def _call(self, asked: Message) -> LiveCall:
        if asked["call"] not in self._calls:
            raise ValueError(f"call {asked['call']} has ended")
        return self._calls[asked["call"]]

    def _arrived(self, account: LiveAccount, pjsua_id: int, message: str) -> None:
        call = self._another(account, pjsua_id)
        request_uri, headers = read_headers(message)
        info = call.getInfo()
        self._tell(
            "incoming",
            call=call.number,
            account=account.name,
            **{"from": info.remoteUri, "to": info.localUri},
            headers=headers,
            request_uri=request_uri,
            call_id=info.callIdString,
        )

    def _another(self, account: LiveAccount, pjsua_id: int = pj.PJSUA_INVALID_ID) -> LiveCall:
        """A further call, which the harness knows by its number."""
        name = account.name
        call = LiveCall(account, self._next_number(), self._tell, lambda: self._another(self._accounts[name]), pjsua_id)
        self._calls[call.number] = call
        call.edit_sdp(self._edits({}))
        return call

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _tell(self, event: str, **content: Any) -> None:
        self._send({"event": event, "at": clock.now(), **content})


def _unheard(message: Message) -> None:
    """Where events go when the harness has let go of the socket."""


def _codec_id(name: str, known: list[str]) -> str:
    for codec in known:
        if codec.split("/")[0].lower() == name.split("/")[0].lower():
            return codec
    raise ValueError(f"codec {name} is none of {', '.join(known)}")


def _endpoint_configuration(user_agent: str, log: str) -> Any:
    """One thread, a small jitter buffer, no echo canceller, no silence suppression: the same call sounds the same."""
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = MAX_CALLS
    config.uaConfig.userAgent = user_agent
    config.logConfig.filename = log
    config.logConfig.level = 3
    config.logConfig.consoleLevel = 0
    config.logConfig.msgLogging = 0
    config.medConfig.clockRate = audio.CLOCK_RATE
    config.medConfig.sndClockRate = audio.CLOCK_RATE
    config.medConfig.noVad = True
    config.medConfig.ecTailLen = 0
    config.medConfig.jbInit = 20
    config.medConfig.jbMinPre = 20
    config.medConfig.jbMaxPre = 60
    config.medConfig.jbMax = 200
    config.medConfig.sndAutoCloseTime = -1
    return config
