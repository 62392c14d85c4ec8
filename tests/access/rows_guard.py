"""The pages and operations of the matrix: guard."""

from __future__ import annotations

from .rows import Row, call, page

TOKEN = {"name": "Student information system", "scope": "read", "days": "90"}
_FOR_AN_ADMINISTRATOR = {"school_administrator": 200, "school": 403}
_OF_THE_COORDINATOR = {"school_administrator": 200, "school": 200}

PAGE_ROWS: list[Row] = [
    page("organizations:token_list", only_own=True, signed_in=200),
    page("organizations:token_create", "member", **_FOR_AN_ADMINISTRATOR),
    page("organizations:token_create", "member", post=TOKEN, **_FOR_AN_ADMINISTRATOR),
    page("organizations:token_revoke", "token", **_OF_THE_COORDINATOR),
    page("organizations:token_revoke", "token", post={}, school_administrator=302, school=302),
]
API_ROWS: list[Row] = [
    call("GET", "/tokens/", only_own=True, signed_in=200),
    call("GET", "/tokens/{id}/", "token", **_OF_THE_COORDINATOR),
    call("POST", "/tokens/{id}/revoke/", "token", **_OF_THE_COORDINATOR),
]
