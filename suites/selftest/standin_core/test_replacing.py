"""Declared replacements: what they reach, what is refused, and who is told that one was never called."""

import asyncio
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from rigs.standin import defects
from rigs.standin.core import declaring, replacing
from rigs.standin.core.declaring import NotReplaceable
from rigs.standin.core.replacing import defect
from rigs.standin.core.strategies import Strategies
from rigs.standin.defects.__main__ import rows
from rigs.standin.sip import call as sip_call
from rigs.standin.supervisor import Supervisor
from rigs.standin.switch import mib
from suites.selftest.standin_core import replaceable
from suites.selftest.standin_core.replaceable import Line, Trunk


@defect(feature="hold", replaces=Line.ask)
def line_shouts(healthy, line, text, *, again=False):
    """Everything is asked loudly.

    More words.
    """
    return healthy(line, text, again=again).upper()


@defect(feature="hold", replaces=Line.later)
async def line_is_early(healthy, line, text):
    """It comes twice."""
    return 2 * await healthy(line, text)


@defect(feature="hold", replaces=Line.doubled)
def doubled_once_more(healthy, number):
    """Twice as much."""
    return healthy(healthy(number))


@defect(feature="hold", replaces=replaceable.alone)
def alone_no_more(healthy):
    """In company."""
    return f"{healthy()} and more"


@defect(feature="hold", replaces=Line.outgoing)
def ends_with_a(healthy, line, text):
    """One letter more."""
    return healthy(line, text + "a")


@defect(feature="hold", replaces=Line.outgoing)
def ends_with_b(healthy, line, text):
    """Another letter more."""
    return healthy(line, text + "b")


@pytest.fixture
def in_force(tmp_path):
    """Puts replacements in force for one test."""
    undo = []
    yield lambda *replacements: undo.extend(one.put_in_force(tmp_path) for one in replacements)
    for each in reversed(undo):
        each()


def test_a_replacement_gets_the_healthy_function_and_is_in_force_until_it_is_undone(tmp_path):
    line = Line()
    undo = line_shouts.put_in_force(tmp_path)
    assert line.ask("a", again=True) == Trunk().ask("a", again=True) == "HEALTHY A AGAIN"
    undo()
    assert line.ask("a") == "healthy a"


def test_methods_of_all_kinds_and_functions_of_modules_are_replaced(in_force):
    in_force(line_is_early, doubled_once_more, alone_no_more)
    assert asyncio.run(Line().later("x")) == "healthy xhealthy x"
    assert Line.doubled(1) == Line().doubled(1) == 4
    assert replaceable.alone() == "healthy and more"


def test_replacements_of_a_seam_chain(in_force):
    in_force(ends_with_a, ends_with_b)
    assert Line().outgoing("-") == "-ba"
    assert ends_with_a.chains
    assert not line_shouts.chains


def test_name_and_text_of_a_defect_are_those_of_its_function():
    assert line_shouts.name == "line-shouts"
    assert defects.text_of(line_shouts) == "Everything is asked loudly."
    assert line_shouts.replaces == f"{replaceable.__name__}.Line.ask"
    assert alone_no_more.replaces == f"{replaceable.__name__}.alone"


def test_the_first_call_is_noted_in_the_folder_of_the_run(in_force, tmp_path):
    in_force(line_shouts)
    assert not (tmp_path / replacing.CALLED).exists()
    Line().ask("a")
    Line().ask("b")
    assert [path.name for path in (tmp_path / replacing.CALLED).iterdir()] == ["line-shouts"]


def test_a_method_overridden_in_a_subclass_is_refused():
    with pytest.raises(NotReplaceable, match=r"^Line\.end is overridden in Trunk: replace it there, or what it calls$"):

        @defect(feature="hold", replaces=Line.end)
        def never_ends(healthy, line):
            """It goes on."""


def test_an_inherited_name_is_refused():
    with pytest.raises(NotReplaceable, match=r"^Trunk\.ask is inherited: name it where it is defined, Line$"):

        @defect(feature="hold", replaces=Trunk.ask)
        def trunk_is_silent(healthy, line, text, *, again=False):
            """Nothing is asked."""


def test_a_function_that_others_import_by_name_is_refused(monkeypatch):
    monkeypatch.setattr(sip_call, "chosen", replaceable.chosen, raising=False)
    with pytest.raises(
        NotReplaceable, match=r"replaceable\.chosen is imported by name in rigs\.standin\.sip\.call: import the module"
    ):

        @defect(feature="hold", replaces=replaceable.chosen)
        def chosen_at_random(healthy, number):
            """Another one."""


