"""What snmpd's pass_persist asks: the switch's ports and their power, read from and set at the supervisor.

Run by snmpd as `python -m rigs.standin.switch.mib CONTROL GROUP PORT IFINDEX [DEFECT …]`. POWER-ETHERNET-MIB
(RFC 3621) has group 1 .. with eight ports, IF-MIB (RFC 2863) an ifIndex a port, numbered so that the base's port has
the given one.
"""

from __future__ import annotations

import importlib
import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PORTS = 8
UPLINK = 8
Oid = tuple[int, ...]
Value = tuple[str, str]

PSE_PORT: Oid = (1, 3, 6, 1, 2, 1, 105, 1, 1, 1)
PSE_MAIN: Oid = (1, 3, 6, 1, 2, 1, 105, 1, 3, 1, 1)
PSE_NOTIFY: Oid = (1, 3, 6, 1, 2, 1, 105, 1, 4, 1, 1)
IF_NUMBER: Oid = (1, 3, 6, 1, 2, 1, 2, 1, 0)
IF_TABLE: Oid = (1, 3, 6, 1, 2, 1, 2, 2, 1)
IF_X_TABLE: Oid = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)

ADMIN_ENABLE, PRIORITY, TYPE = 3, 7, 9
IF_ADMIN = 7
TRUE, FALSE = 1, 2
DISABLED, SEARCHING, DELIVERING = 1, 2, 3
UP, DOWN = 1, 2
CLASS_2 = 3
WATTS = 3
BUDGET = 65


class Refused(Exception):
    """A SET that is not made; the text is pass_persist's word for why."""


class Supervisor:
    """The control socket, kept open."""

    def __init__(self, path: str) -> None:
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line.settimeout(10)
        self._line.connect(path)
        self._answers = self._line.makefile("rb")

    def ask(self, **request: Any) -> dict[str, Any]:
        """One request; Refused if the supervisor says no."""
        self._line.sendall(json.dumps(request).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._answers.readline() or b"{}")
        if not answer.get("ok"):
            raise Refused("not-writable")
        return answer


class Mib:
    """The switch's objects; the base hangs on one port, the uplink on the last, the others are empty."""

    def __init__(self, ask: Callable[..., dict[str, Any]], group: int, port: int, if_index: int) -> None:
        self._ask = ask
        self._group, self._port, self._if_index = group, port, if_index
        self._ports = range(1, max(PORTS, port) + 1)
        self._others = dict.fromkeys(self._ports, TRUE)
        self._admin = dict.fromkeys(self._ports, UP)
        self._priority = dict.fromkeys(self._ports, 3)
        self._type = dict.fromkeys(self._ports, "")
        self._type[port] = "m9 base"

    def objects(self) -> dict[Oid, Value]:
        """Every object with its type and value as of now."""
        status = self._ask(do="status")
        found: dict[Oid, Value] = {IF_NUMBER: ("integer", str(len(self._ports)))}
        for port in self._ports:
            self._pse_port(found, port, status)
            self._interface(found, port, status)
        delivering = WATTS if status["powered"] else 0
        for column, value in ((2, BUDGET), (3, 1), (4, delivering), (5, 90)):
            found[(*PSE_MAIN, column, self._group)] = ("gauge" if column in {2, 4} else "integer", str(value))
        found[(*PSE_NOTIFY, 2, self._group)] = ("integer", str(FALSE))
        return found

    def set(self, oid: Oid, value: str) -> None:
        """Writes one object; Refused with snmpd's word."""
        if oid[: len(PSE_PORT)] == PSE_PORT and len(oid) == len(PSE_PORT) + 3:
            column, group, port = oid[-3:]
            if group == self._group and port in self._ports:
                self._set_pse(column, port, value)
                return
        if oid[: len(IF_TABLE)] == IF_TABLE and len(oid) == len(IF_TABLE) + 2 and oid[-2] == IF_ADMIN:
            self._set_admin(oid[-1] - self._if_index + self._port, value)
            return
        raise Refused("not-writable")

    def _pse_port(self, found: dict[Oid, Value], port: int, status: dict[str, Any]) -> None:
        base = port == self._port
        admin = (TRUE if status["powered"] else FALSE) if base else self._others[port]
        detection = DISABLED if admin == FALSE else DELIVERING if base else SEARCHING
        rows: dict[int, Value] = {
            ADMIN_ENABLE: ("integer", str(admin)),
            4: ("integer", str(FALSE)),
            5: ("integer", "1"),
            6: ("integer", str(detection)),
            PRIORITY: ("integer", str(self._priority[port])),
            8: ("counter", "0"),
            TYPE: ("string", self._type[port]),
            10: ("integer", str(CLASS_2 if base else 1)),
            **dict.fromkeys((11, 12, 13, 14), ("counter", "0")),
        }
        for column, value in rows.items():
            found[(*PSE_PORT, column, self._group, port)] = value

    def _interface(self, found: dict[Oid, Value], port: int, status: dict[str, Any]) -> None:
        base = port == self._port
        index = self._if_index + port - self._port
        admin = (UP if status["admin"] else DOWN) if base else self._admin[port]
        up = status["link"] if base else admin == UP and port == UPLINK
        rows: dict[int, Value] = {
            1: ("integer", str(index)),
            2: ("string", f"FastEthernet0/{port}"),
            3: ("integer", "6"),
            4: ("integer", "1500"),
            5: ("gauge", "100000000"),
            IF_ADMIN: ("integer", str(admin)),
            8: ("integer", str(UP if up else DOWN)),
        }
        for column, value in rows.items():
            found[(*IF_TABLE, column, index)] = value
        found[(*IF_X_TABLE, 1, index)] = ("string", f"Fa0/{port}")
        found[(*IF_X_TABLE, 18, index)] = ("string", self._type[port])

    def _set_pse(self, column: int, port: int, value: str) -> None:
        if column == TYPE:
            self._type[port] = value.strip('"')
        elif column == PRIORITY:
            self._priority[port] = _one_of(value, 1, 2, 3)
        elif column == ADMIN_ENABLE:
            enable = _one_of(value, TRUE, FALSE)
            if port == self._port:
                self._ask(do="power", on=enable == TRUE)
            else:
                self._others[port] = enable
        else:
            raise Refused("not-writable")

    def _set_admin(self, port: int, value: str) -> None:
        if port not in self._ports:
            raise Refused("not-writable")
        wanted = _one_of(value, UP, DOWN)
        if port == self._port:
            self._ask(do="link", up=wanted == UP)
        else:
            self._admin[port] = wanted


