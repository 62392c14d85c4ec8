"""How old somebody is on a day, and from which birthday on a rule no longer holds.

Ages change on the birthday at 00:00 of the portal's time zone; who was born on 29 February has it on 1 March of a common year.
"""

from __future__ import annotations

from datetime import date

from django.utils import timezone

OWN_CONSENT = 14
"""From this age on a person consents alone (PIPL, Art. 31)."""
FULL_AGE = 18


def latest_birth_date(age: int, day: date | None = None) -> date:
    """Who was born on this date or before is ``age`` years old or older on ``day`` (today)."""
    day = day or timezone.localdate()
    try:
        return day.replace(year=day.year - age)
    except ValueError:
        return date(day.year - age, 2, 28)


def is_under(age: int, birth_date: date | None, day: date | None = None) -> bool:
    """Whether the person is known to be younger than ``age`` on ``day`` (today)."""
    return birth_date is not None and birth_date > latest_birth_date(age, day)
