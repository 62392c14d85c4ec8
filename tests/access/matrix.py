"""Who may do what: every page and every operation of the API, persona by persona, refused by default.

How to write a row (``rows_<area>.py``)::

    page("bases:base_edit", "base", firms=200, school=403)
    page("bases:base_edit", "base", post=bodies.BASE_DETAILS, firms=302, school=403)
    call("POST", "/bases/{id}/close/", "base", body={...}, firms=200)

An address, the thing it is about (a name in ``cast.things``; a list where the address has several parts), a valid body, and
the status that comes back to a persona or to a group of personas (``personas.GROUPS``: ``signed_in``, ``members``,
``insiders``, ``coordinators``, ``schools``, ``firms``, ``observers``, ``tutors``, ``students``, ``administrators``,
``no_member``, ``foreigners`` …). A persona's own name counts before any group, a smaller group before a larger one.

**Whom a row does not name must be refused** (302 to sign-in, 401, 403 or 404); anything else is an unexpected grant. So name
everybody who gets in; a 403 or 404 is worth naming only where it matters which of them it is. Nobody has to write that:

- nobody (anonymous) and a disabled person are sent to sign in (page) or get 401 (API), unless ``anonymous=`` says otherwise;
- a token of an ended membership or of a suspended organization gets 401;
- a read token gets 403 for every unsafe method and the same as a write token for the others; no token opens a page;
- an outsider's refusal is, letter by letter, that for a thing that does not exist, and holds no name of the world;
- a refused act, like every GET, leaves all tables as they were and sends no mail;
- methods that no row names change nothing.
"""

from __future__ import annotations

from . import rows_accounts, rows_agreements, rows_guard, rows_organizations, rows_privacy, rows_rights, rows_roster
from .rows import Row
from .rows_api import API_ROWS
from .rows_pages import PAGE_ROWS

OPEN_TO_ALL = (
    {"core:healthz", "core:gallery"}
    | rows_accounts.OPEN
    | rows_accounts.STEPS
    | rows_agreements.OPEN
    | rows_organizations.OPEN
    | rows_privacy.OPEN
)
"""Addresses that need no sign-in; each has a test of its own."""

AREAS = (rows_accounts, rows_agreements, rows_guard, rows_organizations, rows_privacy, rows_rights, rows_roster)
PAGES: list[Row] = [*PAGE_ROWS, *(row for area in AREAS for row in area.PAGE_ROWS)]
API: list[Row] = [*API_ROWS, *(row for area in AREAS for row in area.API_ROWS)]
