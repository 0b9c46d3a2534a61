"""Imports every module of rules, which declares its functions; a new module is added here."""

from __future__ import annotations

from harness.rules import (
    hold,
)

__all__ = ["hold"]
