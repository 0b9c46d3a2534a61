"""Faults of speed dial, of the message key, and of the line that a handset calls by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from rigs.standin.air.portable_part import PortablePart
from rigs.standin.air.protocol import Identify, Message, Setup
from rigs.standin.air.radio import Radio
from rigs.standin.base.settings import Settings
from rigs.standin.call import rules, short_numbers
from rigs.standin.call.lines import Lines
from rigs.standin.core.replacing import defect
from rigs.standin.handset.handset import Handset
from rigs.standin.handset.screens import Dialling

Number = Callable[[Settings, int, str], str]
Mailbox = Callable[[Settings, int, Mapping[int, str]], str]


@defect(feature="speed-dial", replaces=short_numbers.speed_dial)
def speed_dial_calls_the_next_key(healthy: Number, settings: Settings, identity: int, key: str) -> str:
    """A speed dial key calls the number of the key beside it."""
    return healthy(settings, identity, str((int(key) + 1) % 10))


@defect(feature="speed-dial", replaces=short_numbers.speed_dial)
def zero_has_no_speed_dial(healthy: Number, settings: Settings, identity: int, key: str) -> str:
    """The key 0 calls nobody, though it has a number in the tab."""
    return "" if key == "0" else healthy(settings, identity, key)


@defect(feature="speed-dial", replaces=short_numbers.speed_dial)
def speed_dial_of_the_first_identity_for_all(healthy: Number, settings: Settings, identity: int, key: str) -> str:
    """Every handset has the speed dial numbers of identity 1."""
    return healthy(settings, 1, key)


@defect(feature="speed-dial", replaces=short_numbers.speed_dial)
def key_without_a_number_calls_itself(healthy: Number, settings: Settings, identity: int, key: str) -> str:
    """A key without a number calls its own digit."""
    return healthy(settings, identity, key) or key


@defect(feature="speed-dial", replaces=short_numbers.speed_dial)
def speed_dial_takes_digits_only(healthy: Number, settings: Settings, identity: int, key: str) -> str:
    """Of an address only the digits in it are called."""
    return "".join(one for one in healthy(settings, identity, key) if one.isdigit())


@defect(feature="speed-dial", replaces=Handset.press)
def short_press_is_speed_dial(
    healthy: Callable[[Handset, str, int], None], handset: Handset, key: str, milliseconds: int = 0
) -> None:
    """A short press of a digit calls its speed dial number: no number can be dialled."""
    healthy(handset, key, 2000 if key.isdigit() and not handset.phone.calls else milliseconds)


@defect(feature="speed-dial", replaces=Radio.send)
def number_of_a_key_is_not_listed(healthy: Callable[[Radio, Message], None], radio: Radio, message: Message) -> None:
    """The handset does not learn which number its key has called: it is in no list."""
    if not (isinstance(message, Identify) and message.call.startswith("h") and not message.name):
        healthy(radio, message)


@defect(feature="voicemail-key", replaces=PortablePart.send)
def message_key_is_dead(healthy: Callable[[PortablePart, Message], bool], part: PortablePart, message: Message) -> bool:
    """The message key does nothing."""
    return True if isinstance(message, Setup) and message.key == "MESSAGE" else healthy(part, message)


@defect(feature="voicemail-key", replaces=short_numbers.mailbox)
def server_decides_the_mailbox(healthy: Mailbox, settings: Settings, identity: int, accounts: Mapping[int, str]) -> str:
    """The mailbox that the server named is called, not the one that is set."""
    return accounts.get(identity, "") or healthy(settings, identity, accounts)


@defect(feature="voicemail-key", replaces=short_numbers.mailbox)
def mailbox_of_the_server_ignored(
    healthy: Mailbox, settings: Settings, identity: int, accounts: Mapping[int, str]
) -> str:
    """Without a mailbox that is set the own account is called, not the mailbox that the server named."""
    return healthy(settings, identity, {})


@defect(feature="voicemail-key", replaces=short_numbers.mailbox_identity)
def message_key_calls_the_first_mailbox(
    healthy: Callable[[list[int], Collection[int], int], int], own: list[int], waiting: Collection[int], calling: int
) -> int:
    """The message key calls the mailbox of the first identity, though messages wait in another one."""
    return healthy(own, [], calling)


@defect(feature="voicemail-key", replaces=Lines.meant)
def mailbox_called_as_somebody_else(
    healthy: Callable[[Lines, Setup], tuple[int, str]], lines: Lines, setup: Setup
) -> tuple[int, str]:
    """A mailbox is called by another identity than its own: it asks for a PIN, or plays the messages of another."""
    identity, number = healthy(lines, setup)
    return (identity % 2 + 1 if setup.key == "MESSAGE" else identity), number


@defect(feature="outgoing-identity", replaces=Lines.next)
def line_cannot_be_chosen(healthy: Callable[[Lines, str], None], lines: Lines, ipui: str) -> None:
    """A handset of two identities calls by the first one, whatever its user chose."""


@defect(feature="outgoing-identity", replaces=rules.calling_identity)
def handset_calls_by_its_last_identity(healthy: Callable[[str, Settings], int], ipui: str, settings: Settings) -> int:
    """A handset of two identities calls by the second one, though nobody chose it."""
    own = [n for n in range(1, 10) if ipui in rules.bound(settings, n)]
    return own[-1] if len(own) > 1 else healthy(ipui, settings)


@defect(feature="dial", replaces=Handset.digit_dialled)
def first_digit_off_hook_is_called(healthy: Callable[[Handset], None], handset: Handset) -> None:
    """Off hook, the first digit is called before its user has dialled the others."""
    healthy(handset)
    if handset.seized and isinstance(handset.screen, Dialling):
        handset.place_call(handset.screen.number)
