"""The register in words: what is held, why, how long."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import User

from .periods import PERIODS, YEAR, days_of
from .register import Act, Holding, register


@dataclass(frozen=True, slots=True)
class Line:
    """One model for people."""

    name: str
    why: str | Promise
    act: str | Promise
    how_long: str
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    lines: list[Line]


def summary(person: User) -> list[Group]:
    """What there is about this person, app by app; one statement for each part of the register."""
    groups: dict[str, list[Line]] = {}
    for holding in register.holdings:
        if holding.act is not Act.ERASE and holding.copied_fields():
            count = holding.rows_of(person).count()
            if count:
                groups.setdefault(_title(holding), []).append(_line(holding, count))
    return [Group(title, lines) for title, lines in groups.items()]


def _title(holding: Holding) -> str:
    own = holding.model.__module__.startswith("apps.")
    return str(apps.get_app_config(holding.model._meta.app_label).verbose_name) if own else _("Sign-in")


def _line(holding: Holding, count: int) -> Line:
    return Line(holding.name, holding.why, holding.act.label, how_long(holding), count)


def how_long(holding: Holding) -> str:
    """The period in words."""
    days = days_of(holding.retention)
    if not holding.since and holding.retention == "account":
        return _("as long as your account")
    if not days or not holding.since:
        return _("without a date of its own")
    start = PERIODS[holding.retention].start
    if days % YEAR == 0:
        return ngettext("%(n)d year after %(start)s", "%(n)d years after %(start)s", days // YEAR) % {
            "n": days // YEAR,
            "start": start,
        }
    return ngettext("%(n)d day after %(start)s", "%(n)d days after %(start)s", days) % {"n": days, "start": start}
