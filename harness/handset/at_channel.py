"""Commands and their answers on one open port: one at a time, repeated if this is safe."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from harness.core.clock import Deadline, WaitExpired
from harness.core.errors import RigFault
from harness.handset.connection import Connection, Damage, Noise, Unplugged
from harness.handset.protocol import BUSY, CRC_ERROR, Final, Information, seal

ATTEMPTS = 4
BUSY_AGAIN = 0.05
"""Seconds after which a dongle that was busy is asked again; it had not begun to do what it was told."""
PROBES = {"AT+TIME?": "+TIME:", "ATI": "PROTO=", "AT+HS?": "+HS:", "AT+CAPS?": "+CAPS:"}
"""Questions that find the way back into step, and what their answers are known by."""
REMEDY = "check that the dongle is plugged in and the port is right: m9 doctor; then replug it"


REMEDIES = {
    3: "switch the handset on and bring it into range",
    4: "end other programs that use the dongle; check that no key of it is held down",
    6: "its firmware cannot do this: AT+CAPS? lists what it can do",
}


class CommandRefused(RigFault):
    """The dongle answered ERROR; `code` is that of the protocol (3: the handset is off or lost)."""

    def __init__(self, command: str, refusal: Final) -> None:
        text = f"{command.split('=')[0]} was refused: error {refusal.code} {refusal.text}"
        remedy = REMEDIES.get(refusal.code, REMEDY)
        super().__init__("dongle", text, remedy=remedy)
        self.code = refusal.code


class AtChannel:
    """Commands over one connection. Failures are RigFaults, except Unplugged for a port that disappeared.

    A question (AT…?, ATI, AT+DISP=, AT+PIC=) whose answer is damaged is asked again. An act (a key, a subscription) is
    repeated only when the dongle said that it did not do it (errors 4 and 5): a second press would be another stimulus.
    """

    def __init__(
        self, connection: Connection, url: str, timeout: float, noise: Noise, transcript: Callable[[str, str], None]
    ) -> None:
        self._connection = connection
        self._url = url
        self._timeout = timeout
        self._noise = noise
        self._transcript = transcript
        self._in_step = False
        self._unanswered: list[str] = []
        self._read_to = 0

    @property
    def lost(self) -> threading.Event:
        """Set when the port is gone."""
        return self._connection.lost

    def seal(self) -> None:
        """From now on a line without check sum is damaged."""
        self._connection.sealed = True

    def close(self) -> None:
        """Close the port."""
        self._connection.close()

    def ask(self, line: str) -> list[str]:
        """One command until it has a whole answer; see the class for what is said again."""
        free = Deadline(self._timeout)
        attempts = 0
        while attempts < ATTEMPTS:
            self._noise.asked_again += bool(attempts)
            attempts += 1
            answer, damaged = self._said(line)
            if isinstance(answer, list) and not (damaged and is_question(line)):
                return answer
            if isinstance(answer, Final) and answer.code == BUSY and not free.expired:
                attempts = 0
                if self._connection.lost.wait(min(BUSY_AGAIN, free.left)):
                    raise Unplugged("while it was busy")
                continue
            if isinstance(answer, Final) and answer.code != CRC_ERROR:
                raise CommandRefused(masked(line), answer)
            self._in_step = False
            if isinstance(answer, Final) and not is_question(line):
                strays = self.resynchronise()
                if [] in strays:  # what it could not read was noise before our line, and the line was obeyed
                    return []
            elif not is_question(line):
                text = f"no whole answer to {masked(line)} in {self._timeout:g} s ({self._damage_text()})"
                raise RigFault("dongle", text, remedy=REMEDY)
        text = f"{masked(line)} was asked {ATTEMPTS} times without an answer ({self._damage_text()})"
        raise RigFault("dongle", text, remedy="look at the cable, the baud rate and the port's other users; " + REMEDY)

    def _said(self, line: str) -> tuple[list[str] | Final | None, bool]:
        """Say a command once, in step; its answer and whether something was damaged on the way."""
        if not self._in_step:
            self.resynchronise()
        mark = len(self._connection.answers)
        self._write(line)
        answer, damaged = self._answer(mark, Deadline(self._timeout + _holds(line)))
        if answer is not None:
            self._unanswered.clear()
        return answer, damaged

    def _answer(self, mark: int, deadline: Deadline) -> tuple[list[str] | Final | None, bool]:
        """The information lines or the refusal; None when no end came in time. And whether something was damaged."""
        position, damaged, lines = mark, False, list[str]()
        while True:
            try:
                item = self._connection.answers.wait_for(
                    lambda _: True, what="an answer", within=deadline.left, since=position
                )
            except WaitExpired as expired:
                if self._connection.lost.is_set():
                    raise Unplugged(expired.last_seen) from expired
                return None, damaged
            position += 1
            self._read_to = position
            if isinstance(item, Damage):
                damaged = True
            elif isinstance(item, Information):
                lines.append(item.text)
            elif isinstance(item, Final):
                return (item if item.code else lines), damaged

    def resynchronise(self) -> list[list[str] | Final]:
        """End a partial line in the dongle, then wait for the answer to a question that no other code asks.

        Answers of earlier commands may still come, however late, and always before this one's: they are returned. The
        question is told from them by its information line, so it is of a kind that is not outstanding itself.
        """
        mark = len(self._connection.answers)
        fresh = [name for name in PROBES if name not in self._unanswered]
        question = (fresh or [name for name in self._unanswered if name in PROBES])[0]
        self._connection.write(b"\r\n")
        self._write(question)
        strays: list[list[str] | Final] = []
        deadline = Deadline(self._timeout)
        while not deadline.expired:
            answer, _ = self._answer(mark, deadline)
            if isinstance(answer, list) and any(PROBES[question] in line for line in answer):
                self._in_step = True
                self._unanswered.clear()
                return strays
            if answer is not None:
                strays.append(answer)
            mark = self._read_to
        if "://" in self._url:  # a network's line may be dead without a word; another connection may not be
            self._connection.give_up("it does not answer")
        raise RigFault("dongle", f"{self._url} does not answer ({self._damage_text()})", remedy=REMEDY)

    def _write(self, line: str) -> None:
        self._transcript(">", masked(line))
        if line in self._unanswered:
            self._unanswered.remove(line)
        self._unanswered.append(line)
        self._connection.write(seal(line))

    def _damage_text(self) -> str:
        return f"{self._noise.damaged_lines} damaged lines so far"


def is_question(line: str) -> bool:
    """Whether asking twice changes nothing."""
    return (
        line in ("AT", "ATI") or line.endswith("?") or line.startswith(("AT+DISP=", "AT+PIC=", "AT+CRC=", "AT+SUBS="))
    )


def masked(line: str) -> str:
    """A command without the PIN it may carry."""
    return re.sub(r'^(AT\+REG=\d+,").*"$', r'\1****"', line)


def _holds(line: str) -> float:
    """How long the dongle itself holds a key before it answers, in seconds."""
    held = re.fullmatch(r"AT\+KEY=\d+,[^,]+,(\d+)", line)
    return int(held[1]) / 1000 if held else 0.0
