from __future__ import annotations

from datetime import date, timedelta

import pytest

from apps.evaluations.cadence import due_after
from tests.factories.evaluations import days


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        ("weekly", days("2026-01-31", "2026-02-07", "2026-02-14", "2026-02-21", "2026-02-28")),
        ("fortnightly", days("2026-01-31", "2026-02-14", "2026-02-28", "2026-03-14")),
        ("monthly", days("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31")),
    ],
)
def test_due_dates_of_a_cadence_follow_from_the_first(cadence: str, expected: list[date]) -> None:
    found = [expected[0]]
    while len(found) < len(expected):
        found.append(due_after(expected[0], cadence, found[-1]))
    assert found == expected


def test_monthly_from_the_31st_reaches_29_february_in_a_leap_year_and_31_december() -> None:
    assert due_after(date(2028, 1, 31), "monthly", date(2028, 1, 31)) == date(2028, 2, 29)
    assert due_after(date(2026, 1, 31), "monthly", date(2026, 11, 30)) == date(2026, 12, 31)
    assert due_after(date(2026, 1, 31), "monthly", date(2026, 12, 31)) == date(2027, 1, 31)


@pytest.mark.parametrize("cadence", ["weekly", "fortnightly", "monthly"])
def test_due_after_any_day_is_the_next_one_and_none_lies_between(cadence: str) -> None:
    first = date(2027, 8, 31)
    due = {first}
    day = first
    for _time in range(110):
        day = due_after(first, cadence, day)
        due.add(day)
    for offset in range(700):
        day = first + timedelta(days=offset)
        assert due_after(first, cadence, day) == min(candidate for candidate in due if candidate > day)
