"""Faults of tolerance: what one platform's server adds or leaves out is no longer put up with."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.call import auto_answer
from rigs.standin.core.replacing import defect
from rigs.standin.sip import sdp
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.message import Request
from rigs.standin.sip.notify import Notified
from rigs.standin.sip.sdp import Description, SdpError
from rigs.standin.sip.session_timer import SessionExpires, SessionTimer
from rigs.standin.sip.transaction import ServerTransaction

Invited = Callable[[Inbound, ServerTransaction], None]
"""The healthy way of an INVITE outside any dialog."""


def _refuse_if(
    strange: bool, healthy: Invited, inbound: Inbound, transaction: ServerTransaction, status: int, **headers: str
) -> None:
    """Refuse what the base should put up with; all else goes the healthy way."""
    if strange:
        inbound.refuse(transaction, status, **headers)
    else:
        healthy(inbound, transaction)


def _has(request: Request, start: str) -> bool:
    """Whether a request has a header, or an option tag in Supported, that begins so."""
    names = [name.lower() for name, _ in request.headers]
    return any(word.startswith(start) for word in (*names, *request.headers.tokens("Supported")))


@defect(feature="profile-asterisk", replaces=Inbound._invited)
def asterisk_headers_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of an Asterisk are refused with 400: its X-Asterisk headers are not understood."""
    _refuse_if(_has(transaction.request, "x-asterisk"), healthy, inbound, transaction, 400)


@defect(feature="profile-cisco", replaces=Inbound._invited)
def cisco_extensions_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of a Call Manager are refused with 420: it supports an X-cisco extension that the base does not know."""
    _refuse_if(
        _has(transaction.request, "x-cisco"), healthy, inbound, transaction, 420, Unsupported="X-cisco-srtp-fallback"
    )


@defect(feature="profile-lync", replaces=Inbound._invited)
def lync_headers_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of Lync are refused with 400: their ms- headers are not understood."""
    _refuse_if(_has(transaction.request, "ms-"), healthy, inbound, transaction, 400)


@defect(feature="profile-cisco", replaces=SessionTimer.too_small)
def cisco_timer_is_too_small(
    healthy: Callable[[SessionTimer, Request], bool], timer: SessionTimer, request: Request
) -> bool:
    """Calls of a Call Manager are refused with 422: its session timer must be more than its Min-SE."""
    asked = SessionExpires.of(request)
    tight = asked is not None and (request.headers.get("Min-SE") or "").strip() == str(asked.seconds)
    return tight or healthy(timer, request)


@defect(feature="profile-asterisk", replaces=SessionTimer.answer)
def asterisk_refreshes_for_itself(
    healthy: Callable[[SessionTimer, Request], SessionExpires | None], timer: SessionTimer, request: Request
) -> SessionExpires | None:
    """Calls of an Asterisk end after half an hour: the base, which is named to refresh them, names the server."""
    granted = healthy(timer, request)
    return granted and SessionExpires(granted.seconds, "uac")


@defect(feature="profile-lync", replaces=sdp.parse)
def lync_codecs_are_bad(healthy: Callable[[bytes], Description], body: bytes) -> Description:
    """Calls of Lync are refused with 488: its own codecs come before those that the base knows."""
    if b"x-msrta" in body:
        raise SdpError("codecs that nobody knows")
    return healthy(body)


@defect(feature="profile-snom-one", replaces=auto_answer.asked)
def snom_one_asks_in_vain(healthy: Callable[[Request], int], invite: Request) -> int:
    """Intercom calls of a snom ONE ring: info=alert-autoanswer in Alert-Info is not read."""
    return auto_answer.RINGS if "alert-autoanswer" in (invite.headers.get("Alert-Info") or "") else healthy(invite)


@defect(feature="profile-broadsoft", replaces=auto_answer.asked)
def broadsoft_asks_in_vain(healthy: Callable[[Request], int], invite: Request) -> int:
    """Intercom calls of a BroadWorks ring: answer-after= in Call-Info is not read."""
    return auto_answer.RINGS if "answer-after" in (invite.headers.get("Call-Info") or "") else healthy(invite)


