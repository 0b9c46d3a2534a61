"""What the tests of replacements replace: a part of a rig as small as can be."""

from rigs.standin.core.replacing import seam

LIMIT = 4


def chosen(number: int) -> str:
    """A function of the module that another one imports by name."""
    return f"healthy {number}"


def alone() -> str:
    """A function that others reach by the module."""
    return "healthy"


class Line:
    """A class with a subclass."""

    speed = 9

    def ask(self, text: str, *, again: bool = False) -> str:
        return f"healthy {text}{' again' if again else ''}"

    async def later(self, text: str) -> str:
        return f"healthy {text}"

    def end(self) -> str:
        return "healthy end"

    @property
    def busy(self) -> bool:
        return False

    @staticmethod
    def doubled(number: int) -> int:
        return 2 * number

    @seam
    def outgoing(self, text: str) -> str:
        return text


class Trunk(Line):
    """Ends otherwise, asks as a line does."""

    def end(self) -> str:
        return "healthy end of a trunk"
