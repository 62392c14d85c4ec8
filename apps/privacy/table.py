"""The register as a table of the documentation."""

from __future__ import annotations

from django.utils.translation import override

from .periods import PERIODS, days_of
from .register import Holding, register

BEGIN, END = "<!-- register -->\n", "<!-- /register -->\n"


def with_table(page: str) -> str:
    """The page with the table of now between its two marks."""
    head, _begin, rest = page.partition(BEGIN)
    _old, _end, tail = rest.partition(END)
    with override("en"):
        return f"{head}{BEGIN}{_table()}{END}{tail}"


def _table() -> str:
    lines = [
        "| Model | What | Act | Class, days | Counted from | Why |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_line(holding) for holding in sorted(register.holdings, key=lambda holding: holding.label)]
    sources = [f"- {name}: {period.source}." for name, period in PERIODS.items()]
    return "\n".join([*lines, "", "Sources of the periods:", "", *sources]) + "\n"


def _line(holding: Holding) -> str:
    days = days_of(holding.retention)
    period = f"{holding.retention}, {days}" if days and holding.since else holding.retention
    cells = [
        f"`{holding.label}`",
        holding.name,
        holding.act.name,
        period,
        f"`{holding.since}`" if holding.since else "",
        str(holding.why),
    ]
    return "| " + " | ".join(cells) + " |"