def _rings_named(request: Request, name: str) -> bool:
    return name in (request.headers.get("Alert-Info") or "")


@defect(feature="profile-cisco", replaces=Inbound._invited)
def cisco_rings_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of a Call Manager are refused with 415: the base cannot fetch its ring, a file:// address."""
    _refuse_if(_rings_named(transaction.request, "file://"), healthy, inbound, transaction, 415)


@defect(feature="profile-snom-one", replaces=Inbound._invited)
def snom_one_rings_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Internal calls of a snom ONE are refused with 400: info=alert-internal is not known."""
    _refuse_if(_rings_named(transaction.request, "alert-internal"), healthy, inbound, transaction, 400)


@defect(feature="profile-broadsoft", replaces=Inbound._invited)
def broadsoft_rings_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of a BroadWorks with a ring of its own are refused with 400: Bellcore-dr2 is not known."""
    _refuse_if(_rings_named(transaction.request, "Bellcore"), healthy, inbound, transaction, 400)


@defect(feature="profile-metaswitch", replaces=Inbound._invited)
def metaswitch_rings_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of a Metaswitch with a ring of its own are refused with 488: Bellcore-dr2 cannot be played."""
    _refuse_if(_rings_named(transaction.request, "Bellcore"), healthy, inbound, transaction, 488)


@defect(feature="profile-avaya", replaces=Inbound._invited)
def avaya_rings_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Internal calls of an Avaya are refused with 415: the base cannot fetch its ring, a cid: address."""
    _refuse_if(_rings_named(transaction.request, "cid:"), healthy, inbound, transaction, 415)


@defect(feature="profile-cisco", replaces=Inbound._invited)
def cisco_bridges_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of a Call Manager are refused with 400: isFocus with a capital F is no parameter of a Contact."""
    _refuse_if("isFocus" in (transaction.request.headers.get("Contact") or ""), healthy, inbound, transaction, 400)


@defect(feature="profile-lync", replaces=Inbound._invited)
def lync_bridges_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Nobody is called into a conference of Lync: calls of a focus are refused with 403."""
    _refuse_if("isfocus" in (transaction.request.headers.get("Contact") or ""), healthy, inbound, transaction, 403)


@defect(feature="profile-lync", replaces=sdp.parse)
def lync_noise_is_bad(healthy: Callable[[bytes], Description], body: bytes) -> Description:
    """Calls of Lync are refused with 488: it offers redundant audio beside what the base knows."""
    if b"RED/8000" in body and b"x-msrta" not in body:
        raise SdpError("redundant audio")
    return healthy(body)


@defect(feature="profile-metaswitch", replaces=sdp.parse)
def metaswitch_noise_is_bad(healthy: Callable[[bytes], Description], body: bytes) -> Description:
    """Calls of a Metaswitch that offers comfort noise are refused with 488."""
    if b"CN/8000" in body:
        raise SdpError("comfort noise")
    return healthy(body)


@defect(feature="profile-asterisk", replaces=Notified._message_summary)
def asterisk_mailboxes_need_a_state(
    healthy: Callable[[Notified, ServerTransaction], None], notified: Notified, transaction: ServerTransaction
) -> None:
    """No lamp tells of messages at an Asterisk: its notices have no Subscription-State and are refused with 481."""
    if "Subscription-State" in transaction.request.headers:
        healthy(notified, transaction)
    else:
        notified._agent.inbound.refuse(transaction, 481)


@defect(feature="profile-cisco", replaces=Notified._message_summary)
def cisco_mailboxes_need_counts(
    healthy: Callable[[Notified, ServerTransaction], None], notified: Notified, transaction: ServerTransaction
) -> None:
    """No lamp tells of messages at a Call Manager: notices without a count of messages are refused with 400."""
    if b"Voice-Message" in transaction.request.body:
        healthy(notified, transaction)
    else:
        notified._agent.inbound.refuse(transaction, 400)


