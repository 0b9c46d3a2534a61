"""`m9 standin up` and `m9 standin exec`: the software rig, to try it out by hand or to run other programs on it."""

from __future__ import annotations

import contextlib
import json as json_module
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import namespace_exec, port_forward
from harness.cli.console import JsonOption, RigOption, run, say, shown, write_json
from harness.core import verdict
from harness.core.child_process import DYING_WITH_US
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault, UsageError
from harness.core.layout import ROOT, STANDIN_RIG
from harness.core.runtime_dirs import runtime_directory
from harness.evidence import new_run
from harness.rig import file as rig_files
from harness.rig import segment
from harness.rig.session import Session, SessionRequest

app = typer.Typer(help="The software rig.", no_args_is_help=True)
STARTS_WITHIN = 60.0


@app.command()
def up(
    rig: RigOption = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="the loopback proxy to the web UI")] = 8109,
    unlisted: Annotated[bool, typer.Option("--unlisted", hidden=True)] = False,
    json: JsonOption = None,
) -> None:
    """Start the software rig and leave it running until Ctrl-C."""
    run(lambda: _up(rig or STANDIN_RIG, port, unlisted, json))


@app.command("exec", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def execute(context: typer.Context, rig: RigOption = None) -> None:
    """Run a command on the rig's network (address 198.18.9.30); if no rig is up, one is started for the command."""
    run(lambda: _exec(context.args, rig or STANDIN_RIG))


def _up(rig_file: Path, port: int, unlisted: bool, json: Path | None) -> int:
    rig = rig_files.load(rig_file)
    if not rig.private:
        raise UsageError(f"{rig_file} is not a software rig: it has no private segment")
    if not segment.inside():
        try:
            port_forward.make_outside(port)
        except OSError as error:
            raise UsageError(f"127.0.0.1:{port}: {error.strerror}", remedy="choose another --port") from error
        segment.enter_as_started()
    listener = port_forward.handed_down()
    folder = new_run.create(rig.name, ["up"], None)
    with (
        _told_to_end() as over,
        Session(SessionRequest(rig, rig_file, folder)) as session,
        contextlib.ExitStack() as stack,
    ):
        facts = _facts(session, listener.getsockname()[1] if listener else None)
        if listener is not None:
            stack.enter_context(port_forward.opened(listener, lambda: _web(session)))
        _tell(facts, folder)
        if not unlisted:
            stack.enter_context(_listed(facts))
        write_json(json, facts)
        over.wait()
        say("m9: ending the stand-in")
    return verdict.EXIT_GOOD


def _exec(words: list[str], rig_file: Path) -> int:
    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        raise UsageError("what shall run?", remedy="m9 standin exec -- CMD…")
    running = _running()
    if running is not None:
        return namespace_exec.run_as_guest(running, words)
    with _for_the_time(rig_file) as control:
        return namespace_exec.run_as_guest(control, words)


@contextlib.contextmanager
def _told_to_end() -> Iterator[threading.Event]:
    """An event that Ctrl-C, SIGTERM or a closed terminal sets, so that the program ends in order."""
    over = threading.Event()
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    previous = {number: signal.signal(number, lambda number, frame: over.set()) for number in ends}
    try:
        yield over
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _facts(session: Session, door_port: int | None) -> dict[str, Any]:
    """Print the address of each part when the base has an address."""
    rig = session.rig
    address = session.base_address(rig.timing.boot)
    return {
        "base": address,
        "web": f"http://127.0.0.1:{door_port}/" if door_port else session.ready.web,
        "dongle": session.dongle_port,
        "control": session.ready.control,
        "interface": rig.network.interface,
        "host": rig.network.host,
        "switch": getattr(rig.power, "host", None),
        "log": str(session.folder),
    }


def _web(session: Session) -> tuple[str, int] | None:
    try:
        return session.base_address(0.0), session.rig.base.web.port or 80
    except RigFault:
        return None


def _tell(facts: dict[str, Any], folder: Path) -> None:
    say("m9: the stand-in is up; Ctrl-C ends it")
    say(f"  web UI    {facts['web']}   (the base is {facts['base']} on its own network)")
    say(f"  dongle    {facts['dongle']}   115200 8N1; try: python -m serial.tools.miniterm {facts['dongle']} 115200")
    say(f"  switch    {facts['switch']}   SNMP, inside the rig's network")
    say("  exec      m9 standin exec -- curl -sI http://" + str(facts["base"]) + "/")
    say(f"  logs      {shown(folder)}")


def _state_file() -> Path:
    return runtime_directory() / "standin.json"


@contextlib.contextmanager
def _listed(facts: dict[str, Any]) -> Iterator[None]:
    """Announce this rig to `m9 standin exec` while the context lasts."""
    _state_file().write_text(json_module.dumps(facts), encoding="utf-8")
    try:
        yield
    finally:
        _state_file().unlink(missing_ok=True)


def _running() -> Path | None:
    """The control socket of the running rig, None if there is none."""
    try:
        control = Path(json_module.loads(_state_file().read_text(encoding="utf-8"))["control"])
    except (OSError, ValueError, KeyError):
        return None
    return control if namespace_exec.alive(control) else None


@contextlib.contextmanager
def _for_the_time(rig_file: Path) -> Iterator[Path]:
    """Run a rig while the context lasts."""
    with tempfile.TemporaryDirectory(prefix="m9-up-") as folder:
        facts, log = Path(folder) / "facts.json", Path(folder) / "up.log"
        words = [*DYING_WITH_US, sys.executable, "-m", "harness.cli.main", "standin", "up", "--unlisted", "--port", "0"]
        words += ["--rig", str(rig_file.resolve()), "--json", str(facts)]
        with log.open("wb") as output:
            process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            _await(process, facts, log)
            yield Path(json_module.loads(facts.read_text(encoding="utf-8"))["control"])
        finally:
            process.terminate()
            process.wait()


def _await(process: subprocess.Popen[bytes], facts: Path, log: Path) -> None:
    try:
        wait_until(
            lambda: facts.exists() or process.poll() is not None,
            what="the stand-in is up",
            within=STARTS_WITHIN,
            poll=0.1,
        )
    except WaitExpired as error:
        raise RigFault("stand-in", str(error), remedy="try: m9 standin up") from error
    if not facts.exists():
        text = log.read_text(encoding="utf-8", errors="replace").strip()
        raise RigFault("stand-in", f"it did not come up: {text[-400:]}", remedy="try: m9 standin up")
