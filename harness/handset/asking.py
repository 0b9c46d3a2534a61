"""Commands and their answers on one open port: one outstanding at a time, said again where that is right."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from harness.clock import Deadline, WaitExpired
from harness.errors import RigFault
from harness.handset.connection import Connection, Damage, Noise, Unplugged
from harness.handset.protocol import CRC_ERROR, Final, Information, seal

ATTEMPTS = 4
REMEDY = "is the dongle plugged in and the port right? try: m9 doctor; then replug it"


class CommandRefused(RigFault):
    """The dongle answered ERROR; `code` is that of the protocol (3: the handset is off or lost)."""

    def __init__(self, command: str, refusal: Final) -> None:
        text = f"{command.split('=')[0]} was refused: error {refusal.code} {refusal.text}"
        remedy = "switch the handset on and bring it into range" if refusal.code == 3 else REMEDY
        super().__init__("dongle", text, remedy=remedy)
        self.code = refusal.code


class Conversation:
    """What is said to the dongle over one connection. All failures are RigFaults, but Unplugged for a port that went.

    A question (AT…?, ATI, AT+DISP=, AT+PIC=) whose answer is damaged is asked again. An act (a key, a subscription) is
    repeated only when the dongle said that it did not understand (error 5): a second press would be another stimulus.
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
        self._last = ""
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
        for attempt in range(ATTEMPTS):
            self._noise.asked_again += bool(attempt)
            if not self._in_step:
                self.resynchronise()
            mark = len(self._connection.answers)
            self._write(line)
            answer, damaged = self._answer(line, mark)
            if isinstance(answer, list) and not damaged:
                return answer
            if isinstance(answer, Final) and answer.code != CRC_ERROR:
                raise CommandRefused(masked(line), answer)
            refused = isinstance(answer, Final)
            if not refused and not is_question(line):
                if isinstance(answer, list):
                    return answer
                self._in_step = False
                text = f"no whole answer to {masked(line)} in {self._timeout:g} s ({self._damage_text()})"
                raise RigFault("dongle", text, remedy=REMEDY)
            self._in_step = False
        text = f"{masked(line)} was asked {ATTEMPTS} times in vain ({self._damage_text()})"
        raise RigFault("dongle", text, remedy="look at the cable, the baud rate and the port's other users; " + REMEDY)

    def _answer(self, line: str, mark: int, deadline: Deadline | None = None) -> tuple[list[str] | Final | None, bool]:
        """The information lines or the refusal; None when no end came in time. And whether something was damaged."""
        deadline = deadline or Deadline(self._timeout + _holds(line))
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

    def resynchronise(self) -> None:
        """Resynchronise: end whatever half line the dongle holds, then wait for the answer to a question of its own.

        Answers of earlier commands may still come; they are told from this one's by its information line.
        """
        mark = len(self._connection.answers)
        question, wanted = ("ATI", "PROTO=") if self._last == "AT+TIME?" else ("AT+TIME?", "+TIME:")
        self._connection.write(b"\r\n")
        self._write(question)
        deadline = Deadline(self._timeout)
        while not deadline.expired:
            answer, _ = self._answer(question, mark, deadline)
            if isinstance(answer, list) and any(line.startswith(wanted) for line in answer):
                self._in_step = True
                return
            mark = self._read_to
        raise RigFault("dongle", f"{self._url} does not answer ({self._damage_text()})", remedy=REMEDY)

    def _write(self, line: str) -> None:
        self._transcript(">", masked(line))
        self._last = line
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
