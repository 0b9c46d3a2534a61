"""Digest credentials as RFC 2617 computes them: what a base should have answered."""

from __future__ import annotations

import hashlib
import re

PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')


def fields(header: str) -> dict[str, str]:
    """The parameters of an Authorization header by name, and its scheme as `scheme`."""
    scheme, _, rest = header.partition(" ")
    return {"scheme": scheme, **{name: quoted or plain for name, quoted, plain in PARAMETER.findall(rest)}}


def response(given: dict[str, str], login: str, password: str, method: str) -> str:
    """The request digest of section 3.2.2.1, with and without qop=auth; `given` are the header's own parameters."""
    secret = _md5(f"{login}:{given.get('realm')}:{password}")
    request = _md5(f"{method}:{given.get('uri')}")
    middle = [given.get("nonce", "")]
    if given.get("qop"):
        middle += [given.get("nc", ""), given.get("cnonce", ""), given["qop"]]
    return _md5(":".join([secret, *middle, request]))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
