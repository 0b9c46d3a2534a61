"""The harness's vCards: short lines, no letter cut, and what quoted-printable and base64 hold."""

from __future__ import annotations

import base64
import quopri
import re

from harness.base import vcards

NAME = "Zoë Müller-Lüdenscheidt, geborene Groß; die Zweite"


def test_a_card_of_version_3_has_folded_lines_that_say_the_name():
    card = vcards.version_30(NAME, ["+49 30 5500-240", "0171 2"], bytes(range(256)))
    assert all(len(line.encode()) <= vcards.WIDTH for line in card.split("\r\n"))
    lines = card.replace("\r\n ", "").split("\r\n")
    assert "FN:Zoë Müller-Lüdenscheidt\\, geborene Groß\\; die Zweite" in lines
    assert {"TEL;TYPE=WORK,VOICE:+49 30 5500-240", "TEL;TYPE=CELL,VOICE:0171 2"} <= set(lines)
    (photo,) = [line for line in lines if line.startswith("PHOTO")]
    assert base64.b64decode(photo.partition(":")[2]) == bytes(range(256))


def test_a_card_of_version_2_is_quoted_with_soft_line_breaks():
    card = vcards.version_21(NAME, ["1"], b"photo")
    quoted = re.search(r"^FN;[^:]*:(.*?[^=])\r\n(?!\s)", card, re.DOTALL | re.MULTILINE)
    assert quoted is not None
    assert "=\r\n" in quoted[1]
    assert quopri.decodestring(quoted[1]).decode() == NAME
    assert f"PHOTO;JPEG;ENCODING=BASE64:\r\n {base64.b64encode(b'photo').decode()}\r\n\r\n" in card
    assert card.isascii()
