"""Turns errors of pydantic and YAML into one line for each mistake, clear to the author of the file."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from harness.rig.secrets import Secret
from harness.rig.suggestions import nearest, needs_quotes, not_one_of, plain
from harness.rig.yaml_lines import Document, Path


def lines(file: str, document: Document, model: type[BaseModel], error: ValidationError) -> list[str]:
    """One line for each mistake, in the file's order: file, line, path of the key, what was found, what is allowed."""
    found = []
    for detail in error.errors():
        path, text = _explain(detail, document, model)
        place = document.place(path)
        dotted = ".".join(str(part) for part in path)
        found.append((place.line, f"{file}:{place.line}  {dotted + ': ' if dotted else ''}{text}"))
    return [line for _, line in sorted(dict.fromkeys(found), key=lambda pair: pair[0])]


def _explain(detail: ErrorDetails, document: Document, model: type[BaseModel]) -> tuple[Path, str]:
    path = _real_path(tuple(detail["loc"]), document.data)
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        known = _keys_at(model, path[:-1], document.data)
        word = str(path[-1])
        if reason := _not_yet(model, path, document.data):
            return path, f"not yet: {reason}"
        return path, f"unknown key{nearest(word, known)}; known here: {', '.join(known)}"
    if kind == "missing":
        return path, f"missing{_hint(model, path, document.data) or _choice(model, path, document.data)}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        key = str(context.get("discriminator", "kind")).strip("'")
        allowed = _quoted(str(context.get("expected_tags", ""))) or _tags(model, path, document.data)
        if kind == "union_tag_not_found":
            return (*path, key), f"missing; one of {', '.join(allowed)}"
        return (*path, key), not_one_of(context.get("tag"), allowed)
    if kind == "literal_error":
        allowed = _quoted(str(context["expected"]))
        written = _written(document, path)
        if not isinstance(given, str) and (written or str(given)) in allowed:
            return path, needs_quotes(written, given, ", ".join(allowed))
        hint = _hint(model, path[:-1], document.data) if isinstance(path[-1], int) else ""
        return path, not_one_of(given, allowed) + hint
    if kind.startswith(("model_", "dict_")) and _is_secret(model, path, document.data):
        return path, "a secret is never written in place; write {env: NAME} or {file: PATH}"
    if kind == "string_type":
        return path, needs_quotes(_written(document, path), given, _description(model, path, document.data))
    if kind == "m9_at":
        return (*path, *str(context["key"]).split(".")), str(context["text"])
    hint = "" if kind == "value_error" else _hint(model, path, document.data)
    return path, plain(kind, given, context, detail["msg"], _written(document, path)) + hint


def _written(document: Document, path: Path) -> str | None:
    """A value as it is written in the file, if it is one word."""
    return document.place(path).text if path in document.places else None


def _quoted(text: str) -> list[str]:
    return re.findall(r"'([^']*)'", text)


def _real_path(location: Path, data: Any) -> Path:
    """The location without the tags that pydantic adds for unions and dictionary keys."""
    path: list[str | int] = []
    here = data
    for part in location:
        if part == "[key]":
            continue
        if isinstance(here, Mapping):
            if part in here:
                here = here[part]
            elif part == here.get("kind"):
                continue
            else:
                here = None
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            here = None
        path.append(part)
    return tuple(path)


# --- reading the model along a path -------------------------------------------------------------


def _choices(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, with Annotated and unions resolved."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _choices(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return [choice for part in typing.get_args(annotation) for choice in _choices(part)]
    return [annotation]


def _models(annotation: Any, data: Any) -> list[type[BaseModel]]:
    """The models allowed here; if `kind` distinguishes several, only the one that the data names."""
    models = [choice for choice in _choices(annotation) if isinstance(choice, type) and issubclass(choice, BaseModel)]
    if len(models) < 2 or not isinstance(data, Mapping):
        return models
    return [model for model in models if data.get("kind") in typing.get_args(model.model_fields["kind"].annotation)]


def _step(annotation: Any, part: str | int, data: Any) -> tuple[Any, FieldInfo | None]:
    """The annotation one key deeper, and the field's information if it is a field."""
    for model in _models(annotation, data):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return field.annotation, field
    for choice in _choices(annotation):
        if typing.get_origin(choice) is list:
            return typing.get_args(choice)[0], None
        if typing.get_origin(choice) is dict:
            return typing.get_args(choice)[1], None
    return None, None


def _at(model: type[BaseModel], path: Path, data: Any) -> tuple[Any, FieldInfo | None]:
    annotation: Any = model
    field: FieldInfo | None = None
    for part in path:
        annotation, field = _step(annotation, part, data)
        data = _child(data, part)
    return annotation, field


def _child(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def _keys_at(model: type[BaseModel], path: Path, data: Any) -> list[str]:
    annotation, _ = _at(model, path, data)
    here = data
    for part in path:
        here = _child(here, part)
    fields = (pair for choice in _models(annotation, here) for pair in choice.model_fields.items())
    return list(dict.fromkeys(field.alias or name for name, field in fields))


def _not_yet(model: type[BaseModel], path: Path, data: Any) -> str:
    """The hint for a planned key; empty for an unknown key."""
    annotation, _ = _at(model, path[:-1], data)
    known: list[Mapping[str, str]] = [getattr(choice, "not_yet", {}) for choice in _models(annotation, None)]
    return next((found[str(path[-1])] for found in known if path[-1] in found), "")


def _tags(model: type[BaseModel], path: Path, data: Any) -> list[str]:
    annotation, _ = _at(model, path, data)
    models = _models(annotation, None)
    return [tag for choice in models for tag in typing.get_args(choice.model_fields["kind"].annotation)]


def _description(model: type[BaseModel], path: Path, data: Any) -> str:
    _, field = _at(model, path, data)
    return (field.description or "") if field is not None else ""


def _hint(model: type[BaseModel], path: Path, data: Any) -> str:
    description = _description(model, path, data)
    return f" ({description})" if description else ""


def _choice(model: type[BaseModel], path: Path, data: Any) -> str:
    """The words or keys allowed at a path without a description."""
    annotation, _ = _at(model, path, data)
    if typing.get_origin(annotation) is typing.Literal:
        return f"; one of {', '.join(typing.get_args(annotation))}"
    keys = [name for found in _models(annotation, None) for name in found.model_fields]
    return f"; a mapping of {', '.join(dict.fromkeys(keys))}" if keys else ""


def _is_secret(model: type[BaseModel], path: Path, data: Any) -> bool:
    annotation, _ = _at(model, path, data)
    return Secret in _choices(annotation)
