"""Allure's result files on a disk that may fill up: what cannot be written costs evidence and nothing else."""

from __future__ import annotations

from typing import Any

import allure_commons
from allure_commons.logger import AllureFileLogger


class TolerantFiles(AllureFileLogger):  # type: ignore[misc]
    """The files of Allure's own logger, with a refusal of the disk noted in `lost` instead of raised."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self.lost = ""

    def _report_item(self, item: Any) -> None:
        try:
            super()._report_item(item)
        except OSError as error:
            self.lost = str(error)

    @allure_commons.hookimpl
    def report_attached_file(self, source: Any, file_name: str) -> None:
        """Copy a file beside the results."""
        try:
            super().report_attached_file(source, file_name)
        except OSError as error:
            self.lost = str(error)

    @allure_commons.hookimpl
    def report_attached_data(self, body: Any, file_name: str) -> None:
        """Write an attachment beside the results."""
        try:
            super().report_attached_data(body, file_name)
        except OSError as error:
            self.lost = str(error)


def install() -> TolerantFiles | None:
    """Put a tolerant logger in the place of Allure's own; None where Allure writes no files."""
    manager = allure_commons.plugin_manager
    for plugin in list(manager.get_plugins()):
        if type(plugin) is AllureFileLogger:
            name = manager.get_name(plugin)
            manager.unregister(plugin)
            tolerant = TolerantFiles(str(plugin._report_dir))
            manager.register(tolerant, name)
            return tolerant
    return None
