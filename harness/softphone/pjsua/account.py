"""An account of the pjsua2 worker: what the PBX knows the peer as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pjsua2 as pj

from harness.softphone.pjsua.headers import sip_headers
from harness.softphone.pjsua.native_callbacks import callback

Message = dict[str, Any]

TIMERS = {
    "inactive": pj.PJSUA_SIP_TIMER_INACTIVE,
    "optional": pj.PJSUA_SIP_TIMER_OPTIONAL,
    "required": pj.PJSUA_SIP_TIMER_REQUIRED,
    "always": pj.PJSUA_SIP_TIMER_ALWAYS,
}
PRACK = {"off": pj.PJSUA_100REL_NOT_USED, "optional": pj.PJSUA_100REL_OPTIONAL, "mandatory": pj.PJSUA_100REL_MANDATORY}
SRTP = {
    "off": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
}
"""Optional is RTP/AVP with keys, mandatory RTP/SAVP."""
RTP_PORT = 16000
RTP_PORT_RANGE = 400


class LiveAccount(pj.Account):  # type: ignore[misc]
    """A pjsua2 account with the name that the harness gave it; a `quiet` one tells nothing more of its bindings."""

    def __init__(self, name: str, domain: str, tell: Callable[..., None], arrived: Callable[..., None]) -> None:
        super().__init__()
        self.name = name
        self.domain = domain
        self._tell = tell
        self.quiet = False
        self.signing_out = False
        self._arrived = arrived

    def sign_out(self) -> None:
        """Take the binding back; `signing_out` until that is answered: the library calls it inactive at once."""
        self.signing_out = bool(self.getInfo().regIsActive)
        if self.signing_out:
            self.setRegistration(False)

    def uri(self, target: str) -> str:
        """A number as a URI in the account's domain; a URI as it is."""
        return target if target.startswith(("sip:", "sips:", "<", '"')) else f"sip:{target}@{self.domain}"

    @callback
    def onRegState(self, prm: Any) -> None:
        """An answer to REGISTER, or its time-out (code 408 or 503 made by the library)."""
        self.signing_out = False
        if self.quiet:
            return
        info = self.getInfo()
        self._tell(
            "registration",
            account=self.name,
            code=prm.code,
            reason=prm.reason,
            registered=bool(info.regIsActive) and prm.code // 100 == 2,
            expires=info.regExpiresSec,
        )

    @callback
    def onIncomingCall(self, prm: Any) -> None:
        """An INVITE; nothing is answered until the harness says so."""
        self._arrived(self, prm.callId, prm.rdata.wholeMsg)


def host_of(uri: str) -> str:
    """The host part of a SIP URI, brackets of IPv6 kept."""
    rest = uri.split(":", 1)[1].split(";")[0].split("@")[-1]
    if rest.startswith("["):
        return rest[: rest.index("]") + 1]
    return rest.split(":")[0]


def configuration(asked: Message, address: str, transport_id: int) -> Any:
    """The library's account configuration for a `register` request."""
    config = pj.AccountConfig()
    domain = asked.get("domain") or host_of(asked["registrar"])
    via_tcp = ";transport=tcp" if asked.get("transport", "udp") == "tcp" else ""
    display = f'"{asked["display"]}" ' if asked.get("display") else ""
    config.idUri = f"{display}<sip:{asked['user']}@{domain}>"
    config.regConfig.registrarUri = asked["registrar"] + via_tcp if asked.get("register", True) else ""
    config.regConfig.timeoutSec = int(asked.get("expires", 300))
    config.regConfig.retryIntervalSec = 2
    config.regConfig.randomRetryIntervalSec = 0
    config.regConfig.unregWaitMsec = 500
    if asked.get("headers"):
        config.regConfig.headers = sip_headers(asked["headers"])
    outbound = asked.get("outbound") or asked["registrar"]
    config.sipConfig.proxies.append(f"{outbound}{via_tcp};lr")
    config.sipConfig.transportId = transport_id
    config.sipConfig.contactParams = asked.get("contact", "")
    user = asked.get("auth_user") or asked["user"]
    config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", asked.get("realm") or "*", user, 0, asked["password"]))
    _stay_on_the_wire(config)
    _call_options(config, asked)
    config.mediaConfig.transportConfig.boundAddress = address
    config.mediaConfig.transportConfig.port = RTP_PORT
    config.mediaConfig.transportConfig.portRange = RTP_PORT_RANGE
    return config


def _stay_on_the_wire(config: Any) -> None:
    """No guessing about NAT and no keep-alives: the test network has none, and each own packet is evidence."""
    config.natConfig.contactRewriteUse = 0
    config.natConfig.viaRewriteUse = 0
    config.natConfig.sdpNatRewriteUse = 0
    config.natConfig.sipOutboundUse = 0
    config.natConfig.udpKaIntervalSec = 0
    config.natConfig.sipStunUse = pj.PJSUA_STUN_USE_DISABLED
    config.natConfig.mediaStunUse = pj.PJSUA_STUN_USE_DISABLED


def _call_options(config: Any, asked: Message) -> None:
    config.callConfig.timerUse = TIMERS[asked.get("session_timer", "optional")]
    config.callConfig.timerSessExpiresSec = int(asked.get("session_expires", 1800))
    config.callConfig.timerMinSESec = int(asked.get("min_se", 90))
    config.callConfig.prackUse = PRACK[asked.get("prack", "off")]
    config.mediaConfig.lockCodecEnabled = False
    config.mediaConfig.streamKaEnabled = False
    config.mediaConfig.srtpUse = SRTP[asked.get("srtp", "off")]
    config.mediaConfig.srtpSecureSignaling = 0  # keys may go in clear: the test network has no other listener
