"""Where the base asks for its settings: setting_server, options 66 and 67, `{mac}` and the default file name."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit, urlunsplit

from rigs.standin.core.strategies import Strategy

KNOWN_SCHEMES = ("http", "https", "tftp")


class ServerStrategy(Strategy):
    """Which of two servers is asked."""

    def choose(self, setting_server: str, option66: str, precedence: str) -> str:
        """The server's address, empty if there is none; `precedence` is the quirk server_precedence."""
        first, second = setting_server, option66
        if precedence == "option66":
            first, second = second, first
        return first or second


class FileNameStrategy(Strategy):
    """Which file is asked for."""

    def default(self, mac: str) -> str:
        """The name where the server's address has no file part (facts 2.2); `mac` is 12 upper-case digits."""
        return f"snom-m9-{mac}.xml"

    def names_a_file(self, path: str) -> bool:
        """Whether an address with this path names a file: its last part has a dot."""
        return "." in path.rpartition("/")[2]

    def expand(self, address: str, mac: str) -> str:
        """The address with `{mac}` replaced."""
        return re.sub(r"\{mac\}", mac, address, flags=re.IGNORECASE)


def address_of(server: str, file: str, mac: str, names: FileNameStrategy, *, bare: str, boot_file: str = "url") -> str:
    """The full address of the first file; ValueError for a server address that is none.

    `server` is a URL or a bare host (then `bare` is its scheme), `file` option 67: a name, a path or, where
    `boot_file` is `url`, a whole URL.
    A path whose last part has a dot, a query or `{mac}` names a file itself; any other is a folder.
    """
    if boot_file == "url" and urlsplit(file).scheme in KNOWN_SCHEMES:
        return names.expand(file, mac)
    if "://" not in server:
        host, _, path = server.partition("/")
        server = f"{bare}://{f'[{host}]' if host.count(':') > 1 and not host.startswith('[') else host}/{path}"
    names_a_file = "{mac}" in server.lower()
    parts = urlsplit(names.expand(server, mac))
    if parts.scheme not in KNOWN_SCHEMES or not parts.hostname:
        raise ValueError(f"{server!r} is no address of a provisioning server")
    if parts.query or names_a_file or names.names_a_file(parts.path):
        return urlunsplit(parts)
    name = names.expand(file, mac).lstrip("/") if file else names.default(mac)
    folder = parts.path if parts.path.endswith("/") else parts.path + "/"
    return urlunsplit(parts._replace(path=folder + quote(name, safe="/?=&%{}.-_")))