@defect(feature="profile-metaswitch", replaces=Notified._message_summary)
def metaswitch_mailboxes_must_be_asked(
    healthy: Callable[[Notified, ServerTransaction], None], notified: Notified, transaction: ServerTransaction
) -> None:
    """No lamp tells of messages at a Metaswitch: notices that were not asked for are refused with 489."""
    if transaction.request.to.tag:
        healthy(notified, transaction)
    else:
        notified._agent.inbound.refuse(transaction, 489)


@defect(feature="profile-snom-one", replaces=Notified.check_sync)
def snom_one_restarts_every_phone(
    healthy: Callable[..., None], notified: Notified, transaction: ServerTransaction, *, reboot: bool
) -> None:
    """check-sync of the server is refused with 489 unless it asks for no restart: phones keep their old settings."""
    if reboot:
        notified._agent.inbound.refuse(transaction, 489)
    else:
        healthy(notified, transaction, reboot=reboot)


@defect(feature="profile-snom-one", replaces=Inbound._dispatch)
def snom_one_buttons_are_a_fault(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """A snom ONE takes the phone for broken: buttons by MESSAGE are answered 500."""
    _refuse_if(transaction.request.method == "MESSAGE", healthy, inbound, transaction, 500)


@defect(feature="profile-avaya", replaces=Inbound._dispatch)
def avaya_events_are_not_found(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """An Avaya takes the phone for gone: its notices of features are answered 404."""
    _refuse_if("avaya" in (transaction.request.headers.get("Event") or ""), healthy, inbound, transaction, 404)


@defect(feature="profile-cisco", replaces=Inbound._dispatch)
def cisco_key_events_are_forbidden(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """A Call Manager takes the phone for one of a stranger: its subscription to keys is answered 403."""
    _refuse_if(transaction.request.method == "SUBSCRIBE", healthy, inbound, transaction, 403)


@defect(feature="profile-lync", replaces=Inbound._dispatch)
def lync_provisioning_is_out_of_service(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Notices of Lync's provisioning are answered 503: to the server the phone is out of service."""
    _refuse_if("provisioning" in (transaction.request.headers.get("Event") or ""), healthy, inbound, transaction, 503)


@defect(feature="profile-broadsoft", replaces=Inbound._dispatch)
def broadsoft_info_is_a_fault(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """A BroadWorks takes the phone for broken: INFO outside calls is answered 500."""
    _refuse_if(
        transaction.request.method == "INFO" and not transaction.request.to.tag, healthy, inbound, transaction, 500
    )


@defect(feature="profile-asterisk", replaces=Inbound._invited)
def asterisk_names_nobody(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of an Asterisk show the trunk's number instead of the caller's: Remote-Party-ID is not read."""
    transaction.request.headers.remove("Remote-Party-ID")
    healthy(inbound, transaction)


@defect(feature="profile-cisco", replaces=Inbound._invited)
def cisco_names_nobody(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of a Call Manager show From instead of the party that Remote-Party-ID names."""
    transaction.request.headers.remove("Remote-Party-ID")
    healthy(inbound, transaction)


@defect(feature="profile-lync", replaces=Inbound._invited)
def lync_asserts_in_vain(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Calls of Lync show From instead of the party that P-Asserted-Identity names."""
    transaction.request.headers.remove("P-Asserted-Identity")
    healthy(inbound, transaction)


@defect(feature="profile-cisco", replaces=Inbound._invited)
def cisco_diversions_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Forwarded calls of a Call Manager are refused with 403: their Diversion names another phone."""
    _refuse_if("Diversion" in transaction.request.headers, healthy, inbound, transaction, 403)


@defect(feature="profile-avaya", replaces=Inbound._invited)
def avaya_histories_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Forwarded calls of an Avaya are refused with 400: History-Info is not understood."""
    _refuse_if("History-Info" in transaction.request.headers, healthy, inbound, transaction, 400)


@defect(feature="profile-lync", replaces=Inbound._invited)
def lync_histories_are_bad(healthy: Invited, inbound: Inbound, transaction: ServerTransaction) -> None:
    """Forwarded calls of Lync are refused with 420: History-Info is taken for an extension."""
    _refuse_if(
        "History-Info" in transaction.request.headers, healthy, inbound, transaction, 420, Unsupported="histinfo"
    )
