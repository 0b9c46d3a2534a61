"""Reads YAML and keeps line numbers, the text as written, and repeated keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]

DEEPEST = 30
MOST_NODES = 20_000
BOOL = "tag:yaml.org,2002:bool"
PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "null", "merge", "value")}


@dataclass(frozen=True)
class Place:
    """The place of a value: its line, counted from one, and its text as written if it is a scalar."""

    line: int
    text: str | None = None
    tag: str = ""


@dataclass
class Document:
    """A parsed file: its data, the place of every path, and mistakes that YAML itself accepts."""

    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    mistakes: list[tuple[int, str]] = field(default_factory=list)

    def place(self, path: Path) -> Place:
        """The place of a path, or of its nearest parent in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(1))


class _TooLarge(Exception):
    """Nested or aliased more deeply than any rig file needs."""


class _Loader(yaml.SafeLoader):
    """Words as YAML 1.2 reads them: `on`, `off`, `yes` and `no` are text, as in `on: 1` of a power bar."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != BOOL]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(BOOL, re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))


def parse(text: str) -> Document:
    """Read one YAML document; every mistake is noted with its line instead of being raised."""
    document = Document()
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _walk(node, (), document)
            if not document.mistakes:
                document.data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.mistakes.append((mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}"))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        document.mistakes.append((line, f"a character that YAML does not allow: {_code_of(error.character)}"))
    except (_TooLarge, RecursionError):
        document.mistakes.append((1, "nested or aliased too deeply for a rig file"))
    return document


def _code_of(character: object) -> str:
    """PyYAML gives the character's number, or the character itself."""
    return f"U+{character if isinstance(character, int) else ord(str(character)[0]):04X}"


def _walk(node: yaml.Node, path: Path, document: Document) -> None:
    if len(path) > DEEPEST or len(document.places) > MOST_NODES:
        raise _TooLarge
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        document.places[path] = Place(line, node.value, node.tag)
        _read(node, path, line, document)
        return
    document.places[path] = Place(line, None, node.tag)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), document)
    elif isinstance(node, yaml.MappingNode):
        _walk_mapping(node, path, document)


def _read(node: yaml.ScalarNode, path: Path, line: int, document: Document) -> None:
    """Note a value that does not fit its tag (`!!timestamp x`, a day 99): PyYAML's constructors raise any exception."""
    if node.tag in PLAIN:
        return
    try:
        yaml.SafeLoader("").construct_object(node)
    except (ValueError, OverflowError, AttributeError, TypeError, KeyError):
        kind = node.tag.rpartition(":")[2]
        text = f"{node.value[:40]!r} cannot be read as {kind}; quote it if it is text"
        document.mistakes.append((line, f"{'.'.join(map(str, path))}: {text}"))


def _walk_mapping(node: yaml.MappingNode, path: Path, document: Document) -> None:
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        dotted = ".".join(str(part) for part in (*path, key))
        if not isinstance(key_node, yaml.ScalarNode):
            document.mistakes.append((line, f"{dotted}: a key must be a word"))
        elif key_node.tag not in ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"):
            document.mistakes.append((line, f'{dotted}: a key must be text; quote it: "{key}"'))
        elif key in first:
            document.mistakes.append((line, f"{dotted}: a second time here (first in line {first[key]})"))
        first.setdefault(key, line)
        _walk(value_node, (*path, key), document)
        place = document.places[(*path, key)]
        document.places[(*path, key)] = Place(line, place.text, place.tag)
