"""The rig's own LDAP server: a real slapd with made-up people, started when a test first asks for it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.core import steps
from harness.core.child_process import DYING_WITH_US, end_group
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.life_cycle import Closing
from harness.core.redaction import redaction
from harness.services import people

PORT = 389
START_WITHIN = 10.0
STOP_WITHIN = 3.0
PROGRAMS = "/usr/sbin:/usr/local/sbin:/usr/local/libexec:/usr/libexec:/usr/bin"
SCHEMAS, MODULES = ("/etc/ldap/schema", "/etc/openldap/schema"), ("/usr/lib/ldap", "/usr/lib64/openldap")
CONFIGURATION = """\
{schemas}
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
{modules}
database mdb
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
directory {folder}/db
maxsize 67108864
dbnosync
index objectClass eq
index cn,sn,givenName eq,sub
index telephoneNumber,mobile eq,sub
limits anonymous size={anonymous_hits}
limits users size=unlimited
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="{staff}" by dn.exact="{login}" read by * none
access to * by * read
"""


class Slapd(Closing):
    """One slapd on one address; nothing runs before `require`. Raises RigFault where it does not start.

    The password of its login is new for each run.
    """

    def __init__(self, address: str, folder: Path, port: int = PORT) -> None:
        self.address = address
        self.port = port
        self.folder = folder
        self.password = secrets.token_hex(8)
        redaction.register(self.password)
        self._numbers: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = self._frozen = False

    @property
    def log(self) -> Path:
        """What it logs: connections, binds, searches."""
        return self.folder / "slapd.log"

    def require(self, numbers: Sequence[str]) -> None:
        """It runs, and knows one person for each of these numbers beside all the others."""
        if tuple(numbers) != self._numbers:
            self.stop()
            self._numbers = tuple(numbers)
        self.start()

    def start(self) -> None:
        """It runs and answers; nothing happens where it does already."""
        self._wanted = True
        if self._frozen:
            self.thaw()
        if self._runs:
            return
        program = shutil.which("slapd", path=PROGRAMS)
        if program is None:
            raise RigFault("directory", "slapd is not installed", remedy="apt-get install slapd")
        with steps.step("directory", f"slapd starts on {self.address}", log=str(self.log)):
            config = self._prepare()
            url = f"ldap://{f'[{self.address}]' if ':' in self.address else self.address}:{self.port}/"
            with self.log.open("ab") as output:
                self._process = subprocess.Popen(
                    [*DYING_WITH_US, program, "-d", "256", "-f", str(config), "-h", url],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    process_group=0,
                )
            self._await_answer()

    def stop(self) -> None:
        """It ends: connections to it are refused from now on. A second call does nothing."""
        self._wanted = False
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):  # a stopped process handles no SIGTERM
            os.killpg(process.pid, signal.SIGCONT)
        self._frozen = False
        end_group(process, STOP_WITHIN)
        steps.publish("directory", "slapd has ended")

    def freeze(self) -> None:
        """It takes connections and answers nothing until `thaw`."""
        self._signal(signal.SIGSTOP)
        self._frozen = True
        steps.publish("directory", "slapd frozen")

    def thaw(self) -> None:
        """It goes on with what it was asked meanwhile."""
        self._signal(signal.SIGCONT)
        self._frozen = False
        steps.publish("directory", "slapd thawed")

    def close(self) -> None:
        """The end of the run."""
        self.stop()

    def check(self) -> None:
        """Raise RigFault if it should run and has ended."""
        if self._wanted and not self._runs:
            text, remedy = f"slapd has ended: {self._last_words()}", f"read {self.log}; the next test gets a fresh one"
            raise RigFault("directory", text, remedy=remedy)

    def revive(self) -> None:
        """Start it again if it should run and has ended."""
        if self._wanted:
            self.start()

    # small parts

    def _prepare(self) -> Path:
        """Configuration and data; returns the configuration's file."""
        database = self.folder / "db"
        shutil.rmtree(database, ignore_errors=True)
        database.mkdir(parents=True)
        config, data = self.folder / "slapd.conf", self.folder / "people.ldif"
        config.write_text(configuration(self.folder), encoding="utf-8")
        some = [*people.people(), *people.owners(self._numbers), *people.twins(), *people.staff(self._numbers)]
        data.touch(mode=0o600)
        data.write_text(people.ldif(some, self.password), encoding="utf-8")
        program = shutil.which("slapadd", path=PROGRAMS) or "slapadd"
        words = [program, "-q", "-f", str(config), "-l", str(data)]
        loaded = subprocess.run(words, capture_output=True, check=False)
        data.unlink()
        if loaded.returncode:
            said = loaded.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise RigFault("directory", f"slapadd: {' '.join(said)}", remedy=f"run slapadd by hand with {config}")
        return config

    def _await_answer(self) -> None:
        try:
            wait_until(self._accepts, what="slapd takes connections", within=START_WITHIN)
        except WaitExpired as silence:
            said = self._last_words()
            self.stop()
            remedy = f"read {self.log}; check that {self.address} is on this host and port {self.port} is free"
            raise RigFault("directory", f"slapd does not answer: {silence}: {said}", remedy=remedy) from silence

    def _accepts(self) -> bool:
        if not self._runs:
            raise WaitExpired("slapd runs", START_WITHIN, "it has ended")
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), timeout=0.5):
            return True
        return False

    @property
    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self._runs:
            raise RigFault("directory", "slapd does not run", remedy=f"read {self.log}")
        os.killpg(self._process.pid, number)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " / ".join(lines[-3:])


def configuration(folder: Path) -> str:
    """The text of slapd.conf: schemas and modules are where Debian, or else Red Hat, keeps them."""
    schemas = _first_folder(SCHEMAS)
    modules = _first_folder(MODULES)
    return CONFIGURATION.format(
        schemas="\n".join(f"include {schemas}/{name}.schema" for name in ("core", "cosine", "inetorgperson")),
        modules=f"modulepath {modules}\nmoduleload back_mdb",
        folder=folder,
        suffix=people.SUFFIX,
        staff=people.STAFF,
        login=people.LOGIN,
        anonymous_hits=people.ANONYMOUS_HITS,
    )


def _first_folder(names: Sequence[str]) -> str:
    return next((name for name in names if Path(name).is_dir()), names[0])
