"""The keys that type an address, against a handset that reads them as menus.yaml says."""

from __future__ import annotations

import pytest

from harness.core.errors import UsageError
from harness.handset.menus import menus
from harness.handset.text_entry import DIGITS, keys_for


def typed(keys: list[str]) -> str:
    """What a handset has that gets these keys."""
    letters, text, in_letters, last, presses = menus().dialling.letters, "", False, "", 0
    for key in keys:
        if key == letters.switch:
            in_letters, last = not in_letters, ""
        elif key == letters.next:
            last = ""
        elif in_letters and key == last:
            presses += 1
            text = text[:-1] + letters.keys[key][presses]
        else:
            last, presses = key, 0
            text += letters.keys[key][0] if in_letters else key
    return text


@pytest.mark.parametrize(
    "text", ["301", "*21#", "anna@a.test", "aabb-ab", "42@198.18.9.20:5060", "a.b_9@[fd00:9::1]", "+4930", "sip:a@b/c"]
)
def test_a_text_is_typed_letter_by_letter(text):
    assert typed(keys_for(text)) == text
    assert keys_for("301*#") == ["3", "0", "1", "*", "#"]
    assert set(menus().dialling.letters.keys) == DIGITS


def test_a_letter_that_no_key_has_is_a_usage_error():
    with pytest.raises(UsageError, match="'ß'"):
        keys_for("ß")
