"""A user's own script: one call between two accounts through a PBX, callbacks only, 1 s of audio each way.

Usage: bare_call.py REGISTRAR USER PASSWORD ADDRESS OTHER_USER OTHER_PASSWORD; prints the seconds it took.
"""

# mypy: ignore-errors
import sys
import time

import pjsua2 as pj


class Leg(pj.Call):
    media, ended, tone = False, False, None

    def onCallState(self, prm):
        self.ended = self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED

    def onCallMediaState(self, prm):
        self.tone = pj.ToneGenerator()
        self.tone.createToneGenerator()
        tone = pj.ToneDesc()
        tone.freq1, tone.on_msec, tone.off_msec = 1000, 1000, 0
        self.tone.play(pj.ToneDescVector([tone]))
        self.tone.startTransmit(self.getAudioMedia(-1))
        self.media = True


class Line(pj.Account):
    registered, leg = False, None

    def onRegState(self, prm):
        self.registered = prm.code == 200

    def onIncomingCall(self, prm):
        self.leg = Leg(self, prm.callId)
        answer = pj.CallOpParam(True)
        answer.statusCode = 200
        self.leg.answer(answer)


def line(registrar, user, password):
    config = pj.AccountConfig()
    config.idUri, config.regConfig.registrarUri = f"sip:{user}@{registrar}", f"sip:{registrar}"
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, password))
    account = Line()
    account.create(config)
    return account


registrar, user, password, address, other, other_password = sys.argv[1:7]
endpoint, settings, transport = pj.Endpoint(), pj.EpConfig(), pj.TransportConfig()
settings.uaConfig.threadCnt, settings.logConfig.level, settings.logConfig.consoleLevel = 0, 0, 0
endpoint.libCreate(), endpoint.libInit(settings)  # fmt: skip
transport.boundAddress = address
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
endpoint.libStart(), endpoint.audDevManager().setNullDev()  # fmt: skip
caller, callee = line(registrar, user, password), line(registrar, other, other_password)


def until(condition):
    while not condition():
        endpoint.libHandleEvents(5)


until(lambda: caller.registered and callee.registered)
began = time.monotonic()
leg = Leg(caller)
leg.makeCall(f"sip:{other}@{registrar}", pj.CallOpParam(True))
until(lambda: leg.media and callee.leg and callee.leg.media)
heard = time.monotonic()
until(lambda: time.monotonic() > heard + 1.0)
leg.hangup(pj.CallOpParam(True))
until(lambda: leg.ended and callee.leg.ended)
leg = callee.leg = caller = callee = None  # pjsua2 needs its objects deleted before the library
endpoint.libDestroy()
sys.stdout.write(f"{time.monotonic() - began:.3f}\n")
