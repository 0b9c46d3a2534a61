"""Writes Allure's result files: secrets are masked; if the disk is full, evidence is lost and the run goes on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import allure_commons
import pytest
from allure_commons.logger import AllureFileLogger

from harness.core import clock
from harness.core.redaction import redaction
from harness.plugin import properties

TEXTS = (".txt", ".html", ".svg", ".json", ".jsonl", ".xml", ".yaml", ".csv", ".log", ".attach")


class TolerantFiles:
    """Stands in front of Allure's logger: masks secrets, and notes a disk error in `lost` instead of raising it."""

    def __init__(self, files: Any) -> None:
        self._files = files
        self._folder = getattr(files, "_report_dir", "allure-results")
        self.lost = ""

    @allure_commons.hookimpl
    def report_result(self, result: Any) -> None:
        """A test's result."""
        mask(result)
        self._write(self._files.report_result, result)

    @allure_commons.hookimpl
    def report_container(self, container: Any) -> None:
        """What fixtures did."""
        mask(container)
        self._write(self._files.report_container, container)

    @allure_commons.hookimpl
    def report_attached_file(self, source: Any, file_name: str) -> None:
        """A copy of a file."""
        if str(file_name).endswith(TEXTS):
            self._write(self._copy_text, source, file_name)
        else:
            self._write(self._files.report_attached_file, source, file_name)

    @allure_commons.hookimpl
    def report_attached_data(self, body: Any, file_name: str) -> None:
        """An attachment."""
        self._write(self._files.report_attached_data, _masked_body(body, file_name), file_name)

    @allure_commons.hookimpl
    def report_globals(self, globals_item: Any) -> None:
        """Write what belongs to no test."""
        self._write(self._files.report_globals, globals_item)

    def _copy_text(self, source: Any, file_name: str) -> None:
        self._files.report_attached_data(redaction.mask_bytes(Path(source).read_bytes()), file_name)

    def _write(self, write: Callable[..., object], *words: object) -> None:
        try:
            write(*words)
        except OSError as error:
            self.lost = f"{self._folder}: {error.strerror}"


def mask(item: Any) -> None:
    """Mask the status and the parameters of a result, a fixture or a step, and of all steps inside it."""
    details = getattr(item, "statusDetails", None)
    if details is not None:
        details.message, details.trace = (
            text and redaction.mask(str(text)) for text in (details.message, details.trace)
        )
    for parameter in getattr(item, "parameters", None) or ():
        parameter.value = redaction.mask(str(parameter.value))
    for within in ("steps", "befores", "afters"):
        for part in getattr(item, within, None) or ():
            mask(part)


def label(item: pytest.Item) -> None:
    """Set labels of the test's result, which is open until the end of pytest_runtest_protocol."""
    if item.config.pluginmanager.get_plugin("allure_listener") is None:
        return
    import allure

    dynamic: Any = allure.dynamic
    found = dict(item.user_properties)
    dynamic.label("verdict", found.get("verdict", ""))
    for key in ("worker", "rig", "profile"):
        if found.get(key):
            dynamic.label(key, found[key])
    dynamic.epic(item.path.parent.name)  # the area of the product: the folder of the suite
    features = properties.words(found, "features")
    for feature in features[:1]:  # the tree is sorted by it, and lists a test once for each
        dynamic.feature(feature)
    dynamic.tag(*features[1:])


def add_labels(folder: Path, labels: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Add labels to written results, by their uuid; a missing result is skipped."""
    for path in folder.glob("*-result.json") if labels else ():
        with contextlib.suppress(OSError, ValueError):
            result = json.loads(path.read_text(encoding="utf-8"))
            more = labels.get(result.get("uuid"))
            if more is not None:
                result.setdefault("labels", []).extend({"name": name, "value": value} for name, value in more)
                part = path.with_suffix(".part")
                part.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
                os.replace(part, path)


def report_lost(nodeid: str, reason: str, verdict: str) -> None:
    """Write a result for a test whose process has died; without Allure nothing is written."""
    from allure_commons.model2 import Label, Status, StatusDetails, TestResult

    file, _, name = nodeid.rpartition("::")
    now, history = round(clock.now() * 1000), hashlib.md5(nodeid.encode(), usedforsecurity=False).hexdigest()
    labels = [Label("verdict", verdict), Label("suite", file), Label("framework", "pytest")]
    result = TestResult(uuid=str(uuid4()), fullName=nodeid, historyId=history, name=name, labels=labels)
    result.start = result.stop = now
    result.status, result.statusDetails = Status.BROKEN, StatusDetails(message=reason)
    allure_commons.plugin_manager.hook.report_result(result=result)


def _masked_body(body: Any, file_name: str) -> Any:
    if isinstance(body, str):
        return redaction.mask(body)
    return redaction.mask_bytes(body) if str(file_name).endswith(TEXTS) else body


def install(config: pytest.Config) -> TolerantFiles | None:
    """Put a tolerant logger in front of Allure's until the run ends; None if Allure writes no files."""
    manager = allure_commons.plugin_manager
    for plugin in list(manager.get_plugins()):
        if isinstance(plugin, AllureFileLogger):
            name = manager.get_name(plugin)
            manager.unregister(plugin)
            tolerant = TolerantFiles(plugin)
            manager.register(tolerant, name)

            def take_back(own: Any = plugin, name: str | None = name, tolerant: TolerantFiles = tolerant) -> None:
                """Remove it; Allure unregisters its own logger by its original name."""
                manager.unregister(tolerant)
                manager.register(own, name)

            config.add_cleanup(take_back)
            return tolerant
    return None
