"""Who may do what: every page and every operation of the API, persona by persona.

Read a row as: this address answers this status to these people. Nobody (anonymous) is asked everywhere and is sent to
sign in (pages) or refused with 401 (API). 404 is for what is foreign, 403 for what is seen but not allowed.
"""

from __future__ import annotations

from . import rows_accounts, rows_guard, rows_organizations, rows_privacy, rows_rights, rows_roster
from .rows import Row
from .rows_api import API_ROWS
from .rows_pages import PAGE_ROWS

OPEN_TO_ALL = {"core:healthz", "core:gallery", "account_login", "accounts:preferences"}
"""Addresses that need no sign-in; each has a test of its own."""

AREAS = (rows_accounts, rows_guard, rows_organizations, rows_privacy, rows_rights, rows_roster)
PAGES: list[Row] = [*PAGE_ROWS, *(row for area in AREAS for row in area.PAGE_ROWS)]
API: list[Row] = [*API_ROWS, *(row for area in AREAS for row in area.API_ROWS)]
