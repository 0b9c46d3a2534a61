"""DECT identities and keys: the base's RFPI, the portable part's IPUI and the key of a bond.

The radio cipher itself is not modelled; that a key exists, is derived from the PIN at pairing and is asked for at
each locate is (facts sheet section 5: paired handsets use the stored 128-bit secret made from the PIN).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

EMC = 0x05C3  # the manufacturer code in the seed's IPUI 005C30C840; the base is of the same maker


def rfpi_of(mac: str) -> str:
    """Ten hex digits: E bit 0, ARC class A, EMC 16 bits, FPN the MAC's low 17 bits, RPN 0 (EN 300 175-6)."""
    fpn = int(mac.replace(":", ""), 16) & 0x1FFFF
    return f"{EMC << 20 | fpn << 3:010X}"


def challenge() -> str:
    """Sixteen hex digits, fresh each time (the 64-bit RAND of EN 300 175-7)."""
    return secrets.token_hex(8)


def bond_key(pin: str, rand: str, ipui: str) -> str:
    """The 128-bit key both sides derive from the PIN at pairing."""
    return hmac.new(pin.encode(), f"{rand}{ipui}".encode(), hashlib.sha256).hexdigest()[:32]


def factory_key(rfpi: str, ipui: str) -> str:
    """The key of a kit whose parts were paired at the factory: both ends can compute it."""
    return bond_key("factory", rfpi, ipui)


def response(key: str, rand: str) -> str:
    """The proof of a key, sixteen hex digits."""
    return hmac.new(bytes.fromhex(key), rand.encode(), hashlib.sha256).hexdigest()[:16]
