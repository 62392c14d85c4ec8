"""What stands in the cells of the tables that people send."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_COLUMNS = 100
MAX_CELL = 2_000
# Our own files write an apostrophe before a text that a spreadsheet would take for a formula.
_GUARD = re.compile(r"'(?=[=+\-@\t\r\n＝＋－＠])")
_UNSEEN = " \t\r\n\u00a0\u3000\u200b\ufeff"


class Cell(NamedTuple):
    """A cell's text; ``is_number``: the spreadsheet holds it as a number, so that leading zeros and digits may be lost."""

    text: str
    is_number: bool = False


EMPTY = Cell("")
Row = tuple[int, list[Cell]]


def clean(text: str) -> str:
    """The text without what nobody sees at its ends, and without the apostrophe that kept it from being a formula."""
    return _GUARD.sub("", text.strip(_UNSEEN), count=1)
