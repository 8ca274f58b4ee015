"""The commands that read orders: ``measures`` and ``import``."""

from __future__ import annotations
