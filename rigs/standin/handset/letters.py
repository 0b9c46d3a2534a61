"""Letters by the digit keys: each further press of a key takes its next letter."""

from __future__ import annotations

from rigs.standin.handset.data import letters


class Letters:
    """What a key adds to a text, in digits or in letters."""

    def __init__(self, *, on: bool = False) -> None:
        self.on = on
        self._key = ""
        self._presses = 0

    def switch(self) -> None:
        """Digits after letters, letters after digits."""
        self.on = not self.on
        self.end_letter()

    def end_letter(self) -> None:
        """The same key begins another letter."""
        self._key = ""

    def typed(self, text: str, key: str) -> str:
        """The text after a digit key in letters: its last letter is another one where the key is pressed again."""
        choice = letters()["keys"][key]
        again = key == self._key
        self._presses = self._presses + 1 if again else 0
        self._key = key
        return (text[:-1] if again else text) + letter(choice, self._presses)


def letter(choice: str, presses: int) -> str:
    """The letter of a key after so many further presses; behind the last one comes the first again."""
    return choice[presses % len(choice)]
