"""A base made of paper: the web pages of the presentation over a dictionary, to try the web driver without a rig."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

from defusedxml import ElementTree

TABS = ["Account", "SIP", "Action URLs"]


class PaperBase:
    """Sessions, settings and counters of the paper base; `mute` drops every connection without an answer."""

    def __init__(self) -> None:
        self.settings: dict[tuple[str, int], str] = {("user_active", 1): "off", ("user_pbxtype", 1): "default"}
        self.session = ""
        self.sessions = 0
        self.eula = False
        self.mute = False
        self.deaf_save = False
        self.rebooted = 0
        self.on_reboot: Callable[[], None] = lambda: None
        self.protected: set[tuple[str, int]] = set()
        self.seen: list[str] = []

    def get(self, name: str, idx: int) -> str:
        return html.escape(self.settings.get((name, idx), ""))

    def page(self, path: str, query: dict[str, str]) -> tuple[str, str]:
        """Title and body of a page."""
        identity = int(query.get("l", "0"))
        if path == "/line_sip.htm":
            return f"SIP Settings for Identity {identity}", self.tabs(identity) + self.sip(identity)
        if path == "/line_login.htm":
            return f"Account Settings for Identity {identity}", self.tabs(identity) + self.account(identity)
        if path == "/network.htm":
            fields = "".join(self.text(name, name, 0) for name in ("base_name", "setting_server", "retry_t1"))
            return "Network", self.form("/network.htm", fields)
        if path == "/update.htm":
            return "Update", "<form method=post action=/update.htm><input type=submit name=reboot value=Reboot></form>"
        if path == "/info.htm":
            rows = {"Version": "9.2.45-a", "Uptime": "0 00:01:02", "MAC": "00:04:13:30:01:21", "Option 66": ""}
            cells = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in rows.items())
            return "Network Status", f"<h2>Network Status</h2><table><tr><th>Parameter<th>Value</tr>{cells}</table>"
        if path == "/info_dect.htm":
            window = "open" if "dect" in query else "closed"
            button = "<input type=submit name=open value='Open registration'>"
            return "DECT Status", f"<p>Window {window}<form method=post action='/info_dect.htm?dect=1'>{button}</form>"
        if path == "/info_reg.htm":
            return "Registration Status", (
                "<table><tr><th>Identity<th>Account<th>State</tr><tr><td>1<td>40<td>registered</tr></table>"
            )
        return "snom m9", "<p>Welcome</p>"

    def tabs(self, identity: int) -> str:
        links = {"Account": "line_login.htm", "SIP": "line_sip.htm", "Action URLs": "line_action.htm"}
        return " ".join(f'<a href="/{url}?l={identity}">{text}</a>' for text, url in links.items())

    def text(self, label: str, name: str, idx: int, kind: str = "text") -> str:
        if (name, idx) in self.protected:
            return f"<tr><td>{label}:</td><td>{self.get(name, idx)}</td></tr>"
        return f'<tr><td>{label}:</td><td><input type={kind} name={name} value="{self.get(name, idx)}"></td></tr>'

    def account(self, identity: int) -> str:
        active = self.settings.get(("user_active", identity), "off")
        radios = "".join(
            f"<input type=radio name=user_active value={word} {'checked' * (word == active)}> {word} "
            for word in ("on", "off")
        )
        return self.form(
            f"/line_login.htm?l={identity}",
            f"<tr><td>Identity active:</td><td>{radios}</td></tr>"
            + self.text("Display Name", "user_realname", identity)
            + self.text("Account", "user_name", identity)
            + self.text("Password", "user_pass", 99, "password")
            + self.text("Password (repeat)", "user_pass2", 99, "password"),
        )

    def sip(self, identity: int) -> str:
        kind = self.settings.get(("user_pbxtype", identity), "default")
        options = "".join(
            f"<option value={value} {'selected' * (value == kind)}>{text}</option>"
            for value, text in (("default", "Default"), ("asterisk", "Asterisk"))
        )
        return self.form(
            f"/line_sip.htm?l={identity}",
            f"<tr><td>Server Type:</td><td><select name=user_pbxtype>{options}</select></td></tr>"
            + self.text("Country code (e.g. 1, 49)", "user_country_code", identity),
        )

    def form(self, action: str, rows: str) -> str:
        return (
            f"<form method=post action='{action}'><table>{rows}</table><input type=submit name=save value=Save></form>"
        )

    def provisioned(self, document: bytes) -> None:
        """Take over a settings document, as a base does when it boots."""
        for element in ElementTree.fromstring(document)[0]:
            key = (element.tag, int(element.get("idx", "0")))
            self.settings[key] = element.text or ""
            (self.protected.add if element.get("perm") == "R" else self.protected.discard)(key)

    def save(self, identity: int, values: dict[str, str]) -> None:
        if self.deaf_save:
            return
        for name, value in values.items():
            if name not in ("save", "user_pass", "user_pass2"):
                self.settings[name, identity] = value


def _handler(base: PaperBase) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *words: object) -> None:
            base.seen.append(format % words)

        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(dict(parse_qsl(body, keep_blank_values=True)))

        def answer(self, values: dict[str, str]) -> None:
            base.seen.append(f"{self.command} {self.path}")
            self.close_connection = True
            if base.mute:
                return
            url = urlsplit(self.path)
            query = {name: found[0] for name, found in parse_qs(url.query).items()}
            cookie = ""
            if values.get("submit") == "Login" and (values["username"], values["password"]) == ("admin", "password"):
                base.sessions += 1
                base.session = cookie = f"id{base.sessions}"
            if not base.session or (not cookie and f"sid={base.session}" not in self.headers.get("Cookie", "")):
                self.send("Login", LOGIN)
                return
            if base.eula and values.get("eula") == "1":
                base.eula = False
            if base.eula:
                self.send("Licence", EULA, cookie)
                return
            note = ""
            if "save" in values and "eula" not in values:
                base.save(int(query.get("l", "0")), values)
                note = "<p>Please reboot the device</p>" if url.path == "/network.htm" else ""
            if values.get("reboot"):
                base.rebooted += 1
                threading.Thread(target=base.on_reboot, daemon=True).start()
                return
            if url.path == "/line_action.htm":
                self.send_error(404)
                return
            title, body = base.page(url.path, query)
            self.send(title, MENU + f"<h1>{title}</h1>" + note + body, cookie)

        def send(self, title: str, body: str, cookie: str = "") -> None:
            data = f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode()
            self.send_response(200)
            if cookie:
                self.send_header("Set-Cookie", f"sid={cookie}; Path=/")
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    return Handler


LOGIN = (
    "<form method=post action=/index.htm>User <input name=username> Password <input type=password name=password>"
    "<input type=hidden name=link value=index.htm><input type=submit name=submit value=Login></form>"
)
EULA = (
    "<form method=post action=/index.htm><input type=radio name=eula value=1> I accept "
    "<input type=radio name=eula value=0> I refuse <input type=submit name=save value=Submit></form>"
)
MENU = (
    '<a href="/index.htm">Home</a> <a href="/logout.htm">Logout</a> '
    + " ".join(f'<a href="/line_login.htm?l={n}">Identity {n}</a>' for n in range(1, 10))
    + ' <a href="/network.htm">Network</a> <a href="/update.htm">Update</a> <a href="/info.htm">Status</a>'
    ' <a href="/info_reg.htm">Registration</a> <a href="/info_dect.htm">DECT</a> <a href="http://www.snom.com/">snom</a>'
)


@contextmanager
def paper_base() -> Iterator[tuple[PaperBase, int]]:
    """A running paper base and its port on loopback."""
    base = PaperBase()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(base))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield base, server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join(5)
