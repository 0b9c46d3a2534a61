"""The switch's objects as pass_persist asks for them."""

from __future__ import annotations

from typing import Any

from rigs.standin.switch import mib, snmp

ADMIN = ".1.3.6.1.2.1.105.1.1.1.3.1.3"
DETECTION = ".1.3.6.1.2.1.105.1.1.1.6.1.3"
OPER = ".1.3.6.1.2.1.2.2.1.8.10103"


class Plug:
    """The supervisor's side of the plug."""

    def __init__(self) -> None:
        self.powered = True

    def ask(self, **request: Any) -> dict[str, Any]:
        if request["do"] == "power":
            self.powered = request["on"]
        return {"powered": self.powered, "link": self.powered, "admin": True}


def _ask(agent: mib.Mib, *lines: str) -> str:
    rest = iter(lines[1:])
    return mib.answer(agent, lines[0], lambda: next(rest))


def test_power_is_read_and_switched_by_group_and_port() -> None:
    plug = Plug()
    agent = mib.Mib(plug.ask, 1, 3, 10103)
    assert _ask(agent, "PING") == "PONG\n"
    assert _ask(agent, "get", ADMIN) == f"{ADMIN}\ninteger\n1\n"
    assert _ask(agent, "get", OPER) == f"{OPER}\ninteger\n1\n"
    assert _ask(agent, "set", ADMIN, "integer 2") == "DONE\n"
    assert not plug.powered
    assert _ask(agent, "get", DETECTION) == f"{DETECTION}\ninteger\n1\n"
    assert _ask(agent, "get", OPER) == f"{OPER}\ninteger\n2\n"


def test_what_may_not_be_set_says_so() -> None:
    agent = mib.Mib(Plug().ask, 1, 3, 10103)
    assert _ask(agent, "set", DETECTION, "integer 3") == "not-writable\n"
    assert _ask(agent, "set", ADMIN, "integer 7") == "wrong-value\n"
    assert _ask(agent, "set", ADMIN, "string x") == "wrong-type\n"
    assert _ask(agent, "get", ADMIN + ".1") == "NONE\n"


def test_the_empty_line_that_snmpd_sends_behind_a_set_is_no_end_and_has_no_answer() -> None:
    assert _ask(mib.Mib(Plug().ask, 1, 3, 10103), "") == ""


def test_a_walk_visits_every_object_once_and_ends() -> None:
    agent = mib.Mib(Plug().ask, 1, 3, 10103)
    seen = [".1.3.6.1.2.1.2"]
    while (answer := _ask(agent, "getnext", seen[-1])) != "NONE\n":
        seen.append(answer.split("\n")[0])
        assert len(seen) < 1000
    assert len(seen) - 1 == len(agent.objects())
    assert OPER in seen


def test_a_get_request_is_the_bytes_of_rfc_3416() -> None:
    expected = "302602010104067075626c6963a019020101020100020100300e300c06082b060102010101000500"
    assert snmp.get_request("public", "1.3.6.1.2.1.1.1.0").hex() == expected
