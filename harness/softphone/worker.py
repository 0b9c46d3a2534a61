"""The pjsua2 worker: a softphone in a process of its own, spoken to in JSON lines.

Start it as ``python -m harness.softphone.worker --fd N``, where N is an inherited stream socket. A rig file may name
another command under ``peer.worker``; it gets the same ``--fd N`` and must speak what follows.

Every line is one JSON object in UTF-8. The harness sends requests ``{"id": 1, "do": "answer", "call": 2, …}``; the
worker answers each with ``{"reply": 1, "ok": {…}}`` or ``{"reply": 1, "error": "…"}`` and may send events
``{"event": "…", "at": 1700000000.0, …}`` at any time. Closing the socket ends the worker; so does its parent's death.

Requests (``*`` marks what may be left out, with its default)
  start       address, port* 5060, directory, name, transports* ["udp", "tcp"], user_agent*
  register    account, user, password, registrar "sip:HOST[:PORT]", domain* (the registrar's host), auth_user* (user),
              realm* "*", display* "", expires* 300, transport* "udp", outbound* "", headers* [[name, value]],
              session_timer* "optional" (inactive, optional, required, always), session_expires* 1800, min_se* 90,
              prack* "off" (off, optional, mandatory), register* true, contact* "" (parameters behind its Contact)
  unregister  account
  codecs      codecs ["PCMA", …] in order of preference, all others off; ptime* 20 (ms)
  call        account, target (number or URI), headers*, sdp* true                     → {"call": n}
  ring, progress, answer, reject       call, code*, reason*, headers*  (progress: 183 with an SDP answer)
  hangup      call, headers*
  hold, resume                         call
  reinvite, update                     call, direction* "sendrecv", headers*, sdp* true, moves* false (to another port)
  dtmf        call, digits, method* "rfc4733" or "info", ms* 160
  tone        call, hz [one or two], level (dBm0), ms* null (until muted)
  mute        call
  hear        call, ms, file           → ok at once; the event ``heard`` when the time is over
  transfer    call, account, headers*; target, or replaces: another call, to whose far end and into whose place
              a REFER of this side; how it goes is told by the event ``transfer``
  answer_refer  call, code             the answer to a REFER of the far end, before it comes: 202, or a refusal
  request     call, method, headers*, body*, content_type*          a request inside the dialog
  statistics  call                     → codec, payload types, packets and losses as the worker counts them
  ping        → any answer, also an error: the worker is alive
  quit

``call``, ``progress``, ``answer``, ``reinvite`` and ``update`` also take sdp_edits* [[pattern, replacement]]: regular
expressions applied to every SDP of that call from then on.

Events
  ready         program, protocol (1), features: what it can of hold update transfer refer tone hear dtmf codecs ptime
  registration  account, code, reason, registered, expires
  incoming      call, account, from, to, headers [[name, value]], request_uri, call_id
  state         call, state (calling, incoming, early, connecting, confirmed, disconnected), code, reason, call_id
  media         call, active, direction (as this side sees it), remote_hold, codec
  dtmf          call, digit, method, ms
  heard         call, file (WAV, 16 bit, mono), started, ms, silent (true: the call had no audio)
  transfer      call, code, reason, final
  refer         call, target, code (the answer), new (the number of the call that follows, 0 after a refusal)
  replaced      call, new (the number of the call that has taken its place, by an INVITE with Replaces)
"""

from __future__ import annotations

import sys

from harness.softphone.channel import Channel
from harness.softphone.run_worker import run, until_the_harness_leaves

PROTOCOL = 1
POLL_MS = 4
"""How long PJSIP may wait for the network before the socket of the harness is looked at again."""


def serve(channel: Channel) -> None:
    """Run the softphone until the harness says quit or goes away."""
    from harness.softphone.pjsua.phone import FEATURES, Phone

    phone = Phone(channel.send)
    version = phone.open()
    channel.send({"event": "ready", "program": f"pjsua2 {version}", "protocol": PROTOCOL, "features": FEATURES})
    with until_the_harness_leaves(phone):
        while not phone.finished:
            phone.turn(POLL_MS)
            for message in channel.receive(0):
                phone.obey(message)


if __name__ == "__main__":
    sys.exit(run(serve, __doc__))
