"""Whatever arrives of registrations, pings and notices, no rule fails, and each broken one says what it wanted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.messages import DhcpMessage, DnsMessage, SipMessage
from harness.rules.acts import Act, Shown
from harness.rules.evidence import Evidence
from harness.rules.judge import judge
from harness.rules.passwords import Passwords
from suites.selftest.rules.registrations import BASE, MAC, SECRET, SERVER, Room
from suites.selftest.rules.test_properties import NONSENSE, damaged, octets


def _messages() -> list[SipMessage]:
    room = Room()
    room.asks()
    room.says(423, "Min-Expires: 600")
    room.binds(60).passes(30)
    room.signed(parameters={"qop": "auth", "nc": "00000002", "cnonce": "a"})
    room.says(503, "Retry-After: 7")
    for method, extra in (
        ("OPTIONS", ""),
        ("NOTIFY", "Event: message-summary"),
        ("NOTIFY", "Event: check-sync;reboot=true"),
    ):
        room.is_asked(method, *([extra] if extra else []), body="Messages-Waiting: yes\r\n" if extra else "")
        room.answers(200, "Allow: INVITE, ACK, BYE, CANCEL")
    room.asks("Contact: *", expires=0)
    room.says(200)
    return room.sip


WIRE = [(message, octets(message)) for message in _messages()]
SETTINGS = ("user_active", "user_name", "user_outbound", "user_expiry", "user_realname", "retry_t1", "dhcp",
            "allow_check_sync", "user_host", "user_authname", "user_pass", "ip_adr")  # fmt: skip
VALUES = NONSENSE | st.sampled_from(["on", "off", "41", "200", "sip:pbx.test", BASE])
ACTS = st.none() | st.lists(
    st.builds(
        Act,
        kind=st.sampled_from(["setting", "setting", "power-off", "power-on", "reboot", "sign-out", "hang-up"]),
        at=st.floats(999, 1100),
        detail=st.fixed_dictionaries(
            {
                "name": st.sampled_from(SETTINGS), "value": VALUES, "identity": st.sampled_from(["1", "0", "", "²"]),
                "channel": st.sampled_from(["web", "provisioning", "unknown"]), "user": st.sampled_from(["41", ""]),
            }
        ),
    ),
    max_size=6,
)  # fmt: skip
SHOWN = st.lists(
    st.builds(
        Shown,
        kind=st.sampled_from(["icons", "lamps", "version", "uptime", "status", "binding"]),
        at=st.floats(999, 1100),
        handset=st.integers(0, 2),
        value=NONSENSE | st.sampled_from(["MESSAGE", "12"]),
        detail=st.fixed_dictionaries(
            {"users": st.sampled_from(["41", ""]), "user": st.just("41"), "IP Address": NONSENSE}
        ),
    ),
    max_size=3,
)
DHCP = st.lists(
    st.builds(
        DhcpMessage, st.just(0), st.floats(999, 1100), st.just("0.0.0.0"), st.just(68), st.just(SERVER), st.just(67),
        st.just("udp"), type=st.sampled_from(["Request", "Ack", "Discover"]), mac=st.sampled_from([MAC, ""]),
        your_address=st.sampled_from([BASE, ""]),
    ),
    max_size=3,
)  # fmt: skip
ANSWERS = st.sampled_from(
    ["_sip._udp.pbx.test: type SRV, class IN, priority 1, weight 0, port 5060, target a.test",
     "a.test: type A, class IN, addr 198.18.9.11", "a.test: type A, addr 1.2.3.4", ""]
)  # fmt: skip
DNS = st.lists(
    st.builds(
        DnsMessage, st.just(0), st.floats(999, 1100), st.just(SERVER), st.just(53), st.just(BASE), st.just(53),
        st.just("udp"), response=st.booleans(), name=NONSENSE, type=st.just("SRV"),
        answers=st.lists(ANSWERS | NONSENSE, max_size=3).map(tuple),
    ),
    max_size=3,
)  # fmt: skip


@given(messages=st.lists(damaged(WIRE), max_size=20), acts=ACTS, shown=SHOWN, dhcp=DHCP, dns=DNS)
def test_no_rule_fails_whatever_arrives_of_registrations(
    messages: list[SipMessage],
    acts: list[Act] | None,
    shown: list[Shown],
    dhcp: list[DhcpMessage],
    dns: list[DnsMessage],
) -> None:
    passwords = Passwords({"41": [SECRET]})
    ordered = sorted(acts, key=lambda act: act.at) if acts is not None else None
    evidence = Evidence([BASE], sip=messages, acts=ordered, shown=shown, dhcp=dhcp, dns=dns, passwords=passwords)
    for judgement in judge(evidence, "asterisk"):
        for expectation in judgement.expectations:
            assert expectation.claim
            assert SECRET not in f"{expectation.expected} {expectation.seen}"
