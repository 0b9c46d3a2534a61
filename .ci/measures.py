"""The tree's own measures: prints each, and ends with 1 where one is over its limit. CI runs `python .ci/measures.py`.

Measured are the width and depth of classes, the length of files and functions, circles and contracts of imports,
parameters that no rule reads, names that were given up, choices that decide nothing, and lines that stand twice.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import grimp

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("harness", "rigs.standin")
OURS = ("harness", "rigs")
FLAT = ("harness.procedures", "harness.rules")
"""Where a class may stand on one other at most."""
PROGRAMS = ("harness.bench.bare_call",)
"""Not imported: these run when they are."""
REPEATED_IN = (("harness/", "suites/"), ("rigs/",))
"""Programs in each of which no lines stand twice; harness and stand-in share nothing, so they are apart."""
SHORTEST_RUN = 6
WIDEST, DEEPEST, LONGEST_FILE, LONGEST_FUNCTION = 25, 2, 350, 60
GIVEN_UP = (ROOT / ".ci" / "given_up_names.txt").read_text(encoding="utf-8").split()


class Source(NamedTuple):
    """One file of the tree, read and parsed once."""

    place: str
    text: str
    tree: ast.Module

    @property
    def is_selftest(self) -> bool:
        """Whether it belongs to the harness's own tests."""
        return self.place.startswith("suites/selftest/")

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def main() -> int:
    """Print the measures; 1 where one is over its limit."""
    sys.path.insert(0, str(ROOT))
    classes = list(_classes(_modules(PACKAGES)))
    found = {
        f"public names of a class, inherited ones too (at most {WIDEST})": [
            (len(_public(one)), _name(one)) for one in classes
        ],
        f"classes above one another in procedures and rules (at most {DEEPEST})": [
            (_depth(one), _name(one)) for one in classes if one.__module__.startswith(FLAT)
        ],
        f"lines of a file (at most {LONGEST_FILE})": list(_file_lengths()),
        f"lines of a function (at most {LONGEST_FUNCTION})": list(_function_lengths()),
    }
    limits = (WIDEST, DEEPEST, LONGEST_FILE, LONGEST_FUNCTION)
    over = [_tell(what, values, limit) for (what, values), limit in zip(found.items(), limits, strict=True)]
    over.append(_tell_list("circles of imports at run time", _circles()))
    over.append(_tell_list("imports against a contract", _against_contracts()))
    over.append(_tell_list("rows and parameters of profiles that no rule reads", _unread_rows()))
    over.append(_tell_list("names that were given up", _given_up(classes)))
    over.append(_tell_list("choices of the stand-in that decide nothing", _idle_choices(_sources())))
    over.append(_tell_list(f"runs of {SHORTEST_RUN} equal lines", _repeated_lines(_sources())))
    return int(any(over))


def _tell(what: str, values: list[tuple[int, str]], limit: int) -> bool:
    """The largest values; whether one is over the limit."""
    ordered = sorted(values, reverse=True)
    over = [entry for entry in ordered if entry[0] > limit]
    print(f"{'NOT GOOD' if over else 'good':<9} {what}: {len(values)} seen, {len(over)} over")
    for value, name in over or ordered[:3]:
        print(f"          {value:>5}  {name}")
    return bool(over)


def _tell_list(what: str, found: Iterable[str]) -> bool:
    lines = list(found)
    print(f"{'NOT GOOD' if lines else 'good':<9} {what}: {len(lines)}")
    for line in lines:
        print(f"                 {line}")
    return bool(lines)


def _modules(packages: Iterable[str]) -> Iterator[ModuleType]:
    for package in packages:
        root = importlib.import_module(package)
        yield root
        for info in pkgutil.walk_packages(root.__path__, f"{package}."):
            if not info.name.endswith("__main__") and ".call_suite." not in info.name and info.name not in PROGRAMS:
                yield importlib.import_module(info.name)


def _classes(modules: Iterable[ModuleType]) -> Iterator[type]:
    for module in modules:
        for value in vars(module).values():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                yield value


def _ours(one: type) -> list[type]:
    """A class and those of ours that it stands on, protocols apart."""
    return [
        base for base in one.__mro__ if base.__module__.startswith(OURS) and not getattr(base, "_is_protocol", False)
    ]


def _public(one: type) -> set[str]:
    """Methods and properties that a user of the class may call, the inherited ones of ours too."""
    kinds = (staticmethod, classmethod, property)
    return {
        name
        for base in (_ours(one) or [one])
        for name, value in vars(base).items()
        if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, kinds))
    }


def _depth(one: type) -> int:
    return max((1 + _depth(base) for base in one.__bases__ if base in _ours(one)), default=1)


def _name(one: type) -> str:
    return f"{one.__module__}.{one.__qualname__}"


