"""One call of the pjsua2 worker: its states told as events, its audio kept connected over every re-INVITE."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from harness.core import clock
from harness.softphone.pjsua import audio
from harness.softphone.pjsua.headers import sip_headers
from harness.softphone.pjsua.native_callbacks import callback

Tell = Callable[..., None]
Another = Callable[[], "LiveCall"]
"""Makes a further call of the same account. A call keeps no account itself: the library would delete it too late."""

STATES = {
    pj.PJSIP_INV_STATE_NULL: "null",
    pj.PJSIP_INV_STATE_CALLING: "calling",
    pj.PJSIP_INV_STATE_INCOMING: "incoming",
    pj.PJSIP_INV_STATE_EARLY: "early",
    pj.PJSIP_INV_STATE_CONNECTING: "connecting",
    pj.PJSIP_INV_STATE_CONFIRMED: "confirmed",
    pj.PJSIP_INV_STATE_DISCONNECTED: "disconnected",
}
DIRECTIONS = {
    pj.PJMEDIA_DIR_NONE: "inactive",
    pj.PJMEDIA_DIR_ENCODING: "sendonly",
    pj.PJMEDIA_DIR_DECODING: "recvonly",
    pj.PJMEDIA_DIR_ENCODING_DECODING: "sendrecv",
}
DTMF_IS_END = 1 << 1
"""PJMEDIA_STREAM_DTMF_IS_END of pjmedia/stream_common.h, which the binding does not export."""
DTMF_METHODS = {"rfc4733": pj.PJSUA_DTMF_METHOD_RFC2833, "info": pj.PJSUA_DTMF_METHOD_SIP_INFO}


class LiveCall(pj.Call):  # type: ignore[misc]
    """A pjsua2 call with the number that the harness knows it by."""

    def __init__(
        self, account: Any, number: int, tell: Tell, another: Another, pjsua_id: int = pj.PJSUA_INVALID_ID
    ) -> None:
        super().__init__(account, pjsua_id)
        self.number = number
        self.answers_refer = 202
        self._another = another
        self.ended = False
        self._tell = tell
        self._generator: Any = None
        self._generator_until: float | None = None
        self._recordings: list[audio.Recording] = []
        self._closing: list[audio.Recording] = []
        self._direction = "sendrecv"
        self._edits: list[list[str]] = []
        self._last_event = ("", -1)

    # acts

    def edit_sdp(self, edits: list[list[str]]) -> None:
        """From now on change every SDP this side makes: pairs of pattern and replacement, by lines."""
        self._edits = edits

    def dial(self, uri: str, headers: list[list[str]], *, with_sdp: bool = True) -> None:
        """Send the INVITE."""
        parameters = self._parameters(headers=headers)
        if not with_sdp:
            parameters.opt.flag = pj.PJSUA_CALL_NO_SDP_OFFER
        self.makeCall(uri, parameters)

    def respond(self, code: int, reason: str = "", headers: list[list[str]] | None = None) -> None:
        """Answer the INVITE: 180, 183 with SDP, 200, or a final failure."""
        self.answer(self._parameters(code=code, reason=reason, headers=headers or []))

    def end(self, headers: list[list[str]], code: int = 0) -> None:
        """CANCEL, BYE or the rejection, whichever the state asks for."""
        self.hangup(self._parameters(code=code, headers=headers))

    def put_on_hold(self) -> None:
        """Offer sendonly (inactive when the far end holds too)."""
        self.setHold(self._parameters())

    def take_from_hold(self) -> None:
        """Offer sendrecv again."""
        parameters = self._parameters()
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.reinvite(parameters)

    def offer(
        self, direction: str, headers: list[list[str]], *, by_update: bool, with_sdp: bool, moves: bool = False
    ) -> None:
        """A new offer in the dialog with the given direction, by re-INVITE or UPDATE; `moves` opens another port."""
        parameters = self._parameters(headers=headers)
        if with_sdp:
            parameters.opt.flag = pj.PJSUA_CALL_SET_MEDIA_DIR
            wanted = {text: value for value, text in DIRECTIONS.items()}[direction]
            parameters.opt.mediaDir = pj.IntVector([wanted])
            if moves:
                parameters.opt.flag |= pj.PJSUA_CALL_REINIT_MEDIA
        else:
            parameters.opt.flag = pj.PJSUA_CALL_NO_SDP_OFFER
        (self.update if by_update else self.reinvite)(parameters)

    def press(self, digits: str, method: str, ms: int) -> None:
        """Send DTMF."""
        parameters = pj.CallSendDtmfParam()
        parameters.method = DTMF_METHODS[method]
        parameters.duration = ms
        parameters.digits = digits
        self.sendDtmf(parameters)

    def refer(self, target: str, headers: list[list[str]]) -> None:
        """Blind transfer: REFER."""
        self.xfer(target, self._parameters(headers=headers))

    def refer_to_call(self, other: LiveCall, headers: list[list[str]]) -> None:
        """Attended transfer: REFER to the far end of another call, whose dialog is to be replaced."""
        self.xferReplaces(other, self._parameters(headers=headers))

    def send(self, method: str, headers: list[list[str]], body: str, content_type: str) -> None:
        """Any request inside the dialog."""
        parameters = pj.CallSendRequestParam()
        parameters.method = method
        parameters.txOption.headers = sip_headers(headers)
        parameters.txOption.msgBody = body
        parameters.txOption.contentType = content_type
        self.sendRequest(parameters)

    def play(self, hertz: list[float], level: float, ms: int | None) -> None:
        """Let the far end hear a tone from now on, for `ms` or until `silence`."""
        self.silence()
        self._generator = audio.tone_generator(hertz, level)
        self._generator_until = clock.monotonic() + ms / 1000 if ms else None
        if (media := self._media()) is not None:
            self._generator.startTransmit(media)

    def silence(self) -> None:
        """End the tone."""
        generator, self._generator, self._generator_until = self._generator, None, None
        if generator is not None:
            generator.stop()

    def hear(self, file: str, ms: int) -> None:
        """Record what comes from the far end; the event `heard` tells when it is there."""
        taken = audio.recording(file, ms)
        if (media := self._media()) is not None:
            media.startTransmit(taken.recorder)
            taken.connected = True
        self._recordings.append(taken)

    def statistics(self) -> dict[str, Any]:
        """Codec, payload types and RTP counts as the library sees them."""
        stream = self.getStreamInfo(0)
        counts = self.getStreamStat(0).rtcp
        return {
            "codec": stream.codecName,
            "rx_payload": stream.rxPt,
            "tx_payload": stream.txPt,
            "direction": DIRECTIONS.get(stream.dir, str(stream.dir)),
            "received": counts.rxStat.pkt,
            "received_lost": counts.rxStat.loss,
            "sent": counts.txStat.pkt,
        }

    # the passing of time

    def tick(self) -> None:
        """End the tones and recordings whose time is over."""
        time = clock.monotonic()
        if self._generator_until is not None and time >= self._generator_until:
            self.silence()
        for taken in [one for one in self._recordings if time >= one.until]:
            self._finish(taken)
        for taken in [one for one in self._closing if one.complete or time >= one.until + audio.CLOSING_WITHIN]:
            self._closing.remove(taken)
            self._tell_heard(taken)

    def release(self) -> None:
        """Drop every media object; what is being recorded ends here."""
        self.silence()
        for taken in list(self._recordings):
            self._finish(taken)

    @property
    def busy(self) -> bool:
        """Whether a recording is still on its way to its file."""
        return bool(self._closing)

    def _finish(self, taken: audio.Recording) -> None:
        self._recordings.remove(taken)
        taken.recorder = None
        if taken.connected:
            taken.until = clock.monotonic()
            self._closing.append(taken)
        else:
            self._tell_heard(taken)

    def _tell_heard(self, taken: audio.Recording) -> None:
        silent = not taken.connected
        self._tell("heard", call=self.number, file=taken.file, started=taken.started, ms=taken.ms, silent=silent)

    # what the library tells

    @callback
    def onCallState(self, prm: Any) -> None:
        """A state of the INVITE session."""
        info = self.getInfo()
        state = STATES.get(info.state, str(info.state))
        if state == "disconnected":
            self.ended = True
            self.release()
        code, reason, call_id = info.lastStatusCode, info.lastReason, info.callIdString
        self._tell("state", call=self.number, state=state, code=code, reason=reason, call_id=call_id)

    @callback
    def onCallMediaState(self, prm: Any) -> None:
        """A new negotiation of SDP: the audio objects go to the new stream."""
        info = self.getInfo()
        described = [one for one in info.media if one.type == pj.PJMEDIA_TYPE_AUDIO]
        media = self._media()
        if media is not None:
            if self._generator is not None:
                self._generator.startTransmit(media)
            for taken in self._recordings:
                media.startTransmit(taken.recorder)
                taken.connected = True
        first = described[0] if described else None
        self._direction = DIRECTIONS.get(first.dir, "inactive") if first else "inactive"
        self._tell(
            "media",
            call=self.number,
            active=media is not None,
            direction=self._direction,
            remote_hold=first is not None and first.status == pj.PJSUA_CALL_MEDIA_REMOTE_HOLD,
            codec=self._codec(media is not None),
        )

    @callback
    def onCallSdpCreated(self, prm: Any) -> None:
        """The library made an SDP: change what the test wants changed (ptime, an address of the old hold form)."""
        text = prm.sdp.wholeSdp
        for pattern, replacement in self._edits:
            text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
        if text != prm.sdp.wholeSdp:
            prm.sdp.wholeSdp = text

    @callback
    def onDtmfEvent(self, prm: Any) -> None:
        """A digit from the far end, told once: RFC 4733 ends an event with three packets of one timestamp (2.5.1.4).

        The library tells the second of them again when a re-INVITE has made a new stream in the meantime.
        """
        if prm.method == pj.PJSUA_DTMF_METHOD_RFC2833:
            event = (prm.digit, prm.timestamp)
            if not prm.flags & DTMF_IS_END or event == self._last_event:
                return
            self._last_event = event
        method = "info" if prm.method == pj.PJSUA_DTMF_METHOD_SIP_INFO else "rfc4733"
        self._tell("dtmf", call=self.number, digit=prm.digit, method=method, ms=prm.duration)

    @callback
    def onCallTransferStatus(self, prm: Any) -> None:
        """A NOTIFY of a transfer that this side asked for."""
        final = bool(prm.finalNotify)
        self._tell("transfer", call=self.number, code=prm.statusCode, reason=prm.reason, final=final)

    @callback
    def onCallTransferRequest(self, prm: Any) -> None:
        """A REFER: it is refused, or the library makes the new call and tells the other end of it."""
        code, number = self.answers_refer, 0
        prm.statusCode = code
        if code < 300:
            made = self._another()
            prm.newCall, number = made, made.number
        self._tell("refer", call=self.number, target=prm.dstUri, code=code, new=number)

    @callback
    def onCallReplaceRequest(self, prm: Any) -> None:
        """An INVITE takes the place of this call's far end: the library answers it and ends this call."""
        made = self._another()
        prm.newCall = made
        self._tell("replaced", call=self.number, new=made.number)

    # small parts

    def _parameters(self, *, code: int = 0, reason: str = "", headers: list[list[str]] | None = None) -> Any:
        parameters = pj.CallOpParam(True)
        parameters.opt.audioCount, parameters.opt.videoCount = 1, 0
        if code:
            parameters.statusCode = code
        if reason:
            parameters.reason = reason
        if headers:
            parameters.txOption.headers = sip_headers(headers)
        return parameters

    def _media(self) -> Any:
        """The call's audio port, or None while there is none."""
        if not self.isActive():
            return None
        running = (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD, pj.PJSUA_CALL_MEDIA_LOCAL_HOLD)
        info = self.getInfo()  # kept: the elements of its media list live in it
        for one in info.media:
            if one.type == pj.PJMEDIA_TYPE_AUDIO and one.status in running and one.audioConfSlot >= 0:
                return self.getAudioMedia(one.index)
        return None

    def _codec(self, active: bool) -> str:
        return str(self.getStreamInfo(0).codecName) if active else ""
