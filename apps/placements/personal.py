"""What placements hold about students and tutors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.privacy.events import obstacle
from apps.privacy.register import ERASED, KEEP, history, personal

from .models import Placement

RECORD = _("The school files the records of practical training.")

personal(
    "placements.Placement",
    person="student__user",
    act=KEEP,
    retention="placement_record",
    why=RECORD,
    blank={"reason": Case(When(reason="", then=Value("")), default=Value(ERASED))},
    since="ended_at",
)
personal(
    "placements.Placement",
    person=["academic_tutor__user", "enterprise_tutor__user"],
    act=KEEP,
    retention="placement_record",
    why=_("You were the tutor."),
    fields=["base", "starts_on", "ends_on", "state"],
)
personal(
    "placements.ProgressLog",
    person=["placement__student__user", "tutor__user"],
    act=KEEP,
    retention="placement_record",
    why=RECORD,
    blank={"tasks": ERASED, "note": ""},
    since="placement__ended_at",
)
personal(
    "placements.Journal",
    person="placement__student__user",
    act=KEEP,
    retention="placement_record",
    why=RECORD,
    blank={"work_done": ERASED, "learnt": ERASED, "reflection": ""},
    since="placement__ended_at",
)
personal(
    "placements.JournalAnswer",
    person=["journal__placement__student__user", "tutor__user"],
    act=KEEP,
    retention="placement_record",
    why=RECORD,
    blank={"text": ERASED},
    since="journal__placement__ended_at",
)
history("placements.PlacementEvent")


@obstacle
def placement_under_way(person: User) -> Iterator[Any]:
    """Nobody goes while others rely on them at a base."""
    mine = Q(student__user=person) | Q(academic_tutor__user=person) | Q(enterprise_tutor__user=person)
    if Placement.objects.filter(mine, state__in=Placement.UNDER_WAY).exists():
        yield _("A placement is under way in which you are the student or a tutor: it must end first.")