@cache
def _sources() -> tuple[Source, ...]:
    listing = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listing.splitlines() if name.startswith(("harness/", "rigs/", "suites/"))]
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in names if (ROOT / name).exists()}
    return tuple(Source(name, text, ast.parse(text)) for name, text in texts.items())


def _product_sources() -> Iterator[Source]:
    """All files but the self-tests."""
    return (source for source in _sources() if not source.is_selftest)


def _file_lengths() -> Iterator[tuple[int, str]]:
    for source in _product_sources():
        yield len(source.text.splitlines()), source.place


def _function_lengths() -> Iterator[tuple[int, str]]:
    for source in _product_sources():
        for node in source.functions:
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield lines, f"{source.place}:{node.lineno} {node.name}"


def _circles() -> list[str]:
    """Modules that need one another at run time; an import for types alone is none."""
    graph = grimp.build_graph("harness", "rigs", exclude_type_checking_imports=True, cache_dir=None)
    below = {module: sorted(graph.find_modules_directly_imported_by(module)) for module in sorted(graph.modules)}
    return [" <-> ".join(circle) for circle in _strongly_connected(below)]


def _strongly_connected(below: dict[str, list[str]]) -> list[list[str]]:
    """Groups of more than one module in which each reaches each (Tarjan's algorithm, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups = []
    for root in below:
        if root in index:
            continue
        work = [(root, iter(below[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            node, rest = work[-1]
            step = next((one for one in rest if one not in index or one in stack), None)
            if step is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = stack[stack.index(node) :]
                    del stack[stack.index(node) :]
                    if len(group) > 1:
                        groups.append(sorted(group))
            elif step in index:
                low[node] = min(low[node], index[step])
            else:
                index[step] = low[step] = len(index)
                stack.append(step)
                work.append((step, iter(below[step])))
    return groups


def _against_contracts() -> list[str]:
    """What import-linter finds against the contracts of pyproject.toml."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    return broken or ([done.stdout + done.stderr] if done.returncode else [])


def _unread_rows() -> list[str]:
    """Profiles that do not load: a row without a rule, a rule without a row, a parameter that no rule reads."""
    from harness.core.errors import UsageError
    from harness.profiles import model
    from harness.rules import rows

    found = []
    for name in model.names():
        try:
            rows.rows_of(name)
        except UsageError as error:
            found.append(str(error))
    return found


def _given_up(classes: Iterable[type]) -> list[str]:
    """Modules, classes and functions under a name that was given up for a better one."""
    names = {_name(one): one.__name__ for one in classes}
    for source in _sources():
        names[source.place] = source.place.removesuffix(".py").replace("/", ".")
        for node in source.functions if not source.is_selftest else ():
            names[f"{source.place}:{node.lineno} {node.name}"] = node.name
    return sorted(place for place, name in names.items() if name in GIVEN_UP)


def _idle_choices(sources: Iterable[Source]) -> list[str]:
    """Methods of a healthy Strategy that give a constant or an own argument: what a defect replaces needs none."""
    return [
        f"{source.place}:{method.lineno} {kind.name}.{method.name}"
        for source in sources
        if source.place.startswith("rigs/standin/") and not source.place.startswith("rigs/standin/defects/")
        for kind in ast.walk(source.tree)
        if isinstance(kind, ast.ClassDef) and "Strategy" in map(ast.unparse, kind.bases)
        for method in kind.body
        if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) and _decides_nothing(method)
    ]


def _decides_nothing(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a method does nothing, or only returns constants, own arguments or fields."""
    said = [one for one in method.body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    if not all(isinstance(one, ast.Return | ast.Pass) for one in said):
        return False
    returned = [node for one in said for node in ast.walk(one) if isinstance(node, ast.expr)]
    kinds = (ast.Constant, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.UnaryOp)
    return not method.name.startswith("_") and all(
        isinstance(node, kinds) and not isinstance(getattr(node, "op", None), ast.Not) for node in returned
    )


def _repeated_lines(sources: Iterable[Source]) -> list[str]:
    """Places whose next lines stand elsewhere in the same program too, the later place first."""
    found = []
    known = list(sources)
    for program in REPEATED_IN:
        first: dict[tuple[str, ...], str] = {}
        for source in known:
            if source.place.startswith(program):
                lines = list(_lines_that_count(source))
                for at in range(len(lines) - SHORTEST_RUN + 1):
                    run = tuple(line for _, line in lines[at : at + SHORTEST_RUN])
                    place = f"{source.place}:{lines[at][0]}"
                    if first.setdefault(run, place) != place:
                        found.append(f"{place} repeats {first[run]}")
    return found


def _lines_that_count(source: Source) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, without imports, comments and lines of punctuation alone."""
    imports = {
        line
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for number, line in enumerate(source.text.splitlines(), 1):
        text = " ".join(line.split())
        if number not in imports and not text.startswith("#") and any(sign.isalnum() for sign in text):
            yield number, text


if __name__ == "__main__":
    sys.exit(main())
