"""How long each class of data is kept, from when, and why so long: the one table of retention.

``settings.RETENTION_DAYS`` changes the days of a class; the shortest lawful period is the platform's to know.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

YEAR = 365


@dataclass(frozen=True, slots=True)
class Period:
    """Days, counted from ``start``; ``days`` 0: no date of its own."""

    days: int
    start: str | Promise
    source: str | Promise


PERIODS: dict[str, Period] = {
    "account": Period(3 * YEAR, _("the last membership ended"), _("PIPL Art. 19: no longer than the purpose needs")),
    "identity_number": Period(YEAR, _("the student left"), _("PIPL Art. 19 and 28; the school's student register")),
    "notification": Period(YEAR, _("it was sent"), _("PIPL Art. 19")),
    "mail": Period(30, _("it was queued"), _("PIPL Art. 19")),
    "job": Period(30, _("it ended"), _("PIPL Art. 19")),
    "technical": Period(30, _("it was written"), _("PIPL Art. 19")),
    "access_log": Period(
        183, _("the access"), _("Cybersecurity Law: logs of the network are kept for at least six months")
    ),
    "invitation": Period(90, _("it expired"), _("PIPL Art. 19")),
    "registration": Period(180, _("the decision"), _("PIPL Art. 19; time to object")),
    "unsuccessful_application": Period(YEAR, _("the decision"), _("PIPL Art. 19; time to object")),
    "placement_record": Period(
        5 * YEAR, _("the placement ended"), _("Rules on internships of vocational students: records are filed")
    ),
    "contract": Period(
        0, _("no date: as long as the contract can be relied on"), _("Civil Code; PIPL Art. 13: needed to perform it")
    ),
    "audit": Period(0, _("no date: it carries no name"), _("Cybersecurity Law; evidence of who changed what")),
    "proof": Period(3 * YEAR, _("it ended"), _("PIPL Art. 56: records of processing are kept for three years")),
}


def days_of(retention: str) -> int:
    """The days of a class as the platform has set them."""
    days: int = settings.RETENTION_DAYS.get(retention, PERIODS[retention].days)
    return days
