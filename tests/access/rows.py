"""The form of a row of the matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One method on one page or operation: for each persona the status that must come back.

    ``thing`` names the object of the address (see ``cast.things``); ``data`` is a valid body, or a function of the
    cast, and so may its values be. ``only_own`` marks
    what shows or changes nothing but the asker's own, so that nobody is a stranger to it. ``in_session``: the call is made
    with the session of a browser, as a token may not make it.
    """

    expected: dict[str, int]
    url_name: str = ""
    path: str = ""
    method: str = "GET"
    thing: str = ""
    data: Any = field(default_factory=dict)
    only_own: bool = False
    in_session: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.url_name or self.path}"


def page(url_name: str, thing: str = "", *, post: Any = None, only_own: bool = False, **expected: int) -> Row:
    """A page; with ``post`` (a body) the act behind it."""
    return Row(
        url_name=url_name,
        method="GET" if post is None else "POST",
        thing=thing,
        data=post or {},
        expected=expected,
        only_own=only_own,
    )


def call(
    method: str,
    path: str,
    thing: str = "",
    *,
    body: Any = None,
    only_own: bool = False,
    in_session: bool = False,
    **expected: int,
) -> Row:
    """An operation of the API."""
    return Row(
        path=path,
        method=method,
        thing=thing,
        data=body or {},
        expected=expected,
        only_own=only_own,
        in_session=in_session,
    )
