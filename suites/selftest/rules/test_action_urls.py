"""Action URLs on paper: a call of identity 1, and what the base tells of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from harness.capture.messages import HttpMessage
from harness.rules.acts import Act, Shown
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge
from suites.selftest.rules.paper_call import BASE, PROXY, PaperCall, description

HELD, BROKEN, IDLE, UNSAID = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
SERVER, PORT = "198.18.9.1", 8080
OPEN = float("inf")
SETTINGS = {
    "incoming": "action_incoming_url",
    "off hook": "action_offhook_url",
    "connected": "action_connected_url",
    "disconnected": "action_disconnected_url",
    "missed": "action_missed_url",
    "hold": "action_hold",
    "dnd on": "action_dnd_on_url",
    "logged out": "action_log_off_url",
}
STEPS = [(9.05, "incoming"), (9.95, "off hook"), (10.02, "connected"), (20.01, "disconnected")]


def setting(at: float, name: str, value: str, identity: int = 1, channel: str = "web") -> Act:
    detail = {"name": name, "value": value, "identity": str(identity), "channel": channel}
    return Act("setting", at, at, detail=detail)


@dataclass
class Paper:
    """A call and the requests around it."""

    call: PaperCall = field(default_factory=lambda: PaperCall(ends=60.0))
    http: list[HttpMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.call.acts.append(setting(1.0, "user_name", "41"))
        self.call.acts.append(Act("action-server", 1.0, detail={"authority": f"{SERVER}:{PORT}", "there": "yes"}))

    def urls(self, *events: str, query: str = "", at: float = 2.0, identity: int = 1, **more: str) -> Paper:
        """The URLs of these events are set."""
        for event in events:
            path = f"/{identity}/{event.replace(' ', '-')}{query}"
            value = more.get("value", f"http://{more.get('host', f'{SERVER}:{PORT}')}{path}")
            self.call.acts.append(setting(at, SETTINGS[event], value, identity))
        return self

    def told(self, at: float, event: str, *, answered: float | None = None, query: str = "", **more: str) -> Paper:
        """A GET for an event, and its answer unless that never comes."""
        port = 30000 + len(self.http)
        uri = more.get("uri", f"/{more.get('identity', 1)}/{event.replace(' ', '-')}{query}")
        headers = (("Host", f"{SERVER}:{PORT}"),)
        self.http.append(HttpMessage(0, at, BASE, port, SERVER, PORT, "tcp", method="GET", uri=uri, headers=headers))
        when = at + 0.01 if answered is None else answered
        if when != OPEN:
            status, place = int(more.get("status", "200")), more.get("location", "")
            said = (("Content-Length", "0"), *((("Location", place),) if place else ()))
            said = said[1:] if more.get("endless") else said
            self.http.append(HttpMessage(0, when, SERVER, PORT, BASE, port, "tcp", status=status, headers=said))
        return self

    def talks(self) -> Paper:
        """Rings at 9.1, is answered by a key at 9.95, and ends at 20."""
        self.call.answered(10.0).hung_up(20.0, ours=False)
        self.call.did("called", 9.0).did("answer", 9.95).showed("hook", 9.95, "OFF")
        return self

    def says(self, rule: str) -> Judgement:
        evidence = self.call.evidence()
        found = Evidence(
            [BASE], sip=evidence.sip, http=sorted(self.http, key=lambda m: m.at), acts=evidence.acts,
            shown=evidence.shown, sight=evidence.sight,
        )  # fmt: skip
        return judge(found, "asterisk", [rule])[0]

    def claims(self, rule: str) -> list[str]:
        found = self.says(rule)
        return [one.claim or found.rule.claim for one in found.broken]


def whole(**more: str) -> Paper:
    """A call of which all is told in order."""
    paper = Paper().urls(*SETTINGS).talks()
    for at, event in STEPS:
        paper.told(at, event, **more)
    return paper


def without(*events: str) -> Paper:
    paper = Paper().urls(*SETTINGS).talks()
    for at, event in STEPS:
        if event not in events:
            paper.told(at, event)
    return paper


def test_a_call_of_which_all_is_told_once_and_in_order_holds():
    assert whole().says("ACT-TOLD").held >= 4
    assert whole().claims("ACT-TOLD") == whole().claims("ACT-ONLY") == []
    assert whole().says("ACT-ONLY").held == 4


@pytest.mark.parametrize("event", [event for _, event in STEPS])
def test_an_event_that_is_not_told_is_named(event):
    assert without(event).claims("ACT-TOLD") == [f"{event} of identity 1 is told"]


def test_an_event_that_is_told_late_is_named_unless_a_server_kept_it_waiting():
    late = without("disconnected").told(30.0, "disconnected")
    assert late.claims("ACT-TOLD") == ["disconnected of identity 1 is told"]
    waited = Paper().urls(*SETTINGS).talks()
    for at, event in STEPS[:3]:
        waited.told(at, event, answered=OPEN)
    assert waited.told(30.0, "disconnected").claims("ACT-TOLD") == []


def test_events_that_change_their_order_are_named():
    swapped = without("incoming", "connected").told(9.96, "connected").told(10.5, "incoming")
    assert swapped.claims("ACT-TOLD")[0] == "events are told in the order in which they happened"


def test_nothing_is_said_without_acts_urls_or_a_server():
    assert Paper().talks().says("ACT-TOLD").result is IDLE
    elsewhere = Paper().urls("incoming", host="198.18.9.9:80").talks()
    assert elsewhere.says("ACT-TOLD").result is IDLE
    gone = Paper().urls("incoming").talks()
    gone.call.acts.append(Act("action-server", 5.0, detail={"authority": f"{SERVER}:{PORT}", "there": "no"}))
    assert gone.says("ACT-TOLD").result is IDLE


def test_a_second_request_for_an_event_is_named():
    assert whole().told(9.2, "incoming").claims("ACT-ONLY") == ["an event is told once"]


def test_a_request_for_another_identity_is_named():
    paper = without("incoming").urls("incoming", identity=2).told(9.05, "incoming", identity="2")
    assert paper.claims("ACT-ONLY") == ["only what happened to an identity is told of it"]
    assert "incoming of identity 1" in paper.says("ACT-ONLY").broken[0].seen


def test_a_request_where_no_url_is_set_is_named():
    claim = "where no URL is set, nothing is requested"
    assert Paper().urls("incoming").talks().told(9.05, "incoming").told(9.96, "off hook").claims("ACT-ONLY") == [claim]
    cleared = whole().urls("disconnected", at=15.0, value="")
    assert cleared.claims("ACT-ONLY") == ["only what happened to an identity is told of it"]


def test_a_redirection_is_followed_and_is_no_second_event():
    paper = without("incoming").told(9.05, "incoming", status="302", location="/there")
    assert paper.told(9.1, "", uri="/there").claims("ACT-ONLY") == []
    circle = without("incoming").told(9.05, "incoming", status="302", location="/1/incoming")
    assert circle.told(9.1, "incoming").claims("ACT-ONLY") == []


def test_the_next_event_after_a_circle_is_its_own():
    paper = without("incoming").told(9.05, "incoming", status="302", location="/1/incoming")
    paper.told(5.0, "incoming", status="302", location="/1/incoming")
    assert paper.claims("ACT-TOLD") == []


def test_what_came_while_the_server_was_away_is_not_told_by_the_next_request():
    paper = Paper().urls("dnd on")
    paper.call.acts += [
        setting(5.0, "user_dnd", "on"),
        setting(6.0, "user_dnd", "off"),
        setting(20.0, "user_dnd", "on"),
    ]
    where = {"authority": f"{SERVER}:{PORT}"}
    paper.call.acts += [
        Act("action-server", at, detail={**where, "there": there}) for at, there in ((3, "no"), (7, "yes"))
    ]
    paper.call.answered(60.0)
    assert paper.told(20.1, "dnd on").says("ACT-TOLD").held == 1


def test_what_the_base_tells_is_no_fetch_of_a_file():
    paper = whole().told(9.06, "incoming")
    assert paper.says("PRV-ONCE").result is IDLE
    assert paper.says("HTTP-HOST").result is HELD


def test_do_not_disturb_is_an_event_where_it_changes():
    def switched(*values: str) -> Paper:
        paper = Paper().urls("dnd on")
        paper.call.acts += [setting(5.0 + place, "user_dnd", value) for place, value in enumerate(values)]
        paper.call.answered(40.0)
        return paper

    assert switched("on").claims("ACT-TOLD") == ["dnd on of identity 1 is told"]
    assert switched("on").told(5.1, "dnd on").says("ACT-TOLD").result is HELD
    assert switched("on", "on").told(5.1, "dnd on").claims("ACT-TOLD") == []
    assert switched("off").says("ACT-TOLD").result is IDLE


def test_a_handset_logs_out_by_its_key_for_the_identity_it_is_bound_to():
    paper = Paper().urls("logged out")
    paper.call.acts += [
        setting(1.5, "user_ipui", "005C30C840"),
        Act("handset-off", 30.0, 30.0, 1, detail={"by": "key"}),
    ]
    paper.call.shown.append(Shown("ipui", 3.0, 1, "005c30c840"))
    paper.call.answered(40.0)
    assert paper.claims("ACT-TOLD") == ["logged out of identity 1 is told"]
    assert paper.told(30.2, "logged out").claims("ACT-TOLD") == []


def missed(**cancel: str) -> Paper:
    paper = Paper().urls("missed")
    paper.call.says(9.0, "INVITE", "1 INVITE", ours=False, body=description(False), tagged=False)
    paper.call.says(9.1, "180 Ringing", "1 INVITE", ours=True)
    paper.call.says(12.0, "CANCEL", "1 CANCEL", ours=False, tagged=False, **cancel)
    paper.call.says(12.1, "487 Request Terminated", "1 INVITE", ours=True)
    return paper


def test_a_call_is_missed_unless_it_was_taken_elsewhere():
    assert missed().claims("ACT-TOLD") == ["missed of identity 1 is told"]
    assert missed().told(12.1, "missed").claims("ACT-TOLD") == []
    elsewhere = missed(reason="SIP;cause=200").told(12.1, "missed")
    assert elsewhere.claims("ACT-ONLY") == ["only what happened to an identity is told of it"]


QUERY = "?who=$remote&me=$local&call=$call-id"


@pytest.mark.parametrize(
    ("query", "claims"),
    [
        (f"?who=sip%3A301%40{PROXY}&me=sip:41@{PROXY}&call=paper", []),
        (f"?who=sip:41@{PROXY}&me=sip:41@{PROXY}&call=paper", ["$remote of incoming is that of the event"]),
        (f"?who=sip:301@{PROXY}&me=sip:41@{PROXY}&call=another", ["$call-id of incoming is that of the event"]),
        (f"?who=sip:301@{PROXY}&x&me=sip:41@{PROXY}&call=paper", ["what stands for a variable is escaped"]),
        (f'?who="Z"%20sip:301@{PROXY}&me=sip:41@{PROXY}&call=paper', ["what stands for a variable is escaped"]),
    ],
)
def test_variables_stand_for_the_call_and_are_escaped(query, claims):
    paper = Paper().urls("incoming", query=QUERY).talks().told(9.05, "incoming", query=query)
    assert paper.claims("ACT-VALUES")[:1] == claims


def test_a_unit_that_knows_no_variables_is_not_judged():
    paper = Paper().urls("incoming", query=QUERY).talks().told(9.05, "incoming", query=QUERY)
    assert paper.says("ACT-VALUES").result is UNSAID


def test_a_call_that_waits_for_the_server_is_named():
    assert whole().says("ACT-WAIT").result is IDLE
    waiting = without("incoming").told(9.05, "incoming", answered=OPEN)
    assert waiting.says("ACT-WAIT").result is HELD
    endless = without("incoming").told(9.05, "incoming", endless="yes")
    assert endless.says("ACT-WAIT").result is HELD
    slow = replace(waiting, call=PaperCall(ends=60.0, acts=[*waiting.call.acts], shown=waiting.call.shown))
    slow.call.answered(14.0)
    slow.call.acts = [a for a in slow.call.acts if a.kind != "answer"]
    slow.call.did("answer", 9.95)
    slow.http = [replace(m, at=m.at + 4.0) if m.at > 9.5 else m for m in waiting.http]
    assert "no call waits for the server of an action URL" in slow.claims("ACT-WAIT")


@pytest.mark.parametrize(
    ("url", "port", "protocols", "result"),
    [
        (f"https://{SERVER}", 443, "eth:ip:tcp:tls:http", HELD),
        (f"https://{SERVER}", 80, "eth:ip:tcp:http", BROKEN),
        (f"https://{SERVER}:8443", 8443, "eth:ip:tcp:tls:http", HELD),
        (f"https://{SERVER}:8443", 8443, "eth:ip:tcp:http", BROKEN),
        (f"http://{SERVER}:{PORT}", PORT, "eth:ip:tcp:http", IDLE),
    ],
)
def test_a_url_of_https_is_requested_over_tls(url, port, protocols, result):
    paper = Paper().urls("incoming", value=f"{url}/1/incoming").talks().told(9.05, "incoming")
    host = (("Host", url.partition("//")[2]),)
    paper.http = [replace(m, dport=port, protocols=protocols, headers=host) for m in paper.http if m.method]
    assert paper.says("ACT-HTTPS").result is result
