"""The pages and operations of the matrix: guard."""

from __future__ import annotations

from .rows import Row

PAGE_ROWS: list[Row] = []
API_ROWS: list[Row] = []
