"""What evaluations hold about students and tutors."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.privacy.register import KEEP, history, personal

RECORD = _("The school files the records of practical training.")

personal(
    "evaluations.Evaluation",
    person=["placement__student__user", "evaluator__user"],
    act=KEEP,
    retention="placement_record",
    why=RECORD,
    blank={"comment": ""},
    since="placement__ended_at",
)
personal(
    "evaluations.Score",
    person=["evaluation__placement__student__user", "evaluation__evaluator__user"],
    act=KEEP,
    retention="placement_record",
    why=RECORD,
)
personal(
    "evaluations.PlacementResult",
    person="placement__student__user",
    act=KEEP,
    retention="placement_record",
    why=RECORD,
)
history("evaluations.EvaluationEvent")