def _one_of(value: str, *allowed: int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise Refused("wrong-type") from None
    if number not in allowed:
        raise Refused("wrong-value")
    return number


def parse_oid(text: str) -> Oid:
    """An OID as numbers; ValueError if it is none."""
    return tuple(int(part) for part in text.strip().strip(".").split(".") if part)


def _told(oid: Oid, value: Value) -> str:
    return "." + ".".join(map(str, oid)) + f"\n{value[0]}\n{value[1]}\n"


def answer(mib: Mib, command: str, read: Callable[[], str]) -> str:
    """One exchange of snmpd's pass_persist protocol (snmpd.conf(5)); `read` gives the lines that follow."""
    if not command:
        return ""
    if command == "PING":
        return "PONG\n"
    if command in {"get", "getnext"}:
        oid = parse_oid(read())
        objects = mib.objects()
        if command == "get":
            return _told(oid, objects[oid]) if oid in objects else "NONE\n"
        after = min((known for known in objects if known > oid), default=None)
        return _told(after, objects[after]) if after else "NONE\n"
    if command == "set":
        oid = parse_oid(read())
        _kind, _, value = read().partition(" ")
        try:
            mib.set(oid, value)
        except Refused as refusal:
            return f"{refusal}\n"
        return "DONE\n"
    return "NONE\n"


def seed(defects: list[str], folder: Path) -> None:
    """Puts defects in force that replace something here; a healthy switch loads none of the stand-in's other parts."""
    if defects:
        strategies = importlib.import_module("rigs.standin.core.strategies").Strategies(folder)
        for name in defects:
            strategies.apply(name)


def main(arguments: list[str]) -> int:
    """Serves snmpd until it closes the pipe.

    An empty line is no end: snmpd 5.9 sends one behind each SET. A helper that ends there is missed only by the next
    request, which snmpd then answers with noSuchInstance or notWritable (seen).
    """
    path, *numbers, defects = [*arguments[:4], arguments[4:]]
    seed(defects, Path(path).parent)
    mib = Mib(Supervisor(path).ask, *(int(number) for number in numbers))

    def read() -> str:
        return sys.stdin.readline().rstrip("\n")

    while line := sys.stdin.readline():
        sys.stdout.write(answer(mib, line.strip(), read))
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    # As the module that defects name, not as `__main__`.
    sys.exit(importlib.import_module("rigs.standin.switch.mib").main(sys.argv[1:]))
