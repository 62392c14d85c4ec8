"""Scoring."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.actor import Actor
from apps.core.errors import WrongState
from apps.core.services import fetch_locked, save_valid, service

from ..models import Criterion, Evaluation, EvaluationRound, Score
from ..policies import can_submit


@service
def evaluation_submit(
    actor: Actor, *, evaluation_id: int, scores: Mapping[int, Decimal], comment: str = ""
) -> Evaluation:
    """Hand in the acting tutor's own sheet, for good: points from 0 to 100 for each criterion of the scheme, by its id.

    ``WrongState`` when the round is closed. ``ValidationError`` under ``scores.<criterion id>`` for points that are missing,
    not valid or of no criterion of the scheme; then nothing is stored. A repeat with the same scores and comment returns
    the sheet; with others it is a ``WrongState``.
    """
    evaluation = fetch_locked(Evaluation.objects.visible_to(actor), pk=evaluation_id)
    can_submit(actor, evaluation).require()
    comment = comment.strip()
    if evaluation.submitted_at is not None:
        if comment == evaluation.comment and dict(scores) == dict(evaluation.scores.values_list("criterion", "points")):
            return evaluation
        raise WrongState(_("You have handed in this sheet. It can no longer be changed."))
    if not _hold_open(evaluation.round_id):
        raise WrongState(_("The round is closed: its results have been published."))
    rows = _valid_scores(evaluation, scores)
    evaluation.comment = comment
    evaluation.submitted_at = timezone.now()
    save_valid(evaluation)
    Score.objects.bulk_create(rows)
    return evaluation


def _hold_open(round_id: int) -> bool:
    """Whether the round is open; if so, it stays open until this transaction ends.

    The lock is shared: tutors do not wait for each other, and the round's results count every sheet that was accepted.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT state FROM {EvaluationRound._meta.db_table} WHERE id = %s FOR SHARE",  # noqa: S608  # our own table
            [round_id],
        )
        (state,) = cursor.fetchone()
    return bool(state == EvaluationRound.State.OPEN)


def _valid_scores(evaluation: Evaluation, scores: Mapping[int, Decimal]) -> list[Score]:
    criteria = Criterion.objects.filter(scheme__plans__rounds=evaluation.round_id)
    ids = set(criteria.values_list("pk", flat=True))
    errors: dict[str, Any] = {
        f"scores.{criterion_id}": [_("The scheme has no such criterion.")] for criterion_id in scores.keys() - ids
    }
    rows = []
    for criterion_id in sorted(ids):
        if criterion_id not in scores:
            errors[f"scores.{criterion_id}"] = [_("Give points from 0 to 100.")]
            continue
        row = Score(evaluation=evaluation, criterion_id=criterion_id, points=scores[criterion_id])
        try:
            row.clean_fields(exclude=["evaluation", "criterion"])
        except ValidationError as error:
            errors[f"scores.{criterion_id}"] = error.error_dict["points"]
        rows.append(row)
    if errors:
        raise ValidationError(errors)
    return rows
