"""What placements hold about students and tutors."""

from __future__ import annotations

from django.db.models import Case, Value, When
from django.utils.translation import gettext_lazy as _

from apps.privacy.register import ERASED, KEEP, history, personal

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
    title=_("Placements as a tutor"),
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
personal(
    "placements.Relocation",
    person="student__user",
    act=KEEP,
    retention="placement_record",
    why=_("Nobody may be lost when an agreement ends."),
    blank={"reason": Case(When(reason="", then=Value("")), default=Value(ERASED))},
    since="settled_at",
)
history("placements.PlacementEvent")