@pytest.mark.parametrize(
    "what", [Line.speed, replaceable.LIMIT, Line.busy, Line.__dict__["busy"], Line, Line().ask, len]
)
def test_fields_and_constants_are_refused(what):
    with pytest.raises(NotReplaceable, match=r"is no function or method: fields and constants are not replaced$"):

        @defect(feature="hold", replaces=what)
        def other(healthy, *arguments):
            """Something else."""


def test_a_function_without_a_place_of_its_own_is_refused():
    with pytest.raises(NotReplaceable, match=r"<lambda> is not found under this name"):

        @defect(feature="hold", replaces=lambda: 1)
        def other(healthy):
            """Something else."""


@pytest.mark.parametrize(("feature", "text"), [("", "What a user notices."), ("hold", None)])
def test_a_defect_without_feature_or_text_is_refused(feature, text):
    def unnamed(healthy):
        return healthy()

    unnamed.__doc__ = text
    with pytest.raises(NotReplaceable, match=r"^defect unnamed: its feature or its docstring is missing$"):
        defect(feature=feature, replaces=replaceable.alone)(unnamed)


def test_a_missing_attribute_is_refused(tmp_path, monkeypatch):
    (tmp_path / "misspelt.py").write_text(
        "from rigs.standin.core.replacing import defect\n"
        "from suites.selftest.standin_core.replaceable import Line\n"
        "@defect(feature='hold', replaces=Line.aks)\n"
        "def silent(healthy, line): 'Nothing.'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    with pytest.raises(NotReplaceable, match=r"^misspelt: type object 'Line' has no attribute 'aks': nothing to repl"):
        defects.declared("misspelt")


def test_strategies_put_a_replacement_in_force_and_take_it_back(tmp_path, monkeypatch):
    monkeypatch.setattr(defects, "load", lambda: {"line-shouts": line_shouts})
    strategies = Strategies(tmp_path)
    strategies.apply("line-shouts")
    assert (Line().ask("a"), strategies.applied) == ("HEALTHY A", ["line-shouts"])
    strategies.clear()
    assert (Line().ask("a"), strategies.applied) == ("healthy a", [])


def test_the_helper_of_the_switch_gets_what_replaces_something_in_it_and_no_other(tmp_path, monkeypatch):
    @defect(feature="poe-power", replaces=mib.answer)
    def switch_says_none(healthy, rows, command, read):
        """Every question has the same answer."""
        return "NONE\n"

    assert replacing.of_program(switch_says_none, mib.__name__)
    assert not replacing.of_program(line_shouts, mib.__name__)
    monkeypatch.setattr(defects, "load", lambda: {"switch-says-none": switch_says_none})
    was = mib.answer
    monkeypatch.setattr(mib, "answer", was)
    mib.seed(["switch-says-none"], tmp_path)
    assert mib.answer(None, "PING", str) == "NONE\n"
    assert (tmp_path / replacing.CALLED / "switch-says-none").exists()


def test_a_healthy_switch_loads_no_other_part_of_the_stand_in():
    words = "import sys, rigs.standin.switch.mib; print([n for n in sys.modules if n.startswith('rigs.standin.core')])"
    done = subprocess.run([sys.executable, "-S", "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_replacement_says_in_the_listing_what_it_replaces():
    declared = {name: fault for name, fault in defects.load().items() if isinstance(fault, replacing.Replacement)}
    found = {row["name"]: row for row in rows() if row["replaces"]}
    assert found
    assert found.keys() == declared.keys()
    for name, row in found.items():
        assert row["decision"] == row["replaces"] == declared[name].replaces
        assert row["chains"] is declared[name].chains


def test_a_running_rig_takes_no_replacement(tmp_path):
    class Rig:
        power = None

    name = next(row["name"] for row in rows() if row["replaces"])
    supervisor = Supervisor(Rig(), tmp_path, None, seeded=[], dead_rig="")
    with pytest.raises(ValueError, match=f"^defect {name} replaces code: it is seeded at the start of the rig"):
        asyncio.run(supervisor._command({"do": "defect", "name": name}))
    assert supervisor.defects == []


def test_all_modules_of_the_stand_in_are_looked_at():
    declaring.import_everything()
    tree = Path(replacing.__file__).parents[1]
    files = [path for path in tree.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")]
    names = {f"rigs.standin.{'.'.join(path.relative_to(tree).with_suffix('').parts)}" for path in files}
    looked_at = {name for name in names if not name.startswith(declaring.OWNER_OF_DEFECTS)}
    assert looked_at <= sys.modules.keys()
